#include "png_file.h"

#include <png.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <new>

namespace app {
namespace {

constexpr double kMetresPerInch = 0.0254;
constexpr std::array<std::uint8_t, 8> kSignature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
// Photographs come out about as small as with every filter tried, in half the time.
constexpr int kCompression = 3;
constexpr char kXmpKeyword[] = "XML:com.adobe.xmp";

// libpng reports an error by longjmp, which runs no destructors. So what must be destroyed lives in these two
// structures, outside of the functions that longjmp leaves.
[[noreturn]] void leave(png_structp png, png_const_charp) { png_longjmp(png, 1); }
void ignore(png_structp, png_const_charp) {}

// libpng's memory; it tells nobody that there was none for it.
struct Memory {
  static png_voidp take(png_structp png, png_alloc_size_t size) {
    png_voidp memory = std::malloc(size);
    if (memory == nullptr) static_cast<Memory*>(png_get_mem_ptr(png))->exhausted = true;
    return memory;
  }
  static void give_back(png_structp, png_voidp memory) { std::free(memory); }

  // To be called after a jump.
  void require() const {
    if (exhausted) throw std::bad_alloc();
  }

  bool exhausted = false;
};

// Old editors write an sRGB profile that libpng knows to be faulty: it is passed on as it is.
void be_lenient(png_structp png) {
  png_set_benign_errors(png, 1);
  png_set_option(png, PNG_SKIP_sRGB_CHECK_PROFILE, PNG_OPTION_ON);
}

struct Reading {
  explicit Reading(const Bytes& bytes) : file(bytes) {
    png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, this, &leave, &ignore, &memory, &Memory::take,
                                   &Memory::give_back);
    if (png != nullptr) info = png_create_info_struct(png);
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() { png_destroy_read_struct(&png, &info, nullptr); }

  static void read(png_structp png, png_bytep target, std::size_t size) {
    auto* self = static_cast<Reading*>(png_get_io_ptr(png));
    if (size > self->file.size() - self->at) png_error(png, "cut short");
    std::memcpy(target, self->file.data() + self->at, size);
    self->at += size;
  }

  Memory memory;
  const Bytes& file;
  std::size_t at = 0;
  png_structp png = nullptr;
  png_infop info = nullptr;
};

struct Writing {
  Writing() {
    png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, this, &leave, &ignore, &memory, &Memory::take,
                                    &Memory::give_back);
    if (png != nullptr) info = png_create_info_struct(png);
  }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;
  ~Writing() { png_destroy_write_struct(&png, &info); }

  static void write(png_structp png, png_bytep data, std::size_t size) {
    auto* self = static_cast<Writing*>(png_get_io_ptr(png));
    try {
      self->file.insert(self->file.end(), data, data + size);
    } catch (const std::bad_alloc&) {  // must not pass through libpng
      self->memory.exhausted = true;
    }
    if (self->memory.exhausted) png_error(png, "out of memory");
  }

