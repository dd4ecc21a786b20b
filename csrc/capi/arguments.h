// The C interface's options and images as the core takes them.
#pragma once

#include "image.h"
#include "options.h"
#include "srfast/srfast.h"

namespace srfast::capi {

// Throws Error(kOption), ArgumentError.
[[nodiscard]] UpscalerOptions read_options(const srfast_options& given);

// Checks what the core takes for granted: memory, and strides that a row of pixels fits into. `name` is
// "image" or "result". Throws Error(kImage), ArgumentError.
[[nodiscard]] ImageView read_image(const srfast_image* given, const char* name);

}  // namespace srfast::capi
