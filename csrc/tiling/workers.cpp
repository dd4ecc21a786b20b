#include "tiling/workers.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

namespace srfast::tiling {
namespace {

class Crew {
 public:
  Crew(std::int64_t count, const std::function<void(std::int64_t)>& work) : count_(count), work_(work) {}

  // Works until nothing is left or something failed, calling `after_each` after each piece.
  template <typename AfterEach>
  void take_part(AfterEach after_each) noexcept {
    try {
      while (!failed_.load(std::memory_order_relaxed)) {
        const std::int64_t piece = next_.fetch_add(1, std::memory_order_relaxed);
        if (piece >= count_) return;
        work_(piece);
        after_each(done_.fetch_add(1, std::memory_order_relaxed) + 1);
      }
    } catch (...) {
      fail(std::current_exception());
    }
  }

  void fail(const std::exception_ptr& error) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!error_) error_ = error;
    failed_.store(true, std::memory_order_relaxed);
  }

  void rethrow_failure() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  const std::int64_t count_;
  const std::function<void(std::int64_t)>& work_;
  std::atomic<std::int64_t> next_{0};
  std::atomic<std::int64_t> done_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace

void for_each(std::int64_t count, std::int64_t workers, const std::function<void(std::int64_t)>& work,
              const std::function<void(std::int64_t)>& between) {
  Crew crew(count, work);
  std::vector<std::thread> threads;
  const std::int64_t others = std::min(workers, count) - 1;
  threads.reserve(static_cast<std::size_t>(std::max<std::int64_t>(others, 0)));
  // Whatever happens from here on, the threads must be joined.
  try {
    for (std::int64_t i = 0; i < others; ++i)
      threads.emplace_back([&crew] { crew.take_part([](std::int64_t) {}); });
    // No more threads to be had: those that there are do the work.
    // NOLINTNEXTLINE(bugprone-empty-catch): nothing is lost
  } catch (const std::system_error&) {
    // NOLINTNEXTLINE(bugprone-empty-catch): the same, for want of memory
  } catch (const std::bad_alloc&) {
  }
  crew.take_part([&](std::int64_t done) {
    if (done < count) between(done);
  });
  for (std::thread& thread : threads) thread.join();
  crew.rethrow_failure();
  between(count);
}

}  // namespace srfast::tiling
