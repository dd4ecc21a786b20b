// Loading ONNX Runtime: files that are none, then the real one. One test, since a process loads it once.
#include "runtime/library.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "error.h"
#include "runtime/cpu_count.h"
#include "runtime/session.h"

namespace srfast::runtime {
namespace {

std::string refusal(const std::string& path) {
  try {
    load_library(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kOnnxRuntime);
    return error.what();
  }
  ADD_FAILURE() << path << " was loaded";
  return "";
}

TEST(Library, LoadsOnlyWhatIsOnnxRuntime) {
  const char* named = std::getenv("SRFAST_ONNXRUNTIME");
  const std::string real = named == nullptr ? "" : named;

  EXPECT_FALSE(library_loaded());
  EXPECT_THROW((void)library_version(), Error);
  EXPECT_NE(refusal("/nonexistent/libonnxruntime.so").find("/nonexistent/libonnxruntime.so"),
            std::string::npos);
  EXPECT_NE(refusal(SRFAST_NOT_ONNXRUNTIME).find("OrtGetApiBase"), std::string::npos);
  setenv("SRFAST_ONNXRUNTIME", "/nonexistent/other.so", 1);
  EXPECT_NE(refusal("").find("SRFAST_ONNXRUNTIME"), std::string::npos);
  EXPECT_FALSE(library_loaded());

  if (real.empty()) GTEST_SKIP() << "SRFAST_ONNXRUNTIME names no library to load";
  load_library(real);
  EXPECT_TRUE(library_loaded());
  load_library("/nonexistent/libonnxruntime.so");  // too late to matter
  EXPECT_EQ(library_version().substr(0, 2), "1.");
  EXPECT_FALSE(available_providers().empty());
  EXPECT_THROW((void)open_session_bytes("not a model", 11, "text", {}), Error);
}

TEST(CpuCount, IsSane) {
  EXPECT_GE(usable_cpus(), 1);
  EXPECT_LE(usable_cpus(), 1 << 20);
}

}  // namespace
}  // namespace srfast::runtime
