// What is known of a loaded network: what its file says, what its graph shows, what the caller overrides.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conventions.h"
#include "ends.h"
#include "geometry.h"
#include "options.h"
#include "runtime/session.h"

namespace srfast {

struct ModelInfo {
  std::string label;  // names the model in messages: its path, if it has one
  int scale = 1;
  ModelColor color = ModelColor::kRgb;
  ValueRange range;
  std::optional<std::int64_t> fixed_height;  // the only height it takes, if it is not dynamic
  std::optional<std::int64_t> fixed_width;
  std::string input;  // tensor names
  std::string output;
  bool tagged = false;               // the file states its conventions
  std::vector<std::string> assumed;  // what nobody stated, of "color" and "range"
  std::string made_by;
  std::vector<std::string> passes;              // the rewrites that make the file srfast's alone
  std::vector<std::string> providers;           // active, in order of preference
  int threads = 1;                              // busy cores of all runs together
  Geometry geometry;                            // what tiles must look like
  TileAxes whole;                               // what axes must look like that are not cut: no halo
  Margins margins;                              // of the network's output
  std::size_t bytes_per_value = sizeof(float);  // of a plane; float16 networks have halves beside the floats
  Ends ends;                                    // what is left to the pack and the unpack

  // Output pixels per pixel of the network's own input, which the enlargement precedes.
  [[nodiscard]] int network_scale() const noexcept {
    return geometry.enlargement ? scale / geometry.enlargement->factor : scale;
  }

  // The only height and width of an image that it takes at once: what it is enlarged by, and what it is
  // padded with, are not the image's.
  [[nodiscard]] std::optional<std::int64_t> fixed_image_height() const noexcept;
  [[nodiscard]] std::optional<std::int64_t> fixed_image_width() const noexcept;

  // The shape of the network's output, as it is before the shuffle, for a height and width of its own input.
  [[nodiscard]] runtime::Shape output_shape(std::int64_t height, std::int64_t width) const noexcept;
};

// Checks that srfast can run this network and settles its conventions: the caller's word first, then the
// file's, then what the graph shows (fixed shapes, else small runs tell the scale, what is missing at the
// border, and what sizes must be multiples of), then what is usual
// (`assumed`). Throws Error(kModel): another number of inputs, rank, type or channels than srfast runs, or
// conventions that the graph contradicts; Error(kOption): the caller's word that it contradicts.
[[nodiscard]] ModelInfo describe(const runtime::Session& session, const std::string& label,
                                 const UpscalerOptions& options);

}  // namespace srfast
