#include "image_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "failure.h"
#include "jpeg_file.h"
#include "png_file.h"

namespace app {
namespace {

constexpr int kQuality = 95;

// What other formats' files begin with.
const char* foreign_format(const Bytes& file) {
  const auto begins = [&](std::string_view bytes, std::size_t at = 0) {
    return file.size() >= at + bytes.size() && std::memcmp(file.data() + at, bytes.data(), bytes.size()) == 0;
  };
  using namespace std::string_view_literals;
  if (begins("RIFF"sv) && begins("WEBP"sv, 8)) return "WebP";
  if (begins("II*\0"sv) || begins("MM\0*"sv) || begins("II+\0"sv) || begins("MM\0+"sv)) return "TIFF";
  if (begins("ftyp"sv, 4)) return "AVIF or HEIC";
  if (begins("GIF8"sv)) return "GIF";
  if (begins("BM"sv)) return "BMP";
  return nullptr;
}

void require_size(const std::string& label, std::int64_t height, std::int64_t width,
                  std::int64_t max_pixels) {
  if (max_pixels == 0 || height * width <= max_pixels) return;
  throw Failure(label + " has " + std::to_string(width) + "x" + std::to_string(height) +
                " pixels, more than the limit of " + std::to_string(max_pixels) +
                "; if you trust the file, raise max_pixels (--max-pixels)");
}

std::string lower_suffix(const std::string& name) {
  std::string suffix = std::filesystem::path(name).extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return suffix;
}

}  // namespace

std::optional<Format> known_format_of(const std::string& name) {
  const std::string suffix = lower_suffix(name);
  if (suffix == ".png") return Format::kPng;
  if (suffix == ".jpg" || suffix == ".jpeg") return Format::kJpeg;
  return std::nullopt;
}

Format format_of(const std::string& name) {
  if (const std::optional<Format> format = known_format_of(name)) return *format;
  const std::string suffix = lower_suffix(name);
  throw Failure(name + ": images are not written as " + (suffix.empty() ? "a file without suffix" : suffix) +
                "; choose one of .png, .jpg, .jpeg");
}

void require_storable(const std::string& name, Format format, const srfast::ConstImageView& image,
                      int scale) {
  if (format == Format::kPng) return;
  if (image.depth == srfast::Depth::kU16)
    throw Failure(name + ": JPEG holds 8 bits a channel, and the image has 16; choose .png");
  constexpr std::int64_t kSide = 65500;  // JPEG_MAX_DIMENSION
  if (std::max(image.height, image.width) * scale > kSide)
    throw Failure(name + ": JPEG ends at " + std::to_string(kSide) + " pixels a side, and the image has " +
                  std::to_string(image.width * scale) + "x" + std::to_string(image.height * scale) +
                  "; choose .png");
  if (image.channels == 2 || image.channels == 4)
    throw Failure(name + ": JPEG has no transparency, and the image has; choose .png");
}

Bytes read_file(const std::optional<std::filesystem::path>& path) {
  const std::string name = path ? path->string() : "standard input";
  const auto refuse = [&](int error) { throw Failure(name + ": " + std::strerror(error)); };
  const int file = path ? open(path->c_str(), O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
  if (file < 0) refuse(errno);
  Bytes bytes;
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  int failed = 0;
  for (;;) {
    const std::size_t before = bytes.size();
    bytes.resize(before + kPiece);
    const ssize_t got = read(file, bytes.data() + before, kPiece);
    bytes.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) break;
    if (got < 0 && errno != EINTR) {
      failed = errno;
      break;
    }
  }
  if (path) close(file);
  if (failed == EISDIR) throw Failure(name + " is a folder, not an image file");
  if (failed != 0) refuse(failed);
  return bytes;
}

Picture decode(const Bytes& file, const std::string& label, std::int64_t max_pixels) {
  if (file.empty()) throw Failure(label + " is empty");
  const CheckSize check = [&](std::int64_t height, std::int64_t width) {
    require_size(label, height, width, max_pixels);
  };
  std::optional<Picture> picture;
  if (is_png(file)) {
    picture = decode_png(file, check);
  } else if (is_jpeg(file)) {
    picture = decode_jpeg(file, label, check);
  } else if (const char* other = foreign_format(file)) {
    throw Failure(label + " is " + other +
                  ", and srfast-upscale reads PNG and JPEG; convert it, or take Python's srfast upscale");
  }
  if (!picture) throw Failure(label + " cannot be decoded: it is damaged, cut short, or not an image");
  return std::move(*picture);
}

std::vector<std::string> left_out(const Metadata& metadata, Format format, const std::string& name) {
  std::vector<std::string> warnings;
  if (format == Format::kJpeg) warnings = too_long_for_jpeg(metadata);
  for (std::string& warning : warnings) warning.insert(0, name + ": ");
  return warnings;
}

Bytes encode(const Picture& picture, Format format, std::optional<int> quality, const std::string& label) {
  std::optional<Bytes> file =
      format == Format::kPng ? encode_png(picture) : encode_jpeg(picture, quality.value_or(kQuality));
  if (!file)
    throw Failure(label + ": this image of " + std::to_string(picture.width) + "x" +
                  std::to_string(picture.height) + " cannot be stored as " +
                  (format == Format::kPng ? "PNG" : "JPEG; choose .png"));
  return std::move(*file);
}

}  // namespace app
