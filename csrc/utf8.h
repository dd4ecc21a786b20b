// Text that comes from files.
#pragma once

#include <string>

namespace srfast {

// Whether it is well-formed UTF-8 (Unicode 15, table 3-7).
[[nodiscard]] bool is_utf8(const std::string& text) noexcept;

}  // namespace srfast
