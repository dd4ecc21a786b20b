#include "workspace.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <future>
#include <memory>
#include <new>
#include <thread>

namespace srfast {
namespace {

TEST(PlaneBuffer, GrowsAlignedAndKeepsItsMemory) {
  PlaneBuffer buffer;
  float* first = buffer.reserve(1000);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % 64, 0U);
  first[0] = first[999] = 1.0F;
  EXPECT_EQ(buffer.reserve(10), first);
  float* larger = buffer.reserve(100000);
  larger[99999] = 1.0F;
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(larger) % 64, 0U);
}

TEST(PlaneBuffer, RefusesWhatNoMachineHas) {
  PlaneBuffer buffer;
  buffer.reserve(64);
  EXPECT_THROW(buffer.reserve(SIZE_MAX / 2), std::bad_alloc);
  buffer.reserve(16)[15] = 1.0F;  // still usable
}

TEST(WorkspacePool, LendsEachAtOnceItsOwnAndUsesThemAgain) {
  WorkspacePool pool(3);
  const auto wanted = [] {};
  const float* lent[3];
  {
    const auto a = pool.lend(wanted);
    const auto b = pool.lend(wanted);
    const auto c = pool.lend(wanted);
    lent[0] = a->input.reserve(64);
    lent[1] = b->input.reserve(64);
    lent[2] = c->input.reserve(64);
    EXPECT_NE(lent[0], lent[1]);
    EXPECT_NE(lent[1], lent[2]);
    EXPECT_NE(lent[0], lent[2]);
  }
  const auto again = pool.lend(wanted);
  const float* memory = again->input.reserve(64);
  EXPECT_TRUE(memory == lent[0] || memory == lent[1] || memory == lent[2]);
}

TEST(WorkspacePool, WhoeverWaitsIsAskedAgainWhenWoken) {
  WorkspacePool pool(1);
  struct Unwanted : std::exception {};
  std::atomic<int> asked{0};
  std::atomic<bool> wanted{true};
  std::unique_ptr<WorkspacePool::Loan> lent(new WorkspacePool::Loan(pool.lend([] {})));  // it cannot be moved
  auto waiting = std::async(std::launch::async, [&] {
    const auto loan = pool.lend([&] {
      ++asked;
      if (!wanted) throw Unwanted();
    });
  });
  while (asked == 0) std::this_thread::yield();
  wanted = false;
  pool.wake();
  EXPECT_EQ(waiting.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  lent.reset();  // so that this ends whatever happens
  EXPECT_THROW(waiting.get(), Unwanted);
}

}  // namespace
}  // namespace srfast
