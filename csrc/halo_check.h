// Whether a network really looks no further than its file says.
#pragma once

#include "model_info.h"
#include "runtime/session.h"

namespace srfast {

// Runs noise whole and in two tiles that begin and end as close as the stated halo allows, and compares what
// the tiles are kept for. Requires an open input size. Throws
// Error(kModel) if they differ by more than anybody could see: then tiles would have seams. Takes three runs
// of a few halos' size.
void require_true_halo(const runtime::Session& session, const ModelInfo& info, const TileAxes& axes);

}  // namespace srfast
