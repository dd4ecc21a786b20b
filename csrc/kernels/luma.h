// The luma of colour planes, and another luma in its place.
#pragma once

#include <cstdint>

namespace srfast::kernels {

// BT.601: the luma of R, G, B.
inline constexpr double kLuma[3] = {0.299, 0.587, 0.114};

// Writes the luma of `count` colours. R is at rgb[0], G at rgb[plane_stride], B at rgb[2 * plane_stride]
// (stride in floats). luma = ((r*wr + g*wg) + b*wb) * gain + bias. Nothing may overlap; any thread may call.
void luma_of(const float* rgb, std::int64_t plane_stride, std::int64_t count, float gain, float bias,
             float* luma);

// Gives `count` colours another luma, and leaves them their Cb and Cr: since R, G and B are the luma plus
// something that depends on Cb and Cr alone, what the luma lacks is added to all three.
void replace_luma(float* rgb, std::int64_t plane_stride, std::int64_t count, const float* luma);

}  // namespace srfast::kernels
