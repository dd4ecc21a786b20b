#include "amounts.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "failure.h"

namespace app {
namespace {

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }
bool is_space(char letter) { return std::isspace(static_cast<unsigned char>(letter)) != 0; }

std::optional<double> number(const std::string& text) {
  if (text.empty() || is_space(text.front())) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return end == text.c_str() + text.size() ? std::optional(value) : std::nullopt;
}

// A number, such as 2 or 1.5, and the word after it in small letters. Spaces may stand around both. -1 and
// the whole text if it does not begin with a number.
std::pair<double, std::string> amount_and_unit(const std::string& text) {
  std::size_t at = 0;
  const auto skip = [&](bool (*kind)(char)) {
    const std::size_t begin = at;
    while (at < text.size() && kind(text[at])) ++at;
    return at - begin;
  };
  skip(is_space);
  const std::size_t begin = at;
  if (skip(is_digit) == 0) return {-1, text};
  if (const std::size_t whole = at; at < text.size() && text[at] == '.') {
    ++at;
    if (skip(is_digit) == 0) at = whole;
  }
  const double amount = std::strtod(text.substr(begin, at - begin).c_str(), nullptr);
  skip(is_space);
  std::string unit = text.substr(at);
  while (!unit.empty() && is_space(unit.back())) unit.pop_back();
  for (char& letter : unit) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return {amount, unit};
}

// 0 for a word that is no unit of memory.
double bytes_of(const std::string& unit) {
  if (unit.empty() || unit == "b") return 1;
  const std::size_t power = std::string("kmgt").find(unit.front());
  if (power == std::string::npos) return 0;
  const std::string suffix = unit.substr(1);
  const double base = suffix == "ib" ? 1024 : suffix.empty() || suffix == "b" ? 1000 : 0;
  return std::pow(base, static_cast<double>(power + 1));
}

}  // namespace

std::uint64_t memory_size(const std::string& text) {
  const auto [amount, unit] = amount_and_unit(text);
  const double bytes = amount * bytes_of(unit);
  constexpr double kMost = 9.2e18;
  const bool fits = bytes >= 1 && bytes <= kMost;
  if (!fits)
    throw Failure("a memory limit is a number of bytes or text such as \"512MB\", not '" + text + "'");
  return static_cast<std::uint64_t>(bytes);
}

std::optional<std::int64_t> pixel_count(const std::string& text) {
  if (std::any_of(text.begin(), text.end(), is_space)) return std::nullopt;
  const auto [amount, unit] = amount_and_unit(text);
  const bool millions = unit == "m" || unit == "mp";
  if (amount < 0 || !std::isfinite(amount) || (!millions && !unit.empty())) return std::nullopt;
  constexpr double kMost = 9e18;
  return static_cast<std::int64_t>(std::min(amount * (millions ? 1e6 : 1.0), kMost));
}

std::optional<std::pair<double, double>> value_range(const std::string& text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string::npos) {
    const auto high = number(text);
    if (high && (*high == 1 || *high == 255)) return std::pair(0.0, *high);
    return std::nullopt;
  }
  const auto low = number(text.substr(0, comma));
  const auto high = number(text.substr(comma + 1));
  if (!low || !high) return std::nullopt;
  return std::pair(*low, *high);
}

std::optional<int> whole_number(const std::string& text) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && at == end ? std::optional(value) : std::nullopt;
}

std::string shortest(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", number);
  return text.data();
}

}  // namespace app
