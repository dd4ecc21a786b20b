// A library that is like ONNX Runtime, of the version ORT_VERSION, and offers no version of its interface.
#include <cstdint>

namespace {

struct ApiBase {
  const void* (*get_api)(std::uint32_t version);
  const char* (*get_version)();
};

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): ONNX Runtime's name
extern "C" __attribute__((visibility("default"))) const ApiBase* OrtGetApiBase() {
  static const ApiBase base{[](std::uint32_t) -> const void* { return nullptr; }, [] { return ORT_VERSION; }};
  return &base;
}
