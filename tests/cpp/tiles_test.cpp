// The pipeline in tiles, with networks that look at their neighbours: halos, limits, progress, cancelling,
// cores.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "error.h"
#include "fake_session.h"
#include "pictures.h"
#include "upscaler.h"

namespace srfast {
namespace {

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

// How many runs go on at once.
struct Busy {
  // To be called in every run. The first wait for a second, in vain if one core works alone, for so long.
  void work(std::chrono::milliseconds patience) {
    const int now = ++busy;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    const auto end = std::chrono::steady_clock::now() + patience;
    while (most < 2 && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // for one too many
    --busy;
  }

  std::atomic<int> busy{0};
  std::atomic<int> most{0};
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

TEST(Tiles, AHaloThatIsFalseByLittleIsCaughtToo) {
  // Adds a hundredth of what lies to the right.
  class Glow : public FakeSession {
   public:
    Glow() : FakeSession(1) { mutable_info().metadata["srfast.halo"] = "0 0 0 0"; }
    void run(const float* input, const runtime::Shape& in, float* output,
             const runtime::Shape& out) const override {
      FakeSession::run(input, in, output, out);
      for (std::int64_t i = 0; i < out[1] * out[2] * out[3]; ++i)
        if ((i + 1) % out[3] != 0) output[i] += input[i + 1] / 100;
    }
  };
  UpscalerOptions options;
  options.memory_limit = 20000;
  Upscaler upscaler(opens(std::make_unique<Glow>()), "fake", options);
  const auto image = gradient(60, 60, 3);
  Picture<std::uint8_t> result(60, 60, 3);
  EXPECT_EQ(code_of([&] { upscaler.run(image.view(), result.mutable_view()); }), ErrorCode::kModel);
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

// Few visible pixels, far apart.
Picture<std::uint8_t> sparse(std::int64_t height, std::int64_t width) {
  Picture<std::uint8_t> picture = gradient(height, width, 4);
  for (std::int64_t i = 0; i < height * width; ++i)
    picture.samples[static_cast<std::size_t>(4 * i + 3)] = i % 37 == 0 ? 255 : 0;
  return picture;
}

TEST(Tiles, OfFewVisiblePixelsEqualTheWhole) {
  const auto image = sparse(50, 60);
  std::vector<std::uint8_t> whole;
  for (const std::uint64_t limit : {100'000'000U, 120'000U, 40'000U}) {
    auto session = std::make_unique<Blur>(1);
    session->mutable_info().metadata["srfast.enlarge"] = "cubic 3";
    UpscalerOptions options;
    options.memory_limit = limit;
    Upscaler upscaler(opens(std::move(session)), "fake", options);
    Picture<std::uint8_t> result(150, 180, 4);
    upscaler.run(image.view(), result.mutable_view());
    if (whole.empty()) whole = result.samples;
    EXPECT_EQ(result.samples, whole) << limit;
  }
}

// Gives what lies some pixels further to the right.
class Shift : public FakeSession {
 public:
  explicit Shift(std::int64_t by) : FakeSession(1), by_(by) {
    mutable_info().metadata["srfast.halo"] = "0 0 0 " + std::to_string(by);
  }
  void run(const float* input, const runtime::Shape& in, float* output,
           const runtime::Shape& out) const override {
    for (std::int64_t i = 0; i < out[1] * out[2]; ++i)
      for (std::int64_t x = 0; x < out[3]; ++x)
        output[i * out[3] + x] = input[i * in[3] + std::min(x + by_, in[3] - 1)];
  }

 private:
  std::int64_t by_;
};

// What is transparent is replaced as far as it matters to what shows: as if it were everywhere.
TEST(Tiles, WhatShowsIsMadeOfVisibleColours) {
  const auto image = sparse(20, 60);
  const auto compare = [&](const std::function<std::unique_ptr<FakeSession>()>& session) {
    std::vector<std::vector<std::uint8_t>> results;
    for (const bool everywhere : {false, true}) {
      auto opened = session();
      if (everywhere) opened->mutable_info().metadata.erase("srfast.halo");
      Upscaler upscaler(opens(std::move(opened)), "fake", {});
      Picture<std::uint8_t> result(image.height * upscaler.info().scale, image.width * upscaler.info().scale,
                                   4);
      upscaler.run(image.view(), result.mutable_view());
      for (std::size_t i = 0; i < result.samples.size(); i += 4)
        if (result.samples[i + 3] == 0) result.samples[i] = result.samples[i + 1] = result.samples[i + 2] = 0;
      results.push_back(result.samples);
    }
    EXPECT_EQ(results[0], results[1]);
  };
  compare([] { return std::make_unique<Shift>(9); });
  compare([] {
    auto session = std::make_unique<Blur>(1);
    session->mutable_info().metadata["srfast.enlarge"] = "cubic 3";
    return session;
  });
}

TEST(Tiles, StayWithinTheMemoryLimit) {
  for (const std::uint64_t limit : {20000U, 100000U, 1000000U}) {
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

TEST(Tiles, SideBySideAreNoMoreThanTheLimitAllows) {
  // Room for two of the smallest tiles, 3 x 3 pixels, and for two of a fixed size; 60 bytes a pixel.
  for (const auto& [limit, fixed] : {std::pair{2U * 540, false}, std::pair{2U * 8 * 12 * 60, true}}) {
    Busy busy;
    auto session = std::make_unique<Blur>(2);
    if (fixed) {
      session->mutable_info().inputs[0].shape = {1, 3, 8, 12};
      session->mutable_info().outputs[0].shape = {1, 3, 16, 24};
    }
    session->during_run = [&] { busy.work(std::chrono::milliseconds(300)); };
    UpscalerOptions options;
    options.threads = 4;
    options.memory_limit = limit;
    Upscaler upscaler(opens(std::move(session)), "fake", options);
    const auto image = gradient(20, 30, 3);
    Picture<std::uint8_t> result(40, 60, 3);
    upscaler.run(image.view(), result.mutable_view());
    EXPECT_EQ(busy.most, 2) << limit;
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

TEST(Tiles, ALimitBelowTheSmallestTileIsEnoughForASmallerImage) {
  UpscalerOptions options;
  options.threads = 4;
  options.memory_limit = 500;  // 2 x 2 pixels take 240 bytes, the smallest tile 540
  Upscaler upscaler(opens(std::make_unique<Blur>(2)), "fake", options);
  const auto image = gradient(2, 2, 3);
  Picture<std::uint8_t> result(4, 4, 3);
  // It would wait for ever where no workspace is to be had.
  std::atomic<bool> ended{false};
  std::thread watch([&] {
    for (int i = 0; i < 2000 && !ended; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (!ended) upscaler.cancel();
  });
  EXPECT_NO_THROW(upscaler.run(image.view(), result.mutable_view()));
  ended = true;
  watch.join();
}

// Repeats pixels; where a side that matters to it is odd, it gives the negative.
class Parity : public FakeSession {
 public:
  Parity(bool by_height, bool by_width) : FakeSession(1), by_height_(by_height), by_width_(by_width) {
    mutable_info().metadata["srfast.halo"] = "0 0 0 0";
    mutable_info().metadata["srfast.align"] =
        std::string(by_height ? "2 " : "1 ") + std::string(by_width ? "2" : "1");
  }
  void run(const float* input, const runtime::Shape& in, float* output,
           const runtime::Shape& out) const override {
    FakeSession::run(input, in, output, out);
    if ((by_height_ && in[2] % 2 == 1) || (by_width_ && in[3] % 2 == 1))
      std::transform(output, output + out[1] * out[2] * out[3], output, [](float v) { return 1 - v; });
  }

 private:
  bool by_height_;
  bool by_width_;
};

TEST(Tiles, SizesThatMatterAreRunAsTheyAreWhereTheyFit) {
  for (const auto& [by_height, by_width] : {std::pair(true, false), {false, true}, {true, true}}) {
    const auto image = gradient(by_height ? 31 : 30, by_width ? 31 : 30, 3);
    auto negative = image;
    for (std::uint8_t& sample : negative.samples) sample = static_cast<std::uint8_t>(255 - sample);
    const auto run = [&, height = by_height, width = by_width](std::uint64_t limit, bool stated) {
      auto session = std::make_unique<Parity>(height, width);
      if (stated)
        session->mutable_info().metadata.insert({{"srfast.schema", "1"},
                                                 {"srfast.scale", "1"},
                                                 {"srfast.color", "rgb"},
                                                 {"srfast.range", "0 1"},
                                                 {"srfast.multiple", "2"}});
      UpscalerOptions options;
      options.memory_limit = limit;
      Upscaler upscaler(opens(std::move(session)), "fake", options);
      Picture<std::uint8_t> result(image.height, image.width, 3);
      upscaler.run(image.view(), result.mutable_view());
      return result.samples;
    };
    EXPECT_EQ(run(1'000'000, false), negative.samples);
    EXPECT_EQ(run(10'000, false), image.samples);    // in tiles: as a whole it takes 24 bytes a pixel
    EXPECT_EQ(run(1'000'000, true), image.samples);  // padded: the file says that it must be
  }
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
  for (const int threads : {1, 2}) {
    UpscalerOptions options;
    options.threads = threads;
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
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end(), std::less_equal<>())) << "none is told twice";
  }
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
  Busy busy;
  auto session = std::make_unique<Blur>(1);
  session->during_run = [&] { busy.work(std::chrono::milliseconds(1000)); };
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
  EXPECT_LE(busy.most, 3);
  EXPECT_GE(busy.most, 2);
}

}  // namespace
}  // namespace srfast
