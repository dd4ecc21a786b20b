// PNG, by libpng.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "picture.h"

namespace app {

// Called before pixels are decoded; may throw.
using CheckSize = std::function<void(std::int64_t height, std::int64_t width)>;

[[nodiscard]] bool is_png(const Bytes& file) noexcept;

// Palettes and samples below 8 bits become 8 bits. Nothing if the file is damaged.
[[nodiscard]] std::optional<Picture> decode_png(const Bytes& file, const CheckSize& check_size);

// Nothing if PNG cannot hold it.
[[nodiscard]] std::optional<Bytes> encode_png(const Picture& picture);

}  // namespace app
