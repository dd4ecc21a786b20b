// The colours under transparent pixels: what is visible stays, what is made lies between what is visible, and
// a window gives what the whole gives.
#include "hidden_colors.h"

#include <cmath>

#include "draws.h"
#include "harness.h"
#include "views.h"

namespace {

using srfast::ConstImageView;
using srfast::fuzz::require;
using srfast::fuzz::sample_at;

bool same(float left, float right) { return left == right || (std::isnan(left) && std::isnan(right)); }

void require_sound(const ConstImageView& image, const ConstImageView& replaced) {
  const std::int64_t colors = image.channels - 1;
  for (std::int64_t c = 0; c < colors; ++c) {
    float least = INFINITY;
    float greatest = -INFINITY;
    for (std::int64_t y = 0; y < image.height; ++y)
      for (std::int64_t x = 0; x < image.width; ++x) {
        if (!(sample_at(image, y, x, colors) > 0)) continue;
        least = std::fmin(least, sample_at(image, y, x, c));
        greatest = std::fmax(greatest, sample_at(image, y, x, c));
      }
    for (std::int64_t y = 0; y < image.height; ++y)
      for (std::int64_t x = 0; x < image.width; ++x) {
        const float now = sample_at(replaced, y, x, c);
        const float alpha = sample_at(image, y, x, colors);
        if (alpha * 16 >= srfast::sample_max(image.depth))
          require(same(now, sample_at(image, y, x, c)), "what is visible stays");
        if (image.depth != srfast::Depth::kF32)
          require(now == 0 || (now >= least && now <= greatest), "nothing is made up");
      }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  srfast::fuzz::Draws draws(data, size);
  const srfast::Depth depth = draws.one_of(srfast::fuzz::kDepths);
  const std::int64_t height = draws.between(1, 24);
  const std::int64_t width = draws.between(1, 24);
  const std::int64_t reach = draws.flag() ? height + width : draws.between(0, 5);
  srfast::kernels::Window window;
  window.y = draws.between(0, height - 1);
  window.x = draws.between(0, width - 1);
  window.height = draws.between(1, height - window.y);
  window.width = draws.between(1, width - window.x);
  const srfast::fuzz::Image image(draws, height, width, draws.flag() ? 4 : 2, depth);
  // Transparent but for a few places.
  const ConstImageView view = image.const_view();
  std::minstd_rand random(static_cast<std::uint32_t>(draws.between(1, 0xFFFF)));
  const std::int64_t share = draws.between(1, 64);
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x)
      if (static_cast<std::int64_t>((random() >> 8U) % 64) >= share)
        std::memset(srfast::fuzz::address(image.view(), y, x, view.channels - 1), 0,
                    srfast::sample_size(depth));

  srfast::HiddenColors of_whole;
  const ConstImageView whole = of_whole.replace(view, {0, 0, height, width}, reach);
  require_sound(view, whole);
  srfast::HiddenColors of_part;
  const ConstImageView part = of_part.replace(view, window, reach);
  require(part.height == window.height && part.width == window.width && part.channels == view.channels - 1,
          "the view is the window's");
  const auto depends_on_it_alone = [&](std::int64_t at, std::int64_t begin, std::int64_t length,
                                       std::int64_t whole_length) {
    return (begin == 0 || at - begin > reach) &&
           (begin + length == whole_length || begin + length - 1 - at > reach);
  };
  for (std::int64_t y = window.y; y < window.y + window.height; ++y)
    for (std::int64_t x = window.x; x < window.x + window.width; ++x) {
      if (!depends_on_it_alone(y, window.y, window.height, height) ||
          !depends_on_it_alone(x, window.x, window.width, width))
        continue;
      for (std::int64_t c = 0; c < part.channels; ++c)
        require(same(sample_at(part, y - window.y, x - window.x, c), sample_at(whole, y, x, c)),
                "a window gives what the whole gives");
    }
  return 0;
}

std::vector<std::string> srfast::fuzz::seeds() {
  return {"", std::string(40, '\1'), std::string("\0\x14\x14\0\2\3\3\x0d\x0d\1", 10) + std::string(20, '\2'),
          std::string("\2\x14\x10\1\2\3\x0d\x0d\1", 9) + std::string(20, '\7')};
}
