// Samples to planes: views of any layout, against the definition, by every instruction set.
#include "kernels/pack.h"

#include <cmath>

#include "draws.h"
#include "harness.h"
#include "views.h"

using srfast::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  srfast::fuzz::Draws draws(data, size);
  const srfast::Depth depth = draws.one_of(srfast::fuzz::kDepths);
  const std::int64_t height = draws.between(0, 5);
  const std::int64_t width = draws.between(0, draws.flag() ? 300 : 40);
  const std::int64_t channels = draws.between(1, 5);
  srfast::kernels::PackPlan plan;
  plan.planes = static_cast<int>(draws.between(1, srfast::kernels::kMaxPlanes));
  for (std::size_t p = 0; p < static_cast<std::size_t>(plan.planes); ++p) {
    plan.channel[p] = static_cast<int>(draws.between(0, channels - 1));
    plan.gain[p] = draws.any_float();
    plan.bias[p] = draws.any_float();
  }
  const std::int64_t row_stride = width + draws.between(0, 3);
  const std::int64_t plane_stride = height * row_stride + draws.between(0, 3);
  const srfast::fuzz::Image image(draws, height, width, channels, depth);
  const srfast::ConstImageView view = image.const_view();

  constexpr float kUntouched = -123.0F;
  for (const auto set : srfast::kernels::supported_instruction_sets()) {
    std::vector<float> planes(static_cast<std::size_t>(plan.planes * plane_stride), kUntouched);
    srfast::kernels::pack(view, plan, planes.data(), plane_stride, row_stride, set);
    for (std::int64_t p = 0; p < plan.planes; ++p)
      for (std::int64_t i = 0; i < plane_stride; ++i) {
        const float value = planes[static_cast<std::size_t>(p * plane_stride + i)];
        const std::int64_t y = row_stride == 0 ? height : i / row_stride;
        const std::int64_t x = row_stride == 0 ? width : i % row_stride;
        if (y >= height || x >= width) {
          require(value == kUntouched, "what lies between the rows stays as it is");
          continue;
        }
        const auto at = static_cast<std::size_t>(p);
        const float scaled = srfast::fuzz::sample_at(view, y, x, plan.channel[at]) * plan.gain[at];
        const float expected = scaled + plan.bias[at];
        require(value == expected || (std::isnan(value) && std::isnan(expected)), "sample * gain + bias");
      }
  }
  return 0;
}

std::vector<std::string> srfast::fuzz::seeds() {
  const std::string ones{'\x3f', '\x80', 0, 0, 0, 0, 0, 0};
  return {"", std::string("\1\3\0\x1f\3\3\0", 7) + ones + "\1" + ones + "\2" + ones,
          std::string("\2\5\1\1\x2c\1\0", 7) + ones, std::string(60, '\x3f')};
}
