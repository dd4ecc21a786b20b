// The border that no exception crosses: each becomes a status, and an error object if the caller wants one.
#pragma once

#include <exception>
#include <new>
#include <string>

#include "error.h"
#include "srfast/srfast.h"

namespace srfast::capi {

// A call was made wrongly.
class ArgumentError : public std::exception {
 public:
  explicit ArgumentError(std::string message) : message_(std::move(message)) {}
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

// Makes the error that the exception in flight stands for.
[[nodiscard]] srfast_status report_current_exception(srfast_error** error) noexcept;

// Does `work`; what it throws is reported.
template <typename Work>
[[nodiscard]] srfast_status guarded(srfast_error** error, const Work& work) noexcept {
  if (error != nullptr) *error = nullptr;
  try {
    work();
    return SRFAST_OK;
  } catch (...) {
    return report_current_exception(error);
  }
}

// Throws ArgumentError if `pointer` is NULL.
inline void require_pointer(const void* pointer, const char* name) {
  if (pointer == nullptr) throw ArgumentError(std::string(name) + " is NULL");
}

}  // namespace srfast::capi
