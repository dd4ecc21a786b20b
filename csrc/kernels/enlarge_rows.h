// The inner loops of enlarge, compiled once per instruction set. Plain data only, for the reason given in
// pack_rows.h.
#pragma once

#include <cstdint>

namespace srfast::kernels {

// The most samples that a pixel is made of, along one axis.
inline constexpr int kMaxTaps = 4;

// A row of samples, to be enlarged along itself.
struct WidenJob {
  const float* samples;
  std::int64_t count;    // of samples
  std::int64_t factor;   // how often each is repeated
  std::int64_t skip;     // how many of the repeated samples lie left of the row that is wanted
  int taps;              // 1, 2 or 4 neighbouring samples make a pixel
  const float* weights;  // of tap t for column x: weights[t * width + x]
  std::int64_t width;    // of the row that is wanted
  float* repeated;       // scratch, count * factor floats
  float* row;
};

// Neighbouring rows, to be summed with one weight each.
struct BlendJob {
  const float* rows[kMaxTaps];
  float weights[kMaxTaps];
  int taps;  // 1, 2 or 4
  std::int64_t width;
  float* row;
};

namespace baseline {
void widen_row(const WidenJob& job);
void blend_rows(const BlendJob& job);
}  // namespace baseline
namespace avx2 {
void widen_row(const WidenJob& job);
void blend_rows(const BlendJob& job);
}  // namespace avx2
namespace avx512 {
void widen_row(const WidenJob& job);
void blend_rows(const BlendJob& job);
}  // namespace avx512

}  // namespace srfast::kernels