  Memory memory;
  Bytes file;
  png_structp png = nullptr;
  png_infop info = nullptr;
};

bool read_header(Reading& reading) {
  if (setjmp(png_jmpbuf(reading.png)) != 0) return false;
  be_lenient(reading.png);
  png_set_read_fn(reading.png, &reading, &Reading::read);
  png_set_user_limits(reading.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // the caller has limits of its own
  png_read_info(reading.png, reading.info);
  return true;
}

// Has the rows come as a picture holds them; libpng takes memory for one of them.
bool begin_rows(Reading& reading) {
  if (setjmp(png_jmpbuf(reading.png)) != 0) return false;
  png_set_expand(reading.png);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (png_get_bit_depth(reading.png, reading.info) == 16) png_set_swap(reading.png);
#endif
  png_set_interlace_handling(reading.png);
  png_read_update_info(reading.png, reading.info);
  return true;
}

bool read_rows(Reading& reading, png_bytepp rows) {
  if (setjmp(png_jmpbuf(reading.png)) != 0) return false;
  png_read_image(reading.png, rows);
  return true;
}

Metadata read_metadata(Reading& reading) {
  Metadata metadata;
  png_charp name = nullptr;
  int compression = 0;
  png_bytep profile = nullptr;
  png_uint_32 size = 0;
  if (png_get_iCCP(reading.png, reading.info, &name, &compression, &profile, &size) != 0)
    metadata.icc.assign(profile, profile + size);
  png_bytep exif = nullptr;
  if (png_get_eXIf_1(reading.png, reading.info, &size, &exif) != 0) metadata.exif.assign(exif, exif + size);
  png_textp texts = nullptr;
  int count = 0;
  png_get_text(reading.png, reading.info, &texts, &count);
  for (int i = 0; i < count; ++i) {
    if (std::strcmp(texts[i].key, kXmpKeyword) != 0 || texts[i].text == nullptr) continue;
    const std::size_t length = std::max(texts[i].text_length, texts[i].itxt_length);
    metadata.xmp.assign(texts[i].text, length);
  }
  png_uint_32 across = 0;
  png_uint_32 down = 0;
  int unit = PNG_RESOLUTION_UNKNOWN;
  if (png_get_pHYs(reading.png, reading.info, &across, &down, &unit) != 0 && unit == PNG_RESOLUTION_METER)
    metadata.dpi = {across * kMetresPerInch, down * kMetresPerInch};
  return metadata;
}

std::vector<png_bytep> rows_of(const Picture& picture) {
  std::vector<png_bytep> rows(static_cast<std::size_t>(picture.height));
  auto* samples = const_cast<std::uint8_t*>(picture.samples.data());  // libpng knows no const
  for (std::size_t y = 0; y < rows.size(); ++y)
    rows[y] = samples + static_cast<std::int64_t>(y) * picture.row_size();
  return rows;
}

bool write_all(Writing& writing, const Picture& picture, png_bytepp rows) {
  if (setjmp(png_jmpbuf(writing.png)) != 0) return false;
  constexpr std::array<int, 4> kColorTypes{PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                           PNG_COLOR_TYPE_RGB_ALPHA};
  be_lenient(writing.png);
  png_set_write_fn(writing.png, &writing, &Writing::write, [](png_structp) {});
  png_set_user_limits(writing.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_compression_level(writing.png, kCompression);
  png_set_filter(writing.png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
  png_set_IHDR(writing.png, writing.info, static_cast<png_uint_32>(picture.width),
               static_cast<png_uint_32>(picture.height), static_cast<int>(picture.sample_size()) * 8,
               kColorTypes[static_cast<std::size_t>(picture.channels - 1)], PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  const Metadata& metadata = picture.metadata;
  if (!metadata.icc.empty())
    png_set_iCCP(writing.png, writing.info, "ICC profile", PNG_COMPRESSION_TYPE_DEFAULT, metadata.icc.data(),
                 static_cast<png_uint_32>(metadata.icc.size()));
  if (!metadata.exif.empty())
    png_set_eXIf_1(writing.png, writing.info, static_cast<png_uint_32>(metadata.exif.size()),
                   const_cast<png_bytep>(metadata.exif.data()));
  if (metadata.dpi)
    png_set_pHYs(writing.png, writing.info,
                 static_cast<png_uint_32>(std::lround(metadata.dpi->first / kMetresPerInch)),
                 static_cast<png_uint_32>(std::lround(metadata.dpi->second / kMetresPerInch)),
                 PNG_RESOLUTION_METER);
  if (!metadata.xmp.empty()) {
    png_text text{};
    text.compression = PNG_ITXT_COMPRESSION_NONE;
    text.key = const_cast<png_charp>(kXmpKeyword);
    text.text = const_cast<png_charp>(metadata.xmp.c_str());
    text.itxt_length = metadata.xmp.size();
    png_set_text(writing.png, writing.info, &text, 1);
  }
  png_write_info(writing.png, writing.info);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (picture.depth == srfast::Depth::kU16) png_set_swap(writing.png);
#endif
  png_write_image(writing.png, rows);
  png_write_end(writing.png, writing.info);
  return true;
}

// Whether more pictures follow the first: the chunk acTL stands before the pixels.
bool is_animated(const Bytes& file) {
  constexpr std::array<char, 4> kAnimation{'a', 'c', 'T', 'L'};
  constexpr std::array<char, 4> kPixels{'I', 'D', 'A', 'T'};
  const auto pixels = std::search(file.begin(), file.end(), kPixels.begin(), kPixels.end());
  return std::search(file.begin(), pixels, kAnimation.begin(), kAnimation.end()) != pixels;
}

}  // namespace

bool is_png(const Bytes& file) noexcept {
  return file.size() >= kSignature.size() && std::equal(kSignature.begin(), kSignature.end(), file.begin());
}

std::optional<Picture> decode_png(const Bytes& file, const CheckSize& check_size) {
  Reading reading(file);
  if (reading.info == nullptr) throw std::bad_alloc();
  const auto failed = [&]() -> std::optional<Picture> { return reading.memory.require(), std::nullopt; };
  if (!read_header(reading)) return failed();
  Picture picture;
  picture.height = png_get_image_height(reading.png, reading.info);
  picture.width = png_get_image_width(reading.png, reading.info);
  check_size(picture.height, picture.width);
  if (!begin_rows(reading)) return failed();
  picture.channels = png_get_channels(reading.png, reading.info);
  if (png_get_bit_depth(reading.png, reading.info) == 16) picture.depth = srfast::Depth::kU16;
  picture.metadata = read_metadata(reading);
  if (is_animated(file)) picture.warnings.emplace_back("is animated; only its first picture is read");
  picture.allocate();
  if (!read_rows(reading, rows_of(picture).data())) return failed();
  reading.memory.require();  // libpng leaves out metadata that it has no memory for
  return picture;
}

std::optional<Bytes> encode_png(const Picture& picture) {
  if (picture.height > PNG_UINT_31_MAX || picture.width > PNG_UINT_31_MAX) return std::nullopt;
  Writing writing;
  if (writing.info == nullptr) throw std::bad_alloc();
  std::vector<png_bytep> rows = rows_of(picture);
  const bool written = write_all(writing, picture, rows.data());
  writing.memory.require();  // libpng leaves out metadata that it has no memory for
  if (!written) return std::nullopt;
  return std::move(writing.file);
}

}  // namespace app
