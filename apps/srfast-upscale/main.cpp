// srfast-upscale: image files in, larger image files out.
#include <srfast/upscaler.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <new>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "amounts.h"
#include "batch.h"
#include "command_line.h"
#include "failure.h"
#include "image_file.h"
#include "missing.h"
#include "real_file.h"
#include "report.h"
#include "signals.h"
#include "targets.h"
#include "terminal.h"
#include "whole_file.h"

namespace app {
namespace {

constexpr int kNothingDone = 2;
constexpr std::int64_t kMaxPixels = std::int64_t{1} << 28;  // more than any camera's picture has

void check_standard_output(const CommandLine& line) {
  if (line.json) throw Failure("--json and the image would both go to standard output; give a file with -o");
  if (isatty(STDOUT_FILENO) != 0)
    throw Failure("standard output is a terminal; redirect it, or give a file with -o");
}

void warn_of_assumptions(const std::string& model, const srfast::ModelInfo& info) {
  std::string assumed;
  if (info.assumed_color) assumed += " --model-color " + info.color;
  if (info.assumed_range)
    assumed += " --model-range " + shortest(info.range.first) + "," + shortest(info.range.second);
  if (!assumed.empty())
    warn(model + " does not say what it takes; assuming" + assumed +
         " (if colours or contrast come out wrong, give other values)");
}

// What the library would say of a file that is not there, or of another kind, in the words of a command.
void check_model(const std::filesystem::path& model) {
  const bool bare_word = model == model.stem();
  std::error_code failed;
  // The library knows the shipped ones; a folder may have the name of one.
  if (bare_word && (!is_there(model) || std::filesystem::is_directory(model, failed))) return;
  if (!std::filesystem::exists(model, failed)) throw Failure(why_missing(model));
  const std::string suffix = model.extension().string();
  for (const char* each : {".pth", ".pt", ".ckpt", ".safetensors"})
    if (suffix == each)
      throw Failure(model.string() + " holds weights without a network; make an ONNX file: srfast export " +
                    model.string() + " -o net.onnx");
}

srfast::Upscaler open(const CommandLine& line) {
  check_model(line.model);
  constexpr int kMostThreads = 1024;
  if (line.threads && (*line.threads < 1 || *line.threads > kMostThreads))
    throw Failure("threads must be a whole number between 1 and 1024, or left out, not " +
                  std::to_string(*line.threads));
  srfast::Options options;
  options.threads = line.threads.value_or(0);
  if (line.memory) options.memory_limit = memory_size(*line.memory);
  options.model_color = line.model_color;
  options.model_range = line.model_range;
  srfast::Upscaler upscaler(line.model, options);
  warn_of_assumptions(line.model, upscaler.info());
  return upscaler;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " + ") + word;
  return text;
}

int run(const CommandLine& line) {
  const Place where = place(line);
  Settings settings;
  settings.suffix = !line.format.empty() ? "." + line.format : where.suffix();
  if (settings.suffix.empty()) settings.suffix = ".png";
  if (format_of("*" + settings.suffix) == Format::kPng && line.quality)
    throw Failure("--quality is for JPEG, but the results are " + settings.suffix +
                  " files, which lose nothing; choose another with --format or -o");
  const bool to_standard_output = where.file == kStandardStream;
  if (to_standard_output) check_standard_output(line);

  const srfast::Upscaler upscaler = open(line);
  const std::string model = std::filesystem::path(line.model).stem().string();
  settings.quality = line.quality;
  settings.keep_metadata = !line.strip;
  settings.max_pixels = line.max_pixels.value_or(kMaxPixels);
  settings.overwrite = line.force;
  settings.skip_existing = line.skip_existing;
  const std::vector<Job> all = jobs(line, where, model, upscaler.info().scale, settings.suffix);

  std::set<std::filesystem::path> folders;
  for (const Job& job : all)
    if (job.target) folders.insert(real_file(*job.target).parent_path());
  for (const std::filesystem::path& folder : folders) remove_leftovers(folder);

  Report report(all, {line.quiet, line.json, to_standard_output, model, upscaler.info().scale,
                      joined(upscaler.info().providers)});
  run_batch(all, upscaler, settings, report);
  return report.sum_up();
}

int main(const std::vector<std::string>& words) {
  try {
    const CommandLine line = parse(words);
    if (line.help) return say(std::string(help_text(), std::string(help_text()).size() - 1)), 0;
    if (line.version) return say("srfast-upscale " + srfast::version()), 0;
    end_cleanly_on_signals();
    return run(line);
  } catch (const ReaderGone&) {
    return kNothingDone;
  } catch (const UsageError& error) {
    complain(error.what());
    remark("for help: srfast-upscale --help");
  } catch (const std::bad_alloc&) {
    complain("there is not enough memory");
  } catch (const std::exception& error) {
    complain(error.what());
  }
  return kNothingDone;
}

}  // namespace
}  // namespace app

int main(int argc, char** argv) { return app::main({argv + 1, argv + argc}); }
