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

// A row of blocks: values[k * kSize + i] = rows[i * step + k] * gain + bias. kSize is a constant where it
// matters, so that the inner loop is unrolled and the outer one vectorised.
template <int kSize>
void spread(const float* __restrict rows, std::int64_t step, std::int64_t count, float gain, float bias,
            float* __restrict values) {
  for (std::int64_t k = 0; k < count; ++k) {
    for (int i = 0; i < kSize; ++i) {
      values[k * kSize + i] = rows[i * step + k] * gain + bias;
    }
  }
}

void spread(const float* rows, std::int64_t step, std::int64_t count, int size, float gain, float bias,
            float* values) {
  switch (size) {
    case 1:
      return spread<1>(rows, step, count, gain, bias, values);
    case 2:
      return spread<2>(rows, step, count, gain, bias, values);
    case 3:
      return spread<3>(rows, step, count, gain, bias, values);
    case 4:
      return spread<4>(rows, step, count, gain, bias, values);
    default:
      for (int i = 0; i < size; ++i) {
        for (std::int64_t k = 0; k < count; ++k) {
          values[k * size + i] = rows[i * step + k] * gain + bias;
        }
      }
  }
}

// How many blocks a run of pixels touches.
std::int64_t blocks(std::int64_t first, std::int64_t count, std::int64_t size) {
  return (first % size + count + size - 1) / size;
}

// Room for a run, and a block more at either end.
constexpr std::int64_t kRoom = kChunk + std::int64_t{2} * kMaxBlock;

// A run of values, and what it takes to make them.
struct Values {
  alignas(64) float values[kRoom];
  alignas(64) float addends[kRoom];
};

// The values of a plane, from row y, column x of the image on: where they lie, or made in `scratch`.
const float* values_at(const UnpackJob& job, int p, std::int64_t y, std::int64_t x, std::int64_t count,
                       Values& scratch) {
  if (job.direct) return job.plane[p] + y * job.plane_row_stride + x;
  const std::int64_t size = job.shuffle;
  const std::int64_t row = job.y + y;
  const std::int64_t column = job.x + x;
  const float* rows =
      job.plane[p] + row % size * size * job.phase_stride + row / size * job.plane_row_stride + column / size;
  spread(rows, job.phase_stride, blocks(column, count, size), job.shuffle, job.plane_gain[p],
         job.plane_bias[p], scratch.values);
  float* __restrict values = scratch.values + column % size;
  if (job.residual[p] != nullptr) {
    const std::int64_t factor = job.residual_factor;
    const std::int64_t left = job.residual_x + x;
    const float* nearest =
        job.residual[p] + (job.residual_y + y) / factor * job.residual_row_stride + left / factor;
    spread(nearest, 0, blocks(left, count, factor), job.residual_factor, job.residual_gain[p],
           job.residual_bias[p], scratch.addends);
    const float* __restrict addends = scratch.addends + left % factor;
    for (std::int64_t i = 0; i < count; ++i) {
      values[i] = values[i] + addends[i];
    }
  }
  return values;
}

float clipped(float value, float minimum, float maximum) {
  const float not_below = value > minimum ? value : minimum;  // NaN is not above it, so it becomes it
  return not_below < maximum ? not_below : maximum;
}

template <typename Sample>
void convert(const float* __restrict values, std::int64_t count, const UnpackJob& job,
             Sample* __restrict samples) {
  const float gain = job.gain;
  const float bias = job.bias;
  const float minimum = job.minimum;
  const float maximum = job.maximum;
  for (std::int64_t x = 0; x < count; ++x) {
    to_sample(clipped(values[x] * gain + bias, minimum, maximum), samples[x]);
  }
}

// The weighted sum of what the planes would be as samples, clipped but not rounded.
template <typename Sample>
void mix(const UnpackJob& job, std::int64_t y, std::int64_t x, std::int64_t count, Values& scratch,
         float* __restrict sums, Sample* __restrict samples) {
  const float gain = job.gain;
  const float bias = job.bias;
  const float minimum = job.minimum;
  const float maximum = job.maximum;
  const float* first = values_at(job, 0, y, x, count, scratch);
  for (std::int64_t i = 0; i < count; ++i) {
    sums[i] = clipped(first[i] * gain + bias, minimum, maximum) * job.weight[0];
  }
  for (int p = 1; p < job.planes; ++p) {
    const float* values = values_at(job, p, y, x, count, scratch);
    const float weight = job.weight[p];
    for (std::int64_t i = 0; i < count; ++i) {
      sums[i] = sums[i] + clipped(values[i] * gain + bias, minimum, maximum) * weight;
    }
  }
  for (std::int64_t i = 0; i < count; ++i) {
    to_sample(clipped(sums[i], minimum, maximum), samples[i]);  // the weights' sum may be rounded above 1
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
  Values scratch{};
  for_each_chunk(job, [&](std::int64_t y, std::int64_t x, std::int64_t count) {
    std::byte* pixels = job.image + y * job.row_stride + x * job.column_stride;
    if (job.mix) {
      mix(job, y, x, count, scratch, sums, samples[0]);
      scatter(samples[0], count, pixels, job.column_stride);
      return;
    }
    for (int p = 0; p < job.planes; ++p) {
      convert(values_at(job, p, y, x, count, scratch), count, job, samples[p]);
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
