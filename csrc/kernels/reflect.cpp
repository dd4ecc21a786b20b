#include "kernels/reflect.h"

#include <algorithm>

namespace srfast::kernels {
namespace {

// Where pixel i of an endless reflection of [0, inside) comes from.
std::int64_t source(std::int64_t i, std::int64_t inside) {
  if (inside == 1) return 0;
  const std::int64_t period = 2 * (inside - 1);
  const std::int64_t phase = i % period;
  return phase < inside ? phase : period - phase;
}

}  // namespace

void reflect(float* planes, std::int64_t count, std::int64_t height, std::int64_t width,
             std::int64_t inside_height, std::int64_t inside_width) {
  for (std::int64_t p = 0; p < count; ++p) {
    float* plane = planes + p * height * width;
    for (std::int64_t y = 0; y < inside_height; ++y) {
      float* row = plane + y * width;
      for (std::int64_t x = inside_width; x < width; ++x) row[x] = row[source(x, inside_width)];
    }
    for (std::int64_t y = inside_height; y < height; ++y)
      std::copy_n(plane + source(y, inside_height) * width, width, plane + y * width);
  }
}

}  // namespace srfast::kernels
