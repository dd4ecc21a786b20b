// Text that comes from files.
#pragma once

#include <string>

namespace srfast {

// Whether it is well-formed UTF-8 (Unicode 15, table 3-7).
[[nodiscard]] bool is_utf8(const std::string& text) noexcept;

// The same text, with a replacement character (U+FFFD) for every byte that is not part of UTF-8.
[[nodiscard]] std::string as_utf8(const std::string& text);

}  // namespace srfast
