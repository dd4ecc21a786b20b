#include "json_text.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>

namespace app {
namespace {

std::string escape(std::uint32_t unit) {
  std::array<char, 12> text{};
  std::snprintf(text.data(), text.size(), "\\u%04x", unit);
  return text.data();
}

struct Character {
  std::uint32_t value = 0;
  std::size_t length = 0;  // in bytes
};

// The character that begins at `text[at]`, or nothing if it is not UTF-8 (RFC 3629).
std::optional<Character> character(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(text[at + i])}; };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return Character{first, 1};
  const std::size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (length == 0 || at + length > text.size()) return std::nullopt;
  std::uint32_t value = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return std::nullopt;
    value = value << 6U | (byte(i) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[length] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return std::nullopt;
  return Character{value, length};
}

}  // namespace

std::string json_text(const std::string& text) {
  std::string quoted = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::optional<Character> found = character(text, at);
    const std::uint32_t value = found ? found->value : 0xDC00U + static_cast<unsigned char>(text[at]);
    if (value == '"' || value == '\\') {
      quoted += std::string("\\") + text[at];
    } else if (value >= 0x10000) {
      quoted += escape(0xD800U + ((value - 0x10000U) >> 10U)) + escape(0xDC00U + (value & 0x3FFU));
    } else if (value < ' ' || value > '~') {
      quoted += escape(value);
    } else {
      quoted += text[at];
    }
    at += found ? found->length : 1;
  }
  return quoted + "\"";
}

}  // namespace app
