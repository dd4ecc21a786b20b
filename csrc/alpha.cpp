#include "alpha.h"

#include <algorithm>

#include "kernels/pack.h"
#include "kernels/unpack.h"
#include "strips.h"

namespace srfast {
namespace {

template <typename Byte>
BasicImageView<Byte> alpha_of(BasicImageView<Byte> view) {
  view.data += (view.channels - 1) * view.channel_stride;
  view.channels = 1;
  return view;
}

// Of the two samples around pixel i along one axis, the first: floor((i + 0.5) / factor - 0.5). It may lie
// beyond the border.
std::int64_t sample_before(std::int64_t i, std::int64_t factor) {
  return (2 * i + 1 + factor) / (2 * factor) - 1;
}

kernels::PackPlan samples_as_they_are() {
  kernels::PackPlan plan;
  plan.planes = 1;
  plan.gain[0] = 1.0F;
  return plan;
}

// The least and the greatest of 2 x 2 neighbouring samples, for all neighbours that a window needs of a row.
class Bounds {
 public:
  Bounds(const ConstImageView& samples, std::int64_t factor, const kernels::Window& window, float* memory)
      : samples_(samples),
        first_(sample_before(window.x, factor)),
        count_(sample_before(window.x + window.width - 1, factor) + 2 - first_),
        least_(memory),
        greatest_(memory + count_) {}

  static std::size_t floats(std::int64_t factor, const kernels::Window& window) {
    constexpr int kRows = 2;
    const std::int64_t most = (window.width - 1) / factor + 3;
    return static_cast<std::size_t>(kRows * most);
  }

  // Of the samples in `row` and the one after it, and their neighbours to the right.
  void load(std::int64_t row) {
    pack_row(row, least_);
    pack_row(row + 1, greatest_);
    for (std::int64_t i = 0; i < count_; ++i) {
      const float upper = least_[i];
      const float lower = greatest_[i];
      least_[i] = std::min(upper, lower);
      greatest_[i] = std::max(upper, lower);
    }
    for (std::int64_t i = 0; i + 1 < count_; ++i) {
      least_[i] = std::min(least_[i], least_[i + 1]);
      greatest_[i] = std::max(greatest_[i], greatest_[i + 1]);
    }
  }

  [[nodiscard]] float hold(float value, std::int64_t sample) const {
    const std::int64_t i = sample - first_;
    return value < least_[i] ? least_[i] : value > greatest_[i] ? greatest_[i] : value;
  }

 private:
  // Beyond the border are copies, as for the interpolation.
  void pack_row(std::int64_t row, float* memory) const {
    const std::int64_t begin = std::max<std::int64_t>(first_, 0);
    const std::int64_t end = std::min(first_ + count_, samples_.width);
    kernels::pack(
        part(samples_, std::clamp<std::int64_t>(row, 0, samples_.height - 1), begin, 1, end - begin),
        samples_as_they_are(), memory + (begin - first_), count_, count_);
    std::fill(memory, memory + (begin - first_), memory[begin - first_]);
    std::fill(memory + (end - first_), memory + count_, memory[end - first_ - 1]);
  }

  const ConstImageView& samples_;
  std::int64_t first_;
  std::int64_t count_;
  float* least_;
  float* greatest_;
};

}  // namespace

void enlarge_alpha(const ConstImageView& image, int factor, const kernels::Window& window,
                   const ImageView& result, RowBuffers& buffers) {
  const ConstImageView samples = alpha_of(image);
  const ImageView target = alpha_of(result);
  const kernels::PackPlan packing = samples_as_they_are();
  kernels::UnpackPlan unpacking;
  unpacking.planes = 1;
  for_each_strip(window, [&](const kernels::Window& strip) {
    const std::int64_t pixels = strip.height * strip.width;
    float* alpha = buffers.alpha.reserve(static_cast<std::size_t>(pixels) + Bounds::floats(factor, strip));
    float* scratch = buffers.scratch.reserve(kernels::enlarge_scratch(packing.planes, factor, strip));
    kernels::enlarge(samples, packing, kernels::EnlargeMode::kCubic, factor, strip, alpha, pixels,
                     strip.width, scratch);
    Bounds bounds(samples, factor, strip, alpha + pixels);
    for (std::int64_t y = 0; y < strip.height; ++y) {
      const std::int64_t row = sample_before(strip.y + y, factor);
      if (y == 0 || row != sample_before(strip.y + y - 1, factor)) bounds.load(row);
      float* const values = alpha + y * strip.width;
      for (std::int64_t x = 0; x < strip.width; ++x)
        values[x] = bounds.hold(values[x], sample_before(strip.x + x, factor));
    }
    kernels::unpack(alpha, pixels, strip.width, unpacking,
                    part(target, strip.y, strip.x, strip.height, strip.width));
  });
}

}  // namespace srfast
