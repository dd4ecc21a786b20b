// The pipeline around a network, with a network that only repeats pixels.
#include "upscaler.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <exception>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "error.h"
#include "fake_session.h"

namespace srfast {
namespace {

// Owns contiguous HWC samples.
template <typename Sample>
struct Picture {
  Picture(std::int64_t h, std::int64_t w, std::int64_t c)
      : height(h), width(w), channels(c), samples(static_cast<std::size_t>(h * w * c)) {}

  template <typename View>
  View view_as(std::conditional_t<std::is_same_v<View, ImageView>, std::byte*, const std::byte*> data) const {
    constexpr Depth depth = sizeof(Sample) == 1   ? Depth::kU8
                            : sizeof(Sample) == 2 ? Depth::kU16
                                                  : Depth::kF32;
    const auto size = static_cast<std::ptrdiff_t>(sizeof(Sample));
    return {data, height, width, channels, width * channels * size, channels * size, size, depth, color};
  }
  ConstImageView view() const {
    return view_as<ConstImageView>(reinterpret_cast<const std::byte*>(samples.data()));
  }
  ImageView mutable_view() { return view_as<ImageView>(reinterpret_cast<std::byte*>(samples.data())); }
  Sample& at(std::int64_t y, std::int64_t x, std::int64_t c) {
    return samples[static_cast<std::size_t>((y * width + x) * channels + c)];
  }

