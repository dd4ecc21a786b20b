// Files that are not there.
#pragma once

#include <filesystem>
#include <string>

namespace app {

// Whether there is something of this name, be it a symbolic link that leads nowhere. Throws Failure for a
// name that the file system does not take.
[[nodiscard]] bool is_there(const std::filesystem::path& path);

// Says that there is no file of a name, or why it cannot be looked at, with a guess at what was meant.
[[nodiscard]] std::string why_missing(const std::filesystem::path& path);

}  // namespace app
