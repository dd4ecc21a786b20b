#include "tiling/plan.h"

#include <algorithm>
#include <string>

#include "error.h"

namespace srfast::tiling {
namespace {

std::int64_t round_up(std::int64_t value, std::int64_t step) { return (value + step - 1) / step * step; }
std::int64_t round_down(std::int64_t value, std::int64_t step) { return value / step * step; }

}  // namespace

std::int64_t smallest_span(const Axis& axis) {
  // A span starts at a multiple of the alignment, so up to a whole step of its halo may be spent on reaching
  // one.
  const std::int64_t carrying =
      round_up(axis.before, axis.align) + axis.align + round_up(axis.after, axis.align);
  return std::max(carrying, round_up(axis.least, axis.align));
}

Spans cover(std::int64_t image_length, const Axis& axis, std::int64_t size, bool fixed) {
  // Counted from the start of the padding; what is kept of the padding is dropped at the end.
  const std::int64_t length = axis.pad_before + image_length + axis.pad_after;
  Spans result;
  const auto keep = [&](std::int64_t start, std::int64_t begin, std::int64_t end) {
    const Span span{start - axis.pad_before, std::max<std::int64_t>(begin - axis.pad_before, 0),
                    std::min(end - axis.pad_before, image_length)};
    if (span.keep_end > span.keep_begin) result.spans.push_back(span);
  };
  result.extent = round_up(std::max(length, fixed ? size : axis.least), axis.align);
  result.size =
      size >= length && !fixed ? result.extent : std::min(round_down(size, axis.align), result.extent);
  if (fixed && result.size != size)
    throw Error(ErrorCode::kModel,
                "the network takes " + std::to_string(size) +
                    " pixels along an axis, which is not a multiple of its own alignment, " +
                    std::to_string(axis.align));
  if (result.size == result.extent) {
    keep(0, 0, length);
    return result;
  }
  if (result.size < smallest_span(axis))
    throw Error(ErrorCode::kModel,
                "tiles of " + std::to_string(result.size) + " pixels cannot carry the network's halo of " +
                    std::to_string(axis.before) + " + " + std::to_string(axis.after) + " pixels");
  const std::int64_t last = result.extent - result.size;
  std::int64_t kept = 0;
  while (true) {
    // As far along as the halo before what is kept next allows.
    const std::int64_t start =
        std::min(last, round_down(std::max<std::int64_t>(0, kept - axis.before), axis.align));
    const bool at_end = start == last;
    const std::int64_t keep_end = at_end ? length : start + result.size - axis.after;
    keep(start, kept, std::min(keep_end, length));
    kept = std::min(keep_end, length);
    if (at_end || kept == length) return result;
  }
}

}  // namespace srfast::tiling
