// Images for the tests of the kernels: in memory that ends where it says, and in every layout.
#pragma once

#ifdef _WIN32
#include <windows.h>
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

#include "image.h"

namespace srfast::kernels {

// Memory between two pages that may not be touched; `bytes` of it, at its very start or its very end.
class GuardedMemory {
 public:
  GuardedMemory(std::size_t bytes, bool at_end) {
    const std::size_t page = page_size();
    const std::size_t usable = (bytes + page - 1) / page * page;
    mapped_ = usable + 2 * page;
    start_ = reserve(mapped_);
    data_ = start_ + page + (at_end ? usable - bytes : 0);
    if (!open(start_ + page, usable)) throw std::bad_alloc();
  }
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;
  ~GuardedMemory() { release(); }

  [[nodiscard]] std::byte* data() const { return data_; }

 private:
#ifdef _WIN32
  static std::size_t page_size() {
    SYSTEM_INFO system{};
    GetSystemInfo(&system);
    return system.dwPageSize;
  }
  static std::byte* reserve(std::size_t bytes) {
    void* memory = VirtualAlloc(nullptr, bytes, MEM_RESERVE, PAGE_NOACCESS);
    if (memory == nullptr) throw std::bad_alloc();
    return static_cast<std::byte*>(memory);
  }
  static bool open(std::byte* data, std::size_t bytes) {
    return bytes == 0 || VirtualAlloc(data, bytes, MEM_COMMIT, PAGE_READWRITE) != nullptr;
  }
  void release() { VirtualFree(start_, 0, MEM_RELEASE); }
#else
  static std::size_t page_size() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }
  static std::byte* reserve(std::size_t bytes) {
    void* memory = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    return static_cast<std::byte*>(memory);
  }
  static bool open(std::byte* data, std::size_t bytes) {
    return mprotect(data, bytes, PROT_READ | PROT_WRITE) == 0;
  }
  void release() { munmap(start_, mapped_); }
#endif

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
