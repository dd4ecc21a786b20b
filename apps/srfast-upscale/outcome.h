// What became of one photo.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "targets.h"

namespace app {

enum class Status : std::uint8_t {
  kDone,
  kSkipped,  // its result was there
  kExists,   // its result was there, and nobody said what to do then
  kFailed,
  kNotBegun,  // the batch was stopped before
};

struct Size {
  std::int64_t width = 0;
  std::int64_t height = 0;
};

struct Outcome {
  Status status = Status::kDone;
  std::string error;                  // why it is not done; names the file
  std::vector<std::string> warnings;  // about the photo
  Size before;                        // of the photo
  Size after;                         // of the result
  double seconds = 0;                 // worked on it, without waiting
};

}  // namespace app
