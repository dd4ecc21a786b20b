// How large work is done in small memory.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/enlarge.h"

namespace srfast {

// Calls `work` for the window in strips of a few rows, so that what it keeps in between stays small.
template <typename Work>
void for_each_strip(const kernels::Window& window, const Work& work) {
  constexpr std::int64_t kRows = 16;
  for (std::int64_t y = 0; y < window.height; y += kRows)
    work(kernels::Window{window.y + y, window.x, std::min(kRows, window.height - y), window.width});
}

}  // namespace srfast
