// Image files of the formats that this program knows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "picture.h"

namespace app {

enum class Format : std::uint8_t { kPng, kJpeg };

// Of a name's suffix, in any case; none if it is none of ours.
[[nodiscard]] std::optional<Format> known_format_of(const std::string& name);

// The same; throws Failure if there is none.
[[nodiscard]] Format format_of(const std::string& name);

// Throws Failure if files of the format cannot hold this image, so many times as large; `name` is what to
// call the file.
void require_storable(const std::string& name, Format format, const srfast::ConstImageView& image, int scale);

// The content of a file, or of standard input if there is no path. Throws Failure.
[[nodiscard]] Bytes read_file(const std::optional<std::filesystem::path>& path);

// Throws Failure: the file is empty, damaged, of another format, or larger than `max_pixels` (0: no limit).
[[nodiscard]] Picture decode(const Bytes& file, const std::string& label, std::int64_t max_pixels);

// What the format cannot hold of a picture's metadata and is left out, in words for the user; `name` is what
// to call the file.
[[nodiscard]] std::vector<std::string> left_out(const Metadata& metadata, Format format,
                                                const std::string& name);

// Throws Failure if the picture is too large for the format.
[[nodiscard]] Bytes encode(const Picture& picture, Format format, std::optional<int> quality,
                           const std::string& label);

}  // namespace app
