#include "bindings/errors.h"

#include <pybind11/pybind11.h>

#include <new>

#include "error.h"

namespace srfast::bindings {
namespace {

const char* python_class(ErrorCode code) {
  switch (code) {
    case ErrorCode::kOption:
      return "OptionError";
    case ErrorCode::kImage:
      return "ImageError";
    case ErrorCode::kModel:
      return "ModelError";
    case ErrorCode::kProvider:
      return "ProviderError";
    case ErrorCode::kOnnxRuntime:
      return "OnnxRuntimeError";
    case ErrorCode::kMemory:
      return "MemoryLimitError";
    case ErrorCode::kCancelled:
      return "CancelledError";
    case ErrorCode::kRun:
      return "RunError";
    case ErrorCode::kOutOfMemory:
      break;  // Python has a class for it
  }
  return "Error";
}

}  // namespace

void register_errors() {
  // NOLINTNEXTLINE(performance-unnecessary-value-param): pybind11 dictates the signature
  pybind11::register_local_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const Error& error) {
      const bool out_of_memory = error.code() == ErrorCode::kOutOfMemory;
      const pybind11::object type =
          out_of_memory ? pybind11::reinterpret_borrow<pybind11::object>(PyExc_MemoryError)
                        : pybind11::module_::import("srfast.errors").attr(python_class(error.code()));
      // Messages carry paths and ONNX Runtime's words, which need not be UTF-8.
      const auto message = pybind11::reinterpret_steal<pybind11::object>(PyUnicode_DecodeUTF8(
          error.what(), static_cast<Py_ssize_t>(std::char_traits<char>::length(error.what())), "replace"));
      PyErr_SetObject(type.ptr(), message.ptr());
    } catch (const std::bad_alloc&) {
      PyErr_SetString(PyExc_MemoryError,
                      "there is not enough memory: end other programs, take a smaller image, or a smaller "
                      "memory_limit, which makes smaller tiles");
    }
  });
}

}  // namespace srfast::bindings
