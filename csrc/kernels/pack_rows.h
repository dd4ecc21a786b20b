// The inner half of pack, compiled once per instruction set. Plain data only: an inline function or a
// template of a shared header, compiled here for AVX, could be the copy that the linker keeps for every other
// caller.
#pragma once

#include <cstddef>
#include <cstdint>

#include "image.h"
#include "kernels/pack.h"

namespace srfast::kernels {

// One image and where each plane gets its samples from. Strides of the image in bytes, of the planes in
// floats.
struct PackJob {
  const std::byte* image;
  std::int64_t height;
  std::int64_t width;
  std::ptrdiff_t row_stride;
  std::ptrdiff_t column_stride;
  Depth depth;
  bool interleaved3;  // three planes whose samples are neighbours in memory, in the order of the planes
  int planes;
  std::ptrdiff_t offset[kMaxPlanes];  // of the plane's sample within a pixel
  float* plane[kMaxPlanes];
  float gain[kMaxPlanes];
  float bias[kMaxPlanes];
  std::int64_t plane_row_stride;
};

namespace baseline {
void pack_rows(const PackJob& job);
}
namespace avx2 {
void pack_rows(const PackJob& job);
}
namespace avx512 {
void pack_rows(const PackJob& job);
}

}  // namespace srfast::kernels
