// The enlargement of alpha: any window, in views of any layout, is that part of the whole, holds nothing that
// the samples do not span, and touches nothing else.
#include "alpha.h"

#include <cmath>

#include "draws.h"
#include "harness.h"
#include "views.h"

namespace {

using srfast::fuzz::Image;
using srfast::fuzz::require;

// Of all samples of alpha; NaNs are left out. By comparisons: of std::fmin here, GCC 12 for ARM crashes.
std::pair<float, float> span_of_alpha(const srfast::ConstImageView& image) {
  std::pair<float, float> span{INFINITY, -INFINITY};
  for (std::int64_t y = 0; y < image.height; ++y)
    for (std::int64_t x = 0; x < image.width; ++x) {
      const float alpha = srfast::fuzz::sample_at(image, y, x, image.channels - 1);
      if (alpha < span.first) span.first = alpha;
      if (alpha > span.second) span.second = alpha;
    }
  return span;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  srfast::fuzz::Draws draws(data, size);
  const srfast::Depth depth = draws.one_of(srfast::fuzz::kDepths);
  const int factor = static_cast<int>(draws.between(1, draws.flag() ? 64 : 4));
  const std::int64_t channels = draws.flag() ? 4 : 2;
  const std::int64_t height = draws.between(1, 6);
  const std::int64_t width = draws.between(1, 1 + 80 / factor);
  const srfast::kernels::Window whole_window{0, 0, height * factor, width * factor};
  srfast::kernels::Window window;
  window.y = draws.between(0, whole_window.height - 1);
  window.x = draws.between(0, whole_window.width - 1);
  window.height = draws.between(1, whole_window.height - window.y);
  window.width = draws.between(1, whole_window.width - window.x);
  const Image image(draws, height, width, channels, depth);
  const Image whole(draws, whole_window.height, whole_window.width, channels, depth);
  const Image part(draws, whole_window.height, whole_window.width, channels, depth);
  srfast::RowBuffers buffers;
  srfast::enlarge_alpha(image.const_view(), factor, whole_window, whole.view(), buffers);
  srfast::ImageView alpha = part.view();
  alpha.data = srfast::fuzz::address(alpha, 0, 0, channels - 1);
  alpha.channels = 1;
  const auto beside = [&](std::int64_t y, std::int64_t x) {
    return y < window.y || y >= window.y + window.height || x < window.x || x >= window.x + window.width;
  };
  std::vector<float> before;
  for (std::int64_t y = 0; y < whole_window.height; ++y)
    for (std::int64_t x = 0; x < whole_window.width; ++x)
      before.push_back(srfast::fuzz::sample_at(alpha, y, x, 0));
  const std::vector<std::byte> surroundings = part.surroundings();
  srfast::enlarge_alpha(image.const_view(), factor, window, part.view(), buffers);
  require(part.surroundings() == surroundings, "what lies between the samples stays as it is");

  const auto [least, greatest] = span_of_alpha(image.const_view());
  for (std::int64_t y = 0; y < whole_window.height; ++y)
    for (std::int64_t x = 0; x < whole_window.width; ++x) {
      const float now = srfast::fuzz::sample_at(alpha, y, x, 0);
      if (beside(y, x)) {
        const float then = before[static_cast<std::size_t>(y * whole_window.width + x)];
        require(now == then || (std::isnan(now) && std::isnan(then)), "only the window is written");
        continue;
      }
      const float in_whole = srfast::fuzz::sample_at(whole.view(), y, x, channels - 1);
      require(now == in_whole, "a window is a part of the whole");
      require(now >= 0 && now <= srfast::sample_max(depth), "alpha is in its range");
      if (depth != srfast::Depth::kF32) require(now >= least && now <= greatest, "alpha does not ring");
    }
  return 0;
}

std::vector<std::string> srfast::fuzz::seeds() {
  return {"", std::string(30, '\1'), std::string("\0\0\2\1\5\x14\0\0\x0c\x28", 10) + std::string(20, '\1'),
          std::string("\2\1\x3f\0\3\1\x10\x10\x20\x20", 10) + std::string(20, '\3')};
}
