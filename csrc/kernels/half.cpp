#include "kernels/half.h"

#include <cstring>

namespace srfast::kernels {
namespace {

std::uint32_t bits_of(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

float float_of(std::uint32_t bits) {
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

constexpr std::uint32_t kSign = 0x80000000U;
constexpr int kShift = 23 - 10;                                 // of the mantissa
constexpr std::uint32_t kRebias = (127U - 15U) << 23U;          // of the exponent
constexpr std::uint32_t kInfinity = 0x7F800000U;                // as float
constexpr std::uint32_t kTooLarge = (127U + 16U) << 23U;        // 65536 as float: the first without a half
constexpr std::uint32_t kSmallestNormal = (127U - 14U) << 23U;  // 2^-14 as float
// 0.5 as float: the last place of a sum of it and a subnormal half is that half's last place.
constexpr std::uint32_t kSubnormalMagic = 126U << 23U;

}  // namespace

void to_half(const float* from, std::size_t count, std::uint16_t* to) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t all = bits_of(from[i]);
    const std::uint32_t sign = (all & kSign) >> 16U;
    const std::uint32_t size = all & ~kSign;
    const std::uint32_t odd = (size >> kShift) & 1U;
    // Just under a half of the last place, and the bit that decides ties. A carry into the exponent is right,
    // up to infinity.
    const std::uint32_t normal = (size - kRebias + ((1U << (kShift - 1)) - 1U) + odd) >> kShift;
    // The adder rounds.
    const std::uint32_t subnormal = bits_of(float_of(size) + float_of(kSubnormalMagic)) - kSubnormalMagic;
    const std::uint32_t special = size > kInfinity ? 0x7E00U : 0x7C00U;
    const std::uint32_t half = size >= kTooLarge ? special : size < kSmallestNormal ? subnormal : normal;
    to[i] = static_cast<std::uint16_t>(sign | half);
  }
}

void from_half(const std::uint16_t* from, std::size_t count, float* to) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t all = from[i];
    const std::uint32_t sign = (all & 0x8000U) << 16U;
    const std::uint32_t size = (all & 0x7FFFU) << kShift;
    const std::uint32_t exponent = size & (0x7C00U << kShift);
    const std::uint32_t normal = size + kRebias;
    const std::uint32_t special = size + 2 * kRebias;  // an exponent of all ones
    // A subnormal half is its mantissa, in units of 2^-24.
    const std::uint32_t subnormal =
        bits_of(static_cast<float>(static_cast<std::int32_t>(all & 0x3FFU)) * float_of((127U - 24U) << 23U));
    const std::uint32_t value = exponent == 0                     ? subnormal
                                : exponent == (0x7C00U << kShift) ? special
                                                                  : normal;
    to[i] = float_of(sign | value);
  }
}

}  // namespace srfast::kernels
