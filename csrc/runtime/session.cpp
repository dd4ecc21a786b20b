#include "runtime/session.h"

#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <filesystem>
#include <new>
#include <string_view>
#include <system_error>

#include "error.h"
#include "kernels/half.h"
#include "runtime/environment.h"
#include "runtime/providers.h"
#include "runtime/readable.h"

namespace srfast::runtime {
namespace {

const char* type_name(ONNXTensorElementDataType type) {
  switch (type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
      return "float32";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16:
      return "float16";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16:
      return "bfloat16";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE:
      return "float64";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8:
      return "uint8";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8:
      return "int8";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16:
      return "uint16";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16:
      return "int16";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
      return "int32";
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
      return "int64";
    default:
      return "of another type";
  }
}

TensorInfo tensor_info(std::string name, const Ort::TypeInfo& info) {
  if (info.GetONNXType() != ONNX_TYPE_TENSOR) return {std::move(name), "not a tensor", {}};
  const auto tensor = info.GetTensorTypeAndShapeInfo();
  return {std::move(name), type_name(tensor.GetElementType()), tensor.GetShape()};
}

std::size_t elements(const Shape& shape) {
  std::size_t count = 1;
  for (const std::int64_t side : shape) count *= static_cast<std::size_t>(side);
  return count;
}

std::string text(const Shape& shape) {
  std::string words;
  for (const std::int64_t side : shape) words += (words.empty() ? "" : "x") + std::to_string(side);
  return words;
}

Ort::SessionOptions session_options(const SessionOptions& options) {
  Ort::SessionOptions ort;
  ort.SetIntraOpNumThreads(options.threads);
  ort.SetInterOpNumThreads(1);
  ort.SetExecutionMode(ORT_SEQUENTIAL);
  ort.SetLogSeverityLevel(ORT_LOGGING_LEVEL_FATAL);
  // A pattern is kept for every input shape ever seen, so it would grow with each new image size.
  ort.DisableMemPattern();
  // Workers spin for speed while a run lasts and sleep at its end; otherwise each keeps a core busy for some
  // 50 ms more.
  ort.AddConfigEntry("session.force_spinning_stop", "1");
  return ort;
}

// Values on their way into a network or out of it: the caller's own, or halves beside them where the network
// takes or gives those.
class Values {
 public:
  Values(const TensorInfo& tensor, float* floats, const Shape& shape)
      : floats_(floats), shape_(shape), count_(elements(shape)) {
    if (tensor.type == "float16") halves_.resize(count_);
  }

  // What ONNX Runtime reads or writes.
  [[nodiscard]] Ort::Value tensor() {
    const auto memory = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeCPU);
    if (halves_.empty())
      return Ort::Value::CreateTensor<float>(memory, floats_, count_, shape_.data(), shape_.size());
    return Ort::Value::CreateTensor(memory, halves_.data(), count_ * sizeof(std::uint16_t), shape_.data(),
                                    shape_.size(), ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16);
  }

  void to_network() {
    if (!halves_.empty()) kernels::to_half(floats_, count_, halves_.data());
  }
  void from_network() const {
    if (!halves_.empty()) kernels::from_half(halves_.data(), count_, floats_);
  }

 private:
  float* floats_;
  Shape shape_;
  std::size_t count_;
  std::vector<std::uint16_t> halves_;
};

// Where only the CPU's memory can have run out. ONNX Runtime has no code for that, only words: those of its
// arena and those of the standard library.
void require_memory(const Ort::Exception& error, const std::vector<std::string>& providers) {
  if (providers != std::vector<std::string>{kCpuProvider}) return;
  const std::string_view words = error.what();
  for (const char* sign : {"Failed to allocate memory", "std::bad_alloc"})
    if (words.find(sign) != std::string_view::npos) throw std::bad_alloc();
}

class OrtSession final : public Session {
 public:
  OrtSession(Ort::Session session, std::vector<std::string> providers, int threads, std::string label)
      : session_(std::move(session)), label_(std::move(label)) {
    Ort::AllocatorWithDefaultOptions allocator;
    for (std::size_t i = 0; i < session_.GetInputCount(); ++i)
      info_.inputs.push_back(
          tensor_info(session_.GetInputNameAllocated(i, allocator).get(), session_.GetInputTypeInfo(i)));
    for (std::size_t i = 0; i < session_.GetOutputCount(); ++i)
      info_.outputs.push_back(
          tensor_info(session_.GetOutputNameAllocated(i, allocator).get(), session_.GetOutputTypeInfo(i)));
    const Ort::ModelMetadata metadata = session_.GetModelMetadata();
    for (const auto& key : metadata.GetCustomMetadataMapKeysAllocated(allocator))
      info_.metadata[key.get()] = metadata.LookupCustomMetadataMapAllocated(key.get(), allocator).get();
    info_.providers = std::move(providers);
    info_.threads = threads;
  }

