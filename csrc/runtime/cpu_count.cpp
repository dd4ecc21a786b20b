#include "runtime/cpu_count.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#ifdef __linux__
#include <sched.h>

#include <memory>
#elif defined(_WIN32)
#include <windows.h>

#include <bitset>
#endif

#include "runtime/cgroup.h"
#include "runtime/small_file.h"

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
#elif defined(_WIN32)
  DWORD_PTR own = 0;
  DWORD_PTR all = 0;
  if (GetProcessAffinityMask(GetCurrentProcess(), &own, &all) != 0 && own != 0)
    return static_cast<int>(std::bitset<8 * sizeof(own)>(own).count());
#endif
  return static_cast<int>(std::thread::hardware_concurrency());
}

// CPUs granted by "quota period" (cgroup v2's cpu.max; "max" means no limit).
std::optional<double> quota(const std::string& text) {
  std::istringstream words(text);
  words.exceptions(std::ios::badbit);  // a stream would keep std::bad_alloc to itself
  double time = 0;
  double period = 0;
  if (words >> time >> period && time > 0 && period > 0) return time / period;
  return std::nullopt;
}

std::optional<double> cgroup_cpus() {
  std::optional<double> least;
  const auto tighten = [&](const std::string& text) {
    if (const std::optional<double> here = quota(text)) least = std::min(least.value_or(*here), *here);
  };
  const CgroupFolders folders = cgroup_folders("cpu");
  for (const std::string& folder : folders.v2) tighten(first_line_of(folder + "/cpu.max"));
  for (const std::string& folder : folders.v1)
    tighten(first_line_of(folder + "/cpu.cfs_quota_us") + ' ' + first_line_of(folder + "/cpu.cfs_period_us"));
  return least;
}

}  // namespace

int usable_cpus() {
  int cpus = std::max(1, affinity_cpus());
  if (const auto limit = cgroup_cpus())
    cpus = std::min(cpus, std::max(1, static_cast<int>(std::ceil(*limit))));
  return cpus;
}

}  // namespace srfast::runtime
