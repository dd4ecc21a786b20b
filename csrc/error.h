// The one exception of srfast's C++ code: a message that says what to do, and a code to tell errors apart by.
#pragma once

#include <stdexcept>
#include <string>

namespace srfast {

enum class ErrorCode {
  kOption,       // an option has a value that cannot be used
  kImage,        // an image view cannot be used
  kModel,        // a model is missing, damaged, or not a network that srfast can run
  kProvider,     // an execution provider cannot be had
  kOnnxRuntime,  // the ONNX Runtime library is missing, too old, or cannot be loaded
  kRun,          // ONNX Runtime failed while it ran the network
  kMemory,       // the memory limit is too small for the smallest piece of work
  kCancelled,    // the run was cancelled
  kOutOfMemory,  // the system has no memory left, and it is known for what it was; otherwise std::bad_alloc
};

class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace srfast
