// Image to network: HWC samples of any depth and strides to NCHW float planes, in one pass.
#pragma once

#include <array>
#include <cstdint>

#include "image.h"
#include "kernels/instruction_set.h"

namespace srfast::kernels {

inline constexpr int kMaxPlanes = 4;

struct PackPlan {
  int planes = 0;                         // 1..kMaxPlanes
  std::array<int, kMaxPlanes> channel{};  // the image channel that feeds each plane; may repeat
  std::array<float, kMaxPlanes> gain{};   // plane value = sample * gain + bias, two roundings, never fused
  std::array<float, kMaxPlanes> bias{};
};

// Writes plane p, row y, column x to planes[p * plane_stride + y * row_stride + x] (strides in floats).
// Every instruction set gives the same bits. The arguments are not checked: the channels must be the image's,
// the set one that is supported, and the planes must not overlap the image. Any thread may call; nothing is
// allocated.
void pack(const ConstImageView& image, const PackPlan& plan, float* planes, std::int64_t plane_stride,
          std::int64_t row_stride, InstructionSet set = best_instruction_set());

}  // namespace srfast::kernels
