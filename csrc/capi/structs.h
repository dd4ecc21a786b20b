// Structures that begin with their own size, between programs and libraries of different age.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <type_traits>

#include "capi/errors.h"

namespace srfast::capi {

// Throws ArgumentError unless a structure of so many bytes can have been begun with its ..._INIT.
inline void require_struct_size(std::size_t size, const char* name) {
  constexpr std::size_t kMost = 4096;
  if (size <= sizeof(std::size_t) || size > kMost)
    throw ArgumentError(std::string(name) + ".struct_size is " + std::to_string(size) +
                        "; begin the structure with its ..._INIT");
}

// What the caller filled in. Members that its header does not have yet are as in `defaults`; members that
// this library does not have yet must be zero.
template <typename Struct>
[[nodiscard]] Struct read_struct(const Struct* given, Struct defaults, const char* name) {
  static_assert(std::is_trivially_copyable_v<Struct> && offsetof(Struct, struct_size) == 0);
  require_pointer(given, name);
  const std::size_t size = given->struct_size;
  require_struct_size(size, name);
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  for (std::size_t i = sizeof(Struct); i < size; ++i)
    if (bytes[i] != 0)
      throw ArgumentError(std::string(name) +
                          " has members set that this version of the library does not have; update srfast");
  std::memcpy(&defaults, bytes, std::min(size, sizeof(Struct)));
  return defaults;
}

// Fills as much as the caller's header has; members that this library does not have yet become zero.
template <typename Struct>
void write_struct(const Struct& full, Struct* target, const char* name) {
  static_assert(std::is_trivially_copyable_v<Struct> && offsetof(Struct, struct_size) == 0);
  require_pointer(target, name);
  const std::size_t size = target->struct_size;
  require_struct_size(size, name);
  auto* bytes = reinterpret_cast<unsigned char*>(target);
  std::memcpy(bytes + sizeof(size), reinterpret_cast<const unsigned char*>(&full) + sizeof(size),
              std::min(size, sizeof(Struct)) - sizeof(size));
  if (size > sizeof(Struct)) std::memset(bytes + sizeof(Struct), 0, size - sizeof(Struct));
}

}  // namespace srfast::capi
