#include "runtime/cpu_count.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#ifdef __linux__
#include <sched.h>

#include <memory>
#endif

namespace srfast::runtime {
namespace {

int affinity_cpus() {
#ifdef __linux__
  // The kernel refuses a mask smaller than its own: grow until it fits.
  for (int cpus = 1024; cpus <= 1 << 20; cpus *= 2) {
    const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> set(CPU_ALLOC(static_cast<std::size_t>(cpus)),
                                                               [](cpu_set_t* p) { CPU_FREE(p); });
    const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus));
    if (set != nullptr && sched_getaffinity(0, bytes, set.get()) == 0) return CPU_COUNT_S(bytes, set.get());
  }
#endif
  return static_cast<int>(std::thread::hardware_concurrency());
}

// CPUs granted by "quota period" (cgroup v2's cpu.max; "max" means no limit).
std::optional<double> quota(std::istream& words) {
  double time = 0;
  double period = 0;
  if (words >> time >> period && time > 0 && period > 0) return time / period;
  return std::nullopt;
}

// The path of this process in a cgroup hierarchy: v2 has an empty controller list, v1 names "cpu".
std::optional<std::string> cgroup_path(bool v2) {
  std::ifstream lines("/proc/self/cgroup");
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    if (v2 ? controllers == ",," : controllers.find(",cpu,") != std::string::npos)
      return line.substr(second + 1);
  }
  return std::nullopt;
}

// A limit anywhere above the process binds it, so every ancestor is read.
template <typename Read>
std::optional<double> tightest(const std::string& root, std::string path, Read read) {
  std::optional<double> least;
  while (true) {
    if (const std::optional<double> here = read(root + path)) least = std::min(least.value_or(*here), *here);
    const auto slash = path.rfind('/');
    if (slash == std::string::npos || path.empty()) return least;
    path.erase(slash);
  }
}

std::optional<double> cgroup_cpus() {
  std::optional<double> limit;
  if (const auto path = cgroup_path(true)) {
    limit = tightest("/sys/fs/cgroup", *path, [](const std::string& folder) {
      std::ifstream file(folder + "/cpu.max");
      return quota(file);
    });
  }
  if (const auto path = limit ? std::nullopt : cgroup_path(false)) {
    limit = tightest("/sys/fs/cgroup/cpu", *path, [](const std::string& folder) {
      std::ifstream time(folder + "/cpu.cfs_quota_us");
      std::ifstream period(folder + "/cpu.cfs_period_us");
      std::stringstream both;
      both << time.rdbuf() << ' ' << period.rdbuf();
      return quota(both);
    });
  }
  return limit;
}

}  // namespace

int usable_cpus() {
  int cpus = std::max(1, affinity_cpus());
  if (const auto limit = cgroup_cpus())
    cpus = std::min(cpus, std::max(1, static_cast<int>(std::ceil(*limit))));
  return cpus;
}

}  // namespace srfast::runtime
