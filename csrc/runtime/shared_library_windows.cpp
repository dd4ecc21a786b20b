#include <windows.h>

#include <filesystem>
#include <system_error>

#include "runtime/shared_library.h"

namespace srfast::runtime {

SharedLibrary open_shared_library(const std::string& name, std::string& reason) {
  const std::filesystem::path path = std::filesystem::u8path(name);
  // Beside the library itself first: that is where ONNX Runtime's own companions lie.
  const DWORD flags = path.is_absolute() ? LOAD_WITH_ALTERED_SEARCH_PATH : 0;
  const HMODULE library = LoadLibraryExW(path.c_str(), nullptr, flags);
  if (library == nullptr)
    reason = std::error_code(static_cast<int>(GetLastError()), std::system_category()).message();
  return library;
}

SharedLibrary held_shared_library(const std::string& name) {
  return GetModuleHandleW(std::filesystem::u8path(name).c_str());
}

void* symbol_in(SharedLibrary library, const char* symbol) {
  return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(library), symbol));
}

std::string file_of_address(const void* address) {
  constexpr DWORD kLongest = 32768;
  HMODULE module = nullptr;
  const DWORD flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
  if (GetModuleHandleExW(flags, static_cast<LPCWSTR>(address), &module) == 0) return "";
  std::wstring file(kLongest, L'\0');
  file.resize(GetModuleFileNameW(module, file.data(), kLongest));
  return std::filesystem::path(file).u8string();
}

}  // namespace srfast::runtime
