// The colours under transparent pixels: nobody has seen them, and no network should.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "image.h"
#include "kernels/enlarge.h"

namespace srfast {

// Replaces the colours of pixels whose alpha is 0, or nearly, in a copy of a part of an image, so that they
// do not bleed into the visible ones: a network looks at them, and the enlarged alpha reaches over them.
//
// Faint pixels, whose alpha is above 0 and below 1/16, first get the mean of the visible colours among their
// 3 x 3, weighted by alpha: of what was once multiplied by so little, rounding has left no colour worth the
// name. Then, ring after ring from the visible pixels outwards: a pixel that touches visible ones, at a side
// or a corner, gets the mean of their colours, weighted by their alpha; a pixel of a further ring the mean of
// those of the ring before that it touches. Beyond `reach` rings everything is 0. Integers are rounded to
// nearest, ties to even. So what a pixel gets depends on nothing that is further away than `reach` + 1
// pixels.
class HiddenColors {
 public:
  // The colours of `image`, 2 or 4 channels, as they are in the pixels of `window`, with the hidden ones
  // replaced: a view of the window, of 1 or 3 channels. They are right where everything within `reach` + 1
  // pixels lies in the window, or beyond the image. The view is valid until the next call; if nothing in the
  // window is hidden or faint, it is one of the image itself. Throws std::bad_alloc.
  [[nodiscard]] ConstImageView replace(const ConstImageView& image, const kernels::Window& window,
                                       std::int64_t reach);

 private:
  template <typename Sample>
  void copy_visible(const ConstImageView& image);
  template <typename Sample>
  void fill_faint(const ConstImageView& image);
  template <typename Sample>
  void fill_rings(const ConstImageView& image, std::int64_t reach);
  // The mean of those of the 3 x 3 pixels that have a weight.
  template <typename Sample, typename At, typename Weight>
  void fill_pixel(std::int64_t index, const At& at, const Weight& weight);
  template <typename Visit>
  void for_each_neighbour(std::int64_t index, const Visit& visit) const;

  std::int64_t height_ = 0;
  std::int64_t width_ = 0;
  std::int64_t channels_ = 0;
  std::vector<std::byte> samples_;
  std::vector<std::uint8_t> rings_;  // of each pixel, which ring it is in, modulo 3; or that it is in none
  std::vector<std::int64_t> ring_;   // the pixels of one ring
  std::vector<std::int64_t> next_;
};

}  // namespace srfast
