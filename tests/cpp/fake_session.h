// A network without ONNX Runtime: enlarges by repeating pixels, and remembers what it was given.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "error.h"
#include "runtime/session.h"
#include "upscaler.h"

namespace srfast {

class FakeSession : public runtime::Session {
 public:
  explicit FakeSession(std::int64_t scale, std::int64_t channels = 3) : scale_(scale) {
    info_.inputs.push_back({"input", "float32", {-1, channels, -1, -1}});
    info_.outputs.push_back({"output", "float32", {-1, channels, -1, -1}});
    info_.providers.emplace_back("CPUExecutionProvider");
  }

  runtime::SessionInfo& mutable_info() { return info_; }

  // Applied to every output value: what the network "does" to colours.
  std::function<float(float)> map = [](float value) { return value; };
  // Output pixels that are missing at the top and left, and at the bottom and right.
  std::int64_t missing_before = 0;
  std::int64_t missing_after = 0;
  // Called in every run, from the thread that runs.
  std::function<void()> during_run = [] {};
  // If it gives a message for a size, the run fails with it.
  std::function<std::string(const runtime::Shape&)> failure = [](const runtime::Shape&) {
    return std::string();
  };

  [[nodiscard]] const runtime::SessionInfo& info() const noexcept override { return info_; }

  void run(const float* input, const runtime::Shape& in, float* output,
           const runtime::Shape& out) const override {
    require_success(in);
    during_run();
    for (std::int64_t c = 0; c < out[1]; ++c)
      for (std::int64_t y = 0; y < out[2]; ++y)
        for (std::int64_t x = 0; x < out[3]; ++x)
          output[(c * out[2] + y) * out[3] + x] =
              map(input[(c * in[2] + (y + missing_before) / scale_) * in[3] + (x + missing_before) / scale_]);
  }

  [[nodiscard]] std::vector<std::int64_t> output_shape(const runtime::Shape& in) const override {
    require_success(in);
    const std::int64_t missing = missing_before + missing_after;
    return {in[0], in[1], in[2] * scale_ - missing, in[3] * scale_ - missing};
  }

 private:
  void require_success(const runtime::Shape& in) const {
    if (const std::string message = failure(in); !message.empty()) throw Error(ErrorCode::kRun, message);
  }

  std::int64_t scale_;
  runtime::SessionInfo info_;
};

// Gives the same session to all who open it.
class SharedSession : public runtime::Session {
 public:
  explicit SharedSession(std::shared_ptr<runtime::Session> session) : session_(std::move(session)) {}
  [[nodiscard]] const runtime::SessionInfo& info() const noexcept override { return session_->info(); }
  void run(const float* input, const runtime::Shape& in, float* output,
           const runtime::Shape& out) const override {
    session_->run(input, in, output, out);
  }
  [[nodiscard]] std::vector<std::int64_t> output_shape(const runtime::Shape& in) const override {
    return session_->output_shape(in);
  }

 private:
  std::shared_ptr<runtime::Session> session_;
};

inline Upscaler::OpenSession opens(std::shared_ptr<runtime::Session> session) {
  return [session = std::move(session)](const runtime::SessionOptions&) {
    return std::make_unique<SharedSession>(session);
  };
}

}  // namespace srfast
