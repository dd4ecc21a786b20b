#include "capi/errors.h"

#include <utility>

#include "utf8.h"

struct srfast_error {  // NOLINT(readability-identifier-naming): the C interface's name
  srfast_status status;
  std::string message;
};

namespace srfast::capi {
namespace {

srfast_status status_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kOption:
      return SRFAST_ERROR_OPTION;
    case ErrorCode::kImage:
      return SRFAST_ERROR_IMAGE;
    case ErrorCode::kModel:
      return SRFAST_ERROR_MODEL;
    case ErrorCode::kProvider:
      return SRFAST_ERROR_PROVIDER;
    case ErrorCode::kOnnxRuntime:
      return SRFAST_ERROR_ONNXRUNTIME;
    case ErrorCode::kRun:
      return SRFAST_ERROR_RUN;
    case ErrorCode::kMemory:
      return SRFAST_ERROR_MEMORY_LIMIT;
    case ErrorCode::kCancelled:
      return SRFAST_CANCELLED;
    case ErrorCode::kOutOfMemory:
      return SRFAST_ERROR_OUT_OF_MEMORY;
  }
  return SRFAST_ERROR_INTERNAL;
}

srfast_status report(srfast_error** error, srfast_status status, const char* message) noexcept {
  if (error == nullptr) return status;
  try {
    // Messages carry paths, text of models and ONNX Runtime's words, which need not be UTF-8.
    *error = new srfast_error{status, as_utf8(message)};
  } catch (const std::bad_alloc&) {
    *error = nullptr;  // the status says it
  }
  return status;
}

}  // namespace

srfast_status report_current_exception(srfast_error** error) noexcept {
  try {
    throw;
  } catch (const Error& thrown) {
    return report(error, status_of(thrown.code()), thrown.what());
  } catch (const ArgumentError& thrown) {
    return report(error, SRFAST_ERROR_ARGUMENT, thrown.what());
  } catch (const std::bad_alloc&) {
    return report(error, SRFAST_ERROR_OUT_OF_MEMORY, "there is not enough memory");
  } catch (const std::exception& thrown) {
    return report(error, SRFAST_ERROR_INTERNAL, thrown.what());
  } catch (...) {
    return report(error, SRFAST_ERROR_INTERNAL, "an unknown error");
  }
}

}  // namespace srfast::capi

srfast_status srfast_error_status(const srfast_error* error) {
  return error == nullptr ? SRFAST_OK : error->status;
}

const char* srfast_error_message(const srfast_error* error) {
  return error == nullptr ? "" : error->message.c_str();
}

void srfast_error_free(srfast_error* error) { delete error; }
