// Whether this process may read a file.
#pragma once

#include <filesystem>
#include <system_error>

namespace srfast::runtime {

// No error if it may; otherwise the system's, such as "Permission denied".
[[nodiscard]] std::error_code fault_of_reading(const std::filesystem::path& file) noexcept;

}  // namespace srfast::runtime
