// An image file's content in memory.
#pragma once

#include <srfast/upscaler.h>

#include <cstdint>
#include <limits>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace app {

using Bytes = std::vector<std::uint8_t>;

// What a file says beside its pixels.
struct Metadata {
  Bytes icc;        // the colour profile that the samples are meant in
  Bytes exif;       // a TIFF structure
  std::string xmp;  // XML
  std::optional<std::pair<double, double>> dpi;
};

// Samples without gaps: gray; gray, alpha; RGB; or RGB, alpha.
struct Picture {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int32_t channels = 0;  // 1 to 4
  srfast::Depth depth = srfast::Depth::kU8;
  Bytes samples;  // in the machine's byte order
  Metadata metadata;
  std::vector<std::string> warnings;  // what the user should know of it

  [[nodiscard]] std::int64_t sample_size() const noexcept { return depth == srfast::Depth::kU16 ? 2 : 1; }
  [[nodiscard]] std::int64_t row_size() const noexcept { return width * channels * sample_size(); }
  [[nodiscard]] bool has_alpha() const noexcept { return channels == 2 || channels == 4; }

  // Throws std::bad_alloc.
  void allocate() {
    // A PNG file may claim more than can be counted.
    if (height > std::numeric_limits<std::int64_t>::max() / row_size()) throw std::bad_alloc();
    samples.resize(static_cast<std::size_t>(height * row_size()));
  }
};

}  // namespace app
