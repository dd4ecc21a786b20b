// Files that hold a shared library, as they should be.
#pragma once

#include <string>

namespace srfast::runtime {

// What is wrong with the file of a shared library, of that what dlopen says wrongly or dies of: that it is
// made for another kind of processor (dlopen says that it is missing), or cut short (SIGBUS). Empty if
// nothing is, or dlopen will say it.
[[nodiscard]] std::string fault_of_library(const std::string& path);

}  // namespace srfast::runtime
