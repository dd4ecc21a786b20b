// EXIF data: whatever they hold, the orientation is one, and afterwards there is none left.
#include "upright.h"

#include "harness.h"

using srfast::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  app::Bytes exif(data, data + size);
  const int orientation = app::make_upright(exif);
  require(orientation >= 1 && orientation <= 8, "the orientation is one");
  require(exif.empty() || exif.size() == size, "the data stay where they are");
  app::Bytes again = exif;
  require(app::make_upright(again) == 1, "what is upright stays so");
  require(again == exif, "nothing more is changed");
  return 0;
}

std::vector<std::string> srfast::fuzz::seeds() {
  const std::string entry("\x12\1\3\0\1\0\0\0\6\0\0\0", 12);
  const std::string big_entry("\1\x12\0\3\0\0\0\1\0\x08\0\0", 12);
  return {std::string("II*\0\x08\0\0\0\1\0", 10) + entry + std::string(4, '\0'),
          std::string("MM\0*\0\0\0\x08\0\2", 10) + big_entry + big_entry + std::string("\0\0\0\x26", 4),
          std::string("II*\0\x08\0\0\0\xff\xff", 10) + entry,
          std::string("MM\0*\xff\xff\xff\xff", 8),
          std::string("MM\0*\0\0\0\4\0\1\0\x08\0\0\1\x12\0\3\x40\0\0\x08\0*\0\0\0\0\0", 29),  // in the header
          "Exif"};
}
