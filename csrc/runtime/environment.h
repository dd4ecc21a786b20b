// The one ONNX Runtime environment of the process.
#pragma once

#include <onnxruntime_cxx_api.h>

namespace srfast::runtime {

// Made on first use, never destroyed. The library must be loaded. Any thread may call it. ONNX Runtime's own
// log goes nowhere: a library does not print, and what matters comes back as errors.
[[nodiscard]] Ort::Env& environment();

}  // namespace srfast::runtime
