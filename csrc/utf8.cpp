#include "utf8.h"

#include <cstddef>

namespace srfast {
namespace {

bool between(unsigned char byte, unsigned low, unsigned high) { return byte >= low && byte <= high; }

// The length of the character that begins at text[i], in bytes; 0 if none does.
std::size_t character_length(const std::string& text, std::size_t i) noexcept {
  const auto byte = [&](std::size_t place) {
    return place < text.size() ? static_cast<unsigned char>(text[place]) : static_cast<unsigned char>(0);
  };
  const unsigned char first = byte(i);
  if (first < 0x80) return 1;
  // The second byte has fewer values after some of the first: no overlong forms, no surrogates.
  const std::size_t length = between(first, 0xC2, 0xDF)   ? 2
                             : between(first, 0xE0, 0xEF) ? 3
                             : between(first, 0xF0, 0xF4) ? 4
                                                          : 0;
  if (length == 0) return 0;
  const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (!between(byte(i + 1), low, high)) return 0;
  for (std::size_t k = 2; k < length; ++k)
    if (!between(byte(i + k), 0x80, 0xBF)) return 0;
  return length;
}

}  // namespace

bool is_utf8(const std::string& text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string as_utf8(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text, i);
    result += length == 0 ? "\xEF\xBF\xBD" : text.substr(i, length);
    i += length == 0 ? 1 : length;
  }
  return result;
}

}  // namespace srfast
