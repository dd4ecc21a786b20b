// How much memory this process may still take.
#pragma once

#include <cstdint>

namespace srfast::runtime {

// Bytes that the machine has available (free, or page cache that can be dropped), or fewer where a cgroup (v1
// or v2, a container's limit) leaves less. A gigabyte where neither can be read.
[[nodiscard]] std::uint64_t available_memory();

}  // namespace srfast::runtime
