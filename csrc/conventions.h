// What a network eats and gives, as its file's metadata says it. The keys are those of
// python/srfast/conventions.py.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace srfast {

enum class ModelColor : std::uint8_t {
  kRgb,
  kBgr,
  kY,      // one channel, BT.601 luma in studio range: black 16/255, white 235/255 of the value range
  kYFull,  // one channel, luma in full range
};

[[nodiscard]] const char* name(ModelColor color) noexcept;
// Throws Error(kOption) for a name that is none.
[[nodiscard]] ModelColor model_color(const std::string& name);
[[nodiscard]] constexpr int channels(ModelColor color) noexcept {
  return color == ModelColor::kRgb || color == ModelColor::kBgr ? 3 : 1;
}

// Far above any network; keeps size arithmetic away from overflow.
inline constexpr int kMaxScale = 64;

struct ValueRange {
  double low = 0.0;   // what the network takes for black
  double high = 1.0;  // and for full white
};

// Throws Error(kOption) unless both are finite and low < high; `where` says whose range it is.
void require_valid(const ValueRange& range, const std::string& where);

struct Conventions {
  int scale = 1;
  ModelColor color = ModelColor::kRgb;
  ValueRange range;
  // Heights and widths of its own input that the network takes: multiples of the first, at least the second.
  std::int64_t multiple = 1;
  std::int64_t minimum = 1;
  std::string made_by;
};

// The conventions in a model's metadata, or nothing if it has none of srfast's keys. Throws Error(kModel) if
// it has, and they make no sense; `label` names the model.
[[nodiscard]] std::optional<Conventions> read_conventions(const std::map<std::string, std::string>& pairs,
                                                          const std::string& label);

}  // namespace srfast
