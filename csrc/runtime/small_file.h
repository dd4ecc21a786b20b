// Small text files of the system, such as /proc/meminfo.
#pragma once

#include <string>
#include <vector>

namespace srfast::runtime {

// The lines of a file; none if it is missing or cannot be read. Throws std::bad_alloc.
[[nodiscard]] std::vector<std::string> lines_of(const std::string& path);

// Its first line; empty if there is none. Throws std::bad_alloc.
[[nodiscard]] std::string first_line_of(const std::string& path);

}  // namespace srfast::runtime
