// The C interface around a network that only repeats pixels.
#include <gtest/gtest.h>
#include <srfast/srfast.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "capi/handle.h"
#include "fake_session.h"

namespace srfast {
namespace {

constexpr int kScale = 2;

struct Opened {
  std::shared_ptr<FakeSession> session = std::make_shared<FakeSession>(kScale);
  std::unique_ptr<srfast_upscaler> upscaler;

  explicit Opened(UpscalerOptions options = {}) {
    session->mutable_info().metadata["srfast.halo"] = "0 0 0 0";
    options.model_scale = kScale;
    upscaler = std::make_unique<srfast_upscaler>(
        std::make_unique<Upscaler>(opens(session), "a network that repeats", options));
  }
};

srfast_image image_of(std::vector<std::uint8_t>& samples, std::int64_t height, std::int64_t width) {
  srfast_image image = SRFAST_IMAGE_INIT;
  samples.resize(static_cast<std::size_t>(3 * height * width));
  image.data = samples.data();
  image.height = height;
  image.width = width;
  image.channels = 3;
  return image;
}

std::string message_of(srfast_error* error) {
  std::string message = srfast_error_message(error);
  srfast_error_free(error);
  return message;
}

TEST(CApi, RunsAndTellsOfTheModel) {
  const Opened opened;
  srfast_model_info info = SRFAST_MODEL_INFO_INIT;
  ASSERT_EQ(srfast_get_model_info(opened.upscaler.get(), &info, nullptr), SRFAST_OK);
  EXPECT_EQ(info.scale, kScale);
  EXPECT_STREQ(info.label, "a network that repeats");
  ASSERT_EQ(info.provider_count, 1U);
  EXPECT_STREQ(info.providers[0], "CPUExecutionProvider");

  std::vector<std::uint8_t> small;
  std::vector<std::uint8_t> large;
  const srfast_image from = image_of(small, 3, 5);
  const srfast_image to = image_of(large, 6, 10);
  for (std::size_t i = 0; i < small.size(); ++i) small[i] = static_cast<std::uint8_t>(i * 5);
  srfast_error* error = nullptr;
  ASSERT_EQ(srfast_run(opened.upscaler.get(), &from, &to, nullptr, nullptr, &error), SRFAST_OK);
  EXPECT_EQ(error, nullptr);
  for (std::size_t y = 0; y < 6; ++y)
    for (std::size_t x = 0; x < 10; ++x)
      for (std::size_t c = 0; c < 3; ++c)
        EXPECT_EQ(large[(y * 10 + x) * 3 + c], small[(y / 2 * 5 + x / 2) * 3 + c]);
}

TEST(CApi, TakesImagesOfAnyStride) {
  const Opened opened;
  std::vector<std::uint8_t> small;
  std::vector<std::uint8_t> large;
  srfast_image from = image_of(small, 4, 6);
  for (std::size_t i = 0; i < small.size(); ++i) small[i] = static_cast<std::uint8_t>(i * 3);
  // Upside down, in planes, and one pixel less on each side.
  srfast_image to = image_of(large, 8, 12);
  to.channel_stride = std::int64_t{8} * 12;
  to.column_stride = 1;
  to.row_stride = 12;
  from.data = small.data() + std::ptrdiff_t{3} * 6 * 3;
  from.row_stride = -18;
  ASSERT_EQ(srfast_run(opened.upscaler.get(), &from, &to, nullptr, nullptr, nullptr), SRFAST_OK);
  for (std::size_t y = 0; y < 8; ++y)
    for (std::size_t x = 0; x < 12; ++x)
      for (std::size_t c = 0; c < 3; ++c)
        EXPECT_EQ(large[c * 96 + y * 12 + x], small[((3 - y / 2) * 6 + x / 2) * 3 + c]);
}

TEST(CApi, RefusesWhatMakesNoSense) {
  const Opened opened;
  std::vector<std::uint8_t> small;
  std::vector<std::uint8_t> large;
  const srfast_image from = image_of(small, 3, 5);
  const srfast_image to = image_of(large, 6, 10);
  const auto run = [&](const srfast_image* image, const srfast_image* result, srfast_status expected) {
    srfast_error* error = nullptr;
    EXPECT_EQ(srfast_run(opened.upscaler.get(), image, result, nullptr, nullptr, &error), expected);
    EXPECT_EQ(srfast_error_status(error), expected);
    return message_of(error);
  };
  EXPECT_NE(run(nullptr, &to, SRFAST_ERROR_ARGUMENT).find("image is NULL"), std::string::npos);
  EXPECT_NE(run(&from, &from, SRFAST_ERROR_IMAGE).find("same memory"), std::string::npos);
  srfast_image wrong = from;
  wrong.data = nullptr;
  EXPECT_NE(run(&wrong, &to, SRFAST_ERROR_ARGUMENT).find("image.data is NULL"), std::string::npos);
  wrong = from;
  wrong.depth = 7;
  EXPECT_NE(run(&wrong, &to, SRFAST_ERROR_IMAGE).find("depth is 7"), std::string::npos);
  wrong = from;
  wrong.color = 5;
  EXPECT_NE(run(&wrong, &to, SRFAST_ERROR_IMAGE).find("color is 5"), std::string::npos);
  wrong = from;
  wrong.channels = 9;
  EXPECT_NE(run(&wrong, &to, SRFAST_ERROR_IMAGE).find("9 channels"), std::string::npos);
  wrong = from;
  wrong.row_stride = 5;  // pixels, not bytes
  EXPECT_NE(run(&wrong, &to, SRFAST_ERROR_IMAGE).find("strides are in bytes"), std::string::npos);
  wrong.row_stride = 2;  // less than a pixel
  EXPECT_NE(run(&wrong, &to, SRFAST_ERROR_IMAGE).find("strides are in bytes"), std::string::npos);
  wrong = from;
  wrong.channel_stride = 15;  // in planes, but pixels without gaps between them
  EXPECT_NE(run(&wrong, &to, SRFAST_ERROR_IMAGE).find("channel_stride is 15"), std::string::npos);
  wrong = from;
  wrong.height = -1;
  EXPECT_FALSE(run(&wrong, &to, SRFAST_ERROR_IMAGE).empty());
  wrong = from;
  wrong.width = std::int64_t{1} << 40;
  EXPECT_FALSE(run(&wrong, &to, SRFAST_ERROR_IMAGE).empty());
  wrong = from;
  wrong.struct_size = 3;
  EXPECT_NE(run(&wrong, &to, SRFAST_ERROR_ARGUMENT).find("struct_size is 3"), std::string::npos);
  EXPECT_EQ(srfast_run(nullptr, &from, &to, nullptr, nullptr, nullptr), SRFAST_ERROR_ARGUMENT);
  EXPECT_EQ(run(&from, &to, SRFAST_OK), "");
  srfast_image row = from;
  row.height = 1;
  row.row_stride = 5;  // there is no next row
  srfast_image rows = to;
  rows.height = kScale;
  EXPECT_EQ(run(&row, &rows, SRFAST_OK), "");
}

TEST(CApi, WhatIsGivenBackIsSetWhateverItWasBefore) {
  srfast_options options = SRFAST_OPTIONS_INIT;
  options.model_color = "no such color";
  int elsewhere = 0;
  auto* upscaler = reinterpret_cast<srfast_upscaler*>(&elsewhere);
  EXPECT_EQ(srfast_open("net.onnx", &options, &upscaler, nullptr), SRFAST_ERROR_OPTION);
  EXPECT_EQ(upscaler, nullptr);
  const Opened opened;
  srfast_model_info info = SRFAST_MODEL_INFO_INIT;
  auto* error = reinterpret_cast<srfast_error*>(&elsewhere);
  EXPECT_EQ(srfast_get_model_info(opened.upscaler.get(), &info, &error), SRFAST_OK);
  EXPECT_EQ(error, nullptr);
}

TEST(CApi, AMemoryLimitThatIsTooSmallHasAStatusOfItsOwn) {
  UpscalerOptions options;
  options.memory_limit = 1;
  const Opened opened(options);
  std::vector<std::uint8_t> small;
  std::vector<std::uint8_t> large;
  const srfast_image from = image_of(small, 3, 5);
  const srfast_image to = image_of(large, 6, 10);
  EXPECT_EQ(srfast_run(opened.upscaler.get(), &from, &to, nullptr, nullptr, nullptr),
            SRFAST_ERROR_MEMORY_LIMIT);
}

TEST(CApi, TellsHowFarTheNetworkLooksAndWhatWasAssumed) {
  const auto session = std::make_shared<FakeSession>(kScale);
  session->mutable_info().metadata["srfast.halo"] = "1 2 3 4";
  for (const bool color : {false, true}) {
    UpscalerOptions options;
    if (color) options.model_color = ModelColor::kBgr;
    if (!color) options.model_range = ValueRange{0, 255};
    const srfast_upscaler upscaler(std::make_unique<Upscaler>(opens(session), "fake", options));
    srfast_model_info info = SRFAST_MODEL_INFO_INIT;
    ASSERT_EQ(srfast_get_model_info(&upscaler, &info, nullptr), SRFAST_OK);
    EXPECT_EQ(info.has_halo, 1);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(info.halo[i], i + 1);
    EXPECT_EQ(info.assumed_color, color ? 0 : 1);
    EXPECT_EQ(info.assumed_range, color ? 1 : 0);
  }
}

TEST(CApi, UnderstandsOlderAndNewerStructures) {
  const Opened opened;
  // A program whose header knew nothing beyond `scale`.
  srfast_model_info old = SRFAST_MODEL_INFO_INIT;
  old.struct_size = offsetof(srfast_model_info, threads);
  old.threads = -7;
  ASSERT_EQ(srfast_get_model_info(opened.upscaler.get(), &old, nullptr), SRFAST_OK);
  EXPECT_EQ(old.scale, kScale);
  EXPECT_EQ(old.threads, -7);
  // One whose header knows members that this library does not have.
  struct Newer {
    srfast_model_info known = SRFAST_MODEL_INFO_INIT;
    std::int64_t more = 5;
  } newer;
  newer.known.struct_size = sizeof(Newer);
  ASSERT_EQ(srfast_get_model_info(opened.upscaler.get(), &newer.known, nullptr), SRFAST_OK);
  EXPECT_EQ(newer.known.scale, kScale);
  EXPECT_EQ(newer.more, 0);

  std::vector<std::uint8_t> small;
  std::vector<std::uint8_t> large;
  struct NewerImage {
    srfast_image known = SRFAST_IMAGE_INIT;
    std::int64_t more = 0;
  } image;
  image.known = image_of(small, 3, 5);
  image.known.struct_size = sizeof(NewerImage);
  const srfast_image to = image_of(large, 6, 10);
  EXPECT_EQ(srfast_run(opened.upscaler.get(), &image.known, &to, nullptr, nullptr, nullptr), SRFAST_OK);
  image.more = 1;
  srfast_error* error = nullptr;
  EXPECT_EQ(srfast_run(opened.upscaler.get(), &image.known, &to, nullptr, nullptr, &error),
            SRFAST_ERROR_ARGUMENT);
  EXPECT_NE(message_of(error).find("update srfast"), std::string::npos);
}

TEST(CApi, AnErrorOfTheNetworkIsReportedAndTheNextRunWorks) {
  const Opened opened;
  bool fails = true;
  opened.session->failure = [&](const runtime::Shape&) { return fails ? "it broke" : ""; };
  std::vector<std::uint8_t> small;
  std::vector<std::uint8_t> large;
  const srfast_image from = image_of(small, 3, 5);
  const srfast_image to = image_of(large, 6, 10);
  srfast_error* error = nullptr;
  EXPECT_EQ(srfast_run(opened.upscaler.get(), &from, &to, nullptr, nullptr, &error), SRFAST_ERROR_RUN);
  EXPECT_EQ(message_of(error), "it broke");
  EXPECT_EQ(srfast_run(opened.upscaler.get(), &from, &to, nullptr, nullptr, nullptr), SRFAST_ERROR_RUN);
  fails = false;
  EXPECT_EQ(srfast_run(opened.upscaler.get(), &from, &to, nullptr, nullptr, nullptr), SRFAST_OK);
}

TEST(CApi, ManyThreadsRunAndOneCancels) {
  UpscalerOptions options;
  options.threads = 2;
  const Opened opened(options);
  std::atomic<int> inside{0};
  std::atomic<bool> hold{true};
  opened.session->during_run = [&] {
    ++inside;
    while (hold) std::this_thread::yield();
  };
  constexpr int kThreads = 4;
  std::vector<srfast_status> statuses(kThreads, SRFAST_OK);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&, i] {
      std::vector<std::uint8_t> small;
      std::vector<std::uint8_t> large;
      const srfast_image from = image_of(small, 3, 5);
      const srfast_image to = image_of(large, 6, 10);
      const auto stop_if_cancelled = [](std::int64_t, std::int64_t, void*) -> std::int32_t { return 0; };
      srfast_error* error = nullptr;
      statuses[static_cast<std::size_t>(i)] =
          srfast_run(opened.upscaler.get(), &from, &to, stop_if_cancelled, nullptr, &error);
      srfast_error_free(error);
    });
  while (inside == 0) std::this_thread::yield();
  srfast_cancel(opened.upscaler.get());
  hold = false;
  for (std::thread& thread : threads) thread.join();
  for (const srfast_status status : statuses)
    EXPECT_TRUE(status == SRFAST_OK || status == SRFAST_CANCELLED) << status;
  srfast_cancel(nullptr);
}

