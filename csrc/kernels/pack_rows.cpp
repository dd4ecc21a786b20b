#include "kernels/pack_rows.h"

#include <cstring>

#include "kernels/chunks.h"

namespace srfast::kernels::SRFAST_INSTRUCTION_SET {
namespace {

template <typename Sample>
void gather(const std::byte* pixels, std::ptrdiff_t step, std::int64_t count, Sample* samples) {
  if (step == static_cast<std::ptrdiff_t>(sizeof(Sample))) {
    std::memcpy(samples, pixels, static_cast<std::size_t>(count) * sizeof(Sample));
    return;
  }
  for (std::int64_t x = 0; x < count; ++x) {
    std::memcpy(samples + x, pixels + x * step, sizeof(Sample));
  }
}

template <typename Sample>
void deinterleave3(const std::byte* pixels, std::int64_t count, Sample* __restrict first,
                   Sample* __restrict second, Sample* __restrict third) {
  constexpr std::int64_t size = sizeof(Sample);
  for (std::int64_t x = 0; x < count; ++x) {
    std::memcpy(first + x, pixels + 3 * x * size, sizeof(Sample));
    std::memcpy(second + x, pixels + (3 * x + 1) * size, sizeof(Sample));
    std::memcpy(third + x, pixels + (3 * x + 2) * size, sizeof(Sample));
  }
}

template <typename Sample>
void convert(const Sample* __restrict samples, std::int64_t count, float gain, float bias,
             float* __restrict values) {
  for (std::int64_t x = 0; x < count; ++x) {
    values[x] = static_cast<float>(samples[x]) * gain + bias;
  }
}

// Samples are taken from the image into a buffer, a plane at a time, and converted from there, so strides and
// sample types do not multiply into a loop for each pair; the compiler vectorises all of it as well as
// intrinsics did.
template <typename Sample>
void pack_samples(const PackJob& job) {
  alignas(64) Sample samples[kMaxPlanes][kChunk];
  for_each_chunk(job, [&](std::int64_t y, std::int64_t x, std::int64_t count) {
    const std::byte* pixels = job.image + y * job.row_stride + x * job.column_stride;
    if (job.interleaved3) {
      deinterleave3(pixels + job.offset[0], count, samples[0], samples[1], samples[2]);
    } else {
      for (int p = 0; p < job.planes; ++p) {
        gather(pixels + job.offset[p], job.column_stride, count, samples[p]);
      }
    }
    for (int p = 0; p < job.planes; ++p) {
      convert(samples[p], count, job.gain[p], job.bias[p], job.plane[p] + y * job.plane_row_stride + x);
    }
  });
}

}  // namespace

void pack_rows(const PackJob& job) {
  switch (job.depth) {
    case Depth::kU8:
      return pack_samples<std::uint8_t>(job);
    case Depth::kU16:
      return pack_samples<std::uint16_t>(job);
    case Depth::kF32:
      return pack_samples<float>(job);
  }
}

}  // namespace srfast::kernels::SRFAST_INSTRUCTION_SET
