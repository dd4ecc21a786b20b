#include "runtime/providers.h"

#include <algorithm>
#include <cctype>
#include <memory>

#include "error.h"
#include "runtime/library.h"

namespace srfast::runtime {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

struct KeyValues {
  explicit KeyValues(const std::map<std::string, std::string>& options) {
    for (const auto& [key, value] : options) {
      keys.push_back(key.c_str());
      values.push_back(value.c_str());
    }
  }
  std::vector<const char*> keys;
  std::vector<const char*> values;
};

void append_cuda(Ort::SessionOptions& options, const KeyValues& pairs) {
  const OrtApi& api = Ort::GetApi();
  OrtCUDAProviderOptionsV2* raw = nullptr;
  Ort::ThrowOnError(api.CreateCUDAProviderOptions(&raw));
  const std::unique_ptr<OrtCUDAProviderOptionsV2, void (*)(OrtCUDAProviderOptionsV2*)> cuda(
      raw, [](OrtCUDAProviderOptionsV2* p) { Ort::GetApi().ReleaseCUDAProviderOptions(p); });
  Ort::ThrowOnError(
      api.UpdateCUDAProviderOptions(cuda.get(), pairs.keys.data(), pairs.values.data(), pairs.keys.size()));
  options.AppendExecutionProvider_CUDA_V2(*cuda);
}

void append_tensorrt(Ort::SessionOptions& options, const KeyValues& pairs) {
  const OrtApi& api = Ort::GetApi();
  OrtTensorRTProviderOptionsV2* raw = nullptr;
  Ort::ThrowOnError(api.CreateTensorRTProviderOptions(&raw));
  const std::unique_ptr<OrtTensorRTProviderOptionsV2, void (*)(OrtTensorRTProviderOptionsV2*)> tensorrt(
      raw, [](OrtTensorRTProviderOptionsV2* p) { Ort::GetApi().ReleaseTensorRTProviderOptions(p); });
  Ort::ThrowOnError(api.UpdateTensorRTProviderOptions(tensorrt.get(), pairs.keys.data(), pairs.values.data(),
                                                      pairs.keys.size()));
  options.AppendExecutionProvider_TensorRT_V2(*tensorrt);
}

// The providers that ONNX Runtime registers by their short name.
void append_by_name(Ort::SessionOptions& options, const std::string& name, const KeyValues& pairs) {
  const std::string suffix = "ExecutionProvider";
  std::string short_name = name.substr(0, name.size() - suffix.size());
  if (short_name == "Xnnpack" || short_name == "Azure")  // the two whose short name is written otherwise
    std::transform(short_name.begin(), short_name.end(), short_name.begin(),
                   [](unsigned char c) { return std::toupper(c); });
  Ort::ThrowOnError(Ort::GetApi().SessionOptionsAppendExecutionProvider(
      options, short_name.c_str(), pairs.keys.data(), pairs.values.data(), pairs.keys.size()));
}

void append(Ort::SessionOptions& options, const Provider& provider) {
  const KeyValues pairs(provider.options);
  if (provider.name == "CUDAExecutionProvider") return append_cuda(options, pairs);
  if (provider.name == "TensorrtExecutionProvider") return append_tensorrt(options, pairs);
  if (provider.name == "OpenVINOExecutionProvider")
    return Ort::ThrowOnError(Ort::GetApi().SessionOptionsAppendExecutionProvider_OpenVINO_V2(
        options, pairs.keys.data(), pairs.values.data(), pairs.keys.size()));
  append_by_name(options, provider.name, pairs);
}

}  // namespace

std::vector<std::string> register_providers(Ort::SessionOptions& options,
                                            const std::vector<Provider>& providers) {
  const std::vector<std::string> available = available_providers();
  std::vector<std::string> active;
  for (const Provider& provider : providers) {
    if (std::find(available.begin(), available.end(), provider.name) == available.end())
      throw Error(ErrorCode::kProvider,
                  "the execution provider \"" + provider.name + "\" is not in this ONNX Runtime, which has " +
                      joined(available) +
                      ". Give one of these, or install the onnxruntime variant that has it");
    if (std::find(active.begin(), active.end(), provider.name) != active.end())
      throw Error(ErrorCode::kProvider, "the execution provider \"" + provider.name + "\" is given twice");
    if (provider.name != kCpuProvider) {
      try {
        append(options, provider);
      } catch (const Ort::Exception& error) {
        throw Error(ErrorCode::kProvider, "the execution provider \"" + provider.name +
                                              "\" cannot be used on this machine: " + error.what());
      }
    } else if (!provider.options.empty()) {
      throw Error(ErrorCode::kProvider, std::string(kCpuProvider) + " takes no options");
    }
    active.push_back(provider.name);
  }
  if (active.empty()) active.emplace_back(kCpuProvider);
  if (std::find(active.begin(), active.end(), kCpuProvider) == active.end())
    options.AddConfigEntry("session.disable_cpu_ep_fallback", "1");
  return active;
}

}  // namespace srfast::runtime
