#include "conventions.h"

#include <array>
#include <cmath>
#include <sstream>
#include <utility>

#include "error.h"
#include "metadata.h"

namespace srfast {
namespace {

constexpr int kSchema = 1;
constexpr std::int64_t kMaxSize = 1 << 12;  // far above any network; keeps size arithmetic away from overflow
constexpr std::array<std::pair<ModelColor, const char*>, 4> kColors{{{ModelColor::kRgb, "rgb"},
                                                                     {ModelColor::kBgr, "bgr"},
                                                                     {ModelColor::kY, "y"},
                                                                     {ModelColor::kYFull, "y-full"}}};

}  // namespace

const char* name(ModelColor color) noexcept {
  for (const auto& [value, text] : kColors)
    if (value == color) return text;
  return "";
}

ModelColor model_color(const std::string& name) {
  for (const auto& [value, text] : kColors)
    if (name == text) return value;
  throw Error(ErrorCode::kOption, "a model's color is one of rgb, bgr, y, y-full, not \"" + name + "\"");
}

void require_valid(const ValueRange& range, const std::string& where) {
  if (std::isfinite(range.low) && std::isfinite(range.high) && range.low < range.high) return;
  std::ostringstream message;
  message << where << " must be two finite numbers, the lower first, not " << range.low << " and "
          << range.high;
  throw Error(ErrorCode::kOption, message.str());
}

std::optional<Conventions> read_conventions(const std::map<std::string, std::string>& pairs,
                                            const std::string& label) {
  const auto value = [&](const char* key) { return metadata::value(pairs, key); };
  const auto refuse = [&](const char* key) { metadata::refuse(pairs, key, label); };
  if (pairs.count("srfast.schema") == 0) return std::nullopt;

  int schema = 0;
  if (!metadata::parse(value("srfast.schema"), schema) || schema != kSchema)
    throw Error(ErrorCode::kModel, label + ": its metadata has srfast.schema \"" + value("srfast.schema") +
                                       "\"; this srfast knows " + std::to_string(kSchema) +
                                       ". Upgrade srfast");
  Conventions conventions;
  if (!metadata::parse(value("srfast.scale"), conventions.scale) || conventions.scale < 1 ||
      conventions.scale > kMaxScale)
    refuse("srfast.scale");
  if (!metadata::parse(value("srfast.range"), conventions.range.low, conventions.range.high))
    refuse("srfast.range");
  try {
    require_valid(conventions.range, "range");
    conventions.color = model_color(value("srfast.color"));
  } catch (const Error& error) {
    throw Error(ErrorCode::kModel, label + ": its metadata makes no sense: " + error.what());
  }
  for (const auto& [key, size] : {std::pair("srfast.multiple", &conventions.multiple),
                                  std::pair("srfast.minimum", &conventions.minimum)}) {
    if (pairs.count(key) == 0) continue;
    if (!metadata::parse(value(key), *size) || *size < 1 || *size > kMaxSize) refuse(key);
  }
  conventions.made_by = value("srfast.made_by");
  return conventions;
}

}  // namespace srfast
