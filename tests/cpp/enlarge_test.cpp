// What the Python tests cannot see: reads and writes next to memory that is not there. And that the window
// does not matter, for every window of a small image.
#include "kernels/enlarge.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "image.h"
#include "kernel_images.h"
#include "kernels/instruction_set.h"
#include "kernels/pack.h"

namespace srfast::kernels {
namespace {

constexpr std::array<EnlargeMode, 3> kModes{EnlargeMode::kNearest, EnlargeMode::kLinear, EnlargeMode::kCubic};

PackPlan plan_of(int planes) {
  PackPlan plan;
  plan.planes = planes;
  plan.channel = {0, 1, 2, 3};
  plan.gain = {1.0F / 255.0F, 0.5F, 3.0F, 1.0F};
  plan.bias = {0.0F, -1.0F, 0.25F, 0.0F};
  return plan;
}

class Enlarge : public testing::TestWithParam<InstructionSet> {};

TEST_P(Enlarge, StaysInsideTheImageThePlanesAndTheScratch) {
  constexpr std::array<std::int64_t, 5> kWidths{1, 2, 7, 33, 129};
  for (const bool at_end : {false, true}) {
    for (const std::int64_t width : kWidths) {
      for (const std::int64_t height : {1, 2, 5}) {
        for (const std::int64_t channels : {1, 3}) {
          for (const Depth depth : kDepths) {
            const auto count = static_cast<std::size_t>(height * width * channels);
            const GuardedMemory image(count * sample_size(depth), at_end);
            for (const int factor : {1, 2, 3, 5}) {
              const Window window{0, 0, height * factor, width * factor};
              const std::int64_t plane = window.height * window.width;
              const GuardedMemory planes(static_cast<std::size_t>(plane * channels) * sizeof(float), at_end);
              const PackPlan plan = plan_of(static_cast<int>(channels));
              const GuardedMemory scratch(enlarge_scratch(plan.planes, factor, window) * sizeof(float),
                                          at_end);
              for (const EnlargeMode mode : kModes) {
                for (const Layout layout : kLayouts) {
                  enlarge(fill<const std::byte>(image.data(), height, width, channels, depth, layout), plan,
                          mode, factor, window, reinterpret_cast<float*>(planes.data()), plane, window.width,
                          reinterpret_cast<float*>(scratch.data()), GetParam());
                }
              }
            }
          }
        }
      }
    }
  }
}

TEST_P(Enlarge, EveryWindowGivesTheBitsOfBaseline) {
  constexpr std::int64_t kHeight = 4;
  constexpr std::int64_t kWidth = 5;
  std::vector<std::byte> pixels(kHeight * kWidth * 3);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::byte>(i * i * 37 % 251);
  const auto image =
      fill<const std::byte>(pixels.data(), kHeight, kWidth, 3, Depth::kU8, Layout::kInterleaved);
  const PackPlan plan = plan_of(3);
  for (const EnlargeMode mode : kModes) {
    for (const int factor : {1, 2, 3, 4}) {
      const Window all{0, 0, kHeight * factor, kWidth * factor};
      std::vector<float> expected(static_cast<std::size_t>(all.height * all.width * 3));
      std::vector<float> scratch(enlarge_scratch(plan.planes, factor, all));
      enlarge(image, plan, mode, factor, all, expected.data(), all.height * all.width, all.width,
              scratch.data(), InstructionSet::kBaseline);
      Window part;
      for (part.y = 0; part.y < all.height; ++part.y) {
        for (part.x = 0; part.x < all.width; ++part.x) {
          for (part.height = 1; part.height <= all.height - part.y; part.height += 3) {
            for (part.width = 1; part.width <= all.width - part.x; part.width += 2) {
              std::vector<float> planes(static_cast<std::size_t>(part.height * part.width * 3));
              scratch.assign(enlarge_scratch(plan.planes, factor, part), -1.0F);
              enlarge(image, plan, mode, factor, part, planes.data(), part.height * part.width, part.width,
                      scratch.data(), GetParam());
              std::vector<float> cut;
              for (std::int64_t p = 0; p < 3; ++p) {
                for (std::int64_t y = part.y; y < part.y + part.height; ++y) {
                  const auto* row = expected.data() + (p * all.height + y) * all.width + part.x;
                  cut.insert(cut.end(), row, row + part.width);
                }
              }
              ASSERT_EQ(planes, cut) << "mode " << static_cast<int>(mode) << ", factor " << factor
                                     << ", window " << part.y << ' ' << part.x << ' ' << part.height << ' '
                                     << part.width;
            }
          }
        }
      }
    }
  }
}

// Tiles are cut from images that lie in larger memory, so what is read matters: here 4 samples lie between
// pages that may not be touched, in a view that claims to be larger.
TEST_P(Enlarge, ReadsOnlyTheSamplesThatTheWindowNeeds) {
  constexpr std::int64_t kKnown = 4;
  constexpr std::int64_t kSize = 100;
  const PackPlan plan = plan_of(1);
  for (const bool at_end : {false, true}) {
    const GuardedMemory memory(kKnown, at_end);
    for (const bool along_rows : {false, true}) {
      // Samples 50 to 53 of a line that is one sample thick.
      ConstImageView image{memory.data() - 50, 1, kSize, 1, kSize, 1, 1, Depth::kU8};
      if (!along_rows) image = {memory.data() - 50, kSize, 1, 1, 1, 1, 1, Depth::kU8};
      for (const int factor : {2, 3, 4}) {
        // The pixels whose centres lie between those of samples 51 and 52.
        const std::int64_t start = 51 * factor + factor / 2;
        Window window{0, start, factor, factor};
        if (!along_rows) window = {start, 0, factor, factor};
        std::vector<float> scratch(enlarge_scratch(1, factor, window));
        std::vector<float> planes(static_cast<std::size_t>(factor) * static_cast<std::size_t>(factor));
        for (const EnlargeMode mode : kModes) {
          enlarge(image, plan, mode, factor, window, planes.data(), 0, factor, scratch.data(), GetParam());
          for (const float value : planes) EXPECT_EQ(value, 0.0F);  // as the memory is
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EverySet, Enlarge, testing::ValuesIn(supported_instruction_sets()),
                         [](const auto& set) { return name(set.param); });

}  // namespace
}  // namespace srfast::kernels
