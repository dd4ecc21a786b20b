// Plans of tiles: whatever the axis and the size, they are sound, or refused.
#include "tiling/plan.h"

#include <algorithm>

#include "draws.h"
#include "error.h"
#include "harness.h"
#include "tile_size.h"

namespace {

using srfast::fuzz::Draws;
using srfast::fuzz::require;
using srfast::tiling::Axis;

// As far as metadata may go (conventions.cpp, geometry.cpp).
Axis drawn_axis(Draws& draws) {
  const std::int64_t most = draws.flag() ? 1 << 16 : 40;
  Axis axis;
  axis.align = draws.between(1, draws.flag() ? 4096 : 8);
  axis.least = draws.between(1, draws.flag() ? 4096 : 8);
  axis.before = draws.between(0, most);
  axis.after = draws.between(0, most);
  axis.pad_before = draws.between(0, axis.before);
  axis.pad_after = draws.between(0, axis.after);
  return axis;
}

void require_sound(std::int64_t length, const Axis& axis, std::int64_t size, bool fixed) {
  const srfast::tiling::Spans plan = srfast::tiling::cover(length, axis, size, fixed);
  require(plan.size >= 1 && plan.size % axis.align == 0, "spans are aligned");
  require(plan.size >= axis.least || fixed, "spans are as large as the network wants");
  require(!fixed || plan.size == size, "spans have the only size that the network takes");
  require(plan.extent >= axis.pad_before + length + axis.pad_after, "all is covered");
  std::int64_t kept = 0;
  for (const srfast::tiling::Span& span : plan.spans) {
    require(span.keep_begin == kept && span.keep_end > kept, "every pixel is kept once");
    const std::int64_t start = axis.pad_before + span.start;
    require(start >= 0 && start % axis.align == 0 && start + plan.size <= plan.extent, "spans lie inside");
    require(start == 0 || span.start + axis.before <= span.keep_begin, "the halo before is there");
    require(start + plan.size == plan.extent || span.keep_end + axis.after <= span.start + plan.size,
            "the halo after is there");
    kept = span.keep_end;
  }
  require(kept == length, "every pixel is kept");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Draws draws(data, size);
  const srfast::TileAxes axes{drawn_axis(draws), drawn_axis(draws)};
  // Longer ones than are planned in a moment are refused by nobody.
  const std::int64_t most = std::int64_t{1} << (draws.flag() ? 16 : 7);
  const std::int64_t height = draws.between(1, most);
  const std::int64_t width = draws.between(1, most);

  // The sizes that the upscaler chooses are never refused.
  const auto padded = [](std::int64_t length, const Axis& axis) {
    return axis.pad_before + length + axis.pad_after;
  };
  const auto [tile_height, tile_width] =
      srfast::tile_size(axes, padded(height, axes.rows), padded(width, axes.columns),
                        draws.between(1, std::int64_t{1} << (draws.flag() ? 20 : 10)));
  require_sound(height, axes.rows, tile_height, false);
  require_sound(width, axes.columns, tile_width, false);

  const std::int64_t fixed = draws.between(1, 1 << 17);
  try {
    require_sound(height, axes.rows, fixed, true);
  } catch (const srfast::Error& error) {
    require(error.code() == srfast::ErrorCode::kModel, "it is the model that is refused");
    require(fixed % axes.rows.align != 0 || fixed < srfast::tiling::smallest_span(axes.rows),
            "what fits is not refused");
  }
  return 0;
}

std::vector<std::string> srfast::fuzz::seeds() {
  return {"", std::string(24, '\0'), std::string(40, '\x7f'), std::string(40, '\xff'),
          "halo, alignment, least, length"};
}
