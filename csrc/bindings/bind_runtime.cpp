#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "bindings/gil.h"
#include "runtime/cpu_count.h"
#include "runtime/library.h"
#include "runtime/memory.h"
#include "runtime/package_library.h"

namespace srfast {

namespace py = pybind11;
namespace rt = runtime;

void bind_runtime(py::module_& module) {
  module.def("load_onnxruntime", &rt::load_library, py::arg("path") = "",
             py::call_guard<bindings::WithoutGil>(),
             "Loads the ONNX Runtime library: `path`, else the file that SRFAST_ONNXRUNTIME names, else one "
             "that the process\n"
             "has loaded, else the system's. Does nothing if one is loaded. Raises OnnxRuntimeError.");
  module.def(
      "onnxruntime_libraries",
      [](const std::string& package) {
        const rt::PackageLibraries found = rt::libraries_in_package(package);
        return std::pair(found.all, found.chosen);
      },
      py::arg("package"),
      "The ONNX Runtime libraries in the folder of an `onnxruntime` package, and which of them is in use: "
      "the only "
      "one,\nor the one whose version the package states; \"\" if neither.");
  module.def("onnxruntime_loaded", &rt::library_loaded, "Whether an ONNX Runtime library is loaded.");
  module.def("onnxruntime_path", &rt::library_path,
             "The file of the loaded library. Raises OnnxRuntimeError if none is.");
  module.def("onnxruntime_version", &rt::library_version,
             "The version of the loaded library. Raises OnnxRuntimeError if none is.");
  module.def("available_providers", &rt::available_providers,
             "The execution providers that the loaded library was built with. Raises OnnxRuntimeError if "
             "none is loaded.");
  module.def("usable_cpus", &rt::usable_cpus,
             "The CPUs that this process may use, by affinity and by cgroup limits; at least 1.");
  module.def("available_memory", &rt::available_memory,
             "The bytes that this process may still take: what the machine has available, or what a cgroup "
             "limit leaves.");
}

}  // namespace srfast
