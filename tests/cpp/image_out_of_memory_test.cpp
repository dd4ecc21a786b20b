// Image files while memory runs out, be it inside of libpng, zlib or libjpeg: it is called by its name, never
// damage, and neither pixels nor metadata are missing where nothing is said.
#include <gtest/gtest.h>

#include <cstdint>
#include <new>
#include <optional>
#include <string>

#include "failing_malloc.h"
#include "image_file.h"

namespace app {
namespace {

Picture picture_of(Format format) {
  Picture picture;
  picture.height = 70;
  picture.width = 90;
  picture.channels = format == Format::kPng ? 4 : 3;
  if (format == Format::kPng) picture.depth = srfast::Depth::kU16;
  picture.allocate();
  std::uint32_t noise = 1;  // so that the file is longer than what libraries begin with
  for (std::uint8_t& sample : picture.samples) {
    noise = noise * 1664525U + 1013904223U;
    sample = static_cast<std::uint8_t>(noise >> 24U);
  }
  constexpr std::size_t kLong = 5000;
  picture.metadata.exif = {'I', 'I', '*', 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  picture.metadata.exif.resize(kLong, 7);
  picture.metadata.xmp = "<x>" + std::string(kLong, 'y') + "</x>";
  picture.metadata.dpi = {72, 300};
  if (format == Format::kJpeg) picture.metadata.icc.assign(kLong, 9);
  return picture;
}

// Has each call of malloc in `work` fail, one after the other, and then all after it too. It must end as
// want of memory, or give what it gives where there is enough. Gives how many failed.
template <typename Work, typename Same>
std::int64_t fail_each(const Work& work, const Same& same) {
  const auto expected = work();
  std::int64_t failures = 0;
  for (const bool for_good : {false, true})
    for (std::int64_t n = 0;; ++n) {
      std::optional<decltype(work())> given;
      bool failed = false;
      std::string other;
      try {
        const srfast::FailingMalloc failing(n, for_good);
        given = work();
        failed = srfast::FailingMalloc::has_failed();
      } catch (const std::bad_alloc&) {
        failed = true;
      } catch (const std::exception& error) {
        failed = true;
        other = error.what();
      }
      EXPECT_EQ(other, "") << "allocation " << n;
      EXPECT_TRUE(!given || same(*given, expected)) << "allocation " << n;
      if (!failed) break;
      ++failures;
    }
  return failures;
}

class ImageOutOfMemory : public testing::TestWithParam<Format> {};

TEST_P(ImageOutOfMemory, Decoding) {
  const Bytes file = encode(picture_of(GetParam()), GetParam(), std::nullopt, "the label");
  const auto same = [](const Picture& one, const Picture& other) {
    return one.samples == other.samples && one.metadata.exif == other.metadata.exif &&
           one.metadata.xmp == other.metadata.xmp && one.metadata.icc == other.metadata.icc &&
           one.metadata.dpi == other.metadata.dpi && one.warnings == other.warnings;
  };
  EXPECT_GT(fail_each([&] { return decode(file, "the label", 0); }, same), 10);
}

TEST_P(ImageOutOfMemory, Encoding) {
  const Picture picture = picture_of(GetParam());
  const auto same = [](const Bytes& one, const Bytes& other) { return one == other; };
  EXPECT_GT(fail_each([&] { return encode(picture, GetParam(), std::nullopt, "the label"); }, same), 10);
}

INSTANTIATE_TEST_SUITE_P(Formats, ImageOutOfMemory, testing::Values(Format::kPng, Format::kJpeg),
                         [](const auto& format) { return format.param == Format::kPng ? "Png" : "Jpeg"; });

}  // namespace
}  // namespace app
