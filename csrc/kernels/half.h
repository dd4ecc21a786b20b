// Between float and the 16-bit floats that some networks take and give (IEEE 754 binary16).
#pragma once

#include <cstddef>
#include <cstdint>

namespace srfast::kernels {

// Rounded to nearest, ties to even; what is too large becomes infinite, NaN stays NaN. Any thread may call.
void to_half(const float* from, std::size_t count, std::uint16_t* to);

// Exact, of every half.
void from_half(const std::uint16_t* from, std::size_t count, float* to);

}  // namespace srfast::kernels
