// Memory that runs out where a test says so: this program's operator new is replaced (failing_new.cpp).
#pragma once

#include <cstdint>

namespace srfast {

// While it lives, allocations fail, of all threads together: the one that is `after` the first, and all later
// ones too if `for_good`. One at a time.
class FailingNew {
 public:
  FailingNew(std::int64_t after, bool for_good);
  FailingNew(const FailingNew&) = delete;
  FailingNew& operator=(const FailingNew&) = delete;
  ~FailingNew();

  // Whether one did.
  [[nodiscard]] static bool has_failed() noexcept;
};

}  // namespace srfast
