#include "runtime/cgroup.h"

#include "runtime/small_file.h"

namespace srfast::runtime {
namespace {

std::vector<std::string> with_ancestors(const std::string& root, std::string path) {
  std::vector<std::string> folders;
  while (true) {
    folders.push_back(root + path);
    const auto slash = path.rfind('/');
    if (slash == std::string::npos || path.empty()) return folders;
    path.erase(slash);
  }
}

}  // namespace

CgroupFolders cgroup_folders(const std::string& controller) {
  CgroupFolders folders;
  // Lines are "number:controllers:path"; version 2 has one line, without controllers.
  for (const std::string& line : lines_of("/proc/self/cgroup")) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    if (controllers == ",,") {
      folders.v2 = with_ancestors("/sys/fs/cgroup", path);
    } else if (controllers.find("," + controller + ",") != std::string::npos) {
      folders.v1 = with_ancestors("/sys/fs/cgroup/" + controller, path);
    }
  }
  return folders;
}

}  // namespace srfast::runtime
