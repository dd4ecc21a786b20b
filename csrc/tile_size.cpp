#include "tile_size.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace srfast {
namespace {

// One tile at a time, worked on by all cores: larger ones gain next to nothing (benchmarks/tiles.py), and
// cost memory.
constexpr std::int64_t kAlonePixels = std::int64_t{1024} * 1024;
// Tiles side by side, a core each: small, so that all cores have some of a small image too.
constexpr std::int64_t kSideBySidePixels = std::int64_t{192} * 192;
// Tiles side by side that should fit into the memory limit. Not the number of threads: the tiles, and with
// them the last bit of a float, must not depend on that.
constexpr double kSideBySide = 4;

// The size of the fewest spans of at most `most` pixels that cover `length`, sharing it evenly.
std::int64_t even_size(const tiling::Axis& axis, std::int64_t length, std::int64_t most) {
  most = std::max(most, tiling::smallest_span(axis));
  if (length <= most) return length;
  const std::int64_t halo = axis.before + axis.after;
  const std::int64_t spans = (length - halo + (most - halo) - 1) / (most - halo);
  const std::int64_t even = (length - halo + spans - 1) / spans + halo;
  return std::max((even + axis.align - 1) / axis.align * axis.align, tiling::smallest_span(axis));
}

}  // namespace

double bytes_per_tile_pixel(const ModelInfo& info) {
  // Of a colour image, the workspace of a network that takes luma holds no more than a few rows of colours.
  const double planes = channels(info.color);
  const double scale = info.network_scale();
  return info.geometry.bytes_per_pixel +
         planes * static_cast<double>(info.bytes_per_value) * (1 + scale * scale);
}

std::int64_t tile_pixels(const ModelInfo& info, std::uint64_t memory_limit) {
  const bool serial = info.geometry.serial;
  const double affordable =
      static_cast<double>(memory_limit) / (serial ? kSideBySide : 1) / bytes_per_tile_pixel(info);
  const std::int64_t fastest = serial ? kSideBySidePixels : kAlonePixels;
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::min(affordable, 1e12)), 1, fastest);
}

double largest_tile_bytes(const ModelInfo& info, std::int64_t pixels) {
  auto most = static_cast<double>(pixels);
  if (const auto& axes = info.geometry.axes) {
    const double side = std::sqrt(most);
    const auto longest = [&](const tiling::Axis& axis, const std::optional<std::int64_t>& fixed) {
      return fixed ? static_cast<double>(*fixed)
                   : std::max(side, static_cast<double>(tiling::smallest_span(axis)));
    };
    most = std::max(most, longest(axes->rows, info.fixed_height) * longest(axes->columns, info.fixed_width));
  }
  return most * bytes_per_tile_pixel(info);
}

std::pair<std::int64_t, std::int64_t> tile_size(const TileAxes& axes, std::int64_t height, std::int64_t width,
                                                std::int64_t pixels) {
  if (height <= pixels / width) return {height, width};
  const auto side = static_cast<std::int64_t>(std::sqrt(static_cast<double>(pixels)));
  // A short side is taken whole, and leaves more to the long one.
  const std::int64_t rows = even_size(axes.rows, height, std::max(side, width < side ? pixels / width : 0));
  const std::int64_t columns =
      even_size(axes.columns, width, std::max(side, height < side ? pixels / height : 0));
  return {rows, columns};
}

}  // namespace srfast
