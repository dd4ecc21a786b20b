#include "runtime/package_library.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

#include "error.h"
#include "runtime/own_file.h"
#include "runtime/small_file.h"

namespace srfast::runtime {
namespace {

namespace fs = std::filesystem;

#ifdef __APPLE__
constexpr const char* kBegin = "libonnxruntime";
constexpr const char* kEnd = ".dylib";
#elif defined(_WIN32)
constexpr const char* kBegin = "onnxruntime";
constexpr const char* kEnd = ".dll";
#else
constexpr const char* kBegin = "libonnxruntime.so";
constexpr const char* kEnd = "";
#endif

bool starts_with(const std::string& text, const std::string& begin) {
  return text.compare(0, begin.size(), begin) == 0;
}

// The version in the name of a file that may be the library: perhaps empty, as in libonnxruntime.so.
std::optional<std::string> version_in(const std::string& name) {
  const std::string begin = kBegin;
  const std::string end = kEnd;
  if (name.size() < begin.size() + end.size() || !starts_with(name, begin)) return std::nullopt;
  if (name.compare(name.size() - end.size(), end.size(), end) != 0) return std::nullopt;
  std::string version = name.substr(begin.size(), name.size() - begin.size() - end.size());
  if (!version.empty() && version.front() == '.') version.erase(0, 1);
  if (version.find_first_not_of("0123456789.") != std::string::npos) return std::nullopt;
  return version;
}

// By the version in their names. Beside libonnxruntime.so.1.32.0, libonnxruntime.so.1 is only another name of
// it.
std::map<std::string, std::string> by_version(const fs::path& folder) {
  std::map<std::string, std::string> found;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const auto version = version_in(entry.path().filename().u8string());
    if (version) found[*version] = entry.path().u8string();
  }
  std::map<std::string, std::string> distinct;
  for (const auto& [version, path] : found) {
    const std::string& own = version;
    const bool longer = std::any_of(found.begin(), found.end(), [&](const auto& other) {
      return other.first != own && starts_with(other.first, own);
    });
    if (!longer) distinct[version] = path;
  }
  return distinct;
}

// The version that the package's __init__.py states, read as text.
std::string stated_version(const fs::path& package) {
  for (const std::string& line : lines_of((package / "__init__.py").u8string())) {
    if (!starts_with(line, "__version__")) continue;
    const std::size_t begin = line.find_first_of("\"'");
    if (begin == std::string::npos) continue;
    const std::size_t end = line.find(line[begin], begin + 1);
    if (end != std::string::npos) return line.substr(begin + 1, end - begin - 1);
  }
  return "";
}

// 1.32.0.dev5 and 1.32.0+cu12 are 1.32.0.
bool is_version(const std::string& stated, const std::string& version) {
  return starts_with(stated, version) &&
         (stated.size() == version.size() || stated[version.size()] < '0' || stated[version.size()] > '9');
}

}  // namespace

PackageLibraries libraries_in_package(const std::string& package) {
  PackageLibraries result;
  const std::map<std::string, std::string> libraries = by_version(fs::u8path(package) / "capi");
  const std::string stated = libraries.size() > 1 ? stated_version(fs::u8path(package)) : "";
  for (const auto& [version, path] : libraries) {
    result.all.push_back(path);
    if (libraries.size() == 1 || is_version(stated, version)) result.chosen = path;
  }
  return result;
}

std::string neighbour_library() {
  constexpr int kFoldersAbove = 3;
  for (const std::string& own : own_folders()) {
    fs::path folder = fs::u8path(own);
    for (int i = 0; i < kFoldersAbove; ++i, folder = folder.parent_path()) {
      const PackageLibraries found = libraries_in_package((folder / "onnxruntime").u8string());
      if (!found.chosen.empty()) return found.chosen;
      if (!found.all.empty())
        throw Error(
            ErrorCode::kOnnxRuntime,
            "ONNX Runtime is installed twice: " + found.all.front() + " and " + found.all.back() +
                ", and nothing there says which library is in use; install one of them again, or name the "
                "file in the environment variable SRFAST_ONNXRUNTIME");
    }
  }
  return "";
}

}  // namespace srfast::runtime
