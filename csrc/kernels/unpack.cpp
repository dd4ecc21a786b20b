#include "kernels/unpack.h"

#include <cstddef>

#include "kernels/unpack_rows.h"

namespace srfast::kernels {

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
  job.maximum = sample_max(image.depth);
  job.plane_row_stride = row_stride;
  if (plan.mix) {
    job.planes = plan.planes;
    for (int p = 0; p < plan.planes; ++p) {
      job.plane[p] = planes + p * plane_stride;
      job.weight[p] = plan.weight[static_cast<std::size_t>(p)];
    }
  } else {
    job.planes = static_cast<int>(image.channels);
    for (int i = 0; i < job.planes; ++i) {
      // In the order of memory, so RGB, BGR and views that reverse them are one case.
      const int c = image.channel_stride < 0 ? job.planes - 1 - i : i;
      job.offset[i] = c * image.channel_stride;
      job.plane[i] = planes + plan.plane[static_cast<std::size_t>(c)] * plane_stride;
    }
    const auto size = static_cast<std::ptrdiff_t>(sample_size(image.depth));
    job.interleaved3 = job.planes == 3 && image.column_stride == 3 * size &&
                       job.offset[1] == job.offset[0] + size && job.offset[2] == job.offset[1] + size;
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
