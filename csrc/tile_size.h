// How large tiles should be: from what they cost in memory, and from what runs fastest.
#pragma once

#include <cstdint>
#include <utility>

#include "model_info.h"

namespace srfast {

// Bytes of working memory for each pixel of a tile of the network's input: ONNX Runtime's, and the planes
// around it.
[[nodiscard]] double bytes_per_tile_pixel(const ModelInfo& info);

// The most pixels that a tile should have: no more than runs fastest, and than fits into `memory_limit`
// bytes.
[[nodiscard]] std::int64_t tile_pixels(const ModelInfo& info, std::uint64_t memory_limit);

// Bytes of working memory for the largest tile that such a limit leads to: of more pixels than that where the
// network takes no smaller ones.
[[nodiscard]] double largest_tile_bytes(const ModelInfo& info, std::int64_t pixels);

// The (height, width) of tiles for an input of this size: the whole of it, if it has no more than `pixels`;
// else about square, about `pixels` large, and such that tiles share the input evenly; but at least large
// enough to carry the halo.
[[nodiscard]] std::pair<std::int64_t, std::int64_t> tile_size(const TileAxes& axes, std::int64_t height,
                                                              std::int64_t width, std::int64_t pixels);

}  // namespace srfast
