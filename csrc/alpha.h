// Transparency: the last channel of an image of 2 or 4 channels. It is enlarged beside the network.
#pragma once

#include <cstdint>

#include "image.h"
#include "kernels/enlarge.h"
#include "workspace.h"

namespace srfast {

[[nodiscard]] constexpr bool has_alpha(std::int64_t channels) noexcept {
  return channels == 2 || channels == 4;
}

// The channels before alpha: all, if there is none.
template <typename Byte>
[[nodiscard]] BasicImageView<Byte> colors_of(BasicImageView<Byte> view) noexcept {
  if (has_alpha(view.channels)) --view.channels;
  return view;
}

// Writes the alpha of `image`, enlarged `factor` times, to the alpha of `result`: the pixels of `window` of
// the enlarged image, which `result` is. Bicubic interpolation as kernels::enlarge has it, held between the
// least and the greatest of the 2 x 2 samples around the pixel. So there is no ringing, and where those are
// equal the result is that value exactly: what is opaque stays opaque, and what is transparent transparent.
// A pixel is the same whatever window it is computed in.
void enlarge_alpha(const ConstImageView& image, int factor, const kernels::Window& window,
                   const ImageView& result, RowBuffers& buffers);

}  // namespace srfast
