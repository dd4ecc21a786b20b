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

  [[nodiscard]] std::int64_t phase(std::int64_t i) const { return (i - shift() + factor_) % factor_; }

  [[nodiscard]] Weights weights(std::int64_t phase) const {
    if (mode_ == EnlargeMode::kNearest) return {1.0F};
    // How far the pixel's centre lies behind that of the sample before it.
    const double t = (static_cast<double>(phase) + (factor_ % 2 == 0 ? 0.5 : 0.0)) / factor_;
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

}  // namespace

std::size_t enlarge_scratch(int planes, int factor, const Window& window) {
  const std::int64_t samples = max_samples(window.width, factor);
  return static_cast<std::size_t>(samples * (planes + factor) + window.width * kMaxTaps * (planes + 1));
}

void enlarge(const ConstImageView& image, const PackPlan& plan, EnlargeMode mode, int factor,
             const Window& window, float* planes, std::int64_t plane_stride, std::int64_t row_stride,
             float* scratch, InstructionSet set) {
  if (window.height == 0 || window.width == 0) return;
  const RowFunctions functions = row_functions(set);
  const Interpolation interpolation(mode, factor);
  const int taps = interpolation.taps();

  // The samples of a row that the window needs, those beyond the border included.
  const std::int64_t left = interpolation.first(window.x);
  const std::int64_t count = interpolation.first(window.x + window.width - 1) + taps - left;
  const std::int64_t begin = std::max<std::int64_t>(left, 0);
  const std::int64_t end = std::min(left + count, image.width);

  float* const samples = scratch;                          // a row of the image, planes x count
  float* const repeated = samples + plan.planes * count;   // count x factor
  float* const weights = repeated + count * factor;        // taps x width
  float* const wide_rows = weights + taps * window.width;  // planes x taps x width

  WidenJob widen{};
  widen.count = count;
  widen.factor = factor;
  widen.skip = interpolation.phase(window.x);
  widen.taps = taps;
  widen.weights = weights;
  widen.width = window.width;
  widen.repeated = repeated;
  for (std::int64_t x = 0; x < window.width; ++x) {
    const Weights column = interpolation.weights(interpolation.phase(window.x + x));
    for (int t = 0; t < taps; ++t) weights[t * window.width + x] = column[static_cast<std::size_t>(t)];
  }

  // The last `taps` rows of the image, enlarged along themselves: row r is in place r % taps.
  const auto wide_row = [&](std::int64_t p, std::int64_t row) {
    return wide_rows + (p * taps + row % taps) * window.width;
  };
  const auto load_row = [&](std::int64_t row) {
    ConstImageView part = image;
    part.data += row * image.row_stride + begin * image.column_stride;
    part.height = 1;
    part.width = end - begin;
    pack(part, plan, samples + (begin - left), count, count, set);
    for (int p = 0; p < plan.planes; ++p) {
      float* const line = samples + p * count;
      std::fill(line, line + (begin - left), line[begin - left]);
      std::fill(line + (end - left), line + count, line[end - left - 1]);
      widen.samples = line;
      widen.row = wide_row(p, row);
      functions.widen_row(widen);
    }
  };

  BlendJob blend{};
  blend.taps = taps;
  blend.width = window.width;
  const auto inside = [&](std::int64_t row) { return std::clamp<std::int64_t>(row, 0, image.height - 1); };
  std::int64_t next = inside(interpolation.first(window.y));
  for (std::int64_t y = 0; y < window.height; ++y) {
    const std::int64_t first = interpolation.first(window.y + y);
    while (next <= inside(first + taps - 1)) load_row(next++);
    const Weights row_weights = interpolation.weights(interpolation.phase(window.y + y));
    std::copy(row_weights.begin(), row_weights.end(), blend.weights);
    for (int p = 0; p < plan.planes; ++p) {
      for (int t = 0; t < taps; ++t) blend.rows[t] = wide_row(p, inside(first + t));
      blend.row = planes + p * plane_stride + y * row_stride;
      functions.blend_rows(blend);
    }
  }
}

}  // namespace srfast::kernels
