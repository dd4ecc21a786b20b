// JPEG, by libjpeg-turbo.
#pragma once

#include <optional>

#include "picture.h"
#include "png_file.h"

namespace app {

[[nodiscard]] bool is_jpeg(const Bytes& file) noexcept;

// Nothing if the file is damaged beyond reading. Throws Failure for CMYK.
[[nodiscard]] std::optional<Picture> decode_jpeg(const Bytes& file, const std::string& label,
                                                 const CheckSize& check_size);

// What of it does not fit into a JPEG file and is left out, in words for the user.
[[nodiscard]] std::vector<std::string> too_long_for_jpeg(const Metadata& metadata);

// An 8-bit picture without alpha. Quality is 1 to 100; from 90 on, colours are stored as fine as brightness.
// Nothing if JPEG cannot hold it.
[[nodiscard]] std::optional<Bytes> encode_jpeg(const Picture& picture, int quality);

}  // namespace app
