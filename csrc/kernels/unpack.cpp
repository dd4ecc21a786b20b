#include "kernels/unpack.h"

#include <cstddef>
#include <limits>

#include "kernels/unpack_rows.h"

namespace srfast::kernels {
namespace {

// Where the values of the job's i-th plane, which is the plan's p-th, come from.
void set_source(UnpackJob& job, int i, const UnpackPlan& plan, int p, const float* planes,
                std::int64_t plane_stride) {
  const auto at = static_cast<std::size_t>(p);
  const std::int64_t phases = std::int64_t{plan.shuffle} * plan.shuffle;
  job.plane[i] = planes + p * phases * plane_stride;
  if (job.direct) job.plane[i] += plan.y * job.plane_row_stride + plan.x;
  job.plane_gain[i] = plan.plane_gain[at];
  job.plane_bias[i] = plan.plane_bias[at];
  if (plan.residual.planes == nullptr) return;
  job.residual[i] = plan.residual.planes + p * plan.residual.plane_stride;
  job.residual_gain[i] = plan.residual.gain[at];
  job.residual_bias[i] = plan.residual.bias[at];
}

}  // namespace

void unpack(const float* planes, std::int64_t plane_stride, std::int64_t row_stride, const UnpackPlan& plan,
            const ImageView& image, InstructionSet set) {
  UnpackJob job{};
  job.image = image.data;
  job.height = image.height;
  job.width = image.width;
  job.row_stride = image.row_stride;
  job.column_stride = image.column_stride;
  job.depth = image.depth;
  job.mix = plan.mix;
  job.gain = plan.gain;
  job.bias = plan.bias;
  job.minimum = plan.clip ? 0.0F : -std::numeric_limits<float>::infinity();
  job.maximum = plan.clip ? sample_max(image.depth) : std::numeric_limits<float>::infinity();
  job.plane_row_stride = row_stride;
  job.direct = plan.shuffle == 1 && plan.residual.planes == nullptr && plan.plane_gain == kPlaneOnes &&
               plan.plane_bias == PlaneNumbers{};
  job.shuffle = plan.shuffle;
  job.phase_stride = plane_stride;
  job.y = plan.y;
  job.x = plan.x;
  job.residual_row_stride = plan.residual.row_stride;
  job.residual_factor = plan.residual.factor;
  job.residual_y = plan.residual.y;
  job.residual_x = plan.residual.x;
  if (plan.mix) {
    job.planes = plan.planes;
    for (int p = 0; p < plan.planes; ++p) {
      set_source(job, p, plan, p, planes, plane_stride);
      job.weight[p] = plan.weight[static_cast<std::size_t>(p)];
    }
  } else {
    job.planes = static_cast<int>(image.channels);
    for (int i = 0; i < job.planes; ++i) {
      // In the order of memory, so RGB, BGR and views that reverse them are one case.
      const int c = image.channel_stride < 0 ? job.planes - 1 - i : i;
      job.offset[i] = c * image.channel_stride;
      set_source(job, i, plan, plan.plane[static_cast<std::size_t>(c)], planes, plane_stride);
    }
    const auto size = static_cast<std::ptrdiff_t>(sample_size(image.depth));
    job.interleaved3 =
        job.planes == 3 && image.column_stride == 3 * size && job.offset[1] == job.offset[0] + size;
  }

  switch (set) {
#if defined(SRFAST_X86_KERNELS)
    case InstructionSet::kAvx512:
      return avx512::unpack_rows(job);
    case InstructionSet::kAvx2:
      return avx2::unpack_rows(job);
#endif
    default:
      return baseline::unpack_rows(job);
  }
}

}  // namespace srfast::kernels
