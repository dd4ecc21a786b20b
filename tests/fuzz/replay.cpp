// Runs a harness without libFuzzer: on its seeds, and on a number of inputs made of them at random, always
// the same ones.
//
//   NAME_replay COUNT         the seeds and COUNT more
//   NAME_replay --write DIR   writes the seeds, a file each, for libFuzzer to begin with
//   NAME_replay FILE ...      these inputs, as libFuzzer kept them
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>

#include "harness.h"

#if defined(__has_feature)  // Clang's way to tell
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1  // NOLINT(bugprone-reserved-identifier): GCC's name for it
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define SRFAST_ON_DEATH(call) __sanitizer_set_death_callback(call)
#else
#define SRFAST_ON_DEATH(call) static_cast<void>(call)
#endif

namespace {

std::string current;  // what the harness is at

// Called once, at the end of a process whose harness found something.
void show_current() {
  std::fprintf(stderr, "with the input, of %zu bytes, in hexadecimal:\n", current.size());
  constexpr std::size_t kMost = 4096;
  for (std::size_t i = 0; i < current.size() && i < kMost; ++i)
    std::fprintf(stderr, "%02x", static_cast<unsigned>(static_cast<unsigned char>(current[i])));
  std::fprintf(stderr, "\n");
}

void on_abort(int /*signal*/) { show_current(); }

void run(std::string input) {
  current = std::move(input);
  // In memory of its own and of its very size, so that AddressSanitizer sees what is read beyond it.
  const std::vector<std::uint8_t> bytes(current.begin(), current.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

// A seed with a few bytes changed, put in, taken out or doubled; or bytes of any kind.
class Mutations {
 public:
  explicit Mutations(const std::vector<std::string>& seeds) : seeds_(seeds) {}

  std::string next() {
    if (seeds_.empty() || below(4) == 0) return random_bytes(below(300));
    std::string input = seeds_[below(seeds_.size())];
    for (std::size_t i = below(8) + 1; i > 0; --i) change(input);
    return input;
  }

 private:
  std::size_t below(std::size_t end) { return random_() % end; }

  std::string random_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    for (char& each : bytes) each = static_cast<char>(below(256));
    return bytes;
  }

  void change(std::string& input) {
    const std::size_t at = below(input.size() + 1);
    const std::size_t count = std::min(below(16), input.size() - at);
    switch (below(5)) {
      case 0:
        input.insert(at, random_bytes(below(8)));
        break;
      case 1:
        input.erase(at, count);
        break;
      case 2:
        input.insert(at, input.substr(at, count));
        break;
      case 3:
        input.resize(at);
        break;
      default:
        if (at < input.size()) input[at] = static_cast<char>(below(256));
    }
  }

  const std::vector<std::string>& seeds_;
  std::minstd_rand random_{1};
};

void write(const std::vector<std::string>& inputs, const std::string& folder) {
  for (std::size_t i = 0; i < inputs.size(); ++i)
    std::ofstream(folder + "/seed" + std::to_string(i), std::ios::binary) << inputs[i];
}

std::string content(const char* path) {
  std::ifstream file(path, std::ios::binary);
  srfast::fuzz::require(file.good(), "the file can be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGABRT, on_abort);
  SRFAST_ON_DEATH(show_current);
  const std::vector<std::string> seeds = srfast::fuzz::seeds();
  if (argc == 3 && std::strcmp(argv[1], "--write") == 0) return write(seeds, argv[2]), 0;
  char* end = nullptr;
  const std::size_t count = argc == 2 ? std::strtoul(argv[1], &end, 10) : 0;
  if (end == nullptr || *end != '\0') {
    for (int i = 1; i < argc; ++i) run(content(argv[i]));
    return 0;
  }
  for (const std::string& seed : seeds) run(seed);
  Mutations mutations(seeds);
  for (std::size_t i = 0; i < count; ++i) run(mutations.next());
  std::printf("%zu inputs\n", seeds.size() + count);
  return 0;
}
