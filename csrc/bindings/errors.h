// How errors of the C++ core reach Python.
#pragma once

namespace srfast::bindings {

// Registers the one translator: srfast::Error becomes the class of srfast.errors that its code names.
void register_errors();

}  // namespace srfast::bindings
