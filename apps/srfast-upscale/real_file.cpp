#include "real_file.h"

#include <system_error>

namespace app {

namespace fs = std::filesystem;

fs::path real_file(const fs::path& path) {
  std::error_code failed;
  fs::path real = fs::absolute(path, failed);
  constexpr int kMostLinks = 40;  // as Linux follows
  // A link to what is not there, weakly_canonical takes for a file that is not there.
  for (int i = 0; i < kMostLinks && fs::is_symlink(fs::symlink_status(real, failed)); ++i) {
    const fs::path next = fs::read_symlink(real, failed);
    if (failed) return path;
    real = real.parent_path() / next;
  }
  real = fs::weakly_canonical(real, failed);
  return failed ? path : real;
}

}  // namespace app
