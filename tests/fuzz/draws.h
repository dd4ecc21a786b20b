// Numbers and text made of arbitrary bytes. Where those are used up, everything is the least that it can be.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

namespace srfast::fuzz {

class Draws {
 public:
  Draws(const std::uint8_t* data, std::size_t size) : data_(data), end_(data + size) {}

  [[nodiscard]] bool empty() const { return data_ == end_; }

  // low..high; takes as many bytes as the range needs.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    const std::uint64_t span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
    std::uint64_t value = 0;
    for (std::uint64_t rest = span; rest > 0; rest >>= 8U) value = value << 8U | byte();
    if (span != std::numeric_limits<std::uint64_t>::max()) value %= span + 1;
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + value);
  }

  bool flag() { return between(0, 1) != 0; }

  std::int64_t any() {
    return between(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
  }

  // Any bits: a NaN, an infinity and a denormal too.
  float any_float() { return of_bits<float, std::uint32_t>(between(0, 0xFFFFFFFF)); }
  double any_double() { return of_bits<double, std::uint64_t>(any()); }

  template <typename Value, std::size_t count>
  const Value& one_of(const std::array<Value, count>& values) {
    return values[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(count) - 1))];
  }

  // Up to 255 bytes.
  std::string text() {
    const std::size_t size = byte();
    return take(size);
  }
  std::string rest() { return take(static_cast<std::size_t>(end_ - data_)); }

 private:
  std::uint8_t byte() { return empty() ? std::uint8_t{0} : *data_++; }

  std::string take(std::size_t size) {
    const std::size_t taken = std::min(size, static_cast<std::size_t>(end_ - data_));
    std::string text(reinterpret_cast<const char*>(data_), taken);
    data_ += taken;
    return text;
  }

  template <typename Number, typename Bits>
  static Number of_bits(std::int64_t value) {
    const auto bits = static_cast<Bits>(value);
    Number number{};
    static_assert(sizeof(number) == sizeof(bits));
    std::memcpy(&number, &bits, sizeof(number));
    return number;
  }

  const std::uint8_t* data_;
  const std::uint8_t* end_;
};

}  // namespace srfast::fuzz
