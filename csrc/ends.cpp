#include "ends.h"

#include <cmath>
#include <locale>
#include <sstream>

#include "metadata.h"

namespace srfast {
namespace {

// No more than the pixels that are run to learn a network's scale (model_info.cpp), which leave no doubt
// then.
constexpr int kMaxShuffle = 16;

bool parse_per_plane(const std::string& text, int planes, PerPlane& values) {
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  stream.exceptions(std::ios::badbit);  // a stream would keep std::bad_alloc to itself
  for (int p = 0; p < planes; ++p) {
    double& value = values[static_cast<std::size_t>(p)];
    if (!(stream >> value) || !std::isfinite(static_cast<float>(value))) return false;
  }
  return (stream >> std::ws).eof();
}

// A gain of nothing would leave nothing of the image.
bool has_no_zero(const PerPlane& values, int planes) {
  for (int p = 0; p < planes; ++p)
    if (!std::isnormal(static_cast<float>(values[static_cast<std::size_t>(p)]))) return false;
  return true;
}

}  // namespace

std::int64_t Ends::reach() const noexcept {
  if (!residual || residual->factor == 1) return 0;
  switch (residual->mode) {
    case kernels::EnlargeMode::kNearest:
      return 0;
    case kernels::EnlargeMode::kLinear:
      return 1;
    case kernels::EnlargeMode::kCubic:
      break;
  }
  return kernels::kCubicReach;
}

Ends read_ends(const std::map<std::string, std::string>& pairs, const std::string& label, int planes) {
  Ends ends;
  // Calls `parse` with the value of `key`, if there is one; it says whether it makes sense.
  const auto read = [&](const char* key, auto parse) {
    if (pairs.count(key) != 0 && !parse(metadata::value(pairs, key))) metadata::refuse(pairs, key, label);
  };
  const auto read_gain = [&](const char* key, PerPlane& gain) {
    read(key, [&](const std::string& text) {
      return parse_per_plane(text, planes, gain) && has_no_zero(gain, planes);
    });
  };
  const auto read_bias = [&](const char* key, PerPlane& bias) {
    read(key, [&](const std::string& text) { return parse_per_plane(text, planes, bias); });
  };
  read_gain("srfast.input_gain", ends.input_gain);
  read_bias("srfast.input_bias", ends.input_bias);
  read("srfast.shuffle", [&](const std::string& text) {
    return metadata::parse(text, ends.shuffle) && ends.shuffle >= 2 && ends.shuffle <= kMaxShuffle;
  });
  read_gain("srfast.output_gain", ends.output_gain);
  read_bias("srfast.output_bias", ends.output_bias);
  read("srfast.residual", [&](const std::string& text) {
    ends.residual.emplace();
    return parse_enlargement(text, *ends.residual);
  });
  return ends;
}

}  // namespace srfast
