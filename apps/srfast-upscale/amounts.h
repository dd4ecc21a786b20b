// Amounts as people write them on a command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace app {

// "512MB", "1.5 GB" (powers of 1000), "2GiB" (of 1024), or a number of bytes. Throws Failure.
[[nodiscard]] std::uint64_t memory_size(const std::string& text);

// A number, or millions: "500M". Nothing if it is neither.
[[nodiscard]] std::optional<std::int64_t> pixel_count(const std::string& text);

// "1", "255" or "LOW,HIGH". Nothing if it is none of them.
[[nodiscard]] std::optional<std::pair<double, double>> value_range(const std::string& text);

[[nodiscard]] std::optional<int> whole_number(const std::string& text);

// A number as in C's %g.
[[nodiscard]] std::string shortest(double number);

}  // namespace app
