// Shared libraries by the system's loader, which keeps them until the process ends. Paths are UTF-8.
#pragma once

#include <string>

namespace srfast::runtime {

// What the loader gives for a library; nullptr: none.
using SharedLibrary = void*;

// Loads a library by its path, or by its name where the system looks for libraries. On failure `reason` has
// the system's words.
[[nodiscard]] SharedLibrary open_shared_library(const std::string& name, std::string& reason);

// The library of that name that the process holds already.
[[nodiscard]] SharedLibrary held_shared_library(const std::string& name);

// The address of a function in it; nullptr if it has none of that name.
[[nodiscard]] void* symbol_in(SharedLibrary library, const char* symbol);

// The file that the code or data at an address was loaded from, as the loader names it; empty if unknown.
[[nodiscard]] std::string file_of_address(const void* address);

}  // namespace srfast::runtime
