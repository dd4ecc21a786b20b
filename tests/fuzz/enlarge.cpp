// The enlargement at the start of a network: any window of it, by every instruction set, is that part of the
// whole; and what is flat stays so.
#include "kernels/enlarge.h"

#include <cmath>
#include <cstdint>
#include <cstring>

#include "draws.h"
#include "harness.h"
#include "kernels/unpack.h"
#include "views.h"

namespace {

using srfast::fuzz::Draws;
using srfast::fuzz::require;
using srfast::kernels::EnlargeMode;
using srfast::kernels::Window;

constexpr std::array<EnlargeMode, 3> kModes{EnlargeMode::kNearest, EnlargeMode::kLinear, EnlargeMode::kCubic};

struct Enlargement {
  srfast::ConstImageView image;
  srfast::kernels::PackPlan plan;
  EnlargeMode mode = EnlargeMode::kNearest;
  int factor = 1;

  [[nodiscard]] std::vector<float> run(const Window& window, srfast::kernels::InstructionSet set) const {
    const std::int64_t pixels = window.height * window.width;
    std::vector<float> planes(static_cast<std::size_t>(plan.planes * pixels));
    std::vector<float> scratch(srfast::kernels::enlarge_scratch(plan.planes, factor, window));
    srfast::kernels::enlarge(image, plan, mode, factor, window, planes.data(), pixels, window.width,
                             scratch.data(), set);
    return planes;
  }
};

std::uint32_t bits(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

bool same(float left, float right) {
  return bits(left) == bits(right) || (std::isnan(left) && std::isnan(right));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Draws draws(data, size);
  Enlargement enlargement;
  enlargement.mode = draws.one_of(kModes);
  enlargement.factor = static_cast<int>(draws.between(1, draws.flag() ? srfast::kernels::kMaxBlock : 4));
  const srfast::Depth depth = draws.one_of(srfast::fuzz::kDepths);
  const std::int64_t height = draws.between(1, 6);
  const std::int64_t width = draws.between(1, 1 + 160 / enlargement.factor);
  const std::int64_t channels = draws.between(1, 4);
  enlargement.plan.planes = static_cast<int>(draws.between(1, srfast::kernels::kMaxPlanes));
  for (std::size_t p = 0; p < static_cast<std::size_t>(enlargement.plan.planes); ++p) {
    enlargement.plan.channel[p] = static_cast<int>(draws.between(0, channels - 1));
    enlargement.plan.gain[p] = 1.0F / srfast::sample_max(depth);
  }
  const std::int64_t whole_height = height * enlargement.factor;
  const std::int64_t whole_width = width * enlargement.factor;
  const std::int64_t y = draws.between(0, whole_height - 1);
  const std::int64_t x = draws.between(0, whole_width - 1);
  const Window window{y, x, draws.between(0, whole_height - y), draws.between(0, whole_width - x)};
  const srfast::fuzz::Image image(draws, height, width, channels, depth);
  enlargement.image = image.const_view();

  const std::vector<float> whole =
      enlargement.run({0, 0, whole_height, whole_width}, srfast::kernels::InstructionSet::kBaseline);
  for (const auto set : srfast::kernels::supported_instruction_sets()) {
    const std::vector<float> part = enlargement.run(window, set);
    for (std::int64_t p = 0; p < enlargement.plan.planes; ++p)
      for (std::int64_t row = 0; row < window.height; ++row)
        for (std::int64_t column = 0; column < window.width; ++column) {
          const auto at = static_cast<std::size_t>((p * window.height + row) * window.width + column);
          const auto in_whole =
              static_cast<std::size_t>((p * whole_height + y + row) * whole_width + x + column);
          require(same(part[at], whole[in_whole]), "a window is a part of the whole");
        }
  }
  if (enlargement.mode != EnlargeMode::kNearest) return 0;
  for (std::int64_t p = 0; p < enlargement.plan.planes; ++p)
    for (std::int64_t row = 0; row < whole_height; ++row)
      for (std::int64_t column = 0; column < whole_width; ++column) {
        const auto plane = static_cast<std::size_t>(p);
        const float sample =
            srfast::fuzz::sample_at(enlargement.image, row / enlargement.factor, column / enlargement.factor,
                                    enlargement.plan.channel[plane]);
        require(same(whole[static_cast<std::size_t>((p * whole_height + row) * whole_width + column)],
                     sample * enlargement.plan.gain[plane] + 0.0F),
                "nearest neighbours are samples");
      }
  return 0;
}

std::vector<std::string> srfast::fuzz::seeds() {
  std::vector<std::string> inputs{"", std::string(40, '\xff')};
  for (const char mode : {'\0', '\1', '\2'})
    for (const char factor : {'\0', '\1', '\2', '\3'})
      inputs.push_back(std::string{mode, '\0', factor, '\0', '\3', '\x1d', '\2', '\2', '\0', '\1', '\2'} +
                       std::string(20, '\5'));
  return inputs;
}
