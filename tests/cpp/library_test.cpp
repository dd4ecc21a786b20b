// Loading ONNX Runtime: files that are none, then the real one. One test, since a process loads it once.
#include "runtime/library.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#ifdef __linux__
#include <unistd.h>
#endif

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

void set_variable(const char* name, const char* value) {
#ifdef _WIN32
  _putenv_s(name, value);
#else
  setenv(name, value, 1);
#endif
}

#ifdef __linux__
// What a download that was cut short leaves, what was made for another machine, and a link to itself.
void refuses_damaged_files() {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(testing::TempDir()) / ("srfast-library-test-" + std::to_string(getpid()));
  fs::create_directory(folder);
  std::ifstream file(SRFAST_NOT_ONNXRUNTIME, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto refused = [&](const std::string& content) {
    const fs::path library = folder / "libonnxruntime.so";
    std::ofstream(library, std::ios::binary) << content;
    const std::string message = refusal(library.string());
    EXPECT_NE(message.find(library.string()), std::string::npos);
    return message;
  };
  EXPECT_NE(refused("").find("too short"), std::string::npos);
  EXPECT_NE(refused("these are words").find("cannot be loaded"), std::string::npos);
  for (const std::size_t part : {2U, 4U, 8U})
    EXPECT_NE(refused(whole.substr(0, whole.size() / part)).find("cut short"), std::string::npos);
  std::string foreign = whole;
  constexpr std::size_t kMachine = 18;  // where an ELF file says it
  foreign[kMachine] = static_cast<char>(foreign[kMachine] + 1);
  EXPECT_NE(refused(foreign).find("not made for this kind of processor"), std::string::npos);
  fs::create_symlink("loop.so", folder / "loop.so");
  EXPECT_NE(refusal((folder / "loop.so").string()).find("symbolic links"), std::string::npos);
  fs::remove_all(folder);
}
#endif

TEST(Library, LoadsOnlyWhatIsOnnxRuntime) {
  const char* named = std::getenv("SRFAST_ONNXRUNTIME");
  const std::string real = named == nullptr ? "" : named;

  EXPECT_FALSE(library_loaded());
  EXPECT_THROW((void)library_version(), Error);
  EXPECT_NE(refusal("/nonexistent/libonnxruntime.so").find("/nonexistent/libonnxruntime.so"),
            std::string::npos);
  EXPECT_NE(refusal(SRFAST_NOT_ONNXRUNTIME).find("OrtGetApiBase"), std::string::npos);
  EXPECT_NE(refusal(SRFAST_OLD_ONNXRUNTIME).find("1.18.1"), std::string::npos);
  EXPECT_NE(refusal(SRFAST_OLD_ONNXRUNTIME).find("is too old"), std::string::npos);
  EXPECT_NE(refusal(SRFAST_STRANGE_ONNXRUNTIME).find("99.0.0"), std::string::npos);
  EXPECT_NE(refusal(SRFAST_STRANGE_ONNXRUNTIME).find("does not offer API version"), std::string::npos);
#ifdef __linux__
  refuses_damaged_files();
#endif
  set_variable("SRFAST_ONNXRUNTIME", "/nonexistent/other.so");
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
