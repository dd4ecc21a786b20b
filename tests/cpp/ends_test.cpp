// What a network leaves to the pack and the unpack: read from its metadata, and done around a network that
// only repeats pixels.
#include "ends.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "error.h"
#include "fake_session.h"
#include "model_info.h"
#include "upscaler.h"

namespace srfast {
namespace {

using Metadata = std::map<std::string, std::string>;

TEST(Ends, AreNothingWhereTheFileSaysNothing) {
  const Ends ends = read_ends({{"srfast.enlarge", "cubic 3"}}, "fake", 3);
  EXPECT_EQ(ends.input_gain, kOnes);
  EXPECT_EQ(ends.input_bias, PerPlane{});
  EXPECT_EQ(ends.shuffle, 1);
  EXPECT_EQ(ends.output_gain, kOnes);
  EXPECT_EQ(ends.output_bias, PerPlane{});
  EXPECT_FALSE(ends.residual);
}

TEST(Ends, AreReadFromTheMetadata) {
  const Metadata metadata{{"srfast.input_gain", "4 5 6"},    {"srfast.input_bias", "-1 0.5 1e-3"},
                          {"srfast.shuffle", "4"},           {"srfast.output_gain", "0.25 -2 3"},
                          {"srfast.output_bias", " 0 1 2 "}, {"srfast.residual", "cubic 2"}};
  const Ends ends = read_ends(metadata, "fake", 3);
  EXPECT_EQ(ends.input_gain[2], 6.0);
  EXPECT_EQ(ends.input_bias[2], 1e-3);
  EXPECT_EQ(ends.shuffle, 4);
  EXPECT_EQ(ends.output_gain[1], -2.0);
  EXPECT_EQ(ends.output_bias[2], 2.0);
  ASSERT_TRUE(ends.residual);
  EXPECT_EQ(ends.residual->mode, kernels::EnlargeMode::kCubic);
  EXPECT_EQ(ends.residual->factor, 2);
  EXPECT_EQ(ends.reach(), 2);
}

TEST(Ends, ThatMakeNoSenseAreRefusedByTheirName) {
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {"srfast.input_gain", "1 1"},      {"srfast.input_gain", "1 1 1 1"},
           {"srfast.input_gain", "1 0 1"},    {"srfast.input_gain", "1 1 nan"},
           {"srfast.input_gain", "1 1 1e39"}, {"srfast.input_gain", "1 1e-300 1"},
           {"srfast.input_gain", ""},         {"srfast.input_bias", "0 0"},
           {"srfast.input_bias", "0,0,0"},    {"srfast.input_bias", "0 inf 0"},
           {"srfast.output_gain", "2"},       {"srfast.output_gain", "1 1 0"},
           {"srfast.output_bias", "a b c"},   {"srfast.shuffle", "1"},
           {"srfast.shuffle", "0"},           {"srfast.shuffle", "-2"},
           {"srfast.shuffle", "17"},          {"srfast.shuffle", "2 2"},
           {"srfast.shuffle", "99999999999"}, {"srfast.shuffle", "2.5"},
           {"srfast.residual", "cubic"},      {"srfast.residual", "lanczos 2"},
           {"srfast.residual", "cubic 0"},    {"srfast.residual", "cubic 65"},
           {"srfast.residual", "2 cubic"}}) {
    try {
      (void)read_ends({{key, value}}, "fake", 3);
      ADD_FAILURE() << key << " = " << value;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kModel);
      EXPECT_NE(std::string(error.what()).find("fake: its metadata has " + key), std::string::npos)
          << error.what();
    }
  }
}

// Enlarges `scale` times by repeating pixels, but gives its output as it is before a shuffle.
class ShuffledSession : public FakeSession {
 public:
  ShuffledSession(std::int64_t scale, std::int64_t shuffle, std::int64_t channels = 3)
      : FakeSession(scale, channels), enlarges_(scale), shuffle_(shuffle) {
    mutable_info().outputs[0].shape[1] = channels * shuffle * shuffle;
    mutable_info().metadata["srfast.shuffle"] = std::to_string(shuffle);
  }

  void run(const float* input, const runtime::Shape& in, float* output,
           const runtime::Shape& out) const override {
    ASSERT_EQ(std::vector(out.begin(), out.end()), output_shape(in));
    for (std::int64_t c = 0; c < out[1]; ++c)
      for (std::int64_t y = 0; y < out[2]; ++y)
        for (std::int64_t x = 0; x < out[3]; ++x) {
          const std::int64_t phase = c % (shuffle_ * shuffle_);
          const std::int64_t row = (y * shuffle_ + phase / shuffle_) / enlarges_;
          const std::int64_t column = (x * shuffle_ + phase % shuffle_) / enlarges_;
          // What reaches beyond the result is none of the network's promises.
          const bool inside = row < in[2] && column < in[3];
          const std::int64_t plane = c / (shuffle_ * shuffle_);
          output[(c * out[2] + y) * out[3] + x] =
              inside ? map(input[(plane * in[2] + row) * in[3] + column]) : -1e30F;
        }
  }

