// What a caller may choose when a model is opened.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "conventions.h"
#include "runtime/session.h"

namespace srfast {

struct UpscalerOptions {
  int threads = 0;  // busy cores of all runs together; 0: the CPUs that the process may use
  std::vector<runtime::Provider> providers;  // in order of preference; empty: the CPU
  std::uint64_t memory_limit = 0;            // bytes for all runs together; 0: a quarter of what is available
  // What the model's file says, or should have said, overridden:
  std::optional<ModelColor> model_color;
  std::optional<ValueRange> model_range;
  std::optional<int> model_scale;
};

}  // namespace srfast
