// Views of pixels that somebody else owns: any strides, so rows, columns and channels may be far apart or
// reversed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace srfast {

// The type of one sample. Integer samples span 0..max; float ones span 0..1.
enum class Depth : std::uint8_t { kU8, kU16, kF32 };

[[nodiscard]] constexpr std::size_t sample_size(Depth depth) noexcept {
  return depth == Depth::kU8 ? 1 : depth == Depth::kU16 ? 2 : 4;
}

// The order of the first three channels of a colour image.
enum class ImageColor : std::uint8_t { kBgr, kRgb };

// The sample value of full white.
[[nodiscard]] constexpr float sample_max(Depth depth) noexcept {
  return depth == Depth::kU8 ? 255.0F : depth == Depth::kU16 ? 65535.0F : 1.0F;
}

// height x width x channels samples; sample (y, x, c) lies at data + y*row_stride + x*column_stride +
// c*channel_stride, strides in bytes, possibly negative. Samples may be unaligned.
template <typename Byte>
struct BasicImageView {
  Byte* data = nullptr;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 0;
  std::ptrdiff_t row_stride = 0;
  std::ptrdiff_t column_stride = 0;
  std::ptrdiff_t channel_stride = 0;
  Depth depth = Depth::kU8;
  ImageColor color = ImageColor::kBgr;  // OpenCV's order
};

// The rectangle of a view; it must lie inside.
template <typename Byte>
[[nodiscard]] BasicImageView<Byte> part(BasicImageView<Byte> view, std::int64_t y, std::int64_t x,
                                        std::int64_t height, std::int64_t width) {
  view.data += y * view.row_stride + x * view.column_stride;
  view.height = height;
  view.width = width;
  return view;
}

using ImageView = BasicImageView<std::byte>;
using ConstImageView = BasicImageView<const std::byte>;

}  // namespace srfast