  [[nodiscard]] std::vector<std::int64_t> output_shape(const runtime::Shape& in) const override {
    const auto size = [&](std::int64_t side) { return (side * enlarges_ + shuffle_ - 1) / shuffle_; };
    return {in[0], in[1] * shuffle_ * shuffle_, size(in[2]), size(in[3])};
  }

 private:
  std::int64_t enlarges_;
  std::int64_t shuffle_;
};

TEST(ShuffledNetworks, ShowTheirScale) {
  for (const auto& [scale, shuffle] : {std::pair(2, 2), std::pair(3, 3), std::pair(4, 2), std::pair(1, 4),
                                       std::pair(2, 8), std::pair(3, 2), std::pair(1, 16)}) {
    ShuffledSession session(scale, shuffle);
    EXPECT_EQ(describe(session, "fake", {}).scale, scale);
    session.mutable_info().inputs[0].shape = {1, 3, 21, 17};
    const std::vector<std::int64_t> out = session.output_shape({1, 3, 21, 17});
    session.mutable_info().outputs[0].shape = out;
    EXPECT_EQ(describe(session, "fake", {}).scale, scale);
    UpscalerOptions options;
    options.model_scale = scale + 1;
    EXPECT_THROW((void)describe(session, "fake", options), Error);
  }
}

TEST(ShuffledNetworks, OfTooFewPixelsMustStateTheirScale) {
  ShuffledSession session(2, 4);
  session.mutable_info().inputs[0].shape = {1, 3, 1, 1};
  EXPECT_THROW((void)describe(session, "fake", {}), Error);
  UpscalerOptions options;
  options.model_scale = 2;
  EXPECT_EQ(describe(session, "fake", options).scale, 2);
  options.model_scale = 5;
  EXPECT_THROW((void)describe(session, "fake", options), Error);
}

TEST(ShuffledNetworks, OfScalesThatNoNetworkHasAreRefused) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 42;  // the largest that may be declared
  ShuffledSession session(2, 2);
  session.mutable_info().inputs[0].shape = {1, 3, 1, kHuge};
  for (const std::int64_t side : {std::int64_t{1} << 31, std::int64_t{1} << 32, kHuge}) {
    session.mutable_info().outputs[0].shape = {1, 12, side, side};
    EXPECT_THROW((void)describe(session, "fake", {}), Error) << side;
  }
}

TEST(ShuffledNetworks, MustGiveTheChannelsOfTheShuffle) {
  ShuffledSession session(2, 2);
  session.mutable_info().outputs[0].shape[1] = 3;
  EXPECT_THROW((void)describe(session, "fake", {}), Error);
}

TEST(ResidualNetworks, MustHaveTheScaleOfTheResidual) {
  ShuffledSession session(2, 2);
  session.mutable_info().metadata["srfast.residual"] = "linear 3";
  EXPECT_THROW((void)describe(session, "fake", {}), Error);
  session.mutable_info().metadata["srfast.residual"] = "linear 2";
  session.mutable_info().metadata["srfast.halo"] = "0 3 0 3";
  const ModelInfo info = describe(session, "fake", {});
  const TileAxes axes = info.geometry.axes.value_or(TileAxes{});
  EXPECT_EQ(axes.rows.before, 1);
  EXPECT_EQ(axes.rows.after, 1);
  EXPECT_EQ(axes.columns.before, 3);
}

// The image and its result, 8 bits, gray or colour.
std::vector<std::uint8_t> run(const std::shared_ptr<FakeSession>& session, const UpscalerOptions& options,
                              const std::vector<std::uint8_t>& samples, std::int64_t height,
                              std::int64_t width, std::int64_t channels) {
  Upscaler upscaler(opens(session), "fake", options);
  const std::int64_t scale = upscaler.info().scale;
  std::vector<std::uint8_t> result(samples.size() * static_cast<std::size_t>(scale * scale));
  upscaler.run({reinterpret_cast<const std::byte*>(samples.data()), height, width, channels, width * channels,
                channels, 1, Depth::kU8},
               {reinterpret_cast<std::byte*>(result.data()), height * scale, width * scale, channels,
                width * scale * channels, channels, 1, Depth::kU8});
  return result;
}

std::vector<std::uint8_t> noise(std::int64_t samples) {
  std::vector<std::uint8_t> values(static_cast<std::size_t>(samples));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint8_t>(i * i * 37 % 251);
  return values;
}

// Heights and widths.
constexpr std::array<std::pair<std::int64_t, std::int64_t>, 3> kSizes{{{1, 1}, {5, 3}, {37, 41}}};

