#include "upright.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace app {
namespace {

constexpr unsigned kOrientation = 0x0112;
constexpr unsigned kShort = 3;
constexpr std::size_t kHeader = 8;  // bytes: order, magic number, where the first directory is
constexpr std::size_t kEntry = 12;  // bytes: tag, type, count, value (TIFF 6.0, section 2)

class Tiff {
 public:
  explicit Tiff(Bytes& bytes) : bytes_(bytes) {}

  [[nodiscard]] bool begins() {
    constexpr std::array<std::uint8_t, 4> kLittle{'I', 'I', '*', 0};
    constexpr std::array<std::uint8_t, 4> kBig{'M', 'M', 0, '*'};
    if (bytes_.size() < kHeader) return false;
    little_ = std::equal(kLittle.begin(), kLittle.end(), bytes_.begin());
    return little_ || std::equal(kBig.begin(), kBig.end(), bytes_.begin());
  }

  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }

  [[nodiscard]] std::size_t get(std::size_t at, int width) const {
    std::size_t value = 0;
    for (int i = 0; i < width; ++i) value = value << 8 | bytes_[place(at, width, i)];
    return value;
  }

  void put(std::size_t at, int width, std::size_t value) {
    for (int i = width - 1; i >= 0; --i, value >>= 8)
      bytes_[place(at, width, i)] = static_cast<std::uint8_t>(value & 0xFF);
  }

 private:
  // Of the byte that counts most if i is 0.
  [[nodiscard]] std::size_t place(std::size_t at, int width, int i) const noexcept {
    return at + static_cast<std::size_t>(little_ ? width - 1 - i : i);
  }

  Bytes& bytes_;
  bool little_ = true;
};

template <typename Sample>
bool is_opaque(const Picture& picture) {
  const auto channels = static_cast<std::size_t>(picture.channels);
  const std::size_t samples = picture.samples.size() / sizeof(Sample);
  for (std::size_t i = channels - 1; i < samples; i += channels) {
    Sample alpha = 0;
    std::memcpy(&alpha, picture.samples.data() + i * sizeof(Sample), sizeof(Sample));
    if (alpha != static_cast<Sample>(-1)) return false;
  }
  return true;
}

}  // namespace

int make_upright(Bytes& exif) {
  constexpr int kUpright = 1;
  Tiff tiff(exif);
  if (!tiff.begins()) {
    exif.clear();
    return kUpright;
  }
  const std::size_t first = tiff.get(4, 4);
  if (first < kHeader || first + 2 > tiff.size()) {
    exif.clear();
    return kUpright;
  }
  int orientation = kUpright;
  const std::size_t end = first + 2 + tiff.get(first, 2) * kEntry;
  for (std::size_t at = first + 2; at < end && at + kEntry <= tiff.size(); at += kEntry)
    if (tiff.get(at, 2) == kOrientation && tiff.get(at + 2, 2) == kShort) {
      orientation = static_cast<int>(tiff.get(at + 8, 2));
      tiff.put(at + 8, 2, kUpright);
    }
  if (end + 4 <= tiff.size()) tiff.put(end, 4, 0);  // the next directory is that of the thumbnail
  constexpr int kMost = 8;
  return orientation >= 1 && orientation <= kMost ? orientation : kUpright;
}

srfast::ConstImageView upright_view(const Picture& picture, int orientation) {
  const std::int64_t pixel = picture.channels * picture.sample_size();
  srfast::ConstImageView view(static_cast<const void*>(picture.samples.data()), picture.depth, picture.height,
                              picture.width, picture.channels, picture.row_size(), srfast::Color::kRgb);
  view.column_stride = pixel;
  const auto from_the_end = [&view](std::int64_t& stride, std::int64_t count) {
    view.data = static_cast<const std::uint8_t*>(view.data) + (count - 1) * stride;
    stride = -stride;
  };
  // EXIF 2.3, 4.6.4, "Orientation".
  if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
    from_the_end(view.row_stride, view.height);
  if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
    from_the_end(view.column_stride, view.width);
  if (orientation >= 5) {
    std::swap(view.row_stride, view.column_stride);
    std::swap(view.height, view.width);
  }
  if (picture.has_alpha() && (picture.depth == srfast::Depth::kU16 ? is_opaque<std::uint16_t>(picture)
                                                                   : is_opaque<std::uint8_t>(picture)))
    --view.channels;
  return view;
}

}  // namespace app