  std::int64_t height;
  std::int64_t width;
  std::int64_t channels;
  std::vector<Sample> samples;
  ImageColor color = ImageColor::kBgr;
};

Picture<std::uint8_t> gradient(std::int64_t h, std::int64_t w, std::int64_t c) {
  Picture<std::uint8_t> picture(h, w, c);
  for (std::size_t i = 0; i < picture.samples.size(); ++i)
    picture.samples[i] = static_cast<std::uint8_t>(i * 37 % 256);
  return picture;
}

// A gradient, of which large parts are transparent if it has alpha.
Picture<std::uint8_t> sprite(std::int64_t h, std::int64_t w, std::int64_t c) {
  Picture<std::uint8_t> picture = gradient(h, w, c);
  if (c == 2 || c == 4)
    for (std::int64_t y = 0; y < h; ++y)
      for (std::int64_t x = 0; x < w; ++x)
        picture.at(y, x, c - 1) = static_cast<std::uint8_t>((x / 3 + y / 4) % 3 == 0 ? 255 - x - y : 0);
  return picture;
}

ErrorCode code_of(const std::function<void()>& call, std::string* message = nullptr) {
  try {
    call();
  } catch (const Error& error) {
    if (message != nullptr) *message = error.what();
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::kRun;
}

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
  std::vector<float> seen;
  auto session = std::make_unique<FakeSession>(1, 1);
  session->map = [&](float value) {
    seen.push_back(value);
    return value;
  };
  UpscalerOptions options;
  options.model_color = ModelColor::kY;
  Upscaler upscaler(opens(std::move(session)), "fake", options);
  Picture<std::uint8_t> image(1, 3, 1);
  image.samples = {0, 128, 255};
  Picture<std::uint8_t> result(1, 3, 1);
  upscaler.run(image.view(), result.mutable_view());
  EXPECT_FLOAT_EQ(seen.front(), 16.0F / 255.0F);
  EXPECT_FLOAT_EQ(seen.back(), 235.0F / 255.0F);
  EXPECT_EQ(result.samples, image.samples);
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

// A network that looks at its neighbours: every output value is the mean of the 3 x 3 pixels around it, those
// beyond the border being zero, repeated `scale` times along each axis.
class Blur : public FakeSession {
 public:
  explicit Blur(std::int64_t scale) : FakeSession(scale), factor_(scale) {
    mutable_info().metadata = {{"srfast.halo", "1 1 1 1"}, {"srfast.parallel", "tiles"}};
  }
  void run(const float* input, const runtime::Shape& in, float* output,
           const runtime::Shape& out) const override {
    during_run();
    most_pixels = std::max<std::int64_t>(most_pixels, in[2] * in[3]);
    const auto at = [&](std::int64_t c, std::int64_t y, std::int64_t x) {
      return y < 0 || x < 0 || y >= in[2] || x >= in[3] ? 0.0F : input[(c * in[2] + y) * in[3] + x];
    };
    for (std::int64_t c = 0; c < out[1]; ++c)
      for (std::int64_t y = 0; y < out[2]; ++y)
        for (std::int64_t x = 0; x < out[3]; ++x) {
          float sum = 0;
          for (std::int64_t dy = -1; dy <= 1; ++dy)
            for (std::int64_t dx = -1; dx <= 1; ++dx) sum += at(c, y / factor_ + dy, x / factor_ + dx);
          output[(c * out[2] + y) * out[3] + x] = sum / 9;
        }
  }
  mutable std::atomic<std::int64_t> most_pixels{0};

 private:
  std::int64_t factor_;
};

TEST(Tiles, AFalseHaloIsCaughtBeforeItMakesSeams) {
  for (const char* halo : {"0 1 1 1", "1 0 1 1", "1 1 0 1", "1 1 1 0", "0 0 0 0"}) {
    auto session = std::make_unique<Blur>(2);
    session->mutable_info().metadata["srfast.halo"] = halo;
    UpscalerOptions options;
    options.memory_limit = 20000;
    Upscaler upscaler(opens(std::move(session)), "fake", options);
    const auto small = gradient(4, 4, 3);
    Picture<std::uint8_t> small_result(8, 8, 3);
    upscaler.run(small.view(), small_result.mutable_view());  // one tile needs no halo
    const auto image = gradient(60, 60, 3);
    Picture<std::uint8_t> result(120, 120, 3);
    for (int turn = 0; turn < 2; ++turn) {
      std::string message;
      EXPECT_EQ(code_of([&] { upscaler.run(image.view(), result.mutable_view()); }, &message),
                ErrorCode::kModel);
      EXPECT_NE(message.find("srfast.halo"), std::string::npos) << halo << ": " << message;
    }
  }
}

TEST(Tiles, EqualTheWholeAtEverySize) {
  for (const std::int64_t channels : {2, 3, 4})
    for (const std::int64_t scale : {1, 2, 3})
      for (const std::int64_t height : {1, 2, 7, 30})
        for (const std::int64_t width : {1, 3, 29}) {
          const auto image = sprite(height, width, channels);
          Picture<std::uint8_t> whole(height * scale, width * scale, channels);
          Upscaler(opens(std::make_unique<Blur>(scale)), "fake", {}).run(image.view(), whole.mutable_view());
          for (std::uint64_t pixels = 9; pixels <= 900; pixels = pixels * 3 / 2) {
            UpscalerOptions options;
            options.threads = 2;
            options.memory_limit = pixels * 4 * 12 * static_cast<std::uint64_t>(1 + scale * scale);
            Upscaler upscaler(opens(std::make_unique<Blur>(scale)), "fake", options);
            Picture<std::uint8_t> tiled(height * scale, width * scale, channels);
            upscaler.run(image.view(), tiled.mutable_view());
            ASSERT_EQ(tiled.samples, whole.samples)
                << scale << " " << height << " x " << width << " x " << channels << ", " << pixels;
          }
        }
}

TEST(Tiles, EnlargedOnTheWayEqualTheWhole) {
  for (const char* mode : {"nearest", "linear", "cubic"})
    for (const std::int64_t channels : {2, 3, 4}) {
      const auto opened = [&] {
        auto session = std::make_unique<Blur>(1);
        session->mutable_info().metadata["srfast.enlarge"] = std::string(mode) + " 3";
        return opens(std::move(session));
      };
      const auto image = sprite(13, 17, channels);
      Picture<std::uint8_t> whole(39, 51, channels);
      Upscaler all(opened(), "fake", {});
      EXPECT_EQ(all.info().scale, 3);
      all.run(image.view(), whole.mutable_view());
      for (std::uint64_t pixels = 9; pixels <= 900; pixels *= 2) {
        UpscalerOptions options;
        options.memory_limit = pixels * 4 * 24;
        Upscaler upscaler(opened(), "fake", options);
        Picture<std::uint8_t> tiled(39, 51, channels);
        upscaler.run(image.view(), tiled.mutable_view());
        ASSERT_EQ(tiled.samples, whole.samples) << mode << " " << channels << ", " << pixels;
      }
    }
}

TEST(Tiles, StayWithinTheMemoryLimit) {
  for (const std::uint64_t limit : {20000, 100000, 1000000}) {
    auto session = std::make_unique<Blur>(2);
    const Blur& blur = *session;
    UpscalerOptions options;
    options.threads = 3;
    options.memory_limit = limit;
    Upscaler upscaler(opens(std::move(session)), "fake", options);
    const auto image = gradient(200, 300, 3);
    Picture<std::uint8_t> result(400, 600, 3);
    upscaler.run(image.view(), result.mutable_view());
    // Four tiles at once: 12 bytes a pixel in, 48 out.
    EXPECT_LE(static_cast<std::uint64_t>(blur.most_pixels) * 60 * 4, limit);
  }
}

TEST(Tiles, ALimitForNoTileSaysWhatWouldDo) {
  UpscalerOptions options;
  options.memory_limit = 100;
  Upscaler upscaler(opens(std::make_unique<Blur>(2)), "fake", options);
  const auto image = gradient(20, 20, 3);
  Picture<std::uint8_t> result(40, 40, 3);
  std::string message;
  EXPECT_EQ(code_of([&] { upscaler.run(image.view(), result.mutable_view()); }, &message),
            ErrorCode::kMemory);
  EXPECT_NE(message.find(" needs about 540 B"), std::string::npos) << message;
}

TEST(Tiles, AFixedSizeTakesImagesOfAnySize) {
  for (const std::int64_t height : {1, 3, 8, 9, 30})
    for (const std::int64_t width : {1, 5, 12, 13, 25}) {
      auto session = std::make_unique<Blur>(2);
      session->mutable_info().inputs[0].shape = {1, 3, 8, 12};
      session->mutable_info().outputs[0].shape = {1, 3, 16, 24};
      Upscaler upscaler(opens(std::move(session)), "fake", {});
      const auto image = gradient(height, width, 3);
      Picture<std::uint8_t> tiled(height * 2, width * 2, 3);
      upscaler.run(image.view(), tiled.mutable_view());
      Picture<std::uint8_t> whole(height * 2, width * 2, 3);
      Upscaler(opens(std::make_unique<Blur>(2)), "fake", {}).run(image.view(), whole.mutable_view());
      // Where the image is shorter than the tile, its last pixels see its reflection instead of zeros.
      const std::int64_t rows = height < 8 ? 2 * (height - 1) : 2 * height;
      const std::int64_t columns = width < 12 ? 2 * (width - 1) : 2 * width;
      for (std::int64_t y = 0; y < rows; ++y)
        for (std::int64_t x = 0; x < columns; ++x)
          ASSERT_EQ(tiled.at(y, x, 1), whole.at(y, x, 1)) << y << " " << x;
    }
}

TEST(Tiles, WhatTheOutputLacksIsMadeUpFor) {
  for (const std::int64_t scale : {1, 2, 3})
    for (const std::int64_t missing : {1, 2, 5})
      for (const bool tiled : {false, true}) {
        auto session = std::make_unique<FakeSession>(scale);
        session->missing_before = missing;
        session->missing_after = missing + 2;
        std::ostringstream margin;
        margin << missing << ' ' << missing << ' ' << missing + 2 << ' ' << missing + 2;
        session->mutable_info().metadata = {{"srfast.margin", margin.str()}};
        UpscalerOptions options;
        if (tiled) {
          session->mutable_info().metadata["srfast.halo"] = "0 0 0 0";  // less than it is known to be
          options.memory_limit = 12000;
        }
        Upscaler upscaler(opens(std::move(session)), "fake", options);
        auto image = gradient(31, 40, 3);
        Picture<std::uint8_t> result(31 * scale, 40 * scale, 3);
        std::int64_t tiles = 0;
        upscaler.run(image.view(), result.mutable_view(),
                     [&](std::int64_t, std::int64_t total) { tiles = total; });
        EXPECT_EQ(tiles > 1, tiled);
        for (std::int64_t y = 0; y < 31 * scale; ++y)
          for (std::int64_t x = 0; x < 40 * scale; ++x)
            ASSERT_EQ(result.at(y, x, 1), image.at(y / scale, x / scale, 1)) << y << " " << x;
      }
}

TEST(Tiles, ProgressCountsUpToTheTotal) {
  UpscalerOptions options;
  options.threads = 2;
  options.memory_limit = 20000;
  Upscaler upscaler(opens(std::make_unique<Blur>(1)), "fake", options);
  const auto image = gradient(60, 60, 3);
  Picture<std::uint8_t> result(60, 60, 3);
  std::vector<std::int64_t> seen;
  std::int64_t total = 0;
  upscaler.run(image.view(), result.mutable_view(), [&](std::int64_t done, std::int64_t of) {
    seen.push_back(done);
    total = of;
  });
  EXPECT_GT(total, 1);
  EXPECT_EQ(seen.back(), total);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST(Tiles, WhatProgressThrowsEndsTheRunAndNothingElse) {
  UpscalerOptions options;
  options.threads = 4;
  options.memory_limit = 20000;
  Upscaler upscaler(opens(std::make_unique<Blur>(1)), "fake", options);
  const auto image = gradient(60, 60, 3);
  Picture<std::uint8_t> result(60, 60, 3);
  struct Enough : std::exception {};
  EXPECT_THROW(
      upscaler.run(image.view(), result.mutable_view(), [](std::int64_t, std::int64_t) { throw Enough(); }),
      Enough);
  upscaler.run(image.view(), result.mutable_view());
}

TEST(Tiles, CancelEndsAllRunsAndTheNextOnesWork) {
  auto session = std::make_unique<Blur>(1);
  session->during_run = [] { std::this_thread::sleep_for(std::chrono::milliseconds(1)); };
  UpscalerOptions options;
  options.threads = 2;
  options.memory_limit = 12000;
  Upscaler upscaler(opens(std::move(session)), "fake", options);
  const auto image = gradient(300, 300, 3);
  std::atomic<int> busy{0};
  std::atomic<int> cancelled{0};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      Picture<std::uint8_t> result(300, 300, 3);
      bool first = true;
      const auto progress = [&](std::int64_t, std::int64_t) {
        busy += first ? 1 : 0;
        first = false;
      };
      const auto run = [&] { upscaler.run(image.view(), result.mutable_view(), progress); };
      cancelled += code_of(run) == ErrorCode::kCancelled ? 1 : 0;
    });
  while (busy < 4) std::this_thread::yield();
  upscaler.cancel();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(cancelled, 4);
  Picture<std::uint8_t> result(9, 9, 3);
  upscaler.run(gradient(9, 9, 3).view(), result.mutable_view());
}

TEST(Tiles, NoMoreCoresAreBusyThanWereGranted) {
  std::atomic<int> busy{0};
  std::atomic<int> most{0};
  auto session = std::make_unique<Blur>(1);
  session->during_run = [&] {
    const int now = ++busy;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    --busy;
  };
  UpscalerOptions options;
  options.threads = 3;
  options.memory_limit = 20000;
  Upscaler upscaler(opens(std::move(session)), "fake", options);
  const auto image = gradient(100, 100, 3);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      Picture<std::uint8_t> result(100, 100, 3);
      upscaler.run(image.view(), result.mutable_view());
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 3);
  EXPECT_GE(most, 2);
}

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
