// What tiles of a network's input must look like, as its file's metadata says it. The keys are those of
// python/srfast/geometry.py, which derives them from the graph.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "kernels/enlarge.h"
#include "tiling/plan.h"

namespace srfast {

// An enlargement that was taken out of the graph: the network wants its input enlarged already.
struct Enlargement {
  kernels::EnlargeMode mode = kernels::EnlargeMode::kNearest;
  int factor = 1;
};

// From text such as "cubic 3". False: it makes no sense.
[[nodiscard]] bool parse_enlargement(const std::string& text, Enlargement& enlargement);

// The halo and the alignment, in pixels of the network's input, that is, after the enlargement.
struct TileAxes {
  tiling::Axis rows;
  tiling::Axis columns;
};

// Pixels of the network's own output that are missing at the two ends of an axis, as after convolutions
// without padding: output = scale * input - before - after. Negative: pixels too many.
struct Margin {
  std::int64_t before = 0;
  std::int64_t after = 0;
};

struct Margins {
  Margin rows;
  Margin columns;
};

struct Geometry {
  std::optional<Enlargement> enlargement;
  // Absent if the network has no finite halo, or nobody derived it: then it is run whole.
  std::optional<TileAxes> axes;
  std::optional<Margins> margins;
  double bytes_per_pixel = 0;  // of the network's input: the peak of ONNX Runtime's own memory; 0: unknown
  bool serial = false;  // gains little from ONNX Runtime's own threads: whole tiles are run side by side
};

// Throws Error(kModel) if the metadata has srfast's keys, and they make no sense; `label` names the model.
[[nodiscard]] Geometry read_geometry(const std::map<std::string, std::string>& pairs,
                                     const std::string& label);

}  // namespace srfast
