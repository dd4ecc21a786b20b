// PNG and JPEG files as srfast-upscale reads them: decoded, or refused in words; and what was decoded can be
// stored, and is the same again.
#include "image_file.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "failure.h"
#include "harness.h"
#include "png_file.h"
#include "upright.h"

namespace {

using app::Bytes;
using srfast::fuzz::require;

constexpr std::size_t kSignature = 8;
constexpr std::size_t kAround = 12;  // of a chunk: its length and name before its content, and its sum behind

std::size_t number_at(const Bytes& bytes, std::size_t at) {
  return std::size_t{bytes[at]} << 24U | std::size_t{bytes[at + 1]} << 16U |
         std::size_t{bytes[at + 2]} << 8U | std::size_t{bytes[at + 3]};
}

void put(Bytes& bytes, std::size_t at, std::size_t number) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
}

// A PNG file whose chunks have the right sums, without which none of them would be looked at.
Bytes with_right_sums(Bytes file) {
  for (std::size_t at = kSignature; at + kAround <= file.size();) {
    const std::size_t length = number_at(file, at);
    if (length > file.size() - at - kAround) break;
    put(file, at + 8 + length, crc32(0, file.data() + at + 4, static_cast<uInt>(length + 4)));
    at += kAround + length;
  }
  return file;
}

void use(app::Picture picture) {
  require(picture.height >= 1 && picture.width >= 1, "a picture has pixels");
  require(picture.channels >= 1 && picture.channels <= 4, "a picture has channels");
  require(picture.samples.size() == static_cast<std::size_t>(picture.height * picture.row_size()),
          "a picture has its samples");
  const int orientation = app::make_upright(picture.metadata.exif);
  const srfast::ConstImageView view = app::upright_view(picture, orientation);
  require(view.height * view.width == picture.height * picture.width, "no pixel is lost");
  const app::Picture again =
      app::decode(app::encode(picture, app::Format::kPng, std::nullopt, "the label"), "the label", 0);
  require(again.samples == picture.samples, "what was stored is the same again");
  require(again.height == picture.height && again.width == picture.width, "its size is the same again");
  if (picture.depth == srfast::Depth::kU8 && !picture.has_alpha()) {
    const app::Picture lossy =
        app::decode(app::encode(picture, app::Format::kJpeg, 50, "the label"), "the label", 0);
    require(lossy.height == picture.height && lossy.width == picture.width, "a JPEG file has its size");
  }
}

void decode(const Bytes& file) {
  constexpr std::int64_t kMaxPixels = 1 << 14;
  try {
    use(app::decode(file, "the label", kMaxPixels));
  } catch (const app::Failure& failure) {
    require(std::strstr(failure.what(), "the label") == failure.what(), "a failure names the file");
  }
}

void add_chunk(Bytes& file, const char* name, const Bytes& content) {
  const std::size_t at = file.size();
  file.resize(at + kAround);
  put(file, at, content.size());
  std::memcpy(file.data() + at + 4, name, 4);
  file.insert(file.end() - 4, content.begin(), content.end());
}

// A PNG file of a kind that srfast-upscale does not write.
std::string png(std::uint8_t bits, std::uint8_t color, std::uint8_t interlaced, const Bytes& palette,
                std::uint8_t width_of_most_weight = 0) {
  Bytes file{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  add_chunk(file, "IHDR", {width_of_most_weight, 0, 0, 5, 0, 0, 0, 3, bits, color, 0, 0, interlaced});
  if (!palette.empty()) {
    add_chunk(file, "PLTE", palette);
    add_chunk(file, "tRNS", {0, 128, 255});
  }
  const Bytes rows(400, 0);
  Bytes packed(600);
  uLongf size = packed.size();
  compress(packed.data(), &size, rows.data(), rows.size());
  packed.resize(size);
  add_chunk(file, "IDAT", packed);
  add_chunk(file, "IEND", {});
  file = with_right_sums(file);
  return {file.begin(), file.end()};
}

std::string stored(std::int32_t channels, srfast::Depth depth, app::Format format) {
  app::Picture picture;
  picture.height = 4;
  picture.width = 7;
  picture.channels = channels;
  picture.depth = depth;
  picture.allocate();
  for (std::size_t i = 0; i < picture.samples.size(); ++i)
    picture.samples[i] = static_cast<std::uint8_t>(i * 37);
  picture.metadata.exif = {'I', 'I', '*', 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3,
                           0,   1,   0,   0, 0, 6, 0, 0, 0, 0, 0,    0, 0};
  picture.metadata.xmp = "<x/>";
  picture.metadata.dpi = {72, 300};
  const Bytes file = app::encode(picture, format, std::nullopt, "the label");
  return {file.begin(), file.end()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes file(data, data + size);
  decode(file);
  if (app::is_png(file)) decode(with_right_sums(file));
  return 0;
}

std::vector<std::string> srfast::fuzz::seeds() {
  std::vector<std::string> inputs{"", "GIF89a", "RIFF....WEBPVP8 "};
  for (const std::int32_t channels : {1, 2, 3, 4})
    for (const Depth depth : {Depth::kU8, Depth::kU16})
      inputs.push_back(stored(channels, depth, app::Format::kPng));
  for (const std::int32_t channels : {1, 3})
    inputs.push_back(stored(channels, Depth::kU8, app::Format::kJpeg));
  constexpr std::uint8_t kPalette = 3;
  for (const std::uint8_t interlaced : {std::uint8_t{0}, std::uint8_t{1}}) {
    for (const std::uint8_t bits : {std::uint8_t{1}, std::uint8_t{4}, std::uint8_t{8}})
      inputs.push_back(png(bits, kPalette, interlaced, {0, 0, 0, 255, 0, 0, 0, 255, 0}));
    inputs.push_back(png(2, 0, interlaced, {}));
    inputs.push_back(png(16, 6, interlaced, {}));
  }
  constexpr std::uint8_t kHuge = 0x40;  // 2^30 and 5 pixels wide: refused before there is memory for a row
  inputs.push_back(png(8, 2, 0, {}, kHuge));
  return inputs;
}
