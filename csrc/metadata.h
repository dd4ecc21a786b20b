// Values in a model's metadata, which are text.
#pragma once

#include <locale>
#include <map>
#include <sstream>
#include <string>

#include "error.h"

namespace srfast::metadata {

// Reads exactly these values from `text`, separated by spaces, whatever the process's locale, with nothing
// left over. Throws std::bad_alloc.
template <typename... Values>
[[nodiscard]] bool parse(const std::string& text, Values&... values) {
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  stream.exceptions(std::ios::badbit);  // a stream would keep std::bad_alloc to itself
  if (!((stream >> values) && ...)) return false;
  return (stream >> std::ws).eof();
}

// The value of `key`, empty if there is none.
[[nodiscard]] inline std::string value(const std::map<std::string, std::string>& pairs,
                                       const std::string& key) {
  const auto found = pairs.find(key);
  return found == pairs.end() ? std::string() : found->second;
}

// Throws Error(kModel) about the value of `key`; `label` names the model.
[[noreturn]] inline void refuse(const std::map<std::string, std::string>& pairs, const std::string& key,
                                const std::string& label) {
  throw Error(ErrorCode::kModel, label + ": its metadata has " + key + " = \"" + value(pairs, key) +
                                     "\", which makes no sense. Export or tag it again");
}

}  // namespace srfast::metadata
