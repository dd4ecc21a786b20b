// Where the results go, and what speaks against it; found out before anything runs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "command_line.h"

namespace app {

constexpr const char* kStandardStream = "-";

// What the word for the output means.
struct Place {
  std::filesystem::path folder;  // for the results; empty: beside each photo
  std::string pattern = "{stem}_{size}{ext}";
  std::string file;  // the one file to write, instead of both; "-" for standard output

  // The suffix that it asks for; empty where it leaves that open.
  [[nodiscard]] std::string suffix() const;
};

// One photo to enlarge.
struct Job {
  std::string source;                           // as messages name it
  std::optional<std::filesystem::path> path;    // absent: standard input
  std::optional<std::filesystem::path> target;  // absent: standard output
  std::string problem;                          // why it cannot be done; may be empty
};

// Throws Failure: it makes no sense.
[[nodiscard]] Place place(const CommandLine& line);

// A job for each photo, however often it is named. `model` and `scale` stand for the fields of a pattern;
// `suffix` for {ext}. Throws Failure: two photos would be written to one file.
[[nodiscard]] std::vector<Job> jobs(const CommandLine& line, const Place& where, const std::string& model,
                                    int scale, const std::string& suffix);

}  // namespace app
