// Images for the tests of the kernels: in memory that ends where it says, and in every layout.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

#include "image.h"

namespace srfast::kernels {

// Memory between two pages that may not be touched; `bytes` of it, at its very start or its very end.
class GuardedMemory {
 public:
  GuardedMemory(std::size_t bytes, bool at_end) : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    const std::size_t usable = (bytes + page_ - 1) / page_ * page_;
    mapped_ = usable + 2 * page_;
    void* memory = mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    start_ = static_cast<std::byte*>(memory);
    if (mprotect(start_ + page_, usable, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
    data_ = start_ + page_ + (at_end ? usable - bytes : 0);
  }
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;
  ~GuardedMemory() { munmap(start_, mapped_); }

  [[nodiscard]] std::byte* data() const { return data_; }

 private:
  std::size_t page_;
  std::size_t mapped_ = 0;
  std::byte* start_ = nullptr;
  std::byte* data_ = nullptr;
};

enum class Layout { kInterleaved, kMirrored, kReversed, kColumnsFirst };

inline constexpr std::array<Layout, 4> kLayouts{Layout::kInterleaved, Layout::kMirrored, Layout::kReversed,
                                                Layout::kColumnsFirst};
inline constexpr std::array<Depth, 3> kDepths{Depth::kU8, Depth::kU16, Depth::kF32};

// A view that fills `data` without a gap.
template <typename Byte>
BasicImageView<Byte> fill(Byte* data, std::int64_t height, std::int64_t width, std::int64_t channels,
                          Depth depth, Layout layout) {
  const auto size = static_cast<std::ptrdiff_t>(sample_size(depth));
  BasicImageView<Byte> view{data, height, width, channels, width * channels * size, channels * size,
                            size, depth};
  if (layout == Layout::kMirrored) {
    view.data += (width - 1) * view.column_stride;
    view.column_stride = -view.column_stride;
  } else if (layout == Layout::kReversed) {
    view.data += (channels - 1) * size;
    view.channel_stride = -size;
  } else if (layout == Layout::kColumnsFirst) {
    view.row_stride = size;
    view.column_stride = height * size;
    view.channel_stride = height * width * size;
  }
  return view;
}

}  // namespace srfast::kernels
