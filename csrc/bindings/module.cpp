// The Python module srfast._core: declarations only, one bind file a concept.
#include <pybind11/pybind11.h>

#include "bindings/errors.h"

namespace srfast {

void bind_kernels(pybind11::module_& module);
void bind_runtime(pybind11::module_& module);
void bind_upscaler(pybind11::module_& module);

}  // namespace srfast

PYBIND11_MODULE(_core, module) {
  module.doc() = "srfast's native core. Use it through `srfast`: names here may change.";
  module.attr("__version__") = SRFAST_VERSION;
  srfast::bindings::register_errors();
  srfast::bind_kernels(module);
  srfast::bind_runtime(module);
  srfast::bind_upscaler(module);
}
