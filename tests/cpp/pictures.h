// Images that own their samples, and how calls that must fail do so.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "error.h"
#include "image.h"

namespace srfast {

// Owns contiguous HWC samples.
template <typename Sample>
struct Picture {
  Picture(std::int64_t h, std::int64_t w, std::int64_t c)
      : height(h), width(w), channels(c), samples(static_cast<std::size_t>(h * w * c)) {}

  template <typename View>
  View view_as(std::conditional_t<std::is_same_v<View, ImageView>, std::byte*, const std::byte*> data) const {
    constexpr Depth depth = sizeof(Sample) == 1   ? Depth::kU8
                            : sizeof(Sample) == 2 ? Depth::kU16
                                                  : Depth::kF32;
    const auto size = static_cast<std::ptrdiff_t>(sizeof(Sample));
    return {data, height, width, channels, width * channels * size, channels * size, size, depth, color};
  }
  ConstImageView view() const {
    return view_as<ConstImageView>(reinterpret_cast<const std::byte*>(samples.data()));
  }
  ImageView mutable_view() { return view_as<ImageView>(reinterpret_cast<std::byte*>(samples.data())); }
  Sample& at(std::int64_t y, std::int64_t x, std::int64_t c) {
    return samples[static_cast<std::size_t>((y * width + x) * channels + c)];
  }

  std::int64_t height;
  std::int64_t width;
  std::int64_t channels;
  std::vector<Sample> samples;
  ImageColor color = ImageColor::kBgr;
};

inline Picture<std::uint8_t> gradient(std::int64_t h, std::int64_t w, std::int64_t c) {
  Picture<std::uint8_t> picture(h, w, c);
  for (std::size_t i = 0; i < picture.samples.size(); ++i)
    picture.samples[i] = static_cast<std::uint8_t>(i * 37 % 256);
  return picture;
}

// A gradient, of which large parts are transparent if it has alpha.
inline Picture<std::uint8_t> sprite(std::int64_t h, std::int64_t w, std::int64_t c) {
  Picture<std::uint8_t> picture = gradient(h, w, c);
  if (c == 2 || c == 4)
    for (std::int64_t y = 0; y < h; ++y)
      for (std::int64_t x = 0; x < w; ++x)
        picture.at(y, x, c - 1) = static_cast<std::uint8_t>((x / 3 + y / 4) % 3 == 0 ? 255 - x - y : 0);
  return picture;
}

// The code of the error that a call ends with.
inline ErrorCode code_of(const std::function<void()>& call, std::string* message = nullptr) {
  try {
    call();
  } catch (const Error& error) {
    if (message != nullptr) *message = error.what();
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::kRun;
}

}  // namespace srfast