  [[nodiscard]] const SessionInfo& info() const noexcept override { return info_; }

  void run(const float* input, const Shape& input_shape, float* output,
           const Shape& output_shape) const override {
    Values values(info_.outputs.front(), output, output_shape);
    Ort::Value result = values.tensor();
    run_into(input, input_shape, result, "whose output should be " + text(output_shape));
    values.from_network();
  }

  [[nodiscard]] std::vector<std::int64_t> output_shape(const Shape& input_shape) const override {
    const std::vector<float> zeros(elements(input_shape));
    Ort::Value result{nullptr};
    run_into(zeros.data(), input_shape, result, "to learn the size of its output");
    return result.GetTensorTypeAndShapeInfo().GetShape();
  }

 private:
  void run_into(const float* input, const Shape& shape, Ort::Value& result,
                const std::string& purpose) const {
    try {
      // Only read; but ONNX Runtime's interface has no const.
      Values values(info_.inputs.front(), const_cast<float*>(input), shape);
      values.to_network();
      const Ort::Value value = values.tensor();
      const char* input_name = info_.inputs.front().name.c_str();
      const char* output_name = info_.outputs.front().name.c_str();
      // Ort::Session::Run is not const, but may be called from several threads at once.
      const_cast<Ort::Session&>(session_).Run(Ort::RunOptions{nullptr}, &input_name, &value, 1, &output_name,
                                              &result, 1);
    } catch (const Ort::Exception& error) {
      require_memory(error, info_.providers);
      throw Error(ErrorCode::kRun,
                  label_ + " failed on an input of " + text(shape) + ", " + purpose + ": " + error.what());
    }
  }

  Ort::Session session_;
  std::string label_;
  SessionInfo info_;
};

template <typename Create>
std::unique_ptr<Session> open(const std::string& label, const SessionOptions& options, Create create) {
  Ort::SessionOptions ort = session_options(options);
  std::vector<std::string> providers = register_providers(ort, options.providers);
  try {
    return std::make_unique<OrtSession>(create(ort), providers, options.threads, label);
  } catch (const Ort::Exception& error) {
    require_memory(error, providers);
    const bool has_cpu = std::find(providers.begin(), providers.end(), kCpuProvider) != providers.end();
    switch (error.GetOrtErrorCode()) {
      case ORT_INVALID_PROTOBUF:
        throw Error(ErrorCode::kModel, label + " is not an ONNX file, or it is damaged: " + error.what());
      case ORT_NO_SUCHFILE:
        throw Error(ErrorCode::kModel,
                    label + " or a file of weights that belongs to it is missing: " + error.what());
      default:
        if (!has_cpu)
          throw Error(
              ErrorCode::kProvider,
              providers.front() + " cannot run all of " + label +
                  "; list CPUExecutionProvider after it to let the CPU run the rest: " + error.what());
        throw Error(ErrorCode::kModel, label + " cannot be run by ONNX Runtime: " + error.what());
    }
  }
}

}  // namespace

std::unique_ptr<Session> open_session_file(const std::string& path, const SessionOptions& options) {
  const auto file = std::filesystem::u8path(path);
  std::error_code status;
  if (!std::filesystem::exists(file, status))
    throw Error(ErrorCode::kModel, "there is no model file " + path);
  if (std::filesystem::is_directory(file, status))
    throw Error(ErrorCode::kModel, path + " is a folder, not a model file");
  if (std::filesystem::is_regular_file(file, status) && std::filesystem::file_size(file, status) == 0)
    throw Error(ErrorCode::kModel, path + " is an empty file, not a model");
  if (const std::error_code fault = fault_of_reading(file))
    throw Error(ErrorCode::kModel, path + " cannot be read: " + fault.message());
  return open(path, options,
              [&](const Ort::SessionOptions& ort) { return Ort::Session(environment(), file.c_str(), ort); });
}

std::unique_ptr<Session> open_session_bytes(const void* data, std::size_t size, const std::string& label,
                                            const SessionOptions& options) {
  if (size == 0) throw Error(ErrorCode::kModel, label + " is empty, not a model");
  return open(label, options,
              [&](const Ort::SessionOptions& ort) { return Ort::Session(environment(), data, size, ort); });
}

}  // namespace srfast::runtime
