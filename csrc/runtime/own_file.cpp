#include "runtime/own_file.h"

#include <filesystem>
#include <system_error>

#include "runtime/shared_library.h"

namespace srfast::runtime {

std::vector<std::string> own_folders() {
  namespace fs = std::filesystem;
  // Any address inside this file will do.
  fs::path file = fs::u8path(file_of_address(reinterpret_cast<const void*>(&own_folders)));
  if (file.empty()) return {};
  std::error_code failed;
#ifdef __linux__
  // A program is named as it was called, which may be a bare word that the shell looked up.
  if (!file.has_parent_path()) file = fs::read_symlink("/proc/self/exe", failed);
#endif
  const fs::path named = fs::absolute(file, failed).parent_path();
  std::vector<std::string> folders{named.u8string()};
  const fs::path real = fs::canonical(file, failed).parent_path();
  if (!real.empty() && real != named) folders.push_back(real.u8string());
  return folders;
}

}  // namespace srfast::runtime
