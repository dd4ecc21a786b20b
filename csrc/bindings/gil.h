// Leaving Python and coming back to it, also while it ends.
#pragma once

#include <pybind11/pybind11.h>

namespace srfast::bindings {

// Has Python's exit let threads that are about to come back do so, and stop those that come later. For they
// would be ended by unwinding through native code that nothing may unwind through, which ends the process.
void stop_returns_at_exit();

// Lets other threads run Python while it lives.
class WithoutGil {
 public:
  WithoutGil() : state_(PyEval_SaveThread()) {}
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;
  ~WithoutGil();

 private:
  PyThreadState* state_;
};

// Runs Python while it lives, within a WithoutGil.
class WithGil {
 public:
  WithGil();
  WithGil(const WithGil&) = delete;
  WithGil& operator=(const WithGil&) = delete;
  ~WithGil() { PyGILState_Release(state_); }

 private:
  PyGILState_STATE state_;
};

}  // namespace srfast::bindings
