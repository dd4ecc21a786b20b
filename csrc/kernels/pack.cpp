#include "kernels/pack.h"

#include <cstddef>

#include "kernels/pack_rows.h"

namespace srfast::kernels {

void pack(const ConstImageView& image, const PackPlan& plan, float* planes, std::int64_t plane_stride,
          std::int64_t row_stride, InstructionSet set) {
  const auto offset = [&](int p) { return plan.channel[static_cast<std::size_t>(p)] * image.channel_stride; };
  // In the order of memory, so RGB, BGR and views that reverse them are one case.
  const bool descending = offset(plan.planes - 1) < offset(0);

  PackJob job{};
  job.image = image.data;
  job.height = image.height;
  job.width = image.width;
  job.row_stride = image.row_stride;
  job.column_stride = image.column_stride;
  job.depth = image.depth;
  job.planes = plan.planes;
  job.plane_row_stride = row_stride;
  for (int i = 0; i < plan.planes; ++i) {
    const int p = descending ? plan.planes - 1 - i : i;
    job.offset[i] = offset(p);
    job.plane[i] = planes + p * plane_stride;
    job.gain[i] = plan.gain[static_cast<std::size_t>(p)];
    job.bias[i] = plan.bias[static_cast<std::size_t>(p)];
  }
  const auto size = static_cast<std::ptrdiff_t>(sample_size(image.depth));
  job.interleaved3 = plan.planes == 3 && image.column_stride == 3 * size &&
                     job.offset[1] == job.offset[0] + size && job.offset[2] == job.offset[1] + size;

  switch (set) {
#if defined(SRFAST_X86_KERNELS)
    case InstructionSet::kAvx512:
      return avx512::pack_rows(job);
    case InstructionSet::kAvx2:
      return avx2::pack_rows(job);
#endif
    default:
      return baseline::pack_rows(job);
  }
}

}  // namespace srfast::kernels
