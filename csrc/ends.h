// What a network leaves to the pack before it and to the unpack behind it, as its file's metadata says it.
// The keys are those that python/srfast/passes writes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "geometry.h"
#include "kernels/pack.h"

namespace srfast {

// One number a plane.
using PerPlane = std::array<double, kernels::kMaxPlanes>;
inline constexpr PerPlane kOnes{1.0, 1.0, 1.0, 1.0};

// The network is fed with image * input_gain + input_bias. Its result is
// shuffled(output) * output_gain + output_bias + enlarged(image). All in its value range.
struct Ends {
  PerPlane input_gain = kOnes;
  PerPlane input_bias{};
  // The output has shuffle^2 channels a plane, in the order of PyTorch's pixel_shuffle, and may reach up to
  // shuffle - 1 pixels beyond the result, at its bottom and its right.
  int shuffle = 1;
  PerPlane output_gain = kOnes;
  PerPlane output_bias{};
  // The input, enlarged to the size of the result.
  std::optional<Enlargement> residual;

  // How far, in pixels of the network's own input, a pixel of the residual looks.
  [[nodiscard]] std::int64_t reach() const noexcept;
};

// Throws Error(kModel) if the metadata has srfast's keys, and they make no sense for a network of so many
// planes; `label` names the model.
[[nodiscard]] Ends read_ends(const std::map<std::string, std::string>& pairs, const std::string& label,
                             int planes);

}  // namespace srfast
