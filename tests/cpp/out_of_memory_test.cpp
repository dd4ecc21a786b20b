// Whichever allocation fails, what comes out is an error of that name; nothing leaks, and the next call
// works.
#include <gtest/gtest.h>
#include <srfast/srfast.h>

#include <cstdint>
#include <map>
#include <memory>
#include <new>
#include <ostream>
#include <string>
#include <vector>

#include "capi/errors.h"
#include "capi/handle.h"
#include "error.h"
#include "failing_new.h"
#include "fake_session.h"
#include "pictures.h"
#include "runtime/cpu_count.h"
#include "runtime/memory.h"
#include "upscaler.h"

namespace srfast {
namespace {

enum class Ended : std::uint8_t { kDone, kOutOfMemory, kOtherwise };

// Does `call` again and again, each time with another allocation failing, until none is left to fail; each
// time it must end as out of memory and leave nothing behind that makes `call` fail later. Gives how many
// failed.
template <typename Call>
std::int64_t fail_each_allocation(bool for_good, const Call& call) {
  constexpr std::int64_t kMost = 20000;
  for (std::int64_t n = 0; n < kMost; ++n) {
    Ended ended = Ended::kDone;
    bool failed = false;
    {
      const FailingNew failing(n, for_good);
      ended = call();
      failed = FailingNew::has_failed();
    }
    if (!failed) {
      EXPECT_EQ(ended, Ended::kDone) << "without a failure";
      return n;
    }
    EXPECT_EQ(ended, Ended::kOutOfMemory) << "allocation " << n;
    EXPECT_EQ(call(), Ended::kDone) << "after a failure of allocation " << n;
  }
  ADD_FAILURE() << "there is no end of allocations";
  return kMost;
}

template <typename Call>
Ended ended_by(const Call& call) {
  try {
    call();
    return Ended::kDone;
  } catch (const std::bad_alloc&) {
    return Ended::kOutOfMemory;
  } catch (const Error& error) {
    return error.code() == ErrorCode::kOutOfMemory ? Ended::kOutOfMemory : Ended::kOtherwise;
  } catch (...) {
    return Ended::kOtherwise;
  }
}

// One way to open a network, and an image to run through it.
struct Case {
  const char* name;
  std::map<std::string, std::string> metadata;
  std::int64_t network_scale;
  std::int64_t network_channels;
  std::int64_t image_channels;
  std::uint64_t memory_limit;
  std::int64_t height;
  std::int64_t width;
};

std::ostream& operator<<(std::ostream& out, const Case& of) { return out << of.name; }

class OutOfMemory : public testing::TestWithParam<Case> {
 protected:
  [[nodiscard]] static std::shared_ptr<FakeSession> session() {
    auto made = std::make_shared<FakeSession>(GetParam().network_scale, GetParam().network_channels);
    made->mutable_info().metadata = GetParam().metadata;
    return made;
  }
  [[nodiscard]] static UpscalerOptions options() {
    UpscalerOptions options;
    options.threads = 3;
    options.memory_limit = GetParam().memory_limit;
    return options;
  }
};

std::vector<Case> cases() {
  return {
      {"untagged", {}, 2, 3, 3, 1'000'000, 9, 7},
      {"tagged",
       {{"srfast.schema", "1"},
        {"srfast.scale", "2"},
        {"srfast.color", "bgr"},
        {"srfast.range", "0 255"},
        {"srfast.multiple", "4"},
        {"srfast.minimum", "16"},
        {"srfast.made_by", "a test that is longer than a short string"},
        {"srfast.passes", "one_that_is_longer_than_short another_that_is_longer"}},
       2,
       3,
       1,
       1'000'000,
       9,
       7},
      {"tiles_side_by_side",
       {{"srfast.halo", "0 0 0 0"}, {"srfast.parallel", "tiles"}, {"srfast.bytes_per_pixel", "100"}},
       2,
       3,
       3,
       60'000,
       40,
       40},
      {"bands", {{"srfast.halo", "0 0 0 0"}}, 1, 3, 3, 100'000'000, 400, 400},
      {"alpha", {{"srfast.halo", "1 1 1 1"}, {"srfast.align", "1 1"}}, 2, 3, 4, 60'000, 40, 40},
      {"luma_of_colour", {{"srfast.halo", "0 0 0 0"}}, 2, 1, 3, 1'000'000, 20, 20},
      {"enlarged_before",
       {{"srfast.schema", "1"},
        {"srfast.scale", "2"},
        {"srfast.color", "rgb"},
        {"srfast.range", "0 1"},
        {"srfast.halo", "2 2 2 2"},
        {"srfast.enlarge", "cubic 2"}},
       1,
       3,
       2,
       20'000,
       30,
       30},
  };
}

INSTANTIATE_TEST_SUITE_P(Cases, OutOfMemory, testing::ValuesIn(cases()),
                         [](const testing::TestParamInfo<Case>& of) { return std::string(of.param.name); });

TEST(OutOfMemoryToo, WhatTheMachineHas) {
  for (const bool for_good : {false, true}) {
    EXPECT_GT(fail_each_allocation(for_good, [] { return ended_by([] { (void)runtime::usable_cpus(); }); }),
              3);
    EXPECT_GT(
        fail_each_allocation(for_good, [] { return ended_by([] { (void)runtime::available_memory(); }); }),
        3);
  }
}

TEST(OutOfMemoryToo, OpeningNamesTheNetwork) {
  const auto open = [](const runtime::SessionOptions&) -> std::unique_ptr<runtime::Session> {
    throw std::bad_alloc();
  };
  srfast_error* error = nullptr;
  const srfast_status status =
      capi::guarded(&error, [&] { const Upscaler upscaler(open, "a/path/net.onnx", UpscalerOptions{}); });
  EXPECT_EQ(status, SRFAST_ERROR_OUT_OF_MEMORY);
  const std::string message = srfast_error_message(error);
  srfast_error_free(error);
  EXPECT_EQ(message.find("there is not enough memory to open a/path/net.onnx: end other programs"), 0U)
      << message;
}

TEST_P(OutOfMemory, Opening) {
  const auto open = opens(session());
  for (const bool for_good : {false, true}) {
    const std::int64_t failed = fail_each_allocation(for_good, [&] {
      return ended_by([&] { const Upscaler upscaler(open, "a network of which much is known", options()); });
    });
    EXPECT_GT(failed, 5);
  }
}

TEST_P(OutOfMemory, TheFirstRun) {
  const Picture<std::uint8_t> image = sprite(GetParam().height, GetParam().width, GetParam().image_channels);
  Picture<std::uint8_t> large(image.height * 2, image.width * 2, image.channels);
  const auto open = opens(session());
  for (const bool for_good : {false, true}) {
    for (std::int64_t n = 0;; ++n) {  // each with an object of its own, whose buffers are not there yet
      Upscaler upscaler(open, "a network of which much is known", options());
      if (large.height != image.height * upscaler.info().scale)
        large = Picture<std::uint8_t>(image.height * upscaler.info().scale,
                                      image.width * upscaler.info().scale, image.channels);
      const auto run = [&] {
        return ended_by([&] { upscaler.run(image.view(), large.mutable_view(), {}); });
      };
      Ended ended = Ended::kDone;
      bool failed = false;
      {
        const FailingNew failing(n, for_good);
        ended = run();
        failed = FailingNew::has_failed();
      }
      const std::vector<std::uint8_t> first = large.samples;
      EXPECT_EQ(run(), Ended::kDone) << "after a failure of allocation " << n;
      if (ended == Ended::kDone) {
        EXPECT_EQ(first, large.samples) << "allocation " << n;
      } else {
        EXPECT_EQ(ended, Ended::kOutOfMemory) << "allocation " << n;
      }
      if (!failed) {
        EXPECT_EQ(ended, Ended::kDone);
        EXPECT_GT(n, 3);
        break;
      }
    }
  }
}

TEST_P(OutOfMemory, ThroughTheCInterface) {
  std::vector<std::uint8_t> small(std::size_t{3} * 9 * 7);
  std::vector<std::uint8_t> large(small.size() * 16);
  const auto open = opens(session());
  for (const bool for_good : {false, true}) {
    fail_each_allocation(for_good, [&] {
      srfast_error* error = nullptr;
      srfast_upscaler* handle = nullptr;
      srfast_status status = capi::guarded(&error, [&] {
        handle = new srfast_upscaler(std::make_unique<Upscaler>(open, "a network", options()));
      });
      if (status == SRFAST_OK) {
        srfast_model_info info = SRFAST_MODEL_INFO_INIT;
        status = srfast_get_model_info(handle, &info, &error);
        srfast_image from = SRFAST_IMAGE_INIT;
        from.data = small.data();
        from.height = 9;
        from.width = 7;
        from.channels = 3;
        srfast_image to = from;
        to.data = large.data();
        to.height = from.height * info.scale;
        to.width = from.width * info.scale;
        if (status == SRFAST_OK) status = srfast_run(handle, &from, &to, nullptr, nullptr, &error);
      }
      // An error object is memory, too; the status says it where there is none.
      EXPECT_TRUE(error == nullptr || srfast_error_status(error) == status);
      EXPECT_TRUE(status == SRFAST_OK || for_good || error != nullptr);
      srfast_error_free(error);
      srfast_close(handle);
      return status == SRFAST_OK                    ? Ended::kDone
             : status == SRFAST_ERROR_OUT_OF_MEMORY ? Ended::kOutOfMemory
                                                    : Ended::kOtherwise;
    });
  }
}

}  // namespace
}  // namespace srfast
