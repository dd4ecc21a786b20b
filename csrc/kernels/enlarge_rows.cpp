#include "kernels/enlarge_rows.h"

namespace srfast::kernels::SRFAST_INSTRUCTION_SET {
namespace {

// `factor` is a constant at the calls that matter, so that the inner loop is unrolled.
inline void repeat(const float* __restrict samples, std::int64_t count, std::int64_t factor,
                   float* __restrict repeated) {
  for (std::int64_t k = 0; k < count; ++k) {
    for (std::int64_t i = 0; i < factor; ++i) repeated[k * factor + i] = samples[k];
  }
}

// Once every sample stands `factor` times in a row, the taps of neighbouring pixels are neighbours too: tap t
// of pixel x is repeated[x + t * factor].
template <int kTaps>
void weigh(const WidenJob& job) {
  const float* __restrict repeated = job.repeated + job.skip;
  const float* __restrict weights = job.weights;
  float* __restrict row = job.row;
  for (std::int64_t x = 0; x < job.width; ++x) {
    float sum = repeated[x] * weights[x];
    for (int t = 1; t < kTaps; ++t) sum = sum + repeated[x + t * job.factor] * weights[t * job.width + x];
    row[x] = sum;
  }
}

template <int kTaps>
void blend(const BlendJob& job) {
  float* __restrict row = job.row;
  for (std::int64_t x = 0; x < job.width; ++x) {
    float sum = job.rows[0][x] * job.weights[0];
    for (int t = 1; t < kTaps; ++t) sum = sum + job.rows[t][x] * job.weights[t];
    row[x] = sum;
  }
}

}  // namespace

void widen_row(const WidenJob& job) {
  switch (job.factor) {
    case 2:
      repeat(job.samples, job.count, 2, job.repeated);
      break;
    case 3:
      repeat(job.samples, job.count, 3, job.repeated);
      break;
    case 4:
      repeat(job.samples, job.count, 4, job.repeated);
      break;
    default:
      repeat(job.samples, job.count, job.factor, job.repeated);
  }
  switch (job.taps) {
    case 1:
      return weigh<1>(job);
    case 2:
      return weigh<2>(job);
    default:
      return weigh<4>(job);
  }
}

void blend_rows(const BlendJob& job) {
  switch (job.taps) {
    case 1:
      return blend<1>(job);
    case 2:
      return blend<2>(job);
    default:
      return blend<4>(job);
  }
}

}  // namespace srfast::kernels::SRFAST_INSTRUCTION_SET
