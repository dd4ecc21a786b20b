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

// A window of the network's input.
struct Window {
  std::int64_t y_begin = 0;
  std::int64_t y_end = 0;
  std::int64_t x_begin = 0;
  std::int64_t x_end = 0;
};

// Whether what the network makes of the window is the same, to the eye, in the output for the whole input and
// in that for a part of it that begins at (y, x).
bool is_same(const Planes& whole, const Planes& tile, std::int64_t y, std::int64_t x, const Window& window,
             const ModelInfo& info) {
  const double tolerance = info.bytes_per_value == sizeof(float) ? kTolerance : kToleranceOfHalves;
  const std::int64_t scale = info.network_scale();
  const std::int64_t row_margin = info.margins.rows.before;
  const std::int64_t column_margin = info.margins.columns.before;
  double worst = 0;
  for (std::int64_t p = 0; p < whole.count; ++p) {
    const double gain = std::abs(info.ends.output_gain[static_cast<std::size_t>(p)]);
    for (std::int64_t row = window.y_begin * scale; row < window.y_end * scale; ++row)
      for (std::int64_t column = window.x_begin * scale; column < window.x_end * scale; ++column)
        worst = std::max<double>(
            worst,
            gain * std::abs(whole.at(p, row - row_margin, column - column_margin) -
                            tile.at(p, row - y * scale - row_margin, column - x * scale - column_margin)));
  }
  return worst <= tolerance * (info.range.high - info.range.low);
}

// One step of the alignment beyond the smallest tile, at either end.
std::int64_t test_size(const tiling::Axis& axis) { return tiling::smallest_span(axis) + 2 * axis.align; }

}  // namespace

void require_true_halo(const runtime::Session& session, const ModelInfo& info, const TileAxes& axes) {
  const auto& [rows, columns] = axes;
  const std::int64_t height = test_size(rows);
  const std::int64_t width = test_size(columns);
  const Planes input = noise(height, width, info);
  const Planes whole = run(session, input, info);
  // Cut off at the top left, what lies behind the halo before must be the same; and at the bottom right.
  const Planes behind =
      run(session, part(input, rows.align, columns.align, height - rows.align, width - columns.align), info);
  const Planes before = run(session, part(input, 0, 0, height - rows.align, width - columns.align), info);
  if (is_same(whole, behind, rows.align, columns.align,
              {rows.align + rows.before, height - rows.pad_after, columns.align + columns.before,
               width - columns.pad_after},
              info) &&
      is_same(whole, before, 0, 0,
              {rows.pad_before, height - rows.align - rows.after, columns.pad_before,
               width - columns.align - columns.after},
              info))
    return;
  throw Error(ErrorCode::kModel,
              info.label + ": its metadata says that it looks " + std::to_string(rows.before) + ", " +
                  std::to_string(columns.before) + ", " + std::to_string(rows.after) + ", " +
                  std::to_string(columns.after) +
                  " pixels far (srfast.halo), but it looks further: tiles would have seams. Export or tag it "
                  "again");
}

bool depends_on_size(const runtime::Session& session, const ModelInfo& info, const TileAxes& axes) {
  const auto& [rows, columns] = axes;
  const std::int64_t height = test_size(rows);
  const std::int64_t width = test_size(columns);
  const std::int64_t cut_height = rows.align > 1 ? height - 1 : height;
  const std::int64_t cut_width = columns.align > 1 ? width - 1 : width;
  try {
    const runtime::Shape expected = info.output_shape(cut_height, cut_width);
    const std::vector<std::int64_t> shape =
        session.output_shape({1, channels(info.color), cut_height, cut_width});
    if (!std::equal(shape.begin(), shape.end(), expected.begin(), expected.end())) return false;
    const Planes input = noise(height, width, info);
    const Planes cut = run(session, part(input, 0, 0, cut_height, cut_width), info);
    const Window unchanged{rows.pad_before, cut_height - rows.after, columns.pad_before,
                           cut_width - columns.after};
    return !is_same(run(session, input, info), cut, 0, 0, unchanged, info);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kRun) throw;
    return false;
  }
}

}  // namespace srfast
