// One loaded network. The interface knows nothing of ONNX Runtime, so the pipeline can be tested with a fake.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace srfast::runtime {

using Shape = std::array<std::int64_t, 4>;  // N, C, H, W

struct TensorInfo {
  std::string name;
  std::string type;                 // "float32", "float16", "uint8", ...
  std::vector<std::int64_t> shape;  // -1 where dynamic
};

// An execution provider by ONNX Runtime's name ("CPUExecutionProvider") and its options.
struct Provider {
  std::string name;
  std::map<std::string, std::string> options;
};

struct SessionOptions {
  int threads = 1;                  // busy cores of one run, the calling thread included; at least 1
  std::vector<Provider> providers;  // in order of preference; empty: the CPU
};

struct SessionInfo {
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
  std::map<std::string, std::string> metadata;
  std::vector<std::string> providers;  // active, in order of preference
  int threads = 1;
};

class Session {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  [[nodiscard]] virtual const SessionInfo& info() const noexcept = 0;

  // Runs the network from the caller's memory into the caller's memory: the first input, the first output,
  // contiguous float NCHW, converted where the network takes or gives float16. Several threads may call it at
  // once. Throws Error(kRun), also when the network's output has another shape than `output_shape`.
  virtual void run(const float* input, const Shape& input_shape, float* output,
                   const Shape& output_shape) const = 0;

  // The shape of the first output for an input of zeros of this shape; runs the network. Throws Error(kRun).
  [[nodiscard]] virtual std::vector<std::int64_t> output_shape(const Shape& input_shape) const = 0;
};

// Loads a network. `label` names the model in messages. load_library must have been called.
// Throws Error(kModel): missing, not ONNX, damaged, or with an operator that ONNX Runtime lacks;
// Error(kProvider): a provider that cannot be had, or cannot run the whole network while the CPU is not
// listed.
[[nodiscard]] std::unique_ptr<Session> open_session_file(const std::string& path,
                                                         const SessionOptions& options);
[[nodiscard]] std::unique_ptr<Session> open_session_bytes(const void* data, std::size_t size,
                                                          const std::string& label,
                                                          const SessionOptions& options);

}  // namespace srfast::runtime
