// Planes to samples: shuffles, residuals, mixtures and views of any layout, against the definition, by every
// instruction set.
#include "kernels/unpack.h"

#include <cmath>
#include <limits>

#include "draws.h"
#include "harness.h"
#include "views.h"

namespace {

using srfast::fuzz::Draws;
using srfast::fuzz::require;
using srfast::kernels::UnpackPlan;

// A number as models have it, or any.
float drawn_number(Draws& draws) {
  constexpr std::array<float, 6> kUsual{1.0F, 0.0F, -1.0F, 255.0F, 1.0F / 255.0F, 0.5F};
  return draws.flag() ? draws.one_of(kUsual) : draws.any_float();
}

std::vector<float> drawn_values(Draws& draws, std::int64_t count) {
  std::minstd_rand random(static_cast<std::uint32_t>(draws.between(1, 0xFFFF)));
  std::vector<float> values(static_cast<std::size_t>(count));
  constexpr float kHalf = 0.5F;  // so that many lie in the middle of two integers
  for (float& each : values) each = static_cast<float>(static_cast<int>(random() % 700) - 100) * kHalf;
  for (std::int64_t i = draws.between(0, 8); i > 0 && count > 0; --i)
    values[static_cast<std::size_t>(draws.between(0, count - 1))] = draws.any_float();
  return values;
}

// Planes in memory that ends where the image needs it to end.
struct Source {
  std::int64_t row_stride = 0;
  std::int64_t plane_stride = 0;
  std::vector<float> values;

  Source(Draws& draws, std::int64_t planes, std::int64_t rows, std::int64_t columns)
      : row_stride(columns + draws.between(0, 2)),
        plane_stride(rows * row_stride),
        values(drawn_values(draws, planes * plane_stride)) {}
};

float expected_value(const UnpackPlan& plan, const Source& source, int plane, std::int64_t y,
                     std::int64_t x) {
  const auto p = static_cast<std::size_t>(plane);
  const std::int64_t r = plan.shuffle;
  const std::int64_t row = plan.y + y;
  const std::int64_t column = plan.x + x;
  const std::int64_t phase = plane * r * r + row % r * r + column % r;
  float value = source.values[static_cast<std::size_t>(phase * source.plane_stride +
                                                       row / r * source.row_stride + column / r)];
  value = value * plan.plane_gain[p] + plan.plane_bias[p];
  const srfast::kernels::Residual& added = plan.residual;
  if (added.planes == nullptr) return value;
  const float residual =
      added.planes[plane * added.plane_stride + (added.y + y) / added.factor * added.row_stride +
                   (added.x + x) / added.factor];
  return value + (residual * added.gain[p] + added.bias[p]);
}

float expected_clipped(const UnpackPlan& plan, const srfast::ImageView& image, float value) {
  if (!plan.clip) return std::isnan(value) ? -std::numeric_limits<float>::infinity() : value;
  return std::isnan(value) ? 0.0F : std::fmin(std::fmax(value, 0.0F), srfast::sample_max(image.depth));
}

float expected_sample(const UnpackPlan& plan, const Source& source, const srfast::ImageView& image,
                      std::int64_t y, std::int64_t x, std::int64_t c) {
  const auto sample_of = [&](int p) {
    return expected_clipped(plan, image, expected_value(plan, source, p, y, x) * plan.gain + plan.bias);
  };
  float value = 0;
  if (plan.mix) {
    for (int p = 0; p < plan.planes; ++p) {
      const float part = sample_of(p) * plan.weight[static_cast<std::size_t>(p)];
      value = p == 0 ? part : value + part;
    }
    value = expected_clipped(plan, image, value);
  } else {
    value = sample_of(plan.plane[static_cast<std::size_t>(c)]);
  }
  return image.depth == srfast::Depth::kF32 ? value : std::nearbyint(value);
}

void require_sample(float sample, float expected) {
  require(!std::isnan(sample), "no sample is NaN");
  require(sample == expected, "the sample is what the plan says");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Draws draws(data, size);
  const srfast::Depth depth = draws.one_of(srfast::fuzz::kDepths);
  const std::int64_t height = draws.between(0, 5);
  const std::int64_t width = draws.between(0, draws.flag() ? 300 : 40);
  UnpackPlan plan;
  plan.planes = static_cast<int>(draws.between(1, srfast::kernels::kMaxPlanes));
  plan.mix = draws.flag();
  const std::int64_t channels = plan.mix ? 1 : draws.between(1, srfast::kernels::kMaxPlanes);
  for (std::size_t p = 0; p < static_cast<std::size_t>(srfast::kernels::kMaxPlanes); ++p) {
    plan.plane[p] = static_cast<int>(draws.between(0, plan.planes - 1));
    plan.weight[p] = drawn_number(draws);
    plan.plane_gain[p] = drawn_number(draws);
    plan.plane_bias[p] = drawn_number(draws);
  }
  plan.gain = drawn_number(draws);
  plan.bias = drawn_number(draws);
  plan.clip = depth != srfast::Depth::kF32 || draws.flag();
  plan.shuffle = static_cast<int>(draws.flag() ? draws.between(1, srfast::kernels::kMaxBlock) : 1);
  plan.y = draws.between(0, 70);
  plan.x = draws.between(0, 70);
  const auto blocks = [](std::int64_t first, std::int64_t count, std::int64_t block) {
    return (first + count + block - 1) / block;
  };
  const Source source(draws, std::int64_t{plan.planes} * plan.shuffle * plan.shuffle,
                      blocks(plan.y, height, plan.shuffle), blocks(plan.x, width, plan.shuffle));
  plan.residual.factor = static_cast<int>(draws.between(1, srfast::kernels::kMaxBlock));
  plan.residual.y = draws.between(0, 70);
  plan.residual.x = draws.between(0, 70);
  const Source residual(draws, plan.planes, blocks(plan.residual.y, height, plan.residual.factor),
                        blocks(plan.residual.x, width, plan.residual.factor));
  plan.residual.row_stride = residual.row_stride;
  plan.residual.plane_stride = residual.plane_stride;
  for (std::size_t p = 0; p < static_cast<std::size_t>(srfast::kernels::kMaxPlanes); ++p) {
    plan.residual.gain[p] = drawn_number(draws);
    plan.residual.bias[p] = drawn_number(draws);
  }
  if (draws.flag()) plan.residual.planes = residual.values.data();
  const srfast::fuzz::Image image(draws, height, width, channels, depth);
  const srfast::ImageView& view = image.view();

  const std::vector<std::byte> before = image.surroundings();
  for (const auto set : srfast::kernels::supported_instruction_sets()) {
    srfast::kernels::unpack(source.values.data(), source.plane_stride, source.row_stride, plan, view, set);
    require(image.surroundings() == before, "what lies between the samples stays as it is");
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x)
        for (std::int64_t c = 0; c < channels; ++c)
          require_sample(srfast::fuzz::sample_at(view, y, x, c),
                         expected_sample(plan, source, view, y, x, c));
  }
  return 0;
}

std::vector<std::string> srfast::fuzz::seeds() {
  std::vector<std::string> inputs{"", std::string(120, '\1'), std::string(120, '\3')};
  for (const char depth : {'\0', '\1', '\2'})
    for (const char mix : {'\0', '\1'})
      inputs.push_back(std::string{depth, '\4', '\1', '\0', '\x53', '\2', mix} + std::string(90, '\1'));
  return inputs;
}
