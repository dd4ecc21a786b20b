#include "amounts.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <regex>

#include "failure.h"

namespace app {
namespace {

std::optional<double> number(const std::string& text) {
  if (text.empty() || std::isspace(static_cast<unsigned char>(text.front())) != 0) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return end == text.c_str() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::uint64_t memory_size(const std::string& text) {
  static const std::regex form(R"(\s*(\d+(?:\.\d+)?)\s*(?:([KMGT])?(I?B)?|B)\s*)", std::regex::icase);
  std::smatch found;
  double bytes = 0;
  if (std::regex_match(text, found, form)) {
    const std::string prefix = found[2];
    const std::string suffix = found[3];
    const bool binary = suffix.size() == 2;
    bytes = std::strtod(found[1].str().c_str(), nullptr);
    if (!prefix.empty()) {
      constexpr const char* kPrefixes = "KMGT";
      const int power = 1 + static_cast<int>(std::string(kPrefixes).find(
                                static_cast<char>(std::toupper(static_cast<unsigned char>(prefix[0])))));
      bytes *= std::pow(binary ? 1024.0 : 1000.0, power);
    } else if (binary) {
      bytes = 0;
    }
  }
  constexpr double kMost = 9.2e18;
  if (bytes < 1 || bytes > kMost)
    throw Failure("a memory limit is a number of bytes or text such as \"512MB\", not '" + text + "'");
  return static_cast<std::uint64_t>(bytes);
}

std::optional<std::int64_t> pixel_count(const std::string& text) {
  static const std::regex form(R"((\d+(?:\.\d+)?)(M|MP)?)", std::regex::icase);
  std::smatch found;
  if (!std::regex_match(text, found, form)) return std::nullopt;
  constexpr double kMost = 9e18;
  const double count = std::strtod(found[1].str().c_str(), nullptr) * (found[2].matched ? 1e6 : 1.0);
  return static_cast<std::int64_t>(std::min(count, kMost));
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
