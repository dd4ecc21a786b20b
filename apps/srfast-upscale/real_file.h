// Which file a path leads to.
#pragma once

#include <filesystem>

namespace app {

// The file itself, behind symbolic links; it need not exist, nor need what the last link leads to. The path
// as it is where that cannot be found out.
[[nodiscard]] std::filesystem::path real_file(const std::filesystem::path& path);

}  // namespace app
