// A rectangle of pixels.
#pragma once

#include <cstdint>

namespace srfast::kernels {

// Of an image or of planes, in their own pixels.
struct Window {
  std::int64_t y = 0;
  std::int64_t x = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
};

}  // namespace srfast::kernels
