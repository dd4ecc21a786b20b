#include "jpeg_file.h"

#include <cstddef>
#include <cstdio>  // before jpeglib.h, which needs it
// One after the other.
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "failure.h"

namespace app {
namespace {

constexpr int kExifMarker = JPEG_APP0 + 1;
constexpr int kIccMarker = JPEG_APP0 + 2;
constexpr unsigned kLongestMarker = 65533;
constexpr std::array<char, 6> kExifName{'E', 'x', 'i', 'f', 0, 0};
constexpr char kXmpName[] = "http://ns.adobe.com/xap/1.0/";  // with its zero
constexpr std::size_t kLongestExif = kLongestMarker - kExifName.size();
constexpr std::size_t kLongestXmp = kLongestMarker - sizeof(kXmpName);
constexpr int kFineColors = 90;
constexpr double kCentimetresPerInch = 2.54;

// libjpeg reports an error by longjmp, which runs no destructors. So what must be destroyed lives in Reading
// and Writing, outside of the functions that longjmp leaves.
struct Errors {
  jpeg_error_mgr manager{};
  std::jmp_buf before{};
  bool out_of_memory = false;

  template <typename Struct>
  void attach(Struct& jpeg) {
    jpeg.err = jpeg_std_error(&manager);
    manager.error_exit = [](j_common_ptr common) {
      auto* errors = reinterpret_cast<Errors*>(common->err);
      errors->out_of_memory = errors->manager.msg_code == JERR_OUT_OF_MEMORY;
      std::longjmp(errors->before, 1);
    };
    manager.output_message = [](j_common_ptr) {};
  }

  // To be called after a jump.
  void require_memory() const {
    if (out_of_memory) throw std::bad_alloc();
  }
};

struct Reading {
  Reading() {
    errors.attach(jpeg);
    if (setjmp(errors.before) != 0) {
      jpeg_destroy_decompress(&jpeg);
      throw std::bad_alloc();
    }
    jpeg_create_decompress(&jpeg);
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() {
    jpeg_destroy_decompress(&jpeg);
    std::free(profile);
  }

  Errors errors;
  jpeg_decompress_struct jpeg{};
  JOCTET* profile = nullptr;
  unsigned profile_size = 0;
};

struct Writing {
  Writing() {
    errors.attach(jpeg);
    if (setjmp(errors.before) != 0) {
      jpeg_destroy_compress(&jpeg);
      throw std::bad_alloc();
    }
    jpeg.client_data = this;
    jpeg_create_compress(&jpeg);
    destination.init_destination = [](j_compress_ptr) {};
    destination.empty_output_buffer = [](j_compress_ptr common) -> boolean {
      of(common).take(0);
      return TRUE;
    };
    destination.term_destination = [](j_compress_ptr common) {
      of(common).take(of(common).destination.free_in_buffer);
    };
    begin_piece();
    jpeg.dest = &destination;
  }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;
  ~Writing() { jpeg_destroy_compress(&jpeg); }

  static Writing& of(j_compress_ptr jpeg) { return *static_cast<Writing*>(jpeg->client_data); }

  void begin_piece() {
    destination.next_output_byte = piece.data();
    destination.free_in_buffer = piece.size();
  }

  // What libjpeg has written of a piece, of which so much is unused.
  void take(std::size_t unused) {
    bool taken = true;
    try {
      file.insert(file.end(), piece.begin(), piece.end() - static_cast<std::ptrdiff_t>(unused));
    } catch (const std::bad_alloc&) {  // must not pass through libjpeg
      taken = false;
    }
    if (!taken) ERREXIT1(&jpeg, JERR_OUT_OF_MEMORY, 0);
    begin_piece();
  }

