// Whether a network really does in tiles what it does with the whole.
#pragma once

#include "model_info.h"
#include "runtime/session.h"

namespace srfast {

// Runs noise whole and in two tiles that begin and end as close as the stated halo allows, and compares what
// the tiles are kept for. Requires an open input size. Throws
// Error(kModel) if they differ by more than anybody could see: then tiles would have seams. Takes three runs
// of a few halos' size.
void require_true_halo(const runtime::Session& session, const ModelInfo& info, const TileAxes& axes);

// Whether a network takes sizes that are no multiples of its alignment, and does something else with them
// than with an image that is padded to one: one that enlarges what it made small to the size that there was,
// say. Requires an open input size. Takes three runs of the same size at most.
[[nodiscard]] bool depends_on_size(const runtime::Session& session, const ModelInfo& info,
                                   const TileAxes& axes);

}  // namespace srfast
