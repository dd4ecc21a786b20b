#include "targets.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "image_file.h"
#include "missing.h"
#include "real_file.h"
#include "similar.h"

namespace app {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 5> kFields{"stem", "model", "scale", "size", "ext"};

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool is_folder(const fs::path& path) {
  std::error_code failed;
  return fs::is_directory(path, failed);
}

// The pattern with its fields replaced; a doubled brace is a brace.
std::string filled(const std::string& output, const std::string& pattern,
                   const std::function<std::string(const std::string&)>& value) {
  std::string text;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char each = pattern[i];
    if (each != '{' && each != '}') {
      text += each;
    } else if (i + 1 < pattern.size() && pattern[i + 1] == each) {
      text += each, ++i;
    } else {
      const std::size_t end = pattern.find('}', i);
      if (each == '}' || end == std::string::npos)
        throw Failure("-o " + output + ": a single '" + each +
                      "' is no field; braces enclose fields, {{ is a brace");
      text += value(pattern.substr(i + 1, end - i - 1));
      i = end;
    }
  }
  return text;
}

void check_suffix(const std::string& output, const std::string& ending, const std::string& format) {
  (void)format_of(output);
  std::string lower = ending;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  if (!format.empty() && lower != "." + format)
    throw Failure("-o " + output + " and the format " + format + " contradict each other");
}

Place pattern_place(const std::string& output, const std::string& format) {
  filled(output, output, [&](const std::string& field) -> std::string {
    if (std::find(kFields.begin(), kFields.end(), field) != kFields.end()) return "";
    std::string known;
    for (const char* each : kFields) known += (known.empty() ? "{" : ", {") + std::string(each) + "}";
    throw Failure("-o " + output + ": there is no field {" + field + "}" +
                  did_you_mean(field, {kFields.begin(), kFields.end()}) + "; there are " + known);
  });
  const fs::path path = output;
  if (path.parent_path().string().find('{') != std::string::npos)
    throw Failure("-o " + output + ": fields belong into the name, not into the folders");
  Place place;
  place.folder = path.parent_path();
  place.pattern = path.filename().string();
  if (!ends_with(place.pattern, "{ext}")) {
    const std::string ending = path.extension().string();
    if (ending.empty() || ending.find('{') != std::string::npos)
      throw Failure("-o " + output + " does not end in a format, such as .png or {ext}");
    check_suffix(output, ending, format);
  }
  return place;
}

// What tells a file from all others, whatever its names.
std::optional<std::pair<dev_t, ino_t>> identity(const fs::path& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return std::pair(status.st_dev, status.st_ino);
}

}  // namespace

std::string Place::suffix() const {
  if (file == kStandardStream) return "";
  const std::string name = file.empty() ? pattern : file;
  return ends_with(name, "{ext}") ? "" : fs::path(name).extension().string();
}

Place place(const CommandLine& line) {
  Place place;
  if (!line.output) {
    if (line.photos == std::vector<std::string>{kStandardStream}) place.file = kStandardStream;
    return place;
  }
  const std::string& output = *line.output;
  const bool many = line.photos.size() > 1;
  if (output.empty()) throw Failure("-o is given an empty name");
  if (output == kStandardStream) {
    if (many) throw Failure("standard output takes one image; several need a folder");
    place.file = output;
    return place;
  }
  const fs::path path = output;
  const bool there = is_there(path);
  if (output.find('{') != std::string::npos && !there) return pattern_place(output, line.format);
  if (many && output.back() != '/' && !is_folder(path) && known_format_of(output))
    throw Failure(output + " is the name of a file; the results of several photos need a folder, such as " +
                  path.stem().string() + "/");
  if (output.back() == '/' || is_folder(path) || (many && !there)) {
    const fs::path folder = path.has_filename() || !path.has_parent_path() ? path : path.parent_path();
    if (is_there(folder) && !is_folder(folder)) throw Failure(folder.string() + " is a file, not a folder");
    place.folder = folder;
    return place;
  }
  if (many) throw Failure(output + " is a file; the results of several photos need a folder");
  if (path.extension().empty())
    throw Failure(output + " has no suffix to choose a format by, such as .png; for a folder, write " +
                  output + "/");
  if (path.has_parent_path() && !is_folder(path.parent_path()))
    throw Failure(output + ": there is no folder " + path.parent_path().string() + "; create it first");
  check_suffix(output, path.extension().string(), line.format);
  place.file = output;
  return place;
}

std::vector<Job> jobs(const CommandLine& line, const Place& where, const std::string& model, int scale,
                      const std::string& suffix) {
  std::vector<Job> all;
  std::set<std::string> seen;
  std::map<std::string, std::string> targets;
  std::set<std::pair<dev_t, ino_t>> read;
  for (const std::string& photo : line.photos) {
    Job job;
    job.source = photo;
    if (photo.empty()) job.problem = "one of the photos has an empty name";
    if (photo != kStandardStream) job.path = photo;
    struct stat status{};
    if (job.path && job.problem.empty() && stat(photo.c_str(), &status) != 0)
      job.problem = why_missing(photo);
    if (!seen.insert(job.path ? real_file(*job.path).string() : photo).second) continue;
    const auto value = [&](const std::string& field) -> std::string {
      if (field == "stem") return job.path ? job.path->stem().string() : "stdin";
      if (field == "model") return model;
      if (field == "ext") return suffix;
      return (field == "size" ? "x" : "") + std::to_string(scale);
    };
    if (where.file.empty()) {
      const fs::path folder = !where.folder.empty() ? where.folder : job.path ? job.path->parent_path() : "";
      job.target = folder / filled(where.pattern, where.pattern, value);
    } else if (where.file != kStandardStream) {
      job.target = where.file;
    }
    if (job.target && job.problem.empty()) {
      const auto [other, alone] = targets.emplace(real_file(*job.target).string(), job.source);
      if (!alone)
        throw Failure(other->second + " and " + job.source + " would both be written to " +
                      job.target->string() + "; do them one at a time, or into folders of their own");
    }
    if (job.path)
      if (const auto file = identity(*job.path)) read.insert(*file);
    all.push_back(std::move(job));
  }
  for (Job& job : all) {
    if (!job.target || !job.problem.empty()) continue;
    const auto file = identity(*job.target);
    if (file && read.count(*file) != 0)
      job.problem = job.target->string() +
                    " is one of the photos to read and is not overwritten; name another output with -o";
  }
  return all;
}

}  // namespace app
