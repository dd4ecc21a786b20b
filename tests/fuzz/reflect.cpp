// The padding by reflection: what lies around the content is the content, mirrored as often as it takes.
#include "kernels/reflect.h"

#include <cstdlib>

#include "draws.h"
#include "harness.h"

namespace {

// Where so many steps lead that begin at 0 and turn round at either end; backwards it is the same.
std::int64_t walk(std::int64_t steps, std::int64_t length) {
  std::int64_t at = 0;
  std::int64_t direction = 1;
  for (std::int64_t i = std::abs(steps); i > 0 && length > 1; --i) {
    if (at + direction < 0 || at + direction >= length) direction = -direction;
    at += direction;
  }
  return at;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  srfast::fuzz::Draws draws(data, size);
  const std::int64_t count = draws.between(1, 3);
  const std::int64_t height = draws.between(1, 40);
  const std::int64_t width = draws.between(1, 40);
  srfast::kernels::Window inside;
  inside.y = draws.between(0, height - 1);
  inside.x = draws.between(0, width - 1);
  inside.height = draws.between(1, height - inside.y);
  inside.width = draws.between(1, width - inside.x);
  const auto number = [](std::int64_t p, std::int64_t y, std::int64_t x) {
    return static_cast<float>((p * 40 + y) * 40 + x);
  };
  std::vector<float> planes(static_cast<std::size_t>(count * height * width), -1.0F);
  const auto at = [&](std::int64_t p, std::int64_t y, std::int64_t x) -> float& {
    return planes[static_cast<std::size_t>((p * height + y) * width + x)];
  };
  for (std::int64_t p = 0; p < count; ++p)
    for (std::int64_t y = 0; y < inside.height; ++y)
      for (std::int64_t x = 0; x < inside.width; ++x) at(p, inside.y + y, inside.x + x) = number(p, y, x);
  srfast::kernels::reflect(planes.data(), count, height, width, inside);
  for (std::int64_t p = 0; p < count; ++p)
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x)
        srfast::fuzz::require(
            at(p, y, x) == number(p, walk(y - inside.y, inside.height), walk(x - inside.x, inside.width)),
            "what is outside is mirrored");
  return 0;
}

std::vector<std::string> srfast::fuzz::seeds() {
  return {"", std::string("\1\x1f\x1f\5\5\2\2", 7), std::string("\2\x27\x27\0\x26\1\1", 7)};
}
