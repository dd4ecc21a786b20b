// How a caller watches a run, and ends it early.
#pragma once

#include <cstdint>
#include <functional>

namespace srfast {

// Called from the thread that called run, between tiles, and at the end with done == total. What it throws
// ends the run and reaches the caller.
using Progress = std::function<void(std::int64_t done, std::int64_t total)>;

}  // namespace srfast
