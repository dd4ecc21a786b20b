// What sizes a network takes, and how large its output is for them, as small runs show it.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/session.h"

namespace srfast {

// output = scale * input - missing, along either axis.
struct ShownSizes {
  std::int64_t scale = 0;
  std::int64_t missing_rows = 0;  // negative: pixels too many
  std::int64_t missing_columns = 0;
  std::int64_t multiple = 1;  // of which the sizes that it was seen to take are multiples
  std::int64_t least = 1;     // the smallest of them, where there is a multiple
};

struct FixedSize {
  std::optional<std::int64_t> height;
  std::optional<std::int64_t> width;
};

// What is known already of the sizes that a network takes.
struct TakenSizes {
  std::int64_t multiple = 1;
  std::int64_t least = 1;
};

// What the two sizes of one run say: the smallest scale whose output is not smaller than `out`, if not more
// than a quarter of it is missing; else 0.
[[nodiscard]] std::int64_t scale_of_one(std::int64_t in, std::int64_t out);

// Runs the network on zeros of a few sizes from 24 pixels on: multiples of `taken.multiple` times 1, 2, 4 ...
// up to 64, until two runs agree on a formula. Nothing is found where the output's size follows no such
// formula; Error(kRun) where no run succeeds.
[[nodiscard]] std::optional<ShownSizes> probe_sizes(const runtime::Session& session, std::int64_t planes,
                                                    const FixedSize& fixed, const TakenSizes& taken);

}  // namespace srfast
