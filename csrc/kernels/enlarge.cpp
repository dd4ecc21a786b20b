#include "kernels/enlarge.h"

#include <algorithm>
#include <array>

#include "kernels/enlarge_rows.h"

namespace srfast::kernels {
namespace {

using Weights = std::array<float, kMaxTaps>;

// What holds along one axis. With a whole factor everything is exact: pixel i is made of the samples from
// first(i) on, and there are `factor` sets of weights.
class Interpolation {
 public:
  Interpolation(EnlargeMode mode, int factor) : mode_(mode), factor_(factor) {}

  [[nodiscard]] int taps() const {
    return mode_ == EnlargeMode::kNearest ? 1 : mode_ == EnlargeMode::kLinear ? 2 : 4;
  }

  // May lie beyond the border.
  [[nodiscard]] std::int64_t first(std::int64_t i) const {
    return (i - shift() + factor_) / factor_ - (mode_ == EnlargeMode::kCubic ? 2 : 1);
  }

  // How many pixels with the same samples come before this one.
  [[nodiscard]] std::int64_t phase(std::int64_t i) const { return (i - shift() + factor_) % factor_; }

  [[nodiscard]] Weights weights(std::int64_t i) const {
    if (mode_ == EnlargeMode::kNearest) return {1.0F};
    // How far the pixel's centre lies behind that of the sample before it.
    const double t = (static_cast<double>(phase(i)) + (factor_ % 2 == 0 ? 0.5 : 0.0)) / factor_;
    if (mode_ == EnlargeMode::kLinear) return {static_cast<float>(1.0 - t), static_cast<float>(t)};
    return {static_cast<float>(far(1.0 + t)), static_cast<float>(near(t)), static_cast<float>(near(1.0 - t)),
            static_cast<float>(far(2.0 - t))};
  }

 private:
  // Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981, with PyTorch's a.
  static constexpr double kA = -0.75;
  static double near(double d) { return ((kA + 2.0) * d - (kA + 3.0)) * d * d + 1.0; }
  static double far(double d) { return ((kA * d - 5.0 * kA) * d + 8.0 * kA) * d - 4.0 * kA; }

  // Pixel shift() is the first whose centre does not lie before that of sample 0.
  [[nodiscard]] int shift() const { return mode_ == EnlargeMode::kNearest ? 0 : factor_ / 2; }

  EnlargeMode mode_;
  int factor_;
};

struct RowFunctions {
  void (*widen_row)(const WidenJob& job);
  void (*blend_rows)(const BlendJob& job);
};

RowFunctions row_functions(InstructionSet set) {
  switch (set) {
#if defined(SRFAST_X86_KERNELS)
    case InstructionSet::kAvx512:
      return {avx512::widen_row, avx512::blend_rows};
    case InstructionSet::kAvx2:
      return {avx2::widen_row, avx2::blend_rows};
#endif
    default:
      return {baseline::widen_row, baseline::blend_rows};
  }
}

// The most samples along a row that `width` pixels are made of.
std::int64_t max_samples(std::int64_t width, int factor) { return (width - 1) / factor + 1 + kMaxTaps; }

// Rows of the image, packed and enlarged along themselves, as wide as the window; the last `taps` of them.
class WideRows {
 public:
  WideRows(const ConstImageView& image, const PackPlan& plan, const Interpolation& interpolation, int factor,
           const Window& window, float* scratch, const RowFunctions& functions, InstructionSet set)
      : image_(image),
        plan_(plan),
        taps_(interpolation.taps()),
        left_(interpolation.first(window.x)),
        count_(interpolation.first(window.x + window.width - 1) + taps_ - left_),
        functions_(functions),
        set_(set) {
    samples_ = scratch;                                      // planes x count
    job_.repeated = samples_ + plan.planes * count_;         // count x factor
    float* const weights = job_.repeated + count_ * factor;  // taps x width
    rows_ = weights + taps_ * window.width;                  // planes x taps x width
    job_.count = count_;
    job_.factor = factor;
    job_.skip = interpolation.phase(window.x);
    job_.taps = taps_;
    job_.weights = weights;
    job_.width = window.width;
    for (std::int64_t x = 0; x < window.width; ++x) {
      const Weights column = interpolation.weights(window.x + x);
      for (int t = 0; t < taps_; ++t) weights[t * window.width + x] = column[static_cast<std::size_t>(t)];
    }
  }

  // Takes the place of row - taps.
  void load(std::int64_t row) {
    // The window may need samples from beyond the border; those are copies.
    const std::int64_t begin = std::max<std::int64_t>(left_, 0);
    const std::int64_t end = std::min(left_ + count_, image_.width);
    ConstImageView part = image_;
    part.data += row * image_.row_stride + begin * image_.column_stride;
    part.height = 1;
    part.width = end - begin;
    pack(part, plan_, samples_ + (begin - left_), count_, count_, set_);
    for (int p = 0; p < plan_.planes; ++p) {
      float* const samples = samples_ + p * count_;
      std::fill(samples, samples + (begin - left_), samples[begin - left_]);
      std::fill(samples + (end - left_), samples + count_, samples[end - left_ - 1]);
      job_.samples = samples;
      job_.row = place(p, row);
      functions_.widen_row(job_);
    }
  }

  [[nodiscard]] const float* row(int p, std::int64_t row) const { return place(p, row); }

 private:
  [[nodiscard]] float* place(std::int64_t p, std::int64_t row) const {
    return rows_ + (p * taps_ + row % taps_) * job_.width;
  }

  const ConstImageView& image_;
  const PackPlan& plan_;
  int taps_;
  std::int64_t left_;   // the first sample that the window needs; may lie beyond the border
  std::int64_t count_;  // how many it needs
  const RowFunctions& functions_;
  InstructionSet set_;
  WidenJob job_{};
  float* samples_;
  float* rows_;
};

}  // namespace

std::size_t enlarge_scratch(int planes, int factor, const Window& window) {
  const std::int64_t samples = max_samples(window.width, factor);
  return static_cast<std::size_t>(samples * (planes + factor) + window.width * kMaxTaps * (planes + 1));
}

void enlarge(const ConstImageView& image, const PackPlan& plan, EnlargeMode mode, int factor,
             const Window& window, float* planes, std::int64_t plane_stride, std::int64_t row_stride,
             float* scratch, InstructionSet set) {
  if (window.height == 0 || window.width == 0) return;
  const Interpolation interpolation(mode, factor);
  const RowFunctions functions = row_functions(set);
  WideRows wide(image, plan, interpolation, factor, window, scratch, functions, set);

  BlendJob job{};
  job.taps = interpolation.taps();
  job.width = window.width;
  const auto inside = [&](std::int64_t row) { return std::clamp<std::int64_t>(row, 0, image.height - 1); };
  std::int64_t next = inside(interpolation.first(window.y));
  for (std::int64_t y = 0; y < window.height; ++y) {
    const std::int64_t first = interpolation.first(window.y + y);
    while (next <= inside(first + job.taps - 1)) wide.load(next++);
    const Weights weights = interpolation.weights(window.y + y);
    std::copy(weights.begin(), weights.end(), job.weights);
    for (int p = 0; p < plan.planes; ++p) {
      for (int t = 0; t < job.taps; ++t) job.rows[t] = wide.row(p, inside(first + t));
      job.row = planes + p * plane_stride + y * row_stride;
      functions.blend_rows(job);
    }
  }
}

}  // namespace srfast::kernels
