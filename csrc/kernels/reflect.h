// Extends planes beyond their content by reflection.
#pragma once

#include <cstdint>

#include "kernels/window.h"

namespace srfast::kernels {

// `count` contiguous planes of height x width floats hold content in `inside`, which lies in them and is not
// empty. Fills the rest with the content's reflection about its outermost rows and columns, which are not
// repeated; where the content is shorter than the rest, the reflection is reflected again. NumPy's np.pad
// calls it "reflect".
void reflect(float* planes, std::int64_t count, std::int64_t height, std::int64_t width,
             const Window& inside);

}  // namespace srfast::kernels
