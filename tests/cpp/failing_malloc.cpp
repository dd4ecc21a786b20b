#include "failing_malloc.h"

#include <cstddef>

namespace srfast {
namespace {

bool armed = false;
bool lasting = false;
bool failed = false;
std::int64_t left = 0;

}  // namespace

FailingMalloc::FailingMalloc(std::int64_t after, bool for_good) {
  failed = false;
  lasting = for_good;
  left = after;
  armed = true;
}

FailingMalloc::~FailingMalloc() { armed = false; }

bool FailingMalloc::has_failed() noexcept { return failed; }

}  // namespace srfast

// The linker's names: --wrap=malloc. NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" void* __real_malloc(std::size_t size);
extern "C" void* __wrap_malloc(std::size_t size) {
  if (srfast::armed) {
    const std::int64_t before = srfast::left--;
    if (before == 0 || (before < 0 && srfast::lasting)) {
      srfast::failed = true;
      return nullptr;
    }
  }
  return __real_malloc(size);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
