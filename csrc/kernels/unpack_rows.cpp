#include "kernels/unpack_rows.h"

#include <cstring>

#include "kernels/chunks.h"

namespace srfast::kernels::SRFAST_INSTRUCTION_SET {
namespace {

// Adding 2^23 to a value in 0..65535 leaves no bit for a fraction, so the sum is rounded to nearest, ties to
// even, on every processor, and its lowest bits are the integer.
constexpr float kRounder = 8388608.0F;

void to_sample(float value, float& sample) { sample = value; }

template <typename Integer>
void to_sample(float value, Integer& sample) {
  const float rounded = value + kRounder;
  std::uint32_t bits = 0;
  std::memcpy(&bits, &rounded, sizeof(bits));
  sample = static_cast<Integer>(bits);
}

template <typename Sample>
void convert(const float* __restrict values, std::int64_t count, float gain, float bias, float maximum,
             Sample* __restrict samples) {
  for (std::int64_t x = 0; x < count; ++x) {
    const float value = values[x] * gain + bias;
    const float not_negative = value > 0.0F ? value : 0.0F;  // NaN is not above 0, so it becomes 0
    to_sample(not_negative < maximum ? not_negative : maximum, samples[x]);
  }
}

void mix(const UnpackJob& job, std::int64_t start, std::int64_t count, float* __restrict sums) {
  for (std::int64_t x = 0; x < count; ++x) {
    sums[x] = job.plane[0][start + x] * job.weight[0];
  }
  for (int p = 1; p < job.planes; ++p) {
    const float* values = job.plane[p] + start;
    const float weight = job.weight[p];
    for (std::int64_t x = 0; x < count; ++x) {
      sums[x] = sums[x] + values[x] * weight;
    }
  }
}

template <typename Sample>
void scatter(const Sample* samples, std::int64_t count, std::byte* pixels, std::ptrdiff_t step) {
  if (step == static_cast<std::ptrdiff_t>(sizeof(Sample))) {
    std::memcpy(pixels, samples, static_cast<std::size_t>(count) * sizeof(Sample));
    return;
  }
  for (std::int64_t x = 0; x < count; ++x) {
    std::memcpy(pixels + x * step, samples + x, sizeof(Sample));
  }
}

template <typename Sample>
void interleave3(const Sample* __restrict first, const Sample* __restrict second,
                 const Sample* __restrict third, std::int64_t count, std::byte* __restrict pixels) {
  constexpr std::int64_t size = sizeof(Sample);
  for (std::int64_t x = 0; x < count; ++x) {
    std::memcpy(pixels + 3 * x * size, first + x, sizeof(Sample));
    std::memcpy(pixels + (3 * x + 1) * size, second + x, sizeof(Sample));
    std::memcpy(pixels + (3 * x + 2) * size, third + x, sizeof(Sample));
  }
}

// Values become samples in a buffer, a channel at a time, and go into the image from there, so strides and
// sample types do not multiply into a loop for each pair; the compiler vectorises all of it as well as
// intrinsics did.
template <typename Sample>
void unpack_samples(const UnpackJob& job) {
  alignas(64) Sample samples[kMaxPlanes][kChunk];
  alignas(64) float sums[kChunk];
  for_each_chunk(job, [&](std::int64_t y, std::int64_t x, std::int64_t count) {
    const std::int64_t start = y * job.plane_row_stride + x;
    std::byte* pixels = job.image + y * job.row_stride + x * job.column_stride;
    if (job.mix) {
      mix(job, start, count, sums);
      convert(sums, count, job.gain, job.bias, job.maximum, samples[0]);
      scatter(samples[0], count, pixels, job.column_stride);
      return;
    }
    for (int p = 0; p < job.planes; ++p) {
      convert(job.plane[p] + start, count, job.gain, job.bias, job.maximum, samples[p]);
    }
    if (job.interleaved3) {
      interleave3(samples[0], samples[1], samples[2], count, pixels + job.offset[0]);
    } else {
      for (int p = 0; p < job.planes; ++p) {
        scatter(samples[p], count, pixels + job.offset[p], job.column_stride);
      }
    }
  });
}

}  // namespace

void unpack_rows(const UnpackJob& job) {
  switch (job.depth) {
    case Depth::kU8:
      return unpack_samples<std::uint8_t>(job);
    case Depth::kU16:
      return unpack_samples<std::uint16_t>(job);
    case Depth::kF32:
      return unpack_samples<float>(job);
  }
}

}  // namespace srfast::kernels::SRFAST_INSTRUCTION_SET
