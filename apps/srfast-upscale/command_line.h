// The words of the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "failure.h"

namespace app {

// The command line is wrong; the user is told where the help is.
class UsageError : public Failure {
 public:
  using Failure::Failure;
};

struct CommandLine {
  std::vector<std::string> photos;    // files, or "-" for standard input
  std::optional<std::string> output;  // absent: beside each photo
  bool force = false;
  bool skip_existing = false;
  std::string format;  // "png", "jpg" or "jpeg"; empty: as the output's name says
  std::optional<int> quality;
  bool strip = false;
  std::optional<std::int64_t> max_pixels;  // 0: no limit
  std::string model = "fast-x3";
  std::string model_color;
  std::optional<std::pair<double, double>> model_range;
  std::optional<int> threads;
  std::optional<std::string> memory;
  bool quiet = false;
  bool json = false;
  bool help = false;
  bool version = false;
};

// Options may stand between the photos, and be written as --name value, --name=value, -n value or -nvalue;
// "--" ends them. Throws UsageError.
[[nodiscard]] CommandLine parse(const std::vector<std::string>& words);

[[nodiscard]] const char* help_text() noexcept;

}  // namespace app
