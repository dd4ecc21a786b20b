// How a session is told which execution providers to use.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <string>
#include <vector>

#include "runtime/session.h"

namespace srfast::runtime {

inline constexpr const char* kCpuProvider = "CPUExecutionProvider";

// Registers `providers` with `options` and returns the active ones. The CPU runs what the others cannot only
// if it is listed (or nothing is): otherwise creating the session fails, so nobody is served by the CPU in
// silence. Throws Error(kProvider): unknown, not in this library, or failing to start.
std::vector<std::string> register_providers(Ort::SessionOptions& options,
                                            const std::vector<Provider>& providers);

}  // namespace srfast::runtime
