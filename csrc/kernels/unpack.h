// Network to image: NCHW float planes to HWC samples of any depth and strides, clipped, rounded, in one pass.
#pragma once

#include <array>
#include <cstdint>

#include "image.h"
#include "kernels/instruction_set.h"
#include "kernels/pack.h"

namespace srfast::kernels {

// The most pixels along each axis that one value of the planes, or of a residual, can stand for.
inline constexpr int kMaxBlock = 64;

// One number a plane.
using PlaneNumbers = std::array<float, kMaxPlanes>;
inline constexpr PlaneNumbers kPlaneOnes{1.0F, 1.0F, 1.0F, 1.0F};

// What is added to the values: of plane p at pixel (y, x) of the image
// planes[p * plane_stride + (this.y + y) / factor * row_stride + (this.x + x) / factor] * gain[p] + bias[p],
// the nearest-neighbour enlargement of these planes.
struct Residual {
  const float* planes = nullptr;  // null: nothing is added
  std::int64_t plane_stride = 0;  // in floats
  std::int64_t row_stride = 0;
  int factor = 1;  // 1..kMaxBlock
  std::int64_t y = 0;
  std::int64_t x = 0;
  PlaneNumbers gain = kPlaneOnes;
  PlaneNumbers bias{};
};

// sample = value * gain + bias, then clipped to 0..sample_max, NaN as 0; integers are rounded to nearest,
// ties to even. With mix, the sum of what so becomes of each plane, times its weight, is clipped and rounded.
// Every product and every sum is rounded, never fused.
struct UnpackPlan {
  int planes = 0;                          // 1..kMaxPlanes
  bool mix = false;                        // true: one channel, the weighted sum of the planes
  std::array<int, kMaxPlanes> plane{};     // the plane that feeds each image channel (mix == false)
  std::array<float, kMaxPlanes> weight{};  // the weight of each plane (mix == true)
  float gain = 1.0F;
  float bias = 0.0F;
  bool clip = true;  // false: samples, which must be floats, may be anything but NaN
  // How the values of plane p come out of what lies in memory: v * plane_gain[p] + plane_bias[p] + residual.
  PlaneNumbers plane_gain = kPlaneOnes;
  PlaneNumbers plane_bias{};
  Residual residual;
  // 2..kMaxBlock: the planes lie in memory as they are before PyTorch's pixel_shuffle, shuffle^2 smaller ones
  // for each.
  int shuffle = 1;
  // Where the image lies on the (shuffled) planes.
  std::int64_t y = 0;
  std::int64_t x = 0;
};

// Reads plane p, row y, column x from planes[p * plane_stride + y * row_stride + x] (strides in floats); with
// a shuffle by r, from planes[(p*r*r + y%r * r + x%r) * plane_stride + y/r * row_stride + x/r].
// With mix, the sum is ((s0*w0 + s1*w1) + s2*w2) + ...
// Every instruction set gives the same bits. The arguments are not checked: the image must have one channel
// with mix and 1 to kMaxPlanes without, and the rest is as for pack.
void unpack(const float* planes, std::int64_t plane_stride, std::int64_t row_stride, const UnpackPlan& plan,
            const ImageView& image, InstructionSet set = best_instruction_set());

}  // namespace srfast::kernels
