#include "tile_size.h"

#include <algorithm>
#include <cmath>

namespace srfast {
namespace {

// Larger tiles gain nothing in speed (benchmarks/tiles.py), and cost memory.
constexpr std::int64_t kFastestPixels = std::int64_t{512} * 512;
// Tiles that should fit into the memory limit at once. Not the number of threads: the tiles, and with them the last bit
// of a float, must not depend on that.
constexpr double kTilesAtOnce = 4;

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
  const double planes = channels(info.color);
  const double scale = info.network_scale();
  return info.geometry.bytes_per_pixel + planes * sizeof(float) * (1 + scale * scale);
}

std::int64_t tile_pixels(const ModelInfo& info, std::uint64_t memory_limit) {
  const double affordable = static_cast<double>(memory_limit) / kTilesAtOnce / bytes_per_tile_pixel(info);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::min<double>(affordable, kFastestPixels)));
}

std::pair<std::int64_t, std::int64_t> tile_size(const Geometry& geometry, std::int64_t height, std::int64_t width,
                                                std::int64_t pixels) {
  if (height <= pixels / width) return {height, width};
  const auto side = static_cast<std::int64_t>(std::sqrt(static_cast<double>(pixels)));
  // A short side is taken whole, and leaves more to the long one.
  const std::int64_t rows = even_size(*geometry.rows, height, std::max(side, width < side ? pixels / width : 0));
  const std::int64_t columns = even_size(*geometry.columns, width, std::max(side, height < side ? pixels / height : 0));
  return {rows, columns};
}

}  // namespace srfast
