#include "runtime/readable.h"

#ifdef _WIN32
#include <io.h>
#else
#include <fcntl.h>
#include <unistd.h>
#endif

#include <cerrno>

namespace srfast::runtime {

std::error_code fault_of_reading(const std::filesystem::path& file) noexcept {
#ifdef _WIN32
  constexpr int kRead = 4;
  const bool readable = _waccess(file.c_str(), kRead) == 0;
#else
  const bool readable = faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) == 0;
#endif
  return readable ? std::error_code() : std::error_code(errno, std::generic_category());
}

}  // namespace srfast::runtime
