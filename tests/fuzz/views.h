// Images in memory of any layout: any order of axes, gaps, flips, any alignment, and nothing behind.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "draws.h"
#include "image.h"

namespace srfast::fuzz {

inline constexpr std::array<Depth, 3> kDepths{Depth::kU8, Depth::kU16, Depth::kF32};

template <typename Byte>
Byte* address(const BasicImageView<Byte>& view, std::int64_t y, std::int64_t x, std::int64_t c) {
  return view.data + y * view.row_stride + x * view.column_stride + c * view.channel_stride;
}

template <typename Byte>
float sample_at(const BasicImageView<Byte>& view, std::int64_t y, std::int64_t x, std::int64_t c) {
  const auto load = [&](auto sample) {
    std::memcpy(&sample, address(view, y, x, c), sizeof(sample));
    return static_cast<float>(sample);
  };
  return view.depth == Depth::kU8    ? load(std::uint8_t{})
         : view.depth == Depth::kU16 ? load(std::uint16_t{})
                                     : load(float{});
}

// Owns the memory that its view lies in.
class Image {
 public:
  Image(Draws& draws, std::int64_t height, std::int64_t width, std::int64_t channels, Depth depth) {
    const std::array<std::int64_t, 3> sides{height, width, channels};
    std::array<std::size_t, 3> order{0, 1, 2};
    for (std::int64_t i = draws.between(0, 5); i > 0; --i) std::next_permutation(order.begin(), order.end());
    std::array<std::ptrdiff_t, 3> strides{};
    const auto size = static_cast<std::ptrdiff_t>(sample_size(depth));
    std::ptrdiff_t step = size;
    const std::ptrdiff_t first = draws.between(0, 3);  // samples need no alignment
    std::ptrdiff_t origin = first;
    for (auto axis = order.rbegin(); axis != order.rend(); ++axis) {
      const std::int64_t length = std::max<std::int64_t>(sides[*axis], 1);
      const std::ptrdiff_t stride = step * draws.between(1, 2) + draws.between(0, 1);
      const bool flipped = draws.flag();
      strides[*axis] = flipped ? -stride : stride;
      if (flipped) origin += stride * (length - 1);
      step = stride * (length - 1) + step;
    }
    memory_.resize(static_cast<std::size_t>(first + step));
    view_ = {memory_.data() + origin,
             height,
             width,
             channels,
             strides[0],
             strides[1],
             strides[2],
             depth,
             draws.flag() ? ImageColor::kRgb : ImageColor::kBgr};
    fill(draws);
  }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  [[nodiscard]] const ImageView& view() const { return view_; }
  [[nodiscard]] ConstImageView const_view() const {
    return {view_.data,          view_.height,         view_.width, view_.channels, view_.row_stride,
            view_.column_stride, view_.channel_stride, view_.depth, view_.color};
  }

  // The memory around the samples, which nobody may touch: those are zeros in it.
  [[nodiscard]] std::vector<std::byte> surroundings() const {
    std::vector<std::byte> bytes = memory_;
    for (std::int64_t y = 0; y < view_.height; ++y)
      for (std::int64_t x = 0; x < view_.width; ++x)
        for (std::int64_t c = 0; c < view_.channels; ++c)
          std::memset(bytes.data() + (address(view_, y, x, c) - memory_.data()), 0, sample_size(view_.depth));
    return bytes;
  }

 private:
  // Any bits; or nothing, all, and in between of the range of the depth.
  void fill(Draws& draws) {
    const bool usual = draws.flag();
    std::minstd_rand random(static_cast<std::uint32_t>(draws.between(1, 0xFFFF)));
    for (std::byte& each : memory_) each = static_cast<std::byte>(random() >> 8U);
    if (!usual) return;
    constexpr unsigned kSteps = 8;
    for (std::int64_t y = 0; y < view_.height; ++y)
      for (std::int64_t x = 0; x < view_.width; ++x)
        for (std::int64_t c = 0; c < view_.channels; ++c) {
          const auto step = static_cast<float>((random() >> 8U) % (kSteps + 1));
          store(address(view_, y, x, c), step / kSteps * sample_max(view_.depth));
        }
  }

  void store(std::byte* at, float value) const {
    const auto as = [&](auto sample) {
      sample = static_cast<decltype(sample)>(value);
      std::memcpy(at, &sample, sizeof(sample));
    };
    if (view_.depth == Depth::kU8) return as(std::uint8_t{});
    if (view_.depth == Depth::kU16) return as(std::uint16_t{});
    as(float{});
  }

  std::vector<std::byte> memory_;
  ImageView view_;
};

}  // namespace srfast::fuzz
