#include "runtime/library_file.h"

#ifdef __linux__
#include <link.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#endif

namespace srfast::runtime {

#ifdef __linux__
namespace {

template <typename Header>
bool read(std::istream& file, std::uint64_t at, Header& header) {
  file.seekg(static_cast<std::streamoff>(at));
  return static_cast<bool>(file.read(reinterpret_cast<char*>(&header), sizeof(header)));
}

bool same_machine(const ElfW(Ehdr) & one, const ElfW(Ehdr) & other) {
  return one.e_ident[EI_CLASS] == other.e_ident[EI_CLASS] && one.e_ident[EI_DATA] == other.e_ident[EI_DATA] &&
         one.e_machine == other.e_machine;
}

}  // namespace

std::string fault_of_library(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  ElfW(Ehdr) header{};
  if (!read(file, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return "";
  std::ifstream self("/proc/self/exe", std::ios::binary);
  ElfW(Ehdr) own{};
  if (read(self, 0, own) && !same_machine(header, own)) return "it is not made for this kind of processor";
  file.seekg(0, std::ios::end);
  const auto size = static_cast<std::uint64_t>(file.tellg());
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment{};
    const bool whole = read(file, header.e_phoff + i * header.e_phentsize, segment) &&
                       segment.p_filesz <= size && segment.p_offset <= size - segment.p_filesz;
    if (!whole) return "it is cut short; install it again";
  }
  return "";
}
#else
std::string fault_of_library(const std::string&) { return ""; }
#endif

}  // namespace srfast::runtime