TEST(ShuffledNetworks, GiveWhatTheShuffleInsideWouldAtAnySizeInTilesAndWhole) {
  for (const auto& [scale, shuffle] : {std::pair(2, 2), std::pair(4, 2), std::pair(1, 4), std::pair(3, 7)})
    for (const std::int64_t network_channels : {3, 1})
      for (const std::int64_t channels : {3, 1})
        for (const auto& [height, width] : kSizes)
          for (const bool tiles : {false, true}) {
            const std::vector<std::uint8_t> image = noise(height * width * channels);
            UpscalerOptions options;
            const auto plain = std::make_shared<FakeSession>(scale, network_channels);
            const std::vector<std::uint8_t> expected = run(plain, options, image, height, width, channels);
            const auto shuffled = std::make_shared<ShuffledSession>(scale, shuffle, network_channels);
            if (tiles) {
              shuffled->mutable_info().metadata["srfast.halo"] = "1 2 3 0";
              shuffled->mutable_info().metadata["srfast.align"] = "1 3";
              shuffled->mutable_info().metadata["srfast.bytes_per_pixel"] = "10";
              options.memory_limit = 30000;
            }
            EXPECT_EQ(run(shuffled, options, image, height, width, channels), expected)
                << "scale " << scale << ", shuffle " << shuffle << ", " << width << " x " << height;
          }
}

TEST(EndGains, AreAppliedAPlane) {
  // One that gives back what it was fed with.
  const auto session = std::make_shared<FakeSession>(1);
  auto& metadata = session->mutable_info().metadata;
  metadata["srfast.input_gain"] = "0.5 0.25 2";
  metadata["srfast.input_bias"] = "0.125 0 -1";
  metadata["srfast.output_gain"] = "2 4 0.5";
  metadata["srfast.output_bias"] = "-0.25 0 0.5";
  const std::vector<std::uint8_t> image = noise(60);
  EXPECT_EQ(run(session, {}, image, 4, 5, 3), image);
  metadata["srfast.output_bias"] = "-0.25 0 2";  // blue, which comes first, is white at least
  const std::vector<std::uint8_t> bright = run(session, {}, image, 4, 5, 3);
  for (std::size_t i = 0; i < image.size(); ++i) EXPECT_EQ(bright[i], i % 3 == 0 ? 255 : image[i]);
}

TEST(EndGains, AreAppliedToWhatTheRangeGives) {
  const auto session = std::make_shared<FakeSession>(1);
  float least = 1e9F;
  float most = -1e9F;
  session->map = [&](float value) {
    least = std::min(least, value);
    most = std::max(most, value);
    return value;
  };
  session->mutable_info().metadata["srfast.input_gain"] = "4 4 4";
  session->mutable_info().metadata["srfast.input_bias"] = "0.5 0.5 0.5";
  UpscalerOptions options;
  options.model_range = ValueRange{-1, 1};
  run(session, options, {0, 0, 0, 255, 255, 255}, 1, 2, 3);
  EXPECT_FLOAT_EQ(least, -3.5F);
  EXPECT_FLOAT_EQ(most, 4.5F);
}

TEST(EndGains, MayBeABiasAlone) {
  const auto session = std::make_shared<FakeSession>(1);
  session->mutable_info().metadata["srfast.output_bias"] = "0 0 2";
  const std::vector<std::uint8_t> image = noise(60);
  const std::vector<std::uint8_t> bright = run(session, {}, image, 4, 5, 3);
  for (std::size_t i = 0; i < image.size(); ++i) EXPECT_EQ(bright[i], i % 3 == 0 ? 255 : image[i]);
}

TEST(LargeImages, AreTheSameWithAnyNumberOfThreads) {
  const std::vector<std::uint8_t> image = noise(std::int64_t{301} * 450 * 3);
  for (const std::int64_t network_channels : {3, 1}) {
    const auto session = std::make_shared<ShuffledSession>(2, 2, network_channels);
    session->mutable_info().metadata["srfast.residual"] = "cubic 2";
    session->mutable_info().metadata["srfast.output_gain"] = network_channels == 3 ? "0.25 0.5 0.1" : "0.25";
    std::vector<std::uint8_t> alone;
    for (const int threads : {1, 2, 3}) {
      session->mutable_info().threads = threads;
      UpscalerOptions options;
      options.threads = threads;
      const std::vector<std::uint8_t> result = run(session, options, image, 301, 450, 3);
      if (alone.empty()) alone = result;
      EXPECT_EQ(result, alone) << threads << " threads";
    }
  }
}

TEST(Residuals, AddTheInput) {
  for (const std::int64_t channels : {3, 1})
    for (const bool tiles : {false, true}) {
      const auto session = std::make_shared<ShuffledSession>(2, 2);
      session->map = [](float) { return 0.0F; };
      auto& metadata = session->mutable_info().metadata;
      metadata["srfast.input_gain"] = "0.5 0.5 2";
      metadata["srfast.input_bias"] = "0.5 0.5 -1";
      metadata["srfast.residual"] = "nearest 2";
      UpscalerOptions options;
      if (tiles) {
        metadata["srfast.halo"] = "1 2 3 0";
        options.memory_limit = 30000;
      }
      const std::vector<std::uint8_t> image = noise(std::int64_t{29} * 31 * channels);
      EXPECT_EQ(run(session, options, image, 29, 31, channels),
                run(std::make_shared<FakeSession>(2), {}, image, 29, 31, channels));
    }
}

}  // namespace
}  // namespace srfast
