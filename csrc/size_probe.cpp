#include "size_probe.h"

#include <algorithm>
#include <string>
#include <vector>

#include "error.h"

namespace srfast {
namespace {

constexpr std::size_t kHeight = 2;
constexpr std::size_t kWidth = 3;
constexpr std::int64_t kSmall = 24;
constexpr std::int64_t kMostMultiple = 64;

struct Size {
  std::int64_t height = 0;
  std::int64_t width = 0;
};

// How one axis answers.
struct Line {
  std::int64_t scale = 0;
  std::int64_t missing = 0;
};

std::optional<Line> line(std::int64_t in_small, std::int64_t in_large, std::int64_t out_small,
                         std::int64_t out_large) {
  if (in_small == in_large) {  // a fixed side
    const std::int64_t scale = scale_of_one(in_small, out_small);
    if (scale == 0) return std::nullopt;
    return Line{scale, scale * in_small - out_small};
  }
  const std::int64_t grown = out_large - out_small;
  const std::int64_t step = in_large - in_small;
  const std::int64_t scale = grown / step;
  if (grown % step != 0 || scale < 1) return std::nullopt;
  return Line{scale, scale * in_small - out_small};
}

std::optional<Size> output_size(const runtime::Session& session, std::int64_t planes, const Size& in) {
  const std::vector<std::int64_t> out = session.output_shape({1, planes, in.height, in.width});
  if (out.size() != 4) return std::nullopt;
  return Size{out[kHeight], out[kWidth]};
}

}  // namespace

std::int64_t scale_of_one(std::int64_t in, std::int64_t out) {
  if (in < 1 || out < 1) return 0;
  const std::int64_t scale = (out + in - 1) / in;
  const std::int64_t missing = scale * in - out;
  return missing * 4 <= scale * in ? scale : 0;
}

std::optional<ShownSizes> probe_sizes(const runtime::Session& session, std::int64_t planes,
                                      const FixedSize& fixed, const TakenSizes& taken) {
  bool ran = false;
  std::string failure;
  for (std::int64_t step = 1;; step *= 2) {
    const std::int64_t unit = step * taken.multiple;
    // An odd number of units, an even one and the next: what rounds sizes down to twice a unit shows.
    std::int64_t units = (std::max(kSmall, taken.least) + unit - 1) / unit;
    if (units % 2 == 0) ++units;
    const auto sized = [&](std::int64_t height, std::int64_t width) {
      return Size{fixed.height.value_or(height * unit), fixed.width.value_or(width * unit)};
    };
    const Size small = sized(units, units + 1);
    const Size large = sized(units + 1, units + 2);
    try {
      const std::optional<Size> small_out = output_size(session, planes, small);
      const std::optional<Size> large_out = output_size(session, planes, large);
      ran = true;
      if (small_out && large_out) {
        const auto rows = line(small.height, large.height, small_out->height, large_out->height);
        const auto columns = line(small.width, large.width, small_out->width, large_out->width);
        if (rows && columns && rows->scale == columns->scale)
          return ShownSizes{rows->scale, rows->missing, columns->missing, unit, step == 1 ? 1 : units * unit};
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kRun) throw;
      if (failure.empty()) failure = error.what();
    }
    if ((fixed.height && fixed.width) || unit >= kMostMultiple)
      break;  // another run would be the same, or large
  }
  if (!ran) throw Error(ErrorCode::kRun, failure);
  return std::nullopt;
}

}  // namespace srfast
