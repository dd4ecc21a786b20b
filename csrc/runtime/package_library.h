// The ONNX Runtime library inside an installed Python package `onnxruntime`.
#pragma once

#include <string>
#include <vector>

namespace srfast::runtime {

struct PackageLibraries {
  std::vector<std::string> all;  // sorted; other names of one file count once
  std::string chosen;            // empty if there is none, or several and nothing says which one is in use
};

// The libraries in the folder `capi` of a package. Variants (onnxruntime, onnxruntime-gpu, ...) all install
// into one folder; of several libraries the one is chosen whose version the package's __init__.py states: it
// belongs to the variant that was installed last.
[[nodiscard]] PackageLibraries libraries_in_package(const std::string& package);

// The library of the package `onnxruntime` in one of the three folders above srfast's own file, so its
// neighbour in site-packages; empty if there is none. Throws Error(kOnnxRuntime) if there are several, and
// nothing says which one is in use.
[[nodiscard]] std::string neighbour_library();

}  // namespace srfast::runtime
