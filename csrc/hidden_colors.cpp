#include "hidden_colors.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "alpha.h"

namespace srfast {
namespace {

// Rings are told apart by their number modulo 3: a pixel touches no others than those of its own ring, the
// one before and the one after. The visible pixels are ring 0.
constexpr std::uint8_t kRings = 3;
constexpr std::uint8_t kNone = kRings;

std::uint8_t mark(std::int64_t ring) { return static_cast<std::uint8_t>(ring % kRings); }

// Samples may be unaligned.
template <typename Sample>
Sample load(const std::byte* at) {
  Sample sample;
  std::memcpy(&sample, at, sizeof(Sample));
  return sample;
}

template <typename Sample>
Sample rounded(double value) {
  if constexpr (std::is_integral_v<Sample>) return static_cast<Sample>(std::nearbyint(value));
  return static_cast<Sample>(value);
}

const std::byte* pixel(const ConstImageView& image, std::int64_t y, std::int64_t x) {
  return image.data + y * image.row_stride + x * image.column_stride;
}

template <typename Sample>
Sample alpha_at(const ConstImageView& image, std::int64_t y, std::int64_t x) {
  return load<Sample>(pixel(image, y, x) + (image.channels - 1) * image.channel_stride);
}

// Neither what is 0 nor, of floats, what is negative or no number.
template <typename Sample>
bool visible(Sample alpha) {
  return alpha > 0;
}

template <typename Sample>
bool faint(Sample alpha, Depth depth) {
  constexpr double kShare = 16;
  return kShare * static_cast<double>(alpha) < static_cast<double>(sample_max(depth));
}

template <typename Sample>
bool nothing_to_replace(const ConstImageView& image) {
  for (std::int64_t y = 0; y < image.height; ++y)
    for (std::int64_t x = 0; x < image.width; ++x) {
      const auto alpha = alpha_at<Sample>(image, y, x);
      if (!visible(alpha) || faint(alpha, image.depth)) return false;
    }
  return true;
}

// What a visible pixel counts.
template <typename Sample>
double weight_at(const ConstImageView& image, std::int64_t y, std::int64_t x) {
  return std::min(static_cast<double>(alpha_at<Sample>(image, y, x)),
                  static_cast<double>(sample_max(image.depth)));
}

}  // namespace

template <typename Sample>
void HiddenColors::copy_visible(const ConstImageView& image) {
  samples_.assign(static_cast<std::size_t>(height_ * width_ * channels_) * sizeof(Sample), std::byte{0});
  rings_.assign(static_cast<std::size_t>(height_ * width_), kNone);
  for (std::int64_t y = 0; y < height_; ++y) {
    for (std::int64_t x = 0; x < width_; ++x) {
      if (!visible(alpha_at<Sample>(image, y, x))) continue;
      const std::int64_t index = y * width_ + x;
      rings_[static_cast<std::size_t>(index)] = mark(0);
      std::byte* to = samples_.data() + static_cast<std::size_t>(index * channels_) * sizeof(Sample);
      for (std::int64_t c = 0; c < channels_; ++c)
        std::memcpy(to + static_cast<std::size_t>(c) * sizeof(Sample),
                    pixel(image, y, x) + c * image.channel_stride, sizeof(Sample));
    }
  }
}

// Row by row, so that sums of floats do not depend on anything else.
template <typename Visit>
void HiddenColors::for_each_neighbour(std::int64_t index, const Visit& visit) const {
  const std::int64_t y = index / width_;
  const std::int64_t x = index % width_;
  for (std::int64_t ny = std::max<std::int64_t>(y - 1, 0); ny <= std::min(y + 1, height_ - 1); ++ny)
    for (std::int64_t nx = std::max<std::int64_t>(x - 1, 0); nx <= std::min(x + 1, width_ - 1); ++nx)
      visit(ny * width_ + nx);
}

template <typename Sample, typename At, typename Weight>
void HiddenColors::fill_pixel(std::int64_t index, const At& at, const Weight& weight) {
  constexpr std::size_t kMostColors = 3;
  const auto count = static_cast<std::size_t>(channels_);
  double sums[kMostColors] = {};
  double total = 0;
  for_each_neighbour(index, [&](std::int64_t other) {
    const double share = weight(other);
    if (!(share > 0)) return;
    total += share;
    for (std::size_t c = 0; c < count; ++c)
      sums[c] += share * static_cast<double>(load<Sample>(at(other, c)));
  });
  std::byte* to = samples_.data() + static_cast<std::size_t>(index) * count * sizeof(Sample);
  for (std::size_t c = 0; c < count; ++c) {
    const auto mean = rounded<Sample>(sums[c] / total);
    std::memcpy(to + c * sizeof(Sample), &mean, sizeof(Sample));
  }
}

template <typename Sample>
void HiddenColors::fill_faint(const ConstImageView& image) {
  const auto at = [&](std::int64_t index, std::size_t c) {
    return pixel(image, index / width_, index % width_) +
           static_cast<std::ptrdiff_t>(c) * image.channel_stride;
  };
  const auto by_alpha = [&](std::int64_t index) {
    return weight_at<Sample>(image, index / width_, index % width_);
  };
  for (std::int64_t index = 0; index < height_ * width_; ++index)
    if (rings_[static_cast<std::size_t>(index)] == mark(0) &&
        faint(alpha_at<Sample>(image, index / width_, index % width_), image.depth))
      fill_pixel<Sample>(index, at, by_alpha);
}

template <typename Sample>
void HiddenColors::fill_rings(const ConstImageView& image, std::int64_t reach) {
  const auto begin_ring = [&](std::int64_t beside, std::int64_t ring) {
    for_each_neighbour(beside, [&](std::int64_t index) {
      std::uint8_t& state = rings_[static_cast<std::size_t>(index)];
      if (state != kNone) return;
      state = mark(ring);
      next_.push_back(index);
    });
  };
  const auto at = [&](std::int64_t index, std::size_t c) {
    return samples_.data() + (static_cast<std::size_t>(index * channels_) + c) * sizeof(Sample);
  };

  next_.clear();
  for (std::int64_t index = 0; index < height_ * width_; ++index)
    if (rings_[static_cast<std::size_t>(index)] == mark(0)) begin_ring(index, 1);
  for (std::int64_t ring = 1; ring <= reach && !next_.empty(); ++ring) {
    ring_.swap(next_);
    next_.clear();
    for (const std::int64_t index : ring_) {
      fill_pixel<Sample>(index, at, [&](std::int64_t other) {
        if (rings_[static_cast<std::size_t>(other)] != mark(ring - 1)) return 0.0;
        return ring == 1 ? weight_at<Sample>(image, other / width_, other % width_) : 1.0;
      });
    }
    for (const std::int64_t index : ring_) begin_ring(index, ring + 1);
  }
}

ConstImageView HiddenColors::replace(const ConstImageView& image, const kernels::Window& window,
                                     std::int64_t reach) {
  const ConstImageView seen = part(image, window.y, window.x, window.height, window.width);
  height_ = seen.height;
  width_ = seen.width;
  channels_ = seen.channels - 1;
  const auto work = [&](auto sample) {
    using Sample = decltype(sample);
    if (nothing_to_replace<Sample>(seen)) return false;
    copy_visible<Sample>(seen);
    fill_faint<Sample>(seen);
    fill_rings<Sample>(seen, reach);
    return true;
  };
  const bool replaced = seen.depth == Depth::kU8    ? work(std::uint8_t{})
                        : seen.depth == Depth::kU16 ? work(std::uint16_t{})
                                                    : work(float{});
  ConstImageView colors = colors_of(seen);
  if (!replaced) return colors;
  const auto size = static_cast<std::ptrdiff_t>(sample_size(seen.depth));
  colors.data = samples_.data();
  colors.channel_stride = size;
  colors.column_stride = size * channels_;
  colors.row_stride = colors.column_stride * width_;
  return colors;
}

}  // namespace srfast
