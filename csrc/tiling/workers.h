// Does many pieces of work on several threads.
#pragma once

#include <cstdint>
#include <functional>

namespace srfast::tiling {

// Calls work(0) ... work(count - 1), each once, in order of start, on the calling thread and on workers - 1
// others. between(done) is called from the calling thread after each piece of its own, and at the end with
// done == count. The first exception, of either function, keeps further pieces from starting, and is thrown
// when those that run have ended.
void for_each(std::int64_t count, std::int64_t workers, const std::function<void(std::int64_t)>& work,
              const std::function<void(std::int64_t)>& between);

}  // namespace srfast::tiling
