// What the Python tests cannot see: reads and writes next to memory that is not there, and equal bits on all
// sets.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "image.h"
#include "kernel_images.h"
#include "kernels/half.h"
#include "kernels/instruction_set.h"
#include "kernels/pack.h"
#include "kernels/unpack.h"

namespace srfast::kernels {
namespace {

std::vector<float> random_values(std::size_t count) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const std::array<float, 8> special{NAN, infinity, -infinity, -0.0F, 0.5F, 1.5F, 254.5F, 65534.5F};
  std::mt19937 random(1);
  std::uniform_real_distribution<float> level(-20.0F, 300.0F);
  std::vector<float> values(count);
  for (float& value : values) {
    value = random() % 8 == 0 ? special[random() % special.size()] : level(random);
  }
  return values;
}

constexpr std::array<std::int64_t, 14> kWidths{1, 2, 3, 7, 15, 16, 17, 31, 33, 63, 64, 65, 130, 1029};

class Kernels : public testing::TestWithParam<InstructionSet> {};

TEST_P(Kernels, StayInsideTheImageAndThePlanes) {
  constexpr std::int64_t height = 3;
  for (const bool at_end : {false, true}) {
    for (const std::int64_t width : kWidths) {
      for (const std::int64_t channels : {1, 3, 4}) {
        const auto count = static_cast<std::size_t>(height * width * channels);
        const GuardedMemory planes(count * sizeof(float), at_end);
        auto* values = reinterpret_cast<float*>(planes.data());
        for (const Depth depth : kDepths) {
          const GuardedMemory image(count * sample_size(depth), at_end);
          for (const Layout layout : kLayouts) {
            PackPlan in;
            in.planes = static_cast<int>(channels);
            in.channel = {0, 1, 2, 3};
            in.gain = {1.0F, 1.0F, 1.0F, 1.0F};
            pack(fill<const std::byte>(image.data(), height, width, channels, depth, layout), in, values,
                 height * width, width, GetParam());
            UnpackPlan out;
            out.planes = in.planes;
            out.plane = in.channel;
            unpack(values, height * width, width, out,
                   fill(image.data(), height, width, channels, depth, layout), GetParam());
          }
        }
      }
    }
  }
}

TEST_P(Kernels, PackGivesTheBitsOfBaselineAtAnyAlignment) {
  constexpr std::int64_t height = 2;
  for (const std::int64_t width : kWidths) {
    for (const Depth depth : kDepths) {
      const auto count = static_cast<std::size_t>(height * width * 3);
      std::vector<std::byte> memory(count * sample_size(depth) + 1);
      const std::vector<float> numbers = random_values(memory.size() / sizeof(float));
      std::memcpy(memory.data(), numbers.data(), numbers.size() * sizeof(float));
      for (const Layout layout : kLayouts) {
        const auto view = fill<const std::byte>(memory.data() + 1, height, width, 3, depth, layout);
        PackPlan plan;
        plan.planes = 4;
        plan.channel = {2, 1, 0, 1};
        plan.gain = {0.1F, 1.0F / 255.0F, 3.0F, -2.0F};
        plan.bias = {-0.3F, 0.7F, 0.0F, 1e-3F};
        for (plan.planes = 3; plan.planes <= 4; ++plan.planes) {
          const auto values =
              static_cast<std::size_t>(plan.planes) * static_cast<std::size_t>(height * width);
          std::vector<float> expected(values, -1.0F);
          std::vector<float> planes(values, -2.0F);
          pack(view, plan, expected.data(), height * width, width, InstructionSet::kBaseline);
          pack(view, plan, planes.data(), height * width, width, GetParam());
          EXPECT_EQ(std::memcmp(planes.data(), expected.data(), values * sizeof(float)), 0)
              << "width " << width << ", depth " << static_cast<int>(depth);
        }
      }
    }
  }
}

TEST_P(Kernels, PackTakesChannelsAsOftenAsThePlanSays) {
  const std::vector<std::byte> pixel{std::byte{1}, std::byte{2}, std::byte{3}};
  const ConstImageView view{pixel.data(), 1, 1, 3, 3, 3, 1, Depth::kU8};
  for (const std::array<int, kMaxPlanes> channel :
       {std::array{0, 1, 1, 0}, std::array{0, 1, 0, 0}, std::array{2, 1, 1, 0}, std::array{0, 0, 1, 0}}) {
    PackPlan plan;
    plan.planes = 3;
    plan.channel = channel;
    plan.gain = {1.0F, 1.0F, 1.0F, 1.0F};
    std::array<float, 3> values{};
    pack(view, plan, values.data(), 1, 1, GetParam());
    for (std::size_t p = 0; p < values.size(); ++p)
      EXPECT_EQ(values[p], static_cast<float>(channel[p] + 1)) << p;
  }
}

TEST_P(Kernels, UnpackGivesTheBitsOfBaselineAtAnyAlignment) {
  constexpr std::int64_t height = 2;
  for (const std::int64_t width : kWidths) {
    const std::vector<float> planes = random_values(static_cast<std::size_t>(height * width * 3));
    for (const Depth depth : kDepths) {
      for (const bool mix : {false, true}) {
        const std::int64_t channels = mix ? 1 : 3;
        const std::size_t bytes = static_cast<std::size_t>(height * width * channels) * sample_size(depth);
        for (const Layout layout : kLayouts) {
          UnpackPlan plan;
          plan.planes = 3;
          plan.mix = mix;
          plan.plane = {2, 1, 0};
          plan.weight = {0.299F, 0.587F, 0.114F};
          plan.gain = depth == Depth::kF32 ? 1.0F / 255.0F : 1.0F;
          plan.bias = 0.1F;
          std::vector<std::byte> expected(bytes + 1);
          std::vector<std::byte> image(bytes + 1);
          unpack(planes.data(), height * width, width, plan,
                 fill(expected.data() + 1, height, width, channels, depth, layout),
                 InstructionSet::kBaseline);
          unpack(planes.data(), height * width, width, plan,
                 fill(image.data() + 1, height, width, channels, depth, layout), GetParam());
          EXPECT_EQ(image, expected) << "width " << width << ", depth " << static_cast<int>(depth);
        }
      }
    }
  }
}

TEST_P(Kernels, UnpackOfShuffledPlanesAndAResidualStaysInsideAndGivesTheBitsOfBaseline) {
  constexpr std::int64_t height = 5;
  for (const bool at_end : {false, true}) {
    for (const std::int64_t width : kWidths) {
      for (const int block : {1, 2, 3, 4, 5}) {
        UnpackPlan plan;
        plan.planes = 3;
        plan.plane = {2, 1, 0};
        plan.plane_gain = {0.3F, 2.0F, -1.0F};
        plan.plane_bias = {0.1F, 0.0F, 3.0F};
        plan.shuffle = 6 - block;
        plan.y = 1;
        plan.x = 2;
        const auto size = [](std::int64_t first, std::int64_t count, std::int64_t of) {
          return (first + count + of - 1) / of;
        };
        const std::int64_t rows = size(plan.y, height, plan.shuffle);
        const std::int64_t columns = size(plan.x, width, plan.shuffle);
        const std::vector<float> numbers = random_values(
            static_cast<std::size_t>(std::int64_t{3} * plan.shuffle * plan.shuffle * rows * columns));
        const GuardedMemory planes(numbers.size() * sizeof(float), at_end);
        std::memcpy(planes.data(), numbers.data(), numbers.size() * sizeof(float));
        plan.residual.factor = block;
        plan.residual.y = 2;
        plan.residual.x = 1;
        plan.residual.row_stride = size(plan.residual.x, width, block);
        plan.residual.plane_stride = size(plan.residual.y, height, block) * plan.residual.row_stride;
        plan.residual.gain = {1.5F, 1.0F, 0.1F};
        const std::vector<float> added =
            random_values(static_cast<std::size_t>(3 * plan.residual.plane_stride));
        const GuardedMemory residual(added.size() * sizeof(float), at_end);
        std::memcpy(residual.data(), added.data(), added.size() * sizeof(float));
        plan.residual.planes = reinterpret_cast<const float*>(residual.data());
        for (const Depth depth : kDepths) {
          const auto image = [&](InstructionSet set) {
            std::vector<std::byte> samples(static_cast<std::size_t>(height * width * 3) * sample_size(depth));
            unpack(reinterpret_cast<const float*>(planes.data()), rows * columns, columns, plan,
                   fill(samples.data(), height, width, 3, depth, Layout::kInterleaved), set);
            return samples;
          };
          EXPECT_EQ(image(GetParam()), image(InstructionSet::kBaseline))
              << "width " << width << ", block " << block;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EverySet, Kernels, testing::ValuesIn(supported_instruction_sets()),
                         [](const auto& set) { return name(set.param); });

float float_of(std::uint32_t bits) {
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// What a half is worth, by its definition.
double worth(std::uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const double mantissa = half & 1023;
  const double size = exponent == 0    ? std::ldexp(mantissa, -24)
                      : exponent == 31 ? (mantissa == 0 ? HUGE_VAL : std::nan(""))
                                       : std::ldexp(1024 + mantissa, exponent - 25);
  return (half & 0x8000) != 0 ? -size : size;
}

TEST(Half, EveryOneBecomesItsFloatAndComesBack) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    float value = 0;
    from_half(&half, 1, &value);
    std::uint16_t back = 0;
    to_half(&value, 1, &back);
    if (std::isnan(worth(half))) {
      ASSERT_TRUE(std::isnan(value));
      ASSERT_TRUE(std::isnan(worth(back)));
    } else {
      ASSERT_EQ(static_cast<double>(value), worth(half)) << bits;
      ASSERT_EQ(back, half) << bits;
    }
  }
}

TEST(Half, FloatsBecomeTheNearestTiesToEven) {
  // Around every half and every middle of two.
  for (std::uint32_t bits = 0; bits < 0x7C00; ++bits) {
    const auto below = static_cast<std::uint16_t>(bits);
    const auto above = static_cast<std::uint16_t>(bits + 1);
    // The half that follows the largest would be 65536.
    const double next = bits == 0x7BFF ? 65536.0 : worth(above);
    const double middle = (worth(below) + next) / 2;
    const auto at = [](double value) {
      const auto given = static_cast<float>(value);
      std::uint16_t half = 0;
      to_half(&given, 1, &half);
      return half;
    };
    const auto tie = static_cast<std::uint16_t>(bits % 2 == 0 ? below : above);
    ASSERT_EQ(at(middle), tie) << bits;
    ASSERT_EQ(at(-middle), tie | 0x8000) << bits;
    ASSERT_EQ(at(std::nextafter(static_cast<float>(middle), 0.0F)), below) << bits;
    ASSERT_EQ(at(std::nextafter(static_cast<float>(middle), 1e9F)), above) << bits;
  }
  std::uint16_t half = 0;
  for (const float value : {65536.0F, 1e20F, float_of(0x7F800000U)}) {
    to_half(&value, 1, &half);
    EXPECT_EQ(half, 0x7C00);
  }
  const float tiny = 1e-30F;
  to_half(&tiny, 1, &half);
  EXPECT_EQ(half, 0);
}

}  // namespace
}  // namespace srfast::kernels
