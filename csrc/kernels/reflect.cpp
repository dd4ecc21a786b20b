#include "kernels/reflect.h"

#include <algorithm>

namespace srfast::kernels {
namespace {

// Where pixel i of an endless reflection of [begin, begin + inside) comes from.
std::int64_t source(std::int64_t i, std::int64_t begin, std::int64_t inside) {
  if (inside == 1) return begin;
  const std::int64_t period = 2 * (inside - 1);
  const std::int64_t phase = ((i - begin) % period + period) % period;
  return begin + (phase < inside ? phase : period - phase);
}

}  // namespace

void reflect(float* planes, std::int64_t count, std::int64_t height, std::int64_t width,
             const Window& inside) {
  const std::int64_t bottom = inside.y + inside.height;
  const std::int64_t right = inside.x + inside.width;
  for (std::int64_t p = 0; p < count; ++p) {
    float* plane = planes + p * height * width;
    for (std::int64_t y = inside.y; y < bottom; ++y) {
      float* row = plane + y * width;
      for (std::int64_t x = 0; x < inside.x; ++x) row[x] = row[source(x, inside.x, inside.width)];
      for (std::int64_t x = right; x < width; ++x) row[x] = row[source(x, inside.x, inside.width)];
    }
    const auto copy = [&](std::int64_t y) {
      std::copy_n(plane + source(y, inside.y, inside.height) * width, width, plane + y * width);
    };
    for (std::int64_t y = 0; y < inside.y; ++y) copy(y);
    for (std::int64_t y = bottom; y < height; ++y) copy(y);
  }
}

}  // namespace srfast::kernels
