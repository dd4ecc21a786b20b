// What is said of the photos: lines, JSON, a bar, and a summary.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "outcome.h"
#include "targets.h"
#include "terminal.h"

namespace app {

struct Wording {
  bool quiet = false;
  bool json = false;
  bool on_error = false;  // lines go to standard error, since an image goes to standard output
  std::string model;      // its name
  int scale = 1;          // its scale
  std::string providers;  // "CPUExecutionProvider"
};

class Report {
 public:
  Report(const std::vector<Job>& jobs, const Wording& wording);

  // How much of the photo that is worked on is done, 0 to 1.
  void show(std::size_t index, double part);

  // Of all photos in their order. Throws ReaderGone.
  void tell(const Outcome& outcome);

  // How many there were of each kind, and once more what failed. Gives the exit status.
  int sum_up();

 private:
  const std::vector<Job>& jobs_;
  Wording wording_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::vector<double> work_;  // of each, as far as the size of its file tells
  double all_work_ = 0;
  std::vector<Outcome> outcomes_;
  // Of the outcomes, how many are as wished. Shared, since a signal may end the process at any moment.
  std::shared_ptr<std::atomic<std::size_t>> good_ = std::make_shared<std::atomic<std::size_t>>(0);
  Progress progress_;
};

}  // namespace app
