// Extends planes beyond their content by reflection.
#pragma once

#include <cstdint>

namespace srfast::kernels {

// `count` contiguous planes of height x width floats hold content in their first inside_height rows and
// inside_width columns. Fills the rest with the content's reflection about its last row and column, which are
// not repeated; where the content is shorter than the rest, the reflection is reflected again. NumPy's np.pad
// calls it "reflect".
void reflect(float* planes, std::int64_t count, std::int64_t height, std::int64_t width,
             std::int64_t inside_height, std::int64_t inside_width);

}  // namespace srfast::kernels
