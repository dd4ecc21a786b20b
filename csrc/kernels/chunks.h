// How the kernels walk an image: in runs of neighbouring pixels of a row, short enough that what is made of
// them on the way stays in the first-level cache. Included only by what is compiled once per instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace srfast::kernels::SRFAST_INSTRUCTION_SET {

// The longest run. Of 128 to 4096 pixels the best, with or without much memory behind them.
constexpr std::int64_t kChunk = 256;

// Calls visit(y, x, count) for runs of `count` pixels, 1 to kChunk, from row y, column x on, that cover the
// image. It goes along the rows; or, if that leaps further in memory than down the columns (a picture turned
// by 90 degrees), down strips that are narrow enough for their cache lines to stay until the next rows need
// them.
template <typename Job, typename Visit>
void for_each_chunk(const Job& job, const Visit& visit) {
  constexpr std::int64_t narrow = 64;
  const std::ptrdiff_t along = job.column_stride < 0 ? -job.column_stride : job.column_stride;
  const std::ptrdiff_t down = job.row_stride < 0 ? -job.row_stride : job.row_stride;
  const std::int64_t strip = along > down ? narrow : job.width;
  const std::int64_t run = along > down ? narrow : kChunk;
  for (std::int64_t left = 0; left < job.width; left += strip) {
    const std::int64_t right = job.width - left < strip ? job.width : left + strip;
    for (std::int64_t y = 0; y < job.height; ++y) {
      for (std::int64_t x = left; x < right; x += run) {
        visit(y, x, right - x < run ? right - x : run);
      }
    }
  }
}

}  // namespace srfast::kernels::SRFAST_INSTRUCTION_SET
