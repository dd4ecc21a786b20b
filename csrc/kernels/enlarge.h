// Image to network, enlarged on the way: what nn.Upsample at the start of a network does, for any part of it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "image.h"
#include "kernels/instruction_set.h"
#include "kernels/pack.h"
#include "kernels/window.h"

namespace srfast::kernels {

// As PyTorch's nn.Upsample with align_corners=False, and ONNX's Resize as PyTorch exports it. Pixel i of the
// enlarged image has its centre at (i + 0.5) / factor - 0.5 of the image; samples beyond the border are those
// of the border.
enum class EnlargeMode : std::uint8_t {
  kNearest,  // the sample at i / factor, rounded down
  kLinear,   // 2 x 2 samples
  kCubic     // 4 x 4 samples, Keys' cubic convolution with a = -0.75
};

// The furthest sample from the middle of a pixel that kCubic makes it of, rounded up.
inline constexpr std::int64_t kCubicReach = 2;

// How many floats of scratch memory enlarge needs, whatever the mode. Does not depend on the window's place
// or height.
[[nodiscard]] std::size_t enlarge_scratch(int planes, int factor, const Window& window);

// Packs `image` enlarged `factor` (at least 1) times, but only the pixels of `window`, which lies inside the
// enlarged image: plane p, row y, column x of the window goes to planes[p * plane_stride + y * row_stride +
// x] (strides in floats). Samples are mapped by `plan` as pack maps them and then interpolated, along the
// rows first. Only the samples that the window needs are read. `scratch` holds enlarge_scratch floats and is
// used by one call at a time.
//
// A pixel is the same whatever window it is computed in: every instruction set and window gives the same
// bits.
void enlarge(const ConstImageView& image, const PackPlan& plan, EnlargeMode mode, int factor,
             const Window& window, float* planes, std::int64_t plane_stride, std::int64_t row_stride,
             float* scratch, InstructionSet set = best_instruction_set());

}  // namespace srfast::kernels
