// How many CPUs this process may really use.
#pragma once

namespace srfast::runtime {

// The CPUs in the process's affinity mask, or fewer where a cgroup (v1 or v2, a container's limit) grants
// less time than that, rounded up; at least 1.
[[nodiscard]] int usable_cpus();

}  // namespace srfast::runtime
