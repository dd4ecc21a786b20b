#include "runtime/memory.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <system_error>
#ifdef _WIN32
#include <windows.h>
#endif

#include "runtime/cgroup.h"
#include "runtime/small_file.h"

namespace srfast::runtime {
namespace {

constexpr std::uint64_t kUnknown = std::uint64_t{1} << 30;

// The number in `text` from `at` on, after spaces; nullopt if there is none, as in "max".
std::optional<std::uint64_t> number_at(const std::string& text, std::size_t at) {
  at = std::min(text.find_first_not_of(" \t", at), text.size());
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> number_in(const std::string& path) { return number_at(first_line_of(path), 0); }

// The number after `word` in a file of lines "word number ...".
std::optional<std::uint64_t> number_after(const std::string& path, const std::string& word) {
  for (const std::string& line : lines_of(path))
    if (line.compare(0, word.size() + 1, word + " ") == 0) return number_at(line, word.size());
  return std::nullopt;
}

std::optional<std::uint64_t> machine() {
#ifdef _WIN32
  MEMORYSTATUSEX status{};
  status.dwLength = sizeof(status);
  if (GlobalMemoryStatusEx(&status) != 0) return status.ullAvailPhys;
#endif
  const auto kibibytes = number_after("/proc/meminfo", "MemAvailable:");
  return kibibytes ? std::optional(*kibibytes * 1024) : std::nullopt;
}

// What one cgroup leaves: its limit, less what is used, not counting page cache that can be dropped.
std::optional<std::uint64_t> group(const std::string& folder, const char* limit_file, const char* usage_file,
                                   const char* cache_word) {
  const auto limit = number_in(folder + limit_file);
  const auto usage = number_in(folder + usage_file);
  if (!limit || !usage) return std::nullopt;
  const std::uint64_t cache = number_after(folder + "/memory.stat", cache_word).value_or(0);
  const std::uint64_t used = *usage - std::min(*usage, cache);
  return *limit - std::min(*limit, used);
}

}  // namespace

std::uint64_t available_memory() {
  std::optional<std::uint64_t> least = machine();
  const auto tighten = [&](const std::optional<std::uint64_t>& here) {
    if (here) least = std::min(least.value_or(*here), *here);
  };
  const CgroupFolders folders = cgroup_folders("memory");
  for (const std::string& folder : folders.v2)
    tighten(group(folder, "/memory.max", "/memory.current", "inactive_file"));
  for (const std::string& folder : folders.v1)
    tighten(group(folder, "/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_inactive_file"));
  return least.value_or(kUnknown);
}

}  // namespace srfast::runtime
