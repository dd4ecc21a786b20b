// The models that srfast ships, by name.
#pragma once

#include <string>

namespace srfast::capi {

// The file that a path, or the name of a shipped model, stands for; the path itself if there is no such model
// file but it is no bare word either. Shipped models lie beside the library: in ../zoo (srfast's Python
// package) or in share/srfast/models of the prefix that srfast is installed in. Throws Error(kModel).
[[nodiscard]] std::string model_path(const std::string& model);

}  // namespace srfast::capi
