// The C++ face when memory runs out, on a stand-in for the library: ONNX Runtime ends the process where it
// gets no memory for a small object.
#include <gtest/gtest.h>
#include <srfast/upscaler.h>

#include <cstdint>
#include <new>
#include <string>
#include <vector>

#include "failing_new.h"

// NOLINTBEGIN(readability-identifier-naming): the C interface's names
struct srfast_upscaler {};
struct srfast_error {};

namespace {

int live = 0;                   // objects that the stand-in has made and nobody has freed
bool out_of_memory = false;     // what it says from now on
bool has_error_object = false;  // whether there is memory for one, then

srfast_status outcome(srfast_error** error) {
  *error = nullptr;
  if (!out_of_memory) return SRFAST_OK;
  if (has_error_object) {
    static srfast_error only;
    *error = &only;
    ++live;
  }
  return SRFAST_ERROR_OUT_OF_MEMORY;
}

}  // namespace

srfast_status srfast_open(const char*, const srfast_options*, srfast_upscaler** upscaler,
                          srfast_error** error) {
  const srfast_status status = outcome(error);
  static srfast_upscaler only;
  *upscaler = status == SRFAST_OK ? &only : nullptr;
  if (status == SRFAST_OK) ++live;
  return status;
}
void srfast_close(srfast_upscaler* upscaler) {
  if (upscaler != nullptr) --live;
}
srfast_status srfast_get_model_info(const srfast_upscaler*, srfast_model_info* info, srfast_error** error) {
  static const char* const provider = "CPUExecutionProvider";
  info->label = "the path of a network that is longer than a short string";
  info->color = "rgb";
  info->input = info->output = info->made_by = "";
  info->has_halo = 1;
  info->providers = &provider;
  info->provider_count = 1;
  return outcome(error);
}
srfast_status srfast_run(srfast_upscaler*, const srfast_image*, const srfast_image*, srfast_progress progress,
                         void* context, srfast_error** error) {
  if (progress != nullptr && progress(1, 1, context) != 0) return SRFAST_CANCELLED;
  return outcome(error);
}
srfast_status srfast_error_status(const srfast_error*) { return SRFAST_ERROR_OUT_OF_MEMORY; }
const char* srfast_error_message(const srfast_error*) { return "there is not enough memory"; }
void srfast_error_free(srfast_error* error) {
  if (error != nullptr) --live;
}
// NOLINTEND(readability-identifier-naming)

namespace {

class FaceOutOfMemory : public testing::Test {
 protected:
  void SetUp() override { out_of_memory = has_error_object = false; }
  void TearDown() override { EXPECT_EQ(live, 0); }

  static srfast::Options options() {
    srfast::Options options;
    options.providers = {{"CUDAExecutionProvider", {{"a key that is longer than a short string", "value"}}}};
    return options;
  }

  std::uint8_t pixel = 0;
};

TEST_F(FaceOutOfMemory, TheStatusIsAnErrorOfThatNameWithAMessage) {
  const srfast::Upscaler up("net.onnx");
  out_of_memory = true;
  for (const bool object : {false, true}) {
    has_error_object = object;
    for (const bool opening : {false, true}) {
      try {
        if (opening) {
          const srfast::Upscaler other("net.onnx", options());
        } else {
          up.run({&pixel, 1, 1, 1}, {&pixel, 1, 1, 1});
        }
        ADD_FAILURE() << "nothing was thrown";
      } catch (const srfast::Error& error) {
        EXPECT_EQ(error.code(), srfast::ErrorCode::kOutOfMemory);
        EXPECT_NE(std::string(error.what()).find("memory"), std::string::npos);
      }
    }
  }
  out_of_memory = false;
  up.run({&pixel, 1, 1, 1}, {&pixel, 1, 1, 1});
}

TEST_F(FaceOutOfMemory, ItsOwnAllocationsLeaveNothingBehind) {
  const auto use = [&] {
    const srfast::Upscaler up("a path that is longer than a short string", options());
    up.run({&pixel, 1, 1, 1}, {&pixel, 1, 1, 1}, [&](std::int64_t, std::int64_t) {
      const std::string text(pixel + std::size_t{40}, ' ');  // so does what the caller's function throws
      EXPECT_FALSE(text.empty());
    });
  };
  use();
  for (const bool for_good : {false, true}) {
    std::int64_t n = 0;
    for (bool failed = true; failed; ++n) {
      bool thrown = false;
      {
        const srfast::FailingNew failing(n, for_good);
        try {
          use();
        } catch (const std::bad_alloc&) {
          thrown = true;
        }
        failed = srfast::FailingNew::has_failed();
      }
      EXPECT_EQ(thrown, failed) << "allocation " << n;
      EXPECT_EQ(live, 0) << "allocation " << n;
    }
    EXPECT_GT(n, 5);
  }
}

}  // namespace
