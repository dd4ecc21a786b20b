// What ends the work on one photo, or all of it.
#pragma once

#include <stdexcept>

namespace app {

// In words for the user: what was wrong, with the file or the value, and what to do.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// No further result can be written either.
class FullDisk : public Failure {
 public:
  using Failure::Failure;
};

// Whoever reads our standard output went away (`srfast-upscale ... | head`): there is nobody to tell.
class ReaderGone : public std::exception {};

}  // namespace app
