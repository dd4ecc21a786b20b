#include "bindings/gil.h"

#ifndef _WIN32
#include <pthread.h>
#endif

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <optional>
#include <thread>

namespace srfast::bindings {
namespace {

struct Door {
  std::mutex mutex;
  std::condition_variable changed;
  int passing = 0;                       // threads that wait for the GIL
  std::optional<std::thread::id> ender;  // the thread that ends Python, once it does
};

// Never destroyed: threads may stand before it while the process ends.
Door& door() {
  static auto* instance = new Door;
  return *instance;
}

// Holds the door for a thread that waits for the GIL; or that thread, for ever, if Python is ending.
class Passing {
 public:
  Passing() {
    std::unique_lock<std::mutex> lock(door().mutex);
    const std::thread::id self = std::this_thread::get_id();
    if (door().ender.value_or(self) != self) {
      lock.unlock();
      for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
    }
    ++door().passing;
  }
  Passing(const Passing&) = delete;
  Passing& operator=(const Passing&) = delete;
  ~Passing() {
    const std::lock_guard<std::mutex> lock(door().mutex);
    --door().passing;
    door().changed.notify_all();
  }
};

void close_door() {
  constexpr auto kPatience = std::chrono::seconds(5);  // nobody waits that long for the GIL
  const pybind11::gil_scoped_release release;
  std::unique_lock<std::mutex> lock(door().mutex);
  door().ender = std::this_thread::get_id();
  door().changed.wait_for(lock, kPatience, [] { return door().passing == 0; });
}

}  // namespace

void stop_returns_at_exit() {
  pybind11::module_::import("atexit").attr("register")(pybind11::cpp_function(&close_door));
#ifndef _WIN32
  // In a child process nobody else is there.
  pthread_atfork(nullptr, nullptr, [] { new (&door()) Door; });
#endif
}

WithoutGil::~WithoutGil() {
  const Passing passing;
  PyEval_RestoreThread(state_);
}

WithGil::WithGil() {
  const Passing passing;
  state_ = PyGILState_Ensure();
}

}  // namespace srfast::bindings