TEST(CApi, AProgressFunctionEndsTheRun) {
  const Opened opened;
  std::vector<std::uint8_t> small;
  std::vector<std::uint8_t> large;
  const srfast_image from = image_of(small, 3, 5);
  const srfast_image to = image_of(large, 6, 10);
  const auto stop = [](std::int64_t, std::int64_t, void* context) -> std::int32_t {
    ++*static_cast<int*>(context);
    return -1;
  };
  int calls = 0;
  EXPECT_EQ(srfast_run(opened.upscaler.get(), &from, &to, stop, &calls, nullptr), SRFAST_CANCELLED);
  EXPECT_EQ(calls, 1);
}

TEST(CApi, MessagesAreUtf8WhateverTheyQuote) {
  srfast_options options = SRFAST_OPTIONS_INIT;
  options.model_color = "caf\xE9 \xC3\xA9";
  srfast_upscaler* upscaler = nullptr;
  srfast_error* error = nullptr;
  EXPECT_EQ(srfast_open("net.onnx", &options, &upscaler, &error), SRFAST_ERROR_OPTION);
  EXPECT_NE(message_of(error).find("\"caf\xEF\xBF\xBD \xC3\xA9\""), std::string::npos);
}

TEST(CApi, TheOnlySizeIsThatOfAnImage) {
  const auto session = std::make_shared<FakeSession>(kScale);
  session->mutable_info().inputs[0].shape = {1, 3, 17, -1};
  session->missing_before = session->missing_after = kScale;  // so an image is padded by a pixel on each side
  const srfast_upscaler upscaler(std::make_unique<Upscaler>(opens(session), "fake", UpscalerOptions{}));
  srfast_model_info info = SRFAST_MODEL_INFO_INIT;
  ASSERT_EQ(srfast_get_model_info(&upscaler, &info, nullptr), SRFAST_OK);
  EXPECT_EQ(info.fixed_height, 15);
  EXPECT_EQ(info.fixed_width, 0);
}

TEST(CApi, ErrorsAreFreeToBeIgnored) {
  EXPECT_EQ(srfast_error_status(nullptr), SRFAST_OK);
  EXPECT_STREQ(srfast_error_message(nullptr), "");
  srfast_error_free(nullptr);
  srfast_close(nullptr);
  EXPECT_GT(std::strlen(srfast_version()), 0U);
}

}  // namespace
}  // namespace srfast
