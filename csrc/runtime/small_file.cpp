#include "runtime/small_file.h"

#include <filesystem>
#include <fstream>
#include <ios>
#include <utility>

namespace srfast::runtime {

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(std::filesystem::u8path(path));
  try {
    file.exceptions(std::ios::badbit);  // a stream would keep std::bad_alloc to itself, and lines be missing
    for (std::string line; std::getline(file, line);) lines.push_back(std::move(line));
  } catch (const std::ios_base::failure&) {
    lines.clear();
  }
  return lines;
}

std::string first_line_of(const std::string& path) {
  std::vector<std::string> lines = lines_of(path);
  return lines.empty() ? std::string() : std::move(lines.front());
}

}  // namespace srfast::runtime
