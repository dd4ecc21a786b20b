// malloc that fails where a test says so: the linker sends this program's calls, and those of the static
// libraries in it, to failing_malloc.cpp. With failing_new.cpp beside it, so do those of operator new.
#pragma once

#include <cstdint>

namespace srfast {

// While it lives, the call of malloc that is `after` the first fails, and all later ones too if `for_good`.
// One at a time.
class FailingMalloc {
 public:
  FailingMalloc(std::int64_t after, bool for_good);
  FailingMalloc(const FailingMalloc&) = delete;
  FailingMalloc& operator=(const FailingMalloc&) = delete;
  ~FailingMalloc();

  // Whether one did.
  [[nodiscard]] static bool has_failed() noexcept;
};

}  // namespace srfast
