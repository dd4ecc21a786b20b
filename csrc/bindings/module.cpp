// The Python module srfast._core: declarations only, one bind file a concept.
#include <pybind11/pybind11.h>

#include "bindings/errors.h"
#include "bindings/gil.h"

namespace srfast {

void bind_kernels(pybind11::module_& module);
void bind_runtime(pybind11::module_& module);
void bind_upscaler(pybind11::module_& module);

}  // namespace srfast

// As pybind11 makes it, its import would wait for ever in a subinterpreter of Python 3.11 or older.
PYBIND11_MODULE(_core_of_main, module) {
  module.attr("__name__") = "srfast._core";  // pybind11 2 would name it after its function
  module.doc() = "srfast's native core. Use it through `srfast`: names here may change.";
  module.attr("__version__") = SRFAST_VERSION;
  srfast::bindings::register_errors();
  srfast::bindings::stop_returns_at_exit();
  srfast::bind_kernels(module);
  srfast::bind_runtime(module);
  srfast::bind_upscaler(module);
}

// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): the name that Python asks for
extern "C" PYBIND11_EXPORT PyObject* PyInit__core() {
  if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
    PyErr_SetString(
        PyExc_ImportError,
        "it works in the main interpreter alone, not in a subinterpreter; use a thread or a process");
    return nullptr;
  }
  return PyInit__core_of_main();
}
