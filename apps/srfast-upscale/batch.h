// Photos read, enlarged and written at the same time: while the network works on one, others come and go.
#pragma once

#include <srfast/upscaler.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report.h"
#include "targets.h"

namespace app {

struct Settings {
  std::string suffix;  // the format where the target does not say it
  std::optional<int> quality;
  bool keep_metadata = true;
  std::int64_t max_pixels = 0;  // 0: no limit
  bool overwrite = false;
  bool skip_existing = false;
};

// Does all jobs in their order, and tells the report. One that fails does not stop the others, but a full
// disk does. Throws ReaderGone.
void run_batch(const std::vector<Job>& jobs, const srfast::Upscaler& upscaler, const Settings& settings,
               Report& report);

}  // namespace app
