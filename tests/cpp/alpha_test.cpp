// Transparency: how alpha is enlarged, and what a network sees in place of hidden colours.
#include "alpha.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "hidden_colors.h"
#include "kernel_images.h"

namespace srfast {
namespace {

using kernels::fill;
using kernels::GuardedMemory;
using kernels::kDepths;
using kernels::kLayouts;
using kernels::Layout;

void put(const ImageView& view, std::int64_t y, std::int64_t x, std::int64_t c, double value) {
  std::byte* at = view.data + y * view.row_stride + x * view.column_stride + c * view.channel_stride;
  const double sample = std::nearbyint(value * sample_max(view.depth));
  const auto u8 = static_cast<std::uint8_t>(sample);
  const auto u16 = static_cast<std::uint16_t>(sample);
  const auto f32 = static_cast<float>(value);
  const void* from = view.depth == Depth::kU8    ? static_cast<const void*>(&u8)
                     : view.depth == Depth::kU16 ? static_cast<const void*>(&u16)
                                                 : static_cast<const void*>(&f32);
  std::memcpy(at, from, sample_size(view.depth));
}

template <typename Byte>
double get(const BasicImageView<Byte>& view, std::int64_t y, std::int64_t x, std::int64_t c) {
  const std::byte* at = view.data + y * view.row_stride + x * view.column_stride + c * view.channel_stride;
  if (view.depth == Depth::kF32) {
    float value = 0;
    std::memcpy(&value, at, sizeof(value));
    return static_cast<double>(value);
  }
  if (view.depth == Depth::kU8) return std::to_integer<int>(*at) / 255.0;
  std::uint16_t value = 0;
  std::memcpy(&value, at, sizeof(value));
  return value / 65535.0;
}

// An image with guarded ends.
struct Sprite {
  Sprite(std::int64_t h, std::int64_t w, std::int64_t channels, Depth depth = Depth::kU8,
         Layout layout = Layout::kInterleaved, bool at_end = true)
      : memory(static_cast<std::size_t>(h * w * channels) * sample_size(depth), at_end),
        view(fill(memory.data(), h, w, channels, depth, layout)) {}

  [[nodiscard]] ConstImageView seen() const {
    return {view.data,       view.height,        view.width,          view.channels,
            view.row_stride, view.column_stride, view.channel_stride, view.depth};
  }

