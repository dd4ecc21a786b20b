// The C++ face on the C interface, with ONNX Runtime and a shipped model.
#include <gtest/gtest.h>
#include <srfast/upscaler.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

constexpr const char* kModel = SRFAST_MODEL;

class Face : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("SRFAST_ONNXRUNTIME") == nullptr)
      GTEST_SKIP() << "SRFAST_ONNXRUNTIME names no library to load";
  }

  std::vector<std::uint8_t> image = std::vector<std::uint8_t>(std::size_t{3} * 60 * 90, 100);
  std::vector<std::uint8_t> large = std::vector<std::uint8_t>(std::size_t{3} * 120 * 180);
  srfast::ConstImageView from{image.data(), 60, 90, 3};
  srfast::ImageView to{large.data(), 120, 180, 3};
};

TEST_F(Face, OpensRunsAndMoves) {
  srfast::Upscaler first(kModel);
  EXPECT_EQ(first.info().scale, 2);
  EXPECT_EQ(first.info().label, kModel);
  EXPECT_EQ(first.info().color, "rgb");
  EXPECT_TRUE(first.info().tagged);
  EXPECT_TRUE(first.info().halo.has_value());
  first.run(from, to);
  const std::vector<std::uint8_t> expected = large;

  srfast::Upscaler second = std::move(first);
  std::ifstream file(kModel, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const srfast::Upscaler third = srfast::Upscaler::from_memory(bytes.data(), bytes.size(), "bytes");
  EXPECT_EQ(third.info().label, "bytes");
  for (const srfast::Upscaler* each : {&std::as_const(second), &third}) {
    large.assign(large.size(), 0);
    each->run(from, to);
    EXPECT_EQ(large, expected);
  }
}

TEST_F(Face, HandsOnWhatTheOptionsSay) {
  srfast::Options options;
  options.model_range = {-1, 0};
  options.model_color = "bgr";
  const srfast::ModelInfo info = srfast::Upscaler(kModel, options).info();
  EXPECT_EQ(info.range, std::pair(-1.0, 0.0));
  EXPECT_EQ(info.color, "bgr");
  options.model_scale = 3;  // it enlarges twice
  EXPECT_THROW(srfast::Upscaler(kModel, options), srfast::Error);
}

TEST_F(Face, TakesPlanes) {
  const srfast::Upscaler up(kModel);
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<std::uint8_t>(i * i * 37 % 251);
  up.run(from, to);
  std::vector<std::uint8_t> planes(image.size());
  for (std::size_t i = 0; i < image.size(); ++i) planes[i % 3 * 60 * 90 + i / 3] = image[i];
  srfast::ConstImageView planar(planes.data(), 60, 90, 3, 90);
  planar.column_stride = 1;
  planar.channel_stride = std::int64_t{60} * 90;
  std::vector<std::uint8_t> result(large.size());
  up.run(planar, {result.data(), 120, 180, 3});
  EXPECT_EQ(result, large);
}

TEST_F(Face, UsesAnUpscalerThatWasMovedFromOnlyWithAnError) {
  srfast::Upscaler first(kModel);
  const srfast::Upscaler second = std::move(first);
  try {
    first.run(from, to);  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move): this is tested
    ADD_FAILURE() << "it ran";
  } catch (const srfast::Error& error) {
    EXPECT_EQ(error.code(), srfast::ErrorCode::kArgument);
  }
  first.cancel();
}

TEST_F(Face, ThrowsErrorsWithCodes) {
  const auto code = [](const std::string& model, const srfast::Options& options) {
    try {
      const srfast::Upscaler up(model, options);
    } catch (const srfast::Error& error) {
      EXPECT_FALSE(std::string(error.what()).empty());
      return error.code();
    }
    return srfast::ErrorCode::kInternal;
  };
  EXPECT_EQ(code("/nonexistent/net.onnx", {}), srfast::ErrorCode::kModel);
  EXPECT_EQ(code("no-such-model", {}), srfast::ErrorCode::kModel);
  srfast::Options options;
  options.threads = -1;
  EXPECT_EQ(code(kModel, options), srfast::ErrorCode::kOption);
  options = {};
  options.model_color = "purple";
  EXPECT_EQ(code(kModel, options), srfast::ErrorCode::kOption);
  options = {};
  options.model_range = {0, 0};
  EXPECT_EQ(code(kModel, options), srfast::ErrorCode::kOption);
  options = {};
  options.providers = {{"NoSuchExecutionProvider", {{"key", "value"}}}};
  EXPECT_EQ(code(kModel, options), srfast::ErrorCode::kProvider);
}

TEST_F(Face, ProgressCountsAndItsExceptionsComeOut) {
  srfast::Options options;
  options.memory_limit = 600'000;
  const srfast::Upscaler up(kModel, options);
  std::vector<std::int64_t> seen;
  up.run(from, to, [&](std::int64_t done, std::int64_t total) {
    seen.push_back(done);
    EXPECT_GE(total, done);
  });
  EXPECT_GT(seen.size(), 1U);
  EXPECT_THROW(up.run(from, to, [](std::int64_t, std::int64_t) { throw std::logic_error("mine"); }),
               std::logic_error);
  up.run(from, to);
}

TEST_F(Face, CancelsFromAnotherThread) {
  srfast::Options options;
  options.memory_limit = 600'000;
  const srfast::Upscaler up(kModel, options);
  std::thread other;
  const auto cancel_once = [&](std::int64_t, std::int64_t) {
    if (other.joinable()) return;
    other = std::thread([&] { up.cancel(); });
    other.join();
    other = std::thread([] {});
  };
  try {
    up.run(from, to, cancel_once);
    ADD_FAILURE() << "it went on";
  } catch (const srfast::Error& error) {
    EXPECT_EQ(error.code(), srfast::ErrorCode::kCancelled);
  }
  other.join();
  up.run(from, to);
}

}  // namespace
