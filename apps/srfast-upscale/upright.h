// Pictures that are stored turned or mirrored, as EXIF data says.
#pragma once

#include <srfast/upscaler.h>

#include "picture.h"

namespace app {

// Resets the orientation in EXIF data and unlinks the thumbnail, which shows the picture unturned and small.
// The data are edited where they lie, so maker notes, whose offsets must not move, stay readable. Gives the
// orientation that was there: 1 to 8, 1 for upright. Data that are no TIFF structure are emptied.
int make_upright(Bytes& exif);

// The picture's pixels as they are to be seen, where they lie, without alpha if that is opaque everywhere.
[[nodiscard]] srfast::ConstImageView upright_view(const Picture& picture, int orientation);

}  // namespace app
