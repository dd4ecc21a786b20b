// Where the limits of this process's container are written down.
#pragma once

#include <string>
#include <vector>

namespace srfast::runtime {

struct CgroupFolders {
  std::vector<std::string>
      v2;  // this process's group and its ancestors, innermost first; a limit on any binds it
  std::vector<std::string> v1;
};

// The folders for a controller, "cpu" or "memory". Empty where there are none.
[[nodiscard]] CgroupFolders cgroup_folders(const std::string& controller);

}  // namespace srfast::runtime
