#include "similar.h"

#include <cstddef>
#include <string_view>

namespace app {
namespace {

// Characters in common, in order: the longest common part, and likewise on both sides of it (Ratcliff and
// Metzener, "Pattern Matching: The Gestalt Approach", 1988; Python's difflib, which the srfast command uses).
std::size_t in_common(std::string_view left, std::string_view right) {
  std::size_t length = 0;
  std::size_t left_begin = 0;
  std::size_t right_begin = 0;
  for (std::size_t i = 0; i < left.size(); ++i)
    for (std::size_t j = 0; j < right.size(); ++j) {
      std::size_t same = 0;
      while (i + same < left.size() && j + same < right.size() && left[i + same] == right[j + same]) ++same;
      if (same > length) length = same, left_begin = i, right_begin = j;
    }
  if (length == 0) return 0;
  return length + in_common(left.substr(0, left_begin), right.substr(0, right_begin)) +
         in_common(left.substr(left_begin + length), right.substr(right_begin + length));
}

}  // namespace

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
  constexpr double kAlike = 0.6;
  double best = kAlike;
  const std::string* meant = nullptr;
  for (const std::string& each : known) {
    const auto letters = static_cast<double>(each.size() + word.size());
    const double likeness = 2 * static_cast<double>(in_common(each, word)) / letters;
    if (likeness > best || (likeness == best && meant == nullptr)) best = likeness, meant = &each;
  }
  return meant == nullptr ? "" : "; did you mean " + *meant + "?";
}

}  // namespace app
