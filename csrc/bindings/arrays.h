// NumPy arrays as image views: checked, never copied.
#pragma once

#include <pybind11/numpy.h>

#include "image.h"

namespace srfast::bindings {

// A view of `array`: HxW, HxWx1 or HxWxC, uint8, uint16 or float32 in native byte order, any strides. The GIL
// must be held; the view lives as long as the array. Throws Error(kImage), saying what to do.
[[nodiscard]] ConstImageView view_of(const pybind11::array& array);

// The same, to write to. Throws Error(kImage) also if `array` is read-only.
[[nodiscard]] ImageView writable_view_of(const pybind11::array& array);

}  // namespace srfast::bindings
