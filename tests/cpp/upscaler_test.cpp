// The pipeline around a network, with a network that only repeats pixels.
#include "upscaler.h"

#include <gtest/gtest.h>
#ifndef _WIN32
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "error.h"
#include "fake_session.h"
#include "pictures.h"

namespace srfast {
namespace {

TEST(Upscaler, RepeatsPixelsExactlyInEveryChannelOrder) {
  for (const ImageColor from : {ImageColor::kBgr, ImageColor::kRgb})
    for (const auto& [to, model] :
         {std::pair(ImageColor::kBgr, ModelColor::kBgr), std::pair(ImageColor::kBgr, ModelColor::kRgb),
          std::pair(ImageColor::kRgb, ModelColor::kBgr), std::pair(ImageColor::kRgb, ModelColor::kRgb)}) {
      UpscalerOptions options;
      options.model_color = model;
      Upscaler upscaler(opens(std::make_unique<FakeSession>(2)), "fake", options);
      auto image = gradient(3, 5, 3);
      image.color = from;
      Picture<std::uint8_t> result(6, 10, 3);
      result.color = to;
      upscaler.run(image.view(), result.mutable_view());
      for (std::int64_t y = 0; y < 6; ++y)
        for (std::int64_t x = 0; x < 10; ++x)
          for (std::int64_t c = 0; c < 3; ++c)
            ASSERT_EQ(result.at(y, x, c), image.at(y / 2, x / 2, from == to ? c : 2 - c));
    }
}

TEST(Upscaler, FeedsThePlanesThatTheModelWants) {
  // The fake keeps only what it was given: with a BGR image and an RGB network, plane 0 must be red.
  class FirstPlane : public FakeSession {
   public:
    FirstPlane() : FakeSession(1) {}
    void run(const float* input, const runtime::Shape& in, float* output,
             const runtime::Shape& out) const override {
      FakeSession::run(input, in, output, out);
      for (std::int64_t i = out[2] * out[3]; i < out[1] * out[2] * out[3]; ++i) output[i] = 0.0F;
    }
  };
  Upscaler upscaler(opens(std::make_unique<FirstPlane>()), "fake", {});
  Picture<std::uint8_t> image(1, 1, 3);
  image.samples = {10, 20, 30};
  Picture<std::uint8_t> result(1, 1, 3);
  upscaler.run(image.view(), result.mutable_view());
  EXPECT_EQ(result.samples, (std::vector<std::uint8_t>{0, 0, 30}));
}

TEST(Upscaler, GivesTheRangeThatTheModelWants) {
  for (const ValueRange range : {ValueRange{0, 1}, ValueRange{0, 255}, ValueRange{-1, 1}}) {
    float least = std::numeric_limits<float>::infinity();
    float most = -least;
    auto session = std::make_unique<FakeSession>(1);
    session->map = [&](float value) {
      least = std::min(least, value);
      most = std::max(most, value);
      return value;
    };
    UpscalerOptions options;
    options.model_range = range;
    Upscaler upscaler(opens(std::move(session)), "fake", options);
    Picture<std::uint8_t> image(1, 2, 1);
    image.samples = {0, 255};
    Picture<std::uint8_t> result(1, 2, 1);
    upscaler.run(image.view(), result.mutable_view());
    EXPECT_FLOAT_EQ(least, static_cast<float>(range.low));
    EXPECT_FLOAT_EQ(most, static_cast<float>(range.high));
    EXPECT_EQ(result.samples, image.samples);
  }
}

TEST(Upscaler, StudioRangeLumaGoesInAndOut) {
  for (const std::int64_t channels : {1, 3}) {
    std::vector<float> seen;
    auto session = std::make_unique<FakeSession>(1, 1);
    session->map = [&](float value) {
      seen.push_back(value);
      return value;
    };
    UpscalerOptions options;
    options.model_color = ModelColor::kY;
    Upscaler upscaler(opens(std::move(session)), "fake", options);
    Picture<std::uint8_t> image(1, 3, channels);
    for (std::int64_t c = 0; c < channels; ++c) {
      image.at(0, 1, c) = 128;
      image.at(0, 2, c) = 255;
    }
    Picture<std::uint8_t> result(1, 3, channels);
    upscaler.run(image.view(), result.mutable_view());
    EXPECT_FLOAT_EQ(seen.front(), 16.0F / 255.0F);
    EXPECT_FLOAT_EQ(seen.back(), 235.0F / 255.0F);
    EXPECT_EQ(result.samples, image.samples);
  }
}

TEST(Upscaler, LumaOfColourGoesInAndTheColoursStay) {
  for (const ImageColor color : {ImageColor::kRgb, ImageColor::kBgr}) {
    std::vector<float> seen;
    auto session = std::make_unique<FakeSession>(1, 1);
    session->map = [&](float value) {
      seen.push_back(value);
      return value + 10.0F;  // brighter
    };
    UpscalerOptions options;
    options.model_color = ModelColor::kYFull;
    options.model_range = ValueRange{0.0, 255.0};
    Upscaler upscaler(opens(std::move(session)), "fake", options);
    Picture<std::uint8_t> image(40, 1, 3);  // more rows than are worked on at once
    image.color = color;
    for (std::int64_t y = 0; y < image.height; ++y) {
      image.at(y, 0, color == ImageColor::kRgb ? 0 : 2) = 200;
      image.at(y, 0, 1) = static_cast<std::uint8_t>(100 + y);
      image.at(y, 0, color == ImageColor::kRgb ? 2 : 0) = 50;
    }
    Picture<std::uint8_t> result(40, 1, 3);
    result.color = color;
    upscaler.run(image.view(), result.mutable_view());
    EXPECT_NEAR(seen.at(seen.size() - 40), 0.299 * 200 + 0.587 * 100 + 0.114 * 50, 1e-3);
    for (std::size_t i = 0; i < image.samples.size(); ++i)
      EXPECT_EQ(result.samples[i], image.samples[i] + 10) << i;
  }
}

TEST(Upscaler, GrayThroughColourGivesBt601Luma) {
  // The network paints pure colours: their luma is the BT.601 weight.
  for (int plane = 0; plane < 3; ++plane)
    for (const ModelColor model : {ModelColor::kRgb, ModelColor::kBgr}) {
      class Paint : public FakeSession {
       public:
        explicit Paint(int plane) : FakeSession(1), plane_(plane) {}
        void run(const float*, const runtime::Shape&, float* output,
                 const runtime::Shape& out) const override {
          for (std::int64_t c = 0; c < 3; ++c)
            for (std::int64_t i = 0; i < out[2] * out[3]; ++i)
              output[c * out[2] * out[3] + i] = c == plane_ ? 1.0F : 0.0F;
        }
        int plane_;
      };
      UpscalerOptions options;
      options.model_color = model;
      Upscaler upscaler(opens(std::make_unique<Paint>(plane)), "fake", options);
      const Picture<float> image(1, 1, 1);
      Picture<float> result(1, 1, 1);
      upscaler.run(image.view(), result.mutable_view());
      const float luma[3] = {0.299F, 0.587F, 0.114F};
      EXPECT_FLOAT_EQ(result.samples[0], luma[model == ModelColor::kRgb ? plane : 2 - plane]);
    }
}

TEST(Upscaler, ClipsRoundsToEvenAndTurnsNanIntoZero) {
  const std::vector<std::pair<float, std::uint8_t>> cases{
      {-1.0F, 0}, {2.0F, 255},     {0.5F / 255.0F, 0}, {1.5F / 255.0F, 2},     {2.5F / 255.0F, 2},
      {NAN, 0},   {INFINITY, 255}, {-INFINITY, 0},     {254.51F / 255.0F, 255}};
  for (const auto& [value, expected] : cases) {
    auto session = std::make_unique<FakeSession>(1);
    session->map = [v = value](float) { return v; };
    Upscaler upscaler(opens(std::move(session)), "fake", {});
    const Picture<std::uint8_t> image(1, 1, 3);
    Picture<std::uint8_t> result(1, 1, 3);
    upscaler.run(image.view(), result.mutable_view());
    EXPECT_EQ(result.samples, std::vector<std::uint8_t>(3, expected)) << value;
  }
}

TEST(Upscaler, SixteenBitsSurviveWhole) {
  Upscaler upscaler(opens(std::make_unique<FakeSession>(1)), "fake", {});
  Picture<std::uint16_t> image(256, 256, 1);
  for (std::size_t i = 0; i < image.samples.size(); ++i) image.samples[i] = static_cast<std::uint16_t>(i);
  Picture<std::uint16_t> result(256, 256, 1);
  upscaler.run(image.view(), result.mutable_view());
  EXPECT_EQ(result.samples, image.samples);
}

TEST(Upscaler, ManyThreadsAtOnceDoNotMixTheirImages) {
  Upscaler upscaler(opens(std::make_unique<FakeSession>(3)), "fake", {});
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int turn = 0; turn < 50; ++turn) {
        Picture<std::uint8_t> image(1 + (t + turn) % 7, 1 + turn % 5, 3);
        std::fill(image.samples.begin(), image.samples.end(), static_cast<std::uint8_t>(t * 30));
        Picture<std::uint8_t> result(image.height * 3, image.width * 3, 3);
        upscaler.run(image.view(), result.mutable_view());
        for (const std::uint8_t sample : result.samples) wrong += sample != t * 30;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Upscaler, AFailedRunLeavesItUsable) {
  auto session = std::make_unique<FakeSession>(2);
  session->failure = [](const runtime::Shape& in) {
    return in[2] == 7 ? std::string("seven is too many") : std::string();
  };
  Upscaler upscaler(opens(std::move(session)), "fake", {});
  const auto bad = gradient(7, 2, 3);
  Picture<std::uint8_t> bad_result(14, 4, 3);
  EXPECT_EQ(code_of([&] { upscaler.run(bad.view(), bad_result.mutable_view()); }), ErrorCode::kRun);
  const auto good = gradient(2, 2, 3);
  Picture<std::uint8_t> result(4, 4, 3);
  upscaler.run(good.view(), result.mutable_view());
  EXPECT_EQ(result.at(3, 3, 2), good.samples.back());
}

TEST(Upscaler, PadsToTheSizesThatTheNetworkTakes) {
  for (const std::int64_t height : {1, 7, 8, 17})
    for (const std::int64_t width : {1, 16, 23}) {
      auto session = std::make_unique<FakeSession>(2);
      session->mutable_info().metadata = {{"srfast.schema", "1"},   {"srfast.scale", "2"},
                                          {"srfast.color", "rgb"},  {"srfast.range", "0 1"},
                                          {"srfast.multiple", "8"}, {"srfast.minimum", "16"}};
      session->failure = [](const runtime::Shape& in) {
        const bool fits = in[2] % 8 == 0 && in[3] % 8 == 0 && in[2] >= 16 && in[3] >= 16;
        return std::string(fits ? "" : "another size");
      };
      Upscaler upscaler(opens(std::move(session)), "fake", {});
      auto image = gradient(height, width, 3);
      Picture<std::uint8_t> result(height * 2, width * 2, 3);
      upscaler.run(image.view(), result.mutable_view());
      for (std::int64_t y = 0; y < 2 * height; ++y)
        for (std::int64_t x = 0; x < 2 * width; ++x) ASSERT_EQ(result.at(y, x, 0), image.at(y / 2, x / 2, 0));
    }
}

TEST(Upscaler, PadsByReflection) {
  std::vector<float> seen;
  auto session = std::make_unique<FakeSession>(1, 1);
  session->map = [&](float value) {
    seen.push_back(value);
    return value;
  };
  session->mutable_info().metadata = {{"srfast.schema", "1"},     {"srfast.scale", "1"},
                                      {"srfast.color", "y-full"}, {"srfast.range", "0 255"},
                                      {"srfast.multiple", "4"},   {"srfast.minimum", "8"}};
  Upscaler upscaler(opens(std::move(session)), "fake", {});
  Picture<std::uint8_t> image(2, 3, 1);
  image.samples = {10, 20, 30, 40, 50, 60};
  Picture<std::uint8_t> result(2, 3, 1);
  upscaler.run(image.view(), result.mutable_view());
  ASSERT_EQ(seen.size(), 64U);
  const float rows[2][8] = {{10, 20, 30, 20, 10, 20, 30, 20}, {40, 50, 60, 50, 40, 50, 60, 50}};
  for (std::size_t y = 0; y < 8; ++y)
    for (std::size_t x = 0; x < 8; ++x) EXPECT_FLOAT_EQ(seen[y * 8 + x], rows[y % 2][x]) << y << " " << x;
}

TEST(Upscaler, ANetworkThatMayLookAnywhereIsGivenVisibleColoursEverywhere) {
  float least = 1;
  auto session = std::make_unique<FakeSession>(1);
  session->map = [&](float value) {
    least = std::min(least, value);
    return value;
  };
  Upscaler upscaler(opens(std::move(session)), "fake", {});
  Picture<std::uint8_t> image(1, 60, 4);
  image.samples[0] = image.samples[1] = image.samples[2] = image.samples[3] = 255;
  Picture<std::uint8_t> result(1, 60, 4);
  upscaler.run(image.view(), result.mutable_view());
  EXPECT_FLOAT_EQ(least, 1);
}

TEST(Upscaler, WhatCannotBeRunInTilesMustFitTheLimit) {
  auto session = std::make_unique<FakeSession>(1);
  session->mutable_info().metadata["srfast.bytes_per_pixel"] = "76";  // and 24 for the planes
  UpscalerOptions options;
  options.memory_limit = 20'000;
  Upscaler upscaler(opens(std::move(session)), "fake", options);
  const auto small = gradient(10, 20, 3);
  Picture<std::uint8_t> small_result(10, 20, 3);
  upscaler.run(small.view(), small_result.mutable_view());
  const auto image = gradient(10, 21, 3);
  Picture<std::uint8_t> result(10, 21, 3);
  std::string message;
  EXPECT_EQ(code_of([&] { upscaler.run(image.view(), result.mutable_view()); }, &message),
            ErrorCode::kMemory);
  EXPECT_NE(message.find("needs about 21 KB"), std::string::npos) << message;
}

TEST(Upscaler, RefusesThreadsThatNoMachineHas) {
  for (const int threads : {-1, 1025}) {
    UpscalerOptions options;
    options.threads = threads;
    const auto open = [&] {
      const Upscaler upscaler(opens(std::make_unique<FakeSession>(2)), "fake", options);
    };
    EXPECT_EQ(code_of(open), ErrorCode::kOption) << threads;
  }
}

TEST(Upscaler, RefusesImagesThatDoNotFit) {
  Upscaler upscaler(opens(std::make_unique<FakeSession>(2)), "fake", {});
  const auto refused = [&](const Picture<std::uint8_t>& image, Picture<std::uint8_t> result) {
    return code_of([&] { upscaler.run(image.view(), result.mutable_view()); }) == ErrorCode::kImage;
  };
  EXPECT_TRUE(refused({2, 2, 5}, {4, 4, 5}));
  EXPECT_TRUE(refused({2, 2, 0}, {4, 4, 0}));
  EXPECT_TRUE(refused({2, 2, 4}, {4, 4, 3}));
  EXPECT_TRUE(refused({0, 2, 3}, {0, 4, 3}));
  EXPECT_TRUE(refused({2, 2, 3}, {4, 5, 3}));
  EXPECT_TRUE(refused({2, 2, 3}, {4, 4, 1}));
  const Picture<std::uint8_t> image(2, 2, 3);
  Picture<float> result(4, 4, 3);
  EXPECT_EQ(code_of([&] { upscaler.run(image.view(), result.mutable_view()); }), ErrorCode::kImage);
}

#ifndef _WIN32  // nothing forks there
TEST(Upscaler, AfterAForkTheChildIsToldAndCanExit) {
  Upscaler upscaler(opens(std::make_unique<FakeSession>(1)), "fake", {});
  const pid_t child = fork();
  if (child == 0) {
    int status = 1;
    try {
      Picture<std::uint8_t> result(2, 2, 3);
      upscaler.run(gradient(2, 2, 3).view(), result.mutable_view());
    } catch (const Error& error) {
      status = error.code() == ErrorCode::kRun ? 0 : 2;
    }
    _exit(status);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}
#endif

TEST(Upscaler, AFixedSizeIsNamedInTheError) {
  auto session = std::make_unique<FakeSession>(2);
  session->mutable_info().inputs[0].shape = {1, 3, 16, 24};
  session->mutable_info().outputs[0].shape = {1, 3, 32, 48};
  Upscaler upscaler(opens(std::move(session)), "fake", {});
  EXPECT_EQ(upscaler.info().scale, 2);
  std::string message;
  const Picture<std::uint8_t> image(2, 2, 3);
  Picture<std::uint8_t> result(4, 4, 3);
  EXPECT_EQ(code_of([&] { upscaler.run(image.view(), result.mutable_view()); }, &message), ErrorCode::kImage);
  EXPECT_NE(message.find("24 x 16"), std::string::npos) << message;
}

}  // namespace
}  // namespace srfast
