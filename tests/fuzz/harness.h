// What every file of this folder is: one function that takes any bytes, for libFuzzer and for replay.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

// Does something with the bytes, and ends the process where what comes of it is wrong.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace srfast::fuzz {

// Inputs to begin with: what is usual, and what is known to be hard.
[[nodiscard]] std::vector<std::string> seeds();

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace srfast::fuzz
