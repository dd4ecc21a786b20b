#include "kernels/luma.h"

namespace srfast::kernels {
namespace {

constexpr auto kRed = static_cast<float>(kLuma[0]);
constexpr auto kGreen = static_cast<float>(kLuma[1]);
constexpr auto kBlue = static_cast<float>(kLuma[2]);

}  // namespace

void luma_of(const float* rgb, std::int64_t plane_stride, std::int64_t count, float gain, float bias,
             float* luma) {
  const float* const red = rgb;
  const float* const green = red + plane_stride;
  const float* const blue = green + plane_stride;
  for (std::int64_t i = 0; i < count; ++i)
    luma[i] = ((red[i] * kRed + green[i] * kGreen) + blue[i] * kBlue) * gain + bias;
}

void replace_luma(float* rgb, std::int64_t plane_stride, std::int64_t count, const float* luma) {
  float* const red = rgb;
  float* const green = red + plane_stride;
  float* const blue = green + plane_stride;
  for (std::int64_t i = 0; i < count; ++i) {
    const float lacks = luma[i] - ((red[i] * kRed + green[i] * kGreen) + blue[i] * kBlue);
    red[i] += lacks;
    green[i] += lacks;
    blue[i] += lacks;
  }
}

}  // namespace srfast::kernels
