#include "workspace.h"

#include <cstdint>
#include <new>
#include <utility>

namespace srfast {
namespace {

constexpr std::align_val_t kAlignment{64};  // a cache line, and the widest vector

}  // namespace

void PlaneBuffer::Free::operator()(float* memory) const noexcept { ::operator delete[](memory, kAlignment); }

float* PlaneBuffer::reserve(std::size_t floats) {
  if (floats > capacity_) {
    memory_.reset();  // first, so that old and new are never held together
    capacity_ = 0;
    if (floats > SIZE_MAX / sizeof(float)) throw std::bad_array_new_length();
    memory_.reset(static_cast<float*>(::operator new[](floats * sizeof(float), kAlignment)));
    capacity_ = floats;
  }
  return memory_.get();
}

WorkspacePool::Loan WorkspacePool::lend(const std::function<void()>& require_wanted) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    require_wanted();
    if (!idle_.empty()) {
      std::unique_ptr<Workspace> workspace = std::move(idle_.back());
      idle_.pop_back();
      return {*this, std::move(workspace)};
    }
    if (made_ < most_) {
      idle_.reserve(most_);  // so that giving back cannot fail
      auto workspace = std::make_unique<Workspace>();
      ++made_;
      return {*this, std::move(workspace)};
    }
    changed_.wait(lock);
  }
}

void WorkspacePool::wake() {
  // Locked, so that nobody who is about to wait misses it.
  const std::lock_guard<std::mutex> lock(mutex_);
  changed_.notify_all();
}

void WorkspacePool::give_back(std::unique_ptr<Workspace> workspace) noexcept {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    idle_.push_back(std::move(workspace));
  }
  changed_.notify_one();
}

}  // namespace srfast
