#include "batch.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <filesystem>
#include <future>
#include <new>
#include <system_error>
#include <utility>

#include "failure.h"
#include "image_file.h"
#include "upright.h"
#include "whole_file.h"

namespace app {
namespace {

// Compressing a large image takes one core as long as enlarging it takes all.
constexpr std::size_t kWriters = 2;
// Results that may wait for being written, and the one that is made next, have no more bytes than this; a
// larger one is made when no other waits.
constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;

// A photo on its way.
struct Task {
  Outcome outcome;
  bool ended = false;      // nothing is left to do
  bool disk_full = false;  // so nothing more is begun
  Picture picture;         // then the result
  int orientation = 1;
};

// A result on its way to the disk.
struct Writing {
  std::future<Task> task;
  std::int64_t bytes = 0;  // of the picture
};

void end(Task& task, Status status, const std::string& error = "") {
  task.ended = true;
  task.outcome.status = status;
  task.outcome.error = error;
  task.picture = {};
}

// Does `work` on a task, measures it, and ends the task if it fails.
template <typename Work>
void step(Task& task, const Job& job, const Work& work) {
  if (task.ended) return;
  const auto start = std::chrono::steady_clock::now();
  try {
    work();
  } catch (const FullDisk& error) {
    task.disk_full = true;
    end(task, Status::kFailed, error.what());
  } catch (const Failure& error) {
    end(task, Status::kFailed, error.what());
  } catch (const srfast::Error& error) {
    end(task, Status::kFailed, job.source + ": " + error.what());
  } catch (const std::bad_alloc&) {
    const Size& size = task.outcome.before;
    const std::string pixels =
        size.width == 0 ? ""
                        : " of " + std::to_string(size.width) + "x" + std::to_string(size.height) + " pixels";
    end(task, Status::kFailed, job.source + ": an image" + pixels + " needs more memory than there is");
  }
  task.outcome.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string target_name(const Job& job, const Settings& settings) {
  return job.target ? job.target->string() : "standard output" + settings.suffix;
}

// Whether there is nothing to do, because of what is known without reading.
void end_early(Task& task, const Job& job, const Settings& settings) {
  std::error_code failed;
  if (!job.problem.empty()) {
    end(task, Status::kFailed, job.problem);
  } else if (job.target && std::filesystem::exists(*job.target, failed)) {
    if (settings.skip_existing) {
      end(task, Status::kSkipped);
    } else if (!settings.overwrite) {
      end(task, Status::kExists, job.target->string() + " exists already; --force replaces it");
    }
  }
}

void read(Task& task, const Job& job, const Settings& settings, int scale) {
  const std::string label = job.path ? job.path->string() : "standard input";
  task.picture = decode(read_file(job.path), label, settings.max_pixels);
  for (std::string& warning : task.picture.warnings)
    task.outcome.warnings.push_back(std::move(warning.insert(0, label + " ")));
  task.orientation = make_upright(task.picture.metadata.exif);
  const srfast::ConstImageView view = upright_view(task.picture, task.orientation);
  task.outcome.before = {view.width, view.height};
  const std::string name = target_name(job, settings);
  require_storable(name, format_of(name), view, scale);
}

void enlarge(Task& task, const srfast::Upscaler& upscaler, const srfast::Progress& progress) {
  const srfast::ConstImageView from = upright_view(task.picture, task.orientation);
  const int scale = upscaler.info().scale;
  Picture result;
  result.height = from.height * scale;
  result.width = from.width * scale;
  result.channels = from.channels;
  result.depth = from.depth;
  result.allocate();
  const srfast::ImageView to(static_cast<void*>(result.samples.data()), result.depth, result.height,
                             result.width, result.channels, 0, srfast::Color::kRgb);
  upscaler.run(from, to, progress);
  result.metadata = std::move(task.picture.metadata);
  task.picture = std::move(result);
  task.outcome.after = {task.picture.width, task.picture.height};
}

void write_to_standard_output(const Bytes& content) {
  std::size_t at = 0;
  while (at < content.size()) {
    const ssize_t written = ::write(STDOUT_FILENO, content.data() + at, content.size() - at);
    if (written < 0 && errno == EPIPE) throw ReaderGone();
    if (written < 0 && errno != EINTR)
      throw Failure(std::string("standard output cannot be written: ") + std::strerror(errno));
    if (written > 0) at += static_cast<std::size_t>(written);
  }
}

void store(Task& task, const Job& job, const Settings& settings) {
  if (!settings.keep_metadata) task.picture.metadata = {};
  const std::string name = target_name(job, settings);
  for (std::string& warning : left_out(task.picture.metadata, format_of(name), name))
    task.outcome.warnings.push_back(std::move(warning));
  const Bytes content = encode(task.picture, format_of(name), settings.quality, name);
  if (!job.target) return write_to_standard_output(content);
  std::error_code failed;  // the file itself will say what is wrong, and name itself
  if (job.target->has_parent_path()) std::filesystem::create_directories(job.target->parent_path(), failed);
  write_whole(*job.target, content, settings.overwrite);
}

class Batch {
 public:
  Batch(const std::vector<Job>& jobs, const srfast::Upscaler& upscaler, const Settings& settings,
        Report& report)
      : jobs_(jobs), upscaler_(upscaler), settings_(settings), report_(report) {}

  void run() {
    std::future<Task> reading = begin(0);
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      Task task = reading.get();
      if (i + 1 < jobs_.size()) reading = begin(i + 1);
      if (full_) end(task, Status::kNotBegun, jobs_[i].source + ": not begun, because the disk is full");
      report_.show(i, 0);
      const std::int64_t bytes = result_bytes(task);
      while (!writing_.empty() && waiting_bytes() + bytes > kMostBytes) finish_oldest();
      step(task, jobs_[i], [&] {
        enlarge(task, upscaler_, [&](std::int64_t done, std::int64_t total) {
          report_.show(i, static_cast<double>(done) / static_cast<double>(total));
        });
      });
      if (writing_.size() == kWriters) finish_oldest();
      auto stored = std::async(std::launch::async, [this, i, task = std::move(task)]() mutable {
        step(task, jobs_[i], [&] { store(task, jobs_[i], settings_); });
        task.picture = {};  // it may be long until somebody asks
        return std::move(task);
      });
      writing_.push_back({std::move(stored), bytes});
    }
    while (!writing_.empty()) finish_oldest();
  }

 private:
  [[nodiscard]] std::future<Task> begin(std::size_t index) const {
    return std::async(std::launch::async, [this, index] {
      Task task;
      end_early(task, jobs_[index], settings_);
      step(task, jobs_[index], [&] { read(task, jobs_[index], settings_, upscaler_.info().scale); });
      return task;
    });
  }

  [[nodiscard]] std::int64_t result_bytes(const Task& task) const {
    const auto scale = static_cast<std::int64_t>(upscaler_.info().scale);
    return static_cast<std::int64_t>(task.picture.samples.size()) * scale * scale;
  }

  [[nodiscard]] std::int64_t waiting_bytes() const {
    std::int64_t bytes = 0;
    for (const Writing& each : writing_) bytes += each.bytes;
    return bytes;
  }

  void finish_oldest() {
    const Task task = writing_.front().task.get();
    writing_.pop_front();
    full_ = full_ || task.disk_full;
    report_.tell(task.outcome);
  }

  const std::vector<Job>& jobs_;
  const srfast::Upscaler& upscaler_;
  const Settings& settings_;
  Report& report_;
  std::deque<Writing> writing_;
  bool full_ = false;
};

}  // namespace

void run_batch(const std::vector<Job>& jobs, const srfast::Upscaler& upscaler, const Settings& settings,
               Report& report) {
  Batch(jobs, upscaler, settings, report).run();
}

}  // namespace app
