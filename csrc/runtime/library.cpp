#include "runtime/library.h"

#include <onnxruntime_cxx_api.h>

#include <atomic>
#include <cstdlib>
#include <locale>
#include <mutex>
#include <sstream>

#include "error.h"
#include "runtime/library_file.h"
#include "runtime/package_library.h"
#include "runtime/shared_library.h"

namespace srfast::runtime {
namespace {

constexpr const char* kEnvironmentVariable = "SRFAST_ONNXRUNTIME";
#ifdef __APPLE__
constexpr const char* kSystemName = "libonnxruntime.dylib";
#elif defined(_WIN32)
constexpr const char* kSystemName = "onnxruntime.dll";
#else
constexpr const char* kSystemName = "libonnxruntime.so.1";
#endif
constexpr int kOldestMinor = 19;  // the first release whose Linux wheels hold a shared library

struct Loaded {
  std::string path;
  std::string version;
};

std::mutex loading;  // held while loading
std::atomic<bool> is_loaded{false};
// Never destroyed: sessions may outlive static destruction.
Loaded& loaded() {
  static auto* instance = new Loaded;
  return *instance;
}

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kOnnxRuntime, message); }

void require_recent(const std::string& version, const std::string& path) {
  std::istringstream words(version);
  words.imbue(std::locale::classic());
  words.exceptions(std::ios::badbit);  // a stream would keep std::bad_alloc to itself
  int major = 0;
  int minor = 0;
  char dot = 0;
  const bool parsed = static_cast<bool>(words >> major >> dot >> minor);
  if (parsed && (major > 1 || (major == 1 && minor >= kOldestMinor))) return;
  fail("ONNX Runtime " + version + " (" + path +
       ") is too old: srfast needs 1.19 or newer. Upgrade it: pip install --upgrade onnxruntime");
}

void bind(SharedLibrary library, const std::string& path) {
  using GetApiBase = const OrtApiBase*(ORT_API_CALL*)();
  void* symbol = symbol_in(library, "OrtGetApiBase");
  if (symbol == nullptr) fail(path + " is not an ONNX Runtime library: it has no OrtGetApiBase");
  const OrtApiBase* base = reinterpret_cast<GetApiBase>(symbol)();
  const std::string version = base->GetVersionString();
  const std::string file = file_of_address(symbol);
  const std::string& actual = file.empty() ? path : file;
  require_recent(version, actual);
  const OrtApi* api = base->GetApi(ORT_API_VERSION);
  if (api == nullptr)
    fail("ONNX Runtime " + version + " (" + actual + ") does not offer API version " +
         std::to_string(ORT_API_VERSION) + ". Upgrade it: pip install --upgrade onnxruntime");
  Ort::InitApi(api);
  loaded() = {actual, version};
  is_loaded.store(true, std::memory_order_release);
}

SharedLibrary open_or_fail(const std::string& path, const std::string& named_by) {
  std::string reason = fault_of_library(path);
  SharedLibrary library = reason.empty() ? open_shared_library(path, reason) : nullptr;
  if (library == nullptr)
    fail("the ONNX Runtime library " + path + named_by + " cannot be loaded: " + reason);
  return library;
}

const Loaded& require_loaded() {
  if (!library_loaded()) fail("ONNX Runtime is not loaded yet");
  return loaded();
}

}  // namespace

void load_library(const std::string& path) {
  if (library_loaded()) return;
  const std::lock_guard<std::mutex> lock(loading);
  if (library_loaded()) return;

  if (!path.empty()) return bind(open_or_fail(path, ""), path);
  if (const char* named = std::getenv(kEnvironmentVariable); named != nullptr && *named != '\0')
    return bind(open_or_fail(named, std::string(" (named by ") + kEnvironmentVariable + ")"), named);
  // A second copy would be a second environment with its own threads, so a host's copy comes first.
  if (SharedLibrary library = held_shared_library(kSystemName)) return bind(library, kSystemName);
  if (const std::string neighbour = neighbour_library(); !neighbour.empty())
    return bind(open_or_fail(neighbour, ""), neighbour);
  std::string reason;
  SharedLibrary library = open_shared_library(kSystemName, reason);
  if (library == nullptr)
    fail(std::string("no ONNX Runtime library was found. Install one (pip install onnxruntime), or name its "
                     "file in the environment variable ") +
         kEnvironmentVariable);
  bind(library, kSystemName);
}

bool library_loaded() noexcept { return is_loaded.load(std::memory_order_acquire); }

const std::string& library_path() { return require_loaded().path; }

const std::string& library_version() { return require_loaded().version; }

std::vector<std::string> available_providers() {
  require_loaded();
  return Ort::GetAvailableProviders();
}

}  // namespace srfast::runtime
