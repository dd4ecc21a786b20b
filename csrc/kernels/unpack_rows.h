// The inner half of unpack, compiled once per instruction set. Plain data only, for the reason given in
// pack_rows.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "image.h"
#include "kernels/unpack.h"

namespace srfast::kernels {

// One image and which plane feeds each channel. Strides of the image in bytes, of the planes in floats.
struct UnpackJob {
  std::byte* image;
  std::int64_t height;
  std::int64_t width;
  std::ptrdiff_t row_stride;
  std::ptrdiff_t column_stride;
  Depth depth;
  bool interleaved3;                  // three channels that are neighbours in memory, in the order of `plane`
  bool mix;                           // one channel, from all planes
  int planes;                         // the number of planes; without `mix`, the number of channels
  std::ptrdiff_t offset[kMaxPlanes];  // of the channel within a pixel
  const float* plane[kMaxPlanes];
  float weight[kMaxPlanes];
  float gain;
  float bias;
  float minimum;
  float maximum;
  std::int64_t plane_row_stride;
  // Without `direct`, values are made of what lies in memory as kernels/unpack.h says.
  bool direct;
  int shuffle;
  std::int64_t phase_stride;  // between the smaller planes of one shuffled plane
  std::int64_t y;
  std::int64_t x;
  float plane_gain[kMaxPlanes];
  float plane_bias[kMaxPlanes];
  const float* residual[kMaxPlanes];  // null: none
  std::int64_t residual_row_stride;
  int residual_factor;
  std::int64_t residual_y;
  std::int64_t residual_x;
  float residual_gain[kMaxPlanes];
  float residual_bias[kMaxPlanes];
};

namespace baseline {
void unpack_rows(const UnpackJob& job);
}
namespace avx2 {
void unpack_rows(const UnpackJob& job);
}
namespace avx512 {
void unpack_rows(const UnpackJob& job);
}

}  // namespace srfast::kernels
