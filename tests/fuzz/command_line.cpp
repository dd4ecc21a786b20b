// The words of srfast-upscale's command line, one a line: understood, or refused in words.
#include "command_line.h"

#include <algorithm>
#include <cmath>

#include "amounts.h"
#include "harness.h"
#include "json_text.h"
#include "targets.h"

namespace {

using srfast::fuzz::require;

std::vector<std::string> words_of(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < size; ++i) {
    const char each = static_cast<char>(data[i]);
    if (each == '\n' || each == '\0') {
      words.emplace_back();
    } else {
      words.back() += each;
    }
  }
  return words;
}

// What is made of a line that is understood.
void use(const app::CommandLine& line) {
  if (line.help || line.version) return;
  require(!line.photos.empty(), "there is a photo");
  require(!line.quality || (*line.quality >= 1 && *line.quality <= 100), "the quality is one");
  require(!line.max_pixels || *line.max_pixels >= 0, "a number of pixels is not negative");
  require(!(line.force && line.skip_existing), "what excludes each other is refused");
  if (line.memory) require(app::memory_size(*line.memory) >= 1, "memory is an amount");
  const app::Place where = app::place(line);
  const std::vector<app::Job> jobs = app::jobs(line, where, "net", 3, ".png");
  require(jobs.size() <= line.photos.size(), "no photo is done twice");
}

void require_json(const std::string& word) {
  const std::string text = app::json_text(word);
  require(text.size() >= 2 && text.front() == '"' && text.back() == '"', "text is quoted");
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    require(text[i] >= ' ' && text[i] <= '~', "text is in ASCII");
    require(text[i] != '"', "quotes are escaped");
    if (text[i] == '\\') ++i;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::string> words = words_of(data, size);
  for (const std::string& word : words) {
    require_json(word);
    (void)app::shortest(app::value_range(word).value_or(std::pair(0.0, 0.0)).first);
  }
  try {
    use(app::parse(words));
  } catch (const app::Failure& failure) {
    require(*failure.what() != '\0', "a failure is put into words");
  }
  return 0;
}

std::vector<std::string> srfast::fuzz::seeds() {
  const std::string many(100000, '9');
  return {
      "photo.jpg\n-o\nlarge/\n--force\n--quality=90\n--format\njpg\n--memory\n1.5 GB",
      "a.png\nb.png\n--output={stem}_{model}_{scale}_{size}{ext}\n--skip-existing\n--strip\n-q\n--json",
      "-\n-o-\n--max-pixels=500M\n--threads=2\n--model-range=-1,1\n--model-color\ny-full\n-mnet.onnx",
      "--\n-o\n--help",
      "-qo\nout.jpeg\n-5\n-.5\na b",
      "x\n-o\n{{stem}}.png\n--memory=2GiB\n--model-range=nan,inf",
      "x\n-o\n{size.png\n--qality\n5",
      "x\n--memory=" + many + "MB",
      "x\n--max-pixels=" + many + ".5MP",
      "x\n-" + many,
      "x\n-o\n" + many + ".png",
  };
}
