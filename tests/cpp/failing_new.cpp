#include "failing_new.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace srfast {
namespace {

std::atomic<bool> armed{false};
std::atomic<bool> lasting{false};
std::atomic<bool> failed{false};
std::atomic<std::int64_t> left{0};

void* allocate(std::size_t size, std::size_t alignment) noexcept {
  if (armed.load()) {
    const std::int64_t before = left.fetch_sub(1);
    if (before == 0 || (before < 0 && lasting.load())) {
      failed.store(true);
      return nullptr;
    }
  }
  if (alignment <= alignof(std::max_align_t)) return std::malloc(size == 0 ? 1 : size);
  return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  void* memory = allocate(size, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

FailingNew::FailingNew(std::int64_t after, bool for_good) {
  failed.store(false);
  lasting.store(for_good);
  left.store(after);
  armed.store(true);
}

FailingNew::~FailingNew() { armed.store(false); }

bool FailingNew::has_failed() noexcept { return failed.load(); }

}  // namespace srfast

// The standard library's other forms call these.
void* operator new(std::size_t size) { return srfast::allocate_or_throw(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return srfast::allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return srfast::allocate(size, 1); }
void* operator new[](std::size_t size) { return srfast::allocate_or_throw(size, 1); }
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return srfast::allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return srfast::allocate(size, 1); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
