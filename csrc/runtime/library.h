// The ONNX Runtime shared library: found and loaded at run time, once for the process, never linked.
#pragma once

#include <string>
#include <vector>

namespace srfast::runtime {

// Loads ONNX Runtime and binds its API. The first that is there is taken: `path`; the path in the environment
// variable SRFAST_ONNXRUNTIME; the library that the host program has already loaded; that of the Python
// package onnxruntime beside srfast's own file (package_library.h); the system's. The first two are binding:
// if such a file cannot be used, the others are not tried. Once a library is loaded, further calls do
// nothing. Any thread may call it.
//
// Throws Error(kOnnxRuntime): there is none, it cannot be loaded, or it is older than 1.19.
void load_library(const std::string& path = "");

[[nodiscard]] bool library_loaded() noexcept;

// The path and the version of the loaded library. Throws Error(kOnnxRuntime) if none is loaded.
[[nodiscard]] const std::string& library_path();
[[nodiscard]] const std::string& library_version();

// The execution providers that it was built with, its order of preference first. Being listed does not mean
// that a device or its driver is there. Throws Error(kOnnxRuntime) if none is loaded.
[[nodiscard]] std::vector<std::string> available_providers();

}  // namespace srfast::runtime
