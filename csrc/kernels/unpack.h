// Network to image: NCHW float planes to HWC samples of any depth and strides, clipped, rounded, in one pass.
#pragma once

#include <array>
#include <cstdint>

#include "image.h"
#include "kernels/instruction_set.h"
#include "kernels/pack.h"

namespace srfast::kernels {

// sample = value * gain + bias, two roundings, never fused; then clipped to 0..sample_max, NaN as 0; integers
// are rounded to nearest, ties to even.
struct UnpackPlan {
  int planes = 0;                          // 1..kMaxPlanes
  bool mix = false;                        // true: one channel, the weighted sum of the planes
  std::array<int, kMaxPlanes> plane{};     // the plane that feeds each image channel (mix == false)
  std::array<float, kMaxPlanes> weight{};  // the weight of each plane (mix == true)
  float gain = 1.0F;
  float bias = 0.0F;
};

// Reads plane p, row y, column x from planes[p * plane_stride + y * row_stride + x] (strides in floats).
// With mix, value = ((v0*w0 + v1*w1) + v2*w2) + ..., every product and sum rounded, never fused.
// Every instruction set gives the same bits. The arguments are not checked: the image must have one channel
// with mix and 1 to kMaxPlanes without, and the rest is as for pack.
void unpack(const float* planes, std::int64_t plane_stride, std::int64_t row_stride, const UnpackPlan& plan,
            const ImageView& image, InstructionSet set = best_instruction_set());

}  // namespace srfast::kernels
