// Where the file lies that srfast's code was loaded from: a shared library, a Python module, or a program.
#pragma once

#include <string>
#include <vector>

namespace srfast::runtime {

// Its folder: as the loader named the file, then with symbolic links resolved if that is another. May be
// empty.
[[nodiscard]] std::vector<std::string> own_folders();

}  // namespace srfast::runtime
