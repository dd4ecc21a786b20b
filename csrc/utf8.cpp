#include "utf8.h"

#include <cstddef>

namespace srfast {
namespace {

bool between(unsigned char byte, unsigned low, unsigned high) { return byte >= low && byte <= high; }

}  // namespace

bool is_utf8(const std::string& text) noexcept {
  std::size_t i = 0;
  const auto byte = [&](std::size_t place) {
    return place < text.size() ? static_cast<unsigned char>(text[place]) : static_cast<unsigned char>(0);
  };
  while (i < text.size()) {
    const unsigned char first = byte(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    // The second byte has fewer values after some of the first: no overlong forms, no surrogates.
    const std::size_t length = between(first, 0xC2, 0xDF)   ? 2
                               : between(first, 0xE0, 0xEF) ? 3
                               : between(first, 0xF0, 0xF4) ? 4
                                                            : 0;
    if (length == 0) return false;
    const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (!between(byte(i + 1), low, high)) return false;
    for (std::size_t k = 2; k < length; ++k)
      if (!between(byte(i + k), 0x80, 0xBF)) return false;
    i += length;
  }
  return true;
}

}  // namespace srfast
