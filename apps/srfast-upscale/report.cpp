#include "report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "json_text.h"
#include "signals.h"

namespace app {
namespace {

constexpr int kDone = 0;
constexpr int kSomeFailed = 1;
constexpr int kNothingDone = 2;
constexpr double kBeforeWriting = 0.9;  // the part of the bar that reading and enlarging take

std::string target_name(const Job& job) { return job.target ? job.target->string() : "standard output"; }

std::string decimals(double number, int digits) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, number);
  return text.data();
}

std::string size_text(const Size& size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

const char* name(Status status) {
  switch (status) {
    case Status::kDone:
      return "done";
    case Status::kSkipped:
      return "skipped";
    case Status::kExists:
      return "exists";
    case Status::kFailed:
      return "failed";
    case Status::kNotBegun:
      return "not begun";
  }
  return "";
}

// As `srfast upscale --json` writes it.
std::string as_json(const Job& job, const Outcome& outcome, const std::string& model, int scale) {
  const bool done = outcome.status == Status::kDone;
  const auto size = [](const Size& each) {
    return each.width == 0 ? "null"
                           : "[" + std::to_string(each.width) + ", " + std::to_string(each.height) + "]";
  };
  return "{\"file\": " + json_text(job.source) +
         ", \"output\": " + (job.target ? json_text(job.target->string()) : "null") +
         ", \"status\": " + json_text(name(outcome.status)) + ", \"before\": " + size(outcome.before) +
         ", \"after\": " + size(outcome.after) + ", \"seconds\": " + decimals(outcome.seconds, 3) +
         ", \"models\": [" + (done ? json_text(model) : "") + "], \"scales\": [" +
         (done ? std::to_string(scale) : "") +
         "], \"shrunk\": false, \"error\": " + (outcome.error.empty() ? "null" : json_text(outcome.error)) +
         "}";
}

}  // namespace

Report::Report(const std::vector<Job>& jobs, const Wording& wording)
    : jobs_(jobs), wording_(wording), progress_(!wording.quiet) {
  if (jobs.size() > 1 && !wording.quiet)
    say_before_end([good = good_, all = jobs.size()] {
      remark(std::to_string(*good) + " of " + std::to_string(all) +
             " photos are done; --skip-existing does the rest");
    });
  for (const Job& job : jobs) {
    std::error_code failed;
    const auto bytes = job.path ? std::filesystem::file_size(*job.path, failed) : 0;
    work_.push_back(failed ? 1.0 : std::max(1.0, static_cast<double>(bytes)));
    all_work_ += work_.back();
  }
}

void Report::show(std::size_t index, double part) {
  const Job& job = jobs_[index];
  std::string label = job.path ? job.path->filename().string() : "standard input";
  if (jobs_.size() > 1) label = std::to_string(index + 1) + "/" + std::to_string(jobs_.size()) + " " + label;
  double before = 0;
  for (std::size_t i = 0; i < index; ++i) before += work_[i];
  progress_.show((before + work_[index] * part * kBeforeWriting) / all_work_, label);
}

void Report::tell(const Outcome& outcome) {
  const Job& job = jobs_[outcomes_.size()];
  outcomes_.push_back(outcome);
  if (outcome.status == Status::kDone || outcome.status == Status::kSkipped) ++*good_;
  for (const std::string& warning : outcome.warnings) warn(warning);
  if (wording_.json) say(as_json(job, outcome, wording_.model, wording_.scale));
  const bool alone = jobs_.size() == 1;
  if (outcome.status == Status::kFailed || (outcome.status == Status::kExists && alone)) {
    complain(outcome.error);
  } else if (outcome.status == Status::kDone && !wording_.quiet && !wording_.json) {
    const std::string line = job.source + " " + size_text(outcome.before) + " -> " + target_name(job) + " " +
                             size_text(outcome.after) + " in " + decimals(outcome.seconds, 2) + " s (" +
                             wording_.model + ", " + wording_.providers + ")";
    wording_.on_error ? say_on_error(line) : say(line);
  }
}

int Report::sum_up() {
  const auto count = [this](Status status) {
    return std::count_if(outcomes_.begin(), outcomes_.end(),
                         [status](const Outcome& outcome) { return outcome.status == status; });
  };
  const auto done = count(Status::kDone);
  const auto skipped = count(Status::kSkipped);
  const auto exists = count(Status::kExists);
  const auto failed = count(Status::kFailed);
  const auto not_begun = count(Status::kNotBegun);
  if ((outcomes_.size() > 1 || skipped > 0) && !wording_.quiet) {
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started_;
    std::string line = std::to_string(done) + " done";
    if (skipped > 0) line += ", " + std::to_string(skipped) + " skipped, since they exist";
    if (exists > 0) line += ", " + std::to_string(exists) + " left, since they exist";
    if (failed > 0) line += ", " + std::to_string(failed) + " failed";
    if (not_begun > 0) line += ", " + std::to_string(not_begun) + " not begun";
    remark(line + ", in " + decimals(seconds.count(), 1) + " s");
  }
  const auto first_of = [this](Status status) {
    return std::find_if(outcomes_.begin(), outcomes_.end(),
                        [status](const Outcome& outcome) { return outcome.status == status; });
  };
  if (outcomes_.size() > 1 && exists > 0) {
    const auto first = first_of(Status::kExists) - outcomes_.begin();
    complain(std::to_string(exists) + " of " + std::to_string(outcomes_.size()) +
             " results exist already, such as " + target_name(jobs_[static_cast<std::size_t>(first)]) +
             "; --force replaces them, --skip-existing leaves them");
  }
  if (outcomes_.size() > 1 && failed > 0 && !wording_.quiet) {
    remark(std::to_string(failed) + " of " + std::to_string(outcomes_.size()) + " photos failed:");
    for (const Outcome& outcome : outcomes_)
      if (outcome.status == Status::kFailed) remark("  " + outcome.error);
  }
  if (not_begun > 0) remark("the disk is full; when there is room, --skip-existing does the rest");
  const std::size_t good = *good_;
  return good == outcomes_.size() ? kDone : good > 0 ? kSomeFailed : kNothingDone;
}

}  // namespace app