  GuardedMemory memory;
  ImageView view;
};

void set(const Sprite& sprite, std::int64_t y, std::int64_t x, const std::vector<double>& channels) {
  for (std::size_t c = 0; c < channels.size(); ++c)
    put(sprite.view, y, x, static_cast<std::int64_t>(c), channels[c]);
}

// Something between 0 and 1 that repeats after `period`.
double share(std::int64_t i, int period) { return static_cast<double>(i % period) / (period - 1); }

kernels::Window all_of(const ConstImageView& image) { return {0, 0, image.height, image.width}; }

TEST(HiddenColors, AreTheMeanOfTheRingBefore) {
  for (const Depth depth : kDepths)
    for (const Layout layout : kLayouts)
      for (const bool at_end : {false, true}) {
        // A row: visible, visible, hidden, hidden, hidden, visible with a third of the alpha.
        const Sprite sprite(1, 6, 2, depth, layout, at_end);
        const double alphas[] = {1, 0.6, 0, 0, 0, 0.2};
        const double grays[] = {0.2, 0.4, 1, 1, 1, 0.8};
        for (std::int64_t x = 0; x < 6; ++x) set(sprite, 0, x, {grays[x], alphas[x]});
        HiddenColors colors;
        const double expected[] = {0.2, 0.4, 0.4, 0.6, 0.8, 0.8};
        const ConstImageView all = colors.replace(sprite.seen(), all_of(sprite.seen()), 9);
        ASSERT_EQ(all.channels, 1);
        for (std::int64_t x = 0; x < 6; ++x) EXPECT_NEAR(get(all, 0, x, 0), expected[x], 1e-6) << x;
        // With one ring the middle is out of reach.
        const ConstImageView close = colors.replace(sprite.seen(), all_of(sprite.seen()), 1);
        for (std::int64_t x = 0; x < 6; ++x)
          EXPECT_NEAR(get(close, 0, x, 0), x == 3 ? 0 : expected[x], 1e-6) << x;
      }
}

TEST(HiddenColors, AreWeightedByAlphaInTheFirstRing) {
  const Sprite sprite(2, 3, 4, Depth::kU8);
  for (std::int64_t y = 0; y < 2; ++y)
    for (std::int64_t x = 0; x < 3; ++x) set(sprite, y, x, {1, 1, 1, 0});
  set(sprite, 0, 0, {0.2, 0, 1, 1});
  set(sprite, 1, 2, {0.6, 0, 0, 0.6});
  HiddenColors colors;
  const ConstImageView view = colors.replace(sprite.seen(), all_of(sprite.seen()), 4);
  ASSERT_EQ(view.channels, 3);
  EXPECT_NEAR(get(view, 1, 1, 0), (0.2 + 0.6 * 0.6) / 1.6, 0.5 / 255);
  EXPECT_NEAR(get(view, 1, 1, 2), 1 / 1.6, 0.5 / 255);
  EXPECT_EQ(get(view, 1, 0, 2), 1);  // touches only the first
}

TEST(HiddenColors, OfFaintPixelsAreTheMeanAround) {
  const Sprite sprite(1, 4, 2, Depth::kF32);
  set(sprite, 0, 0, {0.5, 1});
  set(sprite, 0, 1, {1, 0.05});
  set(sprite, 0, 2, {0, 0.0625});  // just not
  set(sprite, 0, 3, {1, 0});
  HiddenColors colors;
  const ConstImageView view = colors.replace(sprite.seen(), all_of(sprite.seen()), 4);
  EXPECT_EQ(get(view, 0, 0, 0), 0.5);
  EXPECT_NEAR(get(view, 0, 1, 0), (0.5 + 0.05) / (1 + 0.05 + 0.0625), 1e-6);
  EXPECT_EQ(get(view, 0, 2, 0), 0);
  EXPECT_EQ(get(view, 0, 3, 0), 0);
}

TEST(HiddenColors, AreRoundedToNearestTiesToEven) {
  const Sprite sprite(1, 6, 2, Depth::kU8);
  for (std::int64_t x = 0; x < 6; ++x) set(sprite, 0, x, {0, x % 3 == 1 ? 0.0 : 1.0});
  set(sprite, 0, 0, {10 / 255.0, 1});
  set(sprite, 0, 2, {13 / 255.0, 1});
  set(sprite, 0, 3, {12 / 255.0, 1});
  set(sprite, 0, 5, {13 / 255.0, 1});
  HiddenColors colors;
  const ConstImageView view = colors.replace(sprite.seen(), all_of(sprite.seen()), 4);
  EXPECT_EQ(std::lround(get(view, 0, 1, 0) * 255), 12);  // 11.5
  EXPECT_EQ(std::lround(get(view, 0, 4, 0) * 255), 12);  // 12.5
}

TEST(HiddenColors, OfAlphaBeyondItsRange) {
  const Sprite sprite(1, 6, 2, Depth::kF32);
  set(sprite, 0, 0, {0.25, 2});  // counts as 1
  set(sprite, 0, 1, {1, 0});
  set(sprite, 0, 2, {0.75, 1});
  set(sprite, 0, 3, {1, -1});
  set(sprite, 0, 4, {1, std::nan("")});
  set(sprite, 0, 5, {1, 0});
  HiddenColors colors;
  const ConstImageView view = colors.replace(sprite.seen(), all_of(sprite.seen()), 4);
  EXPECT_EQ(get(view, 0, 1, 0), 0.5);
  for (const std::int64_t x : {3, 4, 5}) EXPECT_EQ(get(view, 0, x, 0), 0.75) << x;
}

TEST(HiddenColors, WithNothingHiddenAreTheImagesOwn) {
  const Sprite sprite(3, 5, 4, Depth::kU16, Layout::kMirrored);
  for (std::int64_t y = 0; y < 3; ++y)
    for (std::int64_t x = 0; x < 5; ++x) set(sprite, y, x, {0.1, 0.2, 0.3, x == 0 ? 0 : 0.07});
  HiddenColors colors;
  const ConstImageView view = colors.replace(sprite.seen(), {1, 1, 2, 4}, 9);
  EXPECT_EQ(view.data, sprite.view.data + sprite.view.row_stride + sprite.view.column_stride);
  EXPECT_EQ(view.height, 2);
  EXPECT_EQ(view.channels, 3);
}

TEST(HiddenColors, WithNothingVisibleAreZero) {
  const Sprite sprite(3, 5, 4);
  for (std::int64_t y = 0; y < 3; ++y)
    for (std::int64_t x = 0; x < 5; ++x) set(sprite, y, x, {1, 1, 1, 0});
  HiddenColors colors;
  const ConstImageView view = colors.replace(sprite.seen(), all_of(sprite.seen()), 9);
  for (std::int64_t y = 0; y < 3; ++y)
    for (std::int64_t x = 0; x < 5; ++x) EXPECT_EQ(get(view, y, x, 1), 0);
}

TEST(HiddenColors, AreTheSameInEveryWindow) {
  constexpr std::int64_t kSide = 24;
  constexpr std::int64_t kReach = 4;
  const Sprite sprite(kSide, kSide, 4);
  for (std::int64_t i = 0; i < kSide * kSide; ++i) {
    const std::int64_t y = i / kSide;
    const std::int64_t x = i % kSide;
    set(sprite, y, x,
        {share(i * 7, 256), share(i * 31, 256), 0.5,
         i % 37 == 0   ? 0.7
         : i % 23 == 0 ? 0.02
                       : 0});
  }
  HiddenColors whole;
  HiddenColors part;
  const ConstImageView all = whole.replace(sprite.seen(), all_of(sprite.seen()), kReach);
  for (const auto& [begin, end] : {std::pair(0, 15), std::pair(5, 24), std::pair(3, 20)}) {
    const ConstImageView some = part.replace(sprite.seen(), {begin, begin, end - begin, end - begin}, kReach);
    const std::int64_t from = begin == 0 ? 0 : begin + kReach + 1;
    const std::int64_t to = end == kSide ? kSide : end - kReach - 1;
    for (std::int64_t y = from; y < to; ++y)
      for (std::int64_t x = from; x < to; ++x)
        for (std::int64_t c = 0; c < 3; ++c)
          ASSERT_EQ(get(some, y - begin, x - begin, c), get(all, y, x, c)) << y << " " << x;
  }
}

TEST(EnlargeAlpha, KeepsOpaqueAndTransparentExactly) {
  for (const Depth depth : kDepths)
    for (const Layout layout : kLayouts)
      for (const int factor : {1, 2, 3, 4}) {
        const Sprite sprite(8, 9, 2, depth, layout);
        for (std::int64_t y = 0; y < 8; ++y)
          for (std::int64_t x = 0; x < 9; ++x) set(sprite, y, x, {0.5, x < 4 ? 1.0 : 0.0});
        const std::int64_t height = std::int64_t{8} * factor;
        const std::int64_t width = std::int64_t{9} * factor;
        const Sprite result(height, width, 2, depth, layout);
        RowBuffers buffers;
        enlarge_alpha(sprite.seen(), factor, {0, 0, height, width}, result.view, buffers);
        for (std::int64_t y = 0; y < height; ++y)
          for (std::int64_t x = 0; x < width; ++x) {
            const double alpha = get(result.view, y, x, 1);
            const double place = (static_cast<double>(x) + 0.5) / factor - 0.5;  // among the samples
            const double least = place <= 3 ? 1 : 0;
            const double most = place < 4 ? 1 : 0;
            ASSERT_TRUE(least <= alpha && alpha <= most) << factor << ": " << x;
            if (place > 3 && place < 4) {
              ASSERT_TRUE(0 < alpha && alpha < 1) << factor << ": " << x;
            }
            ASSERT_EQ(get(result.view, y, x, 0), 0);  // colours are not touched
          }
      }
}

TEST(EnlargeAlpha, DoesNotDependOnTheWindow) {
  constexpr int kFactor = 3;
  const Sprite sprite(11, 13, 4, Depth::kU16);
  for (std::int64_t i = 0; i < std::int64_t{11} * 13; ++i)
    set(sprite, i / 13, i % 13, {0, 0, 0, share(i * 53, 97)});
  const Sprite whole(33, 39, 4, Depth::kU16);
  const Sprite parts(33, 39, 4, Depth::kU16);
  RowBuffers buffers;
  enlarge_alpha(sprite.seen(), kFactor, {0, 0, 33, 39}, whole.view, buffers);
  for (std::int64_t y = 0; y < 33; y += 5)
    for (std::int64_t x = 0; x < 39; x += 7) {
      const kernels::Window window{y, x, std::min<std::int64_t>(5, 33 - y),
                                   std::min<std::int64_t>(7, 39 - x)};
      enlarge_alpha(sprite.seen(), kFactor, window, parts.view, buffers);
    }
  for (std::int64_t y = 0; y < 33; ++y)
    for (std::int64_t x = 0; x < 39; ++x)
      ASSERT_EQ(get(parts.view, y, x, 3), get(whole.view, y, x, 3)) << y << " " << x;
}

}  // namespace
}  // namespace srfast
