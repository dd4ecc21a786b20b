#include "missing.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "failure.h"
#include "similar.h"

namespace app {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) == 0) return true;
  if (errno == ENAMETOOLONG) throw Failure(path.string() + ": " + std::strerror(ENAMETOOLONG));
  return false;
}

std::string why_missing(const fs::path& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) == 0)
    return path.string() + ": " + std::strerror(ENOENT) + " at the end of this symbolic link";
  const int error = errno;
  std::string guess;
  if (error == ENOENT) {
    constexpr std::size_t kMostFiles = 1000;  // comparing a name with more takes a noticeable time
    std::vector<std::string> names;
    std::error_code failed;
    const fs::path folder = path.has_parent_path() ? path.parent_path() : ".";
    for (const auto& entry : fs::directory_iterator(folder, failed)) {
      const std::string name = entry.path().filename().string();
      if (name.front() != '.') names.push_back(name);
    }
    if (names.size() <= kMostFiles) guess = did_you_mean(path.filename().string(), names);
  }
  return path.string() + ": " + std::strerror(error) + guess;
}

}  // namespace app
