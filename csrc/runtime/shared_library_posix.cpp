#include <dlfcn.h>

#include "runtime/shared_library.h"

namespace srfast::runtime {

SharedLibrary open_shared_library(const std::string& name, std::string& reason) {
  void* library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  const char* words = library == nullptr ? dlerror() : nullptr;
  if (library == nullptr) reason = words != nullptr ? words : "unknown reason";
  return library;
}

SharedLibrary held_shared_library(const std::string& name) {
  return dlopen(name.c_str(), RTLD_NOW | RTLD_NOLOAD);
}

void* symbol_in(SharedLibrary library, const char* symbol) { return dlsym(library, symbol); }

std::string file_of_address(const void* address) {
  Dl_info info{};
  if (dladdr(address, &info) == 0 || info.dli_fname == nullptr) return "";
  return info.dli_fname;
}

}  // namespace srfast::runtime
