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

// Of the value range: a twentieth of a step of 8 bits, and far above what the order of sums changes.
constexpr double kTolerance = 2e-4;

struct Planes {
  std::int64_t count = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<float> values;

  [[nodiscard]] float at(std::int64_t p, std::int64_t y, std::int64_t x) const {
    return values[static_cast<std::size_t>((p * height + y) * width + x)];
  }
};

Planes noise(std::int64_t count, std::int64_t height, std::int64_t width, const ValueRange& range) {
  Planes planes{count, height, width, std::vector<float>(static_cast<std::size_t>(count * height * width))};
  std::minstd_rand random(1);  // always the same
  const double span = static_cast<double>(std::minstd_rand::max());
  for (float& value : planes.values)
    value = static_cast<float>(range.low + (range.high - range.low) * static_cast<double>(random()) / span);
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

Planes run(const runtime::Session& session, const Planes& input, std::int64_t scale) {
  Planes output{input.count, input.height * scale, input.width * scale, {}};
  output.values.resize(static_cast<std::size_t>(output.count * output.height * output.width));
  session.run(input.values.data(), {1, input.count, input.height, input.width}, output.values.data(),
              {1, output.count, output.height, output.width});
  return output;
}

}  // namespace

void require_true_halo(const runtime::Session& session, const ModelInfo& info, const TileAxes& axes) {
  const auto& [rows, columns] = axes;
  const std::int64_t scale = info.network_scale();
  // One step of the alignment beyond the smallest tile, at either end.
  const std::int64_t height = tiling::smallest_span(rows) + 2 * rows.align;
  const std::int64_t width = tiling::smallest_span(columns) + 2 * columns.align;
  const Planes input = noise(channels(info.color), height, width, info.range);
  const Planes whole = run(session, input, scale);

  const auto compare = [&](std::int64_t y, std::int64_t x, const Planes& tile, std::int64_t y_begin,
                           std::int64_t y_end, std::int64_t x_begin, std::int64_t x_end) {
    double worst = 0;
    for (std::int64_t p = 0; p < whole.count; ++p)
      for (std::int64_t row = y_begin * scale; row < y_end * scale; ++row)
        for (std::int64_t column = x_begin * scale; column < x_end * scale; ++column)
          worst = std::max<double>(
              worst, std::abs(whole.at(p, row, column) - tile.at(p, row - y * scale, column - x * scale)));
    if (worst <= kTolerance * (info.range.high - info.range.low)) return;
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
      run(session, part(input, rows.align, columns.align, height - rows.align, width - columns.align), scale),
      rows.align + rows.before, height, columns.align + columns.before, width);
  // Cut off at the bottom right.
  compare(0, 0, run(session, part(input, 0, 0, height - rows.align, width - columns.align), scale), 0,
          height - rows.align - rows.after, 0, width - columns.align - columns.after);
}

}  // namespace srfast
