#include "halo_check.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "error.h"

namespace srfast {
namespace {

// Of the value range: a twentieth of a step of 8 bits, and far above what the order of sums changes. Halves
// round that to a few of their own last places, 1/2048 each.
constexpr double kTolerance = 2e-4;
constexpr double kToleranceOfHalves = 4e-3;

struct Planes {
  std::int64_t count = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<float> values;

  [[nodiscard]] float at(std::int64_t p, std::int64_t y, std::int64_t x) const {
    return values[static_cast<std::size_t>((p * height + y) * width + x)];
  }
};

// As the network is fed.
Planes noise(std::int64_t height, std::int64_t width, const ModelInfo& info) {
  const auto& [low, high] = info.range;
  const std::int64_t count = channels(info.color);
  const auto pixels = static_cast<std::size_t>(height * width);
  Planes planes{count, height, width, {}};
  planes.values.reserve(static_cast<std::size_t>(count) * pixels);
  std::minstd_rand random(1);  // always the same
  const double span = static_cast<double>(std::minstd_rand::max());
  for (std::size_t p = 0; p < static_cast<std::size_t>(count); ++p)
    for (std::size_t i = 0; i < pixels; ++i) {
      const double value = low + (high - low) * static_cast<double>(random()) / span;
      planes.values.push_back(static_cast<float>(value * info.ends.input_gain[p] + info.ends.input_bias[p]));
    }
  return planes;
}

Planes part(const Planes& whole, std::int64_t y, std::int64_t x, std::int64_t height, std::int64_t width) {
  Planes result{whole.count, height, width, {}};
  for (std::int64_t p = 0; p < whole.count; ++p)
    for (std::int64_t row = 0; row < height; ++row)
      for (std::int64_t column = 0; column < width; ++column)
        result.values.push_back(whole.at(p, y + row, x + column));
  return result;
}

// What the network makes of it, shuffled.
Planes run(const runtime::Session& session, const Planes& input, const ModelInfo& info) {
  const runtime::Shape shape = info.output_shape(input.height, input.width);
  Planes raw{shape[1], shape[2], shape[3],
             std::vector<float>(static_cast<std::size_t>(shape[1] * shape[2] * shape[3]))};
  session.run(input.values.data(), {1, input.count, input.height, input.width}, raw.values.data(), shape);
  const std::int64_t shuffle = info.ends.shuffle;
  if (shuffle == 1) return raw;
  const std::int64_t scale = info.network_scale();
  const auto size = [&](std::int64_t length, const Margin& margin) {
    return length * scale - margin.before - margin.after;
  };
  Planes result{
      input.count, size(input.height, info.margins.rows), size(input.width, info.margins.columns), {}};
  result.values.reserve(static_cast<std::size_t>(result.count * result.height * result.width));
  for (std::int64_t p = 0; p < result.count; ++p)
    for (std::int64_t y = 0; y < result.height; ++y)
      for (std::int64_t x = 0; x < result.width; ++x)
        result.values.push_back(
            raw.at((p * shuffle + y % shuffle) * shuffle + x % shuffle, y / shuffle, x / shuffle));
  return result;
}

}  // namespace

void require_true_halo(const runtime::Session& session, const ModelInfo& info, const TileAxes& axes) {
  const auto& rows = axes.rows;  // by name: before C++20 a lambda cannot capture structured bindings
  const auto& columns = axes.columns;
  const std::int64_t scale = info.network_scale();
  // One step of the alignment beyond the smallest tile, at either end.
  const std::int64_t height = tiling::smallest_span(rows) + 2 * rows.align;
  const std::int64_t width = tiling::smallest_span(columns) + 2 * columns.align;
  const Planes input = noise(height, width, info);
  const Planes whole = run(session, input, info);
  const double tolerance = info.bytes_per_value == sizeof(float) ? kTolerance : kToleranceOfHalves;
  const std::int64_t row_margin = info.margins.rows.before;
  const std::int64_t column_margin = info.margins.columns.before;

  const auto compare = [&](std::int64_t y, std::int64_t x, const Planes& tile, std::int64_t y_begin,
                           std::int64_t y_end, std::int64_t x_begin, std::int64_t x_end) {
    double worst = 0;
    for (std::int64_t p = 0; p < whole.count; ++p) {
      const double gain = std::abs(info.ends.output_gain[static_cast<std::size_t>(p)]);
      for (std::int64_t row = y_begin * scale; row < y_end * scale; ++row)
        for (std::int64_t column = x_begin * scale; column < x_end * scale; ++column)
          worst = std::max<double>(
              worst,
              gain * std::abs(whole.at(p, row - row_margin, column - column_margin) -
                              tile.at(p, row - y * scale - row_margin, column - x * scale - column_margin)));
    }
    if (worst <= tolerance * (info.range.high - info.range.low)) return;
    throw Error(ErrorCode::kModel, info.label + ": its metadata says that it looks " +
                                       std::to_string(rows.before) + ", " + std::to_string(columns.before) +
                                       ", " + std::to_string(rows.after) + ", " +
                                       std::to_string(columns.after) +
                                       " pixels far (srfast.halo), but it looks further: tiles would have "
                                       "seams. Export or tag it again");
  };
  // Cut off at the top left: what lies behind the halo before must be the same.
  compare(
      rows.align, columns.align,
      run(session, part(input, rows.align, columns.align, height - rows.align, width - columns.align), info),
      rows.align + rows.before, height - rows.pad_after, columns.align + columns.before,
      width - columns.pad_after);
  // Cut off at the bottom right.
  compare(0, 0, run(session, part(input, 0, 0, height - rows.align, width - columns.align), info),
          rows.pad_before, height - rows.align - rows.after, columns.pad_before,
          width - columns.align - columns.after);
}

}  // namespace srfast
