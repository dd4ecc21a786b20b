// Work on several threads that fails.
#include "tiling/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>

namespace srfast::tiling {
namespace {

void sleep(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

TEST(Workers, TheFirstFailureComesOut) {
  std::atomic<bool> begun{false};
  std::atomic<bool> failed{false};
  const auto work = [&](std::int64_t piece) {
    if (piece == 0) {
      while (!begun) sleep(1);
      failed = true;
      throw std::runtime_error("first");
    }
    begun = true;
    while (!failed) sleep(1);
    sleep(500);  // until the other is known, on a busy machine too
    throw std::runtime_error("second");
  };
  std::string message;
  try {
    for_each(2, 2, work, [](std::int64_t) {});
  } catch (const std::runtime_error& error) {
    message = error.what();
  }
  EXPECT_EQ(message, "first");
}

TEST(Workers, NothingBeginsAfterAFailure) {
  constexpr std::int64_t kPieces = 5000;
  std::atomic<std::int64_t> begun{0};
  const auto work = [&](std::int64_t piece) {
    ++begun;
    if (piece == 0) throw std::runtime_error("the first piece");
    sleep(2);
  };
  EXPECT_THROW(for_each(kPieces, 3, work, [](std::int64_t) {}), std::runtime_error);
  EXPECT_LT(begun, kPieces);
}

}  // namespace
}  // namespace srfast::tiling