  Errors errors;
  jpeg_compress_struct jpeg{};
  // Not libjpeg's own: after an error that leaves a pointer to memory that it has freed.
  jpeg_destination_mgr destination{};
  std::array<JOCTET, std::size_t{1} << 14> piece{};
  Bytes file;
};

boolean refuse_end(j_decompress_ptr jpeg) {
  ERREXIT(jpeg, JERR_INPUT_EOF);  // libjpeg itself would go on, in gray
  return FALSE;
}

bool read_header(Reading& reading, const Bytes& file) {
  if (setjmp(reading.errors.before) != 0) return false;
  jpeg_mem_src(&reading.jpeg, file.data(), static_cast<unsigned long>(file.size()));
  reading.jpeg.src->fill_input_buffer = &refuse_end;
  jpeg_save_markers(&reading.jpeg, kExifMarker, 0xFFFF);
  jpeg_save_markers(&reading.jpeg, kIccMarker, 0xFFFF);
  jpeg_read_header(&reading.jpeg, TRUE);
  jpeg_read_icc_profile(&reading.jpeg, &reading.profile, &reading.profile_size);
  return true;
}

bool read_rows(Reading& reading, unsigned char* samples, std::int64_t row_size) {
  if (setjmp(reading.errors.before) != 0) return false;
  jpeg_start_decompress(&reading.jpeg);
  while (reading.jpeg.output_scanline < reading.jpeg.output_height) {
    JSAMPROW row = samples + static_cast<std::int64_t>(reading.jpeg.output_scanline) * row_size;
    jpeg_read_scanlines(&reading.jpeg, &row, 1);
  }
  jpeg_finish_decompress(&reading.jpeg);
  return true;
}

Metadata read_metadata(const Reading& reading) {
  Metadata metadata;
  if (reading.profile != nullptr)
    metadata.icc.assign(reading.profile, reading.profile + reading.profile_size);
  for (const jpeg_marker_struct* each = reading.jpeg.marker_list; each != nullptr; each = each->next) {
    if (each->marker != kExifMarker) continue;
    const auto begins_with = [&](const char* name, std::size_t length) {
      return each->data_length >= length && std::memcmp(each->data, name, length) == 0;
    };
    const JOCTET* begin = each->data;
    const JOCTET* end = begin + each->data_length;
    if (metadata.exif.empty() && begins_with(kExifName.data(), kExifName.size()))
      metadata.exif.assign(begin + kExifName.size(), end);
    if (metadata.xmp.empty() && begins_with(kXmpName, sizeof(kXmpName)))
      metadata.xmp.assign(begin + sizeof(kXmpName), end);
  }
  const jpeg_decompress_struct& jpeg = reading.jpeg;
  if (jpeg.saw_JFIF_marker != FALSE && jpeg.density_unit != 0 && jpeg.X_density > 0 && jpeg.Y_density > 0) {
    const double factor = jpeg.density_unit == 2 ? kCentimetresPerInch : 1;
    metadata.dpi = {jpeg.X_density * factor, jpeg.Y_density * factor};
  }
  return metadata;
}

void write_marker(Writing& writing, const char* name, std::size_t name_size, const void* data,
                  std::size_t size) {
  jpeg_write_m_header(&writing.jpeg, kExifMarker, static_cast<unsigned>(name_size + size));
  for (std::size_t i = 0; i < name_size; ++i)
    jpeg_write_m_byte(&writing.jpeg, static_cast<unsigned char>(name[i]));
  for (std::size_t i = 0; i < size; ++i)
    jpeg_write_m_byte(&writing.jpeg, static_cast<const unsigned char*>(data)[i]);
}

bool write_all(Writing& writing, const Picture& picture, int quality) {
  if (setjmp(writing.errors.before) != 0) return false;
  jpeg_compress_struct& jpeg = writing.jpeg;
  jpeg.image_width = static_cast<JDIMENSION>(picture.width);
  jpeg.image_height = static_cast<JDIMENSION>(picture.height);
  jpeg.input_components = picture.channels;
  jpeg.in_color_space = picture.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  if (quality >= kFineColors) jpeg.comp_info[0].h_samp_factor = jpeg.comp_info[0].v_samp_factor = 1;
  const Metadata& metadata = picture.metadata;
  if (metadata.dpi) {
    constexpr double kMost = 65535;
    jpeg.density_unit = 1;
    jpeg.X_density = static_cast<UINT16>(std::min(std::round(metadata.dpi->first), kMost));
    jpeg.Y_density = static_cast<UINT16>(std::min(std::round(metadata.dpi->second), kMost));
  }
  jpeg_start_compress(&jpeg, TRUE);
  if (!metadata.exif.empty() && metadata.exif.size() <= kLongestExif)
    write_marker(writing, kExifName.data(), kExifName.size(), metadata.exif.data(), metadata.exif.size());
  if (!metadata.xmp.empty() && metadata.xmp.size() <= kLongestXmp)
    write_marker(writing, kXmpName, sizeof(kXmpName), metadata.xmp.data(), metadata.xmp.size());
  if (!metadata.icc.empty())
    jpeg_write_icc_profile(&jpeg, metadata.icc.data(), static_cast<unsigned>(metadata.icc.size()));
  while (jpeg.next_scanline < jpeg.image_height) {
    auto* row = const_cast<unsigned char*>(picture.samples.data()) +
                static_cast<std::int64_t>(jpeg.next_scanline) * picture.row_size();
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  return true;
}

}  // namespace

bool is_jpeg(const Bytes& file) noexcept {
  return file.size() >= 3 && file[0] == 0xFF && file[1] == 0xD8 && file[2] == 0xFF;
}

std::optional<Picture> decode_jpeg(const Bytes& file, const std::string& label, const CheckSize& check_size) {
  Reading reading;
  if (!read_header(reading, file)) return reading.errors.require_memory(), std::nullopt;
  jpeg_decompress_struct& jpeg = reading.jpeg;
  Picture picture;
  picture.height = jpeg.image_height;
  picture.width = jpeg.image_width;
  check_size(picture.height, picture.width);
  if (jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK)
    throw Failure(label + " holds CMYK; convert it to RGB first");
  const bool gray = jpeg.jpeg_color_space == JCS_GRAYSCALE;
  if (!gray && jpeg.num_components != 3) return std::nullopt;
  jpeg.out_color_space = gray ? JCS_GRAYSCALE : JCS_RGB;
  picture.channels = gray ? 1 : 3;
  picture.metadata = read_metadata(reading);
  picture.allocate();
  if (!read_rows(reading, picture.samples.data(), picture.row_size()))
    return reading.errors.require_memory(), std::nullopt;
  if (jpeg.err->num_warnings > 0)
    picture.warnings.emplace_back("is damaged; what could be read of it was read");
  return picture;
}

std::vector<std::string> too_long_for_jpeg(const Metadata& metadata) {
  std::vector<std::string> warnings;
  const auto check = [&](const char* word, std::size_t size, std::size_t most) {
    if (size > most)
      warnings.push_back(std::string("JPEG holds 64 KB of ") + word + ", and these " + std::to_string(size) +
                         " bytes are left out; choose .png to keep them");
  };
  check("EXIF", metadata.exif.size(), kLongestExif);
  check("XMP", metadata.xmp.size(), kLongestXmp);
  return warnings;
}

std::optional<Bytes> encode_jpeg(const Picture& picture, int quality) {
  if (picture.height > JPEG_MAX_DIMENSION || picture.width > JPEG_MAX_DIMENSION) return std::nullopt;
  Writing writing;
  if (!write_all(writing, picture, quality)) return writing.errors.require_memory(), std::nullopt;
  return std::move(writing.file);
}

}  // namespace app
