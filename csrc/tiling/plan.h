// Which tiles cover an image: integers only.
#pragma once

#include <cstdint>
#include <vector>

namespace srfast::tiling {

// What a network asks of a tile along one axis, in its input pixels.
struct Axis {
  std::int64_t before = 0;  // halo: how far to the left (or above) an output pixel looks
  std::int64_t after = 0;   // and to the right (or below)
  std::int64_t align = 1;   // offsets and sizes of tiles are multiples of it
  std::int64_t least = 1;   // the smallest size that the network takes
  // How many pixels precede and follow the image, because the network's output lacks them. No more than the
  // halo, where the axis is cut.
  std::int64_t pad_before = 0;
  std::int64_t pad_after = 0;
};

// A stretch of one axis that is run at once. The network sees input pixels [start, start + size), of which
// those before 0 and from the length on are padding; of its output, what belongs to [keep_begin, keep_end) is
// kept. Kept stretches follow each other without gap or overlap.
struct Span {
  std::int64_t start = 0;
  std::int64_t keep_begin = 0;
  std::int64_t keep_end = 0;
};

// The spans of one axis, all of one size.
struct Spans {
  std::int64_t size = 0;  // of every span
  // What the spans cover together: the length and the padding, up to the alignment or the size.
  std::int64_t extent = 0;
  std::vector<Span> spans;  // in order
};

// The smallest span that the network takes and that makes progress, if the axis is longer than it: its halo
// and one aligned step.
[[nodiscard]] std::int64_t smallest_span(const Axis& axis);

// Covers [0, length) with spans of `size` pixels, or of the whole length and its padding, extended to what
// the network takes, if that is not longer. Spans at a border touch it, and are exact there because the
// network pads as it would for the whole; inner ones carry the halo. The last span shifts inwards so that it
// has the size of the others. `size` is rounded down to the alignment. If `fixed`, spans have exactly `size`
// pixels, and a shorter axis is padded up to it. Requires length >= 1, align >= 1, and size >=
// smallest_span(axis) where the axis is longer than size.
[[nodiscard]] Spans cover(std::int64_t length, const Axis& axis, std::int64_t size, bool fixed);

}  // namespace srfast::tiling
