#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string_view>

#include "failure.h"

namespace app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kRed = "\033[31;1m";
constexpr const char* kYellow = "\033[33m";

std::mutex mutex;
bool bar_is_shown = false;
std::string bar;  // as it is on the screen, "" if it is not
// Since the clock's beginning.
Clock::duration started{};
Clock::duration drawn{};

Clock::duration now() { return Clock::now().time_since_epoch(); }

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void clear_bar() {
  if (!bar.empty()) write_all(STDERR_FILENO, "\r\033[K");
}

// Above the bar.
bool write_line(int file, const std::string& line) {
  const std::lock_guard<std::mutex> lock(mutex);
  clear_bar();
  const bool written = write_all(file, line + "\n");
  if (!bar.empty()) write_all(STDERR_FILENO, bar);
  return written;
}

std::string painted(const char* text, const char* color) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (isatty(STDERR_FILENO) == 0 || (no_color != nullptr && *no_color != '\0') ||
      (terminal != nullptr && std::string_view(terminal) == "dumb"))
    return text;
  return std::string(color) + text + "\033[0m";
}

// File names may hold control characters, and messages of ONNX Runtime several lines.
std::string one_line(const std::string& message) {
  std::string line;
  for (const char each : message) {
    const auto code = static_cast<unsigned char>(each);
    constexpr unsigned char kDelete = 0x7F;
    std::array<char, 5> escape{};
    if (each == '\n') {
      line += ' ';
    } else if (each == '\t' || each == '\r') {
      line += each == '\t' ? "\\t" : "\\r";
    } else if (code < ' ' || code == kDelete) {
      std::snprintf(escape.data(), escape.size(), "\\x%02x", code);
      line += escape.data();
    } else {
      line += each;
    }
  }
  return line;
}

std::string clock_text(double seconds) {
  std::array<char, 32> text{};
  const auto whole = static_cast<long>(seconds);
  std::snprintf(text.data(), text.size(), "%02ld:%02ld", whole / 60, whole % 60);
  return text.data();
}

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

// Characters of UTF-8.
std::size_t length(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

// Where a character begins, counted from 0.
std::size_t place(const std::string& text, std::size_t character) {
  std::size_t at = 0;
  for (; at < text.size(); ++at)
    if (begins_character(text[at]) && character-- == 0) break;
  return at;
}

// At most so many characters: the beginning and, what tells more, the end.
std::string shortened(const std::string& label, std::size_t longest) {
  const std::size_t all = length(label);
  if (all <= longest) return label;
  const std::string dots = "...";
  const std::size_t kept = longest > dots.size() ? longest - dots.size() : 0;
  return label.substr(0, place(label, kept / 3)) + dots + label.substr(place(label, all - (kept - kept / 3)));
}

std::string bar_text(double part, const std::string& label) {
  winsize window{};
  constexpr unsigned short kUsual = 80;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0) window.ws_col = kUsual;
  const double elapsed = std::chrono::duration<double>(now() - started).count();
  std::array<char, 8> percent{};
  std::snprintf(percent.data(), percent.size(), "%3d%%", static_cast<int>(part * 100));
  const std::string right = std::string("| ") + percent.data() + " [" + clock_text(elapsed) + "<" +
                            (part > 0 ? clock_text(elapsed / part - elapsed) : "?") + "]";
  constexpr std::size_t kLongest = 40;
  constexpr std::size_t kShortest = 3;  // dots
  const std::string before = " |";
  const std::size_t columns = window.ws_col - 1U;
  const std::size_t fixed = before.size() + right.size();
  const std::size_t for_label = std::clamp(columns > fixed ? columns - fixed : 0, kShortest, kLongest);
  const std::string left = shortened(one_line(label), for_label) + before;
  const std::size_t taken = length(left) + right.size();
  const std::size_t width = columns > taken ? columns - taken : 0;
  const auto full = static_cast<std::size_t>(part * static_cast<double>(width));
  return left + std::string(full, '#') + std::string(width - full, ' ') + right;
}

}  // namespace

void say(const std::string& line) {
  if (!write_line(STDOUT_FILENO, line)) {
    if (errno == EPIPE) throw ReaderGone();
    throw Failure(std::string("standard output: ") + std::strerror(errno));
  }
}

void end_bar() {
  const std::lock_guard<std::mutex> lock(mutex);
  clear_bar();
  bar.clear();
  bar_is_shown = false;
}

void say_on_error(const std::string& line) { write_line(STDERR_FILENO, line); }

void remark(const std::string& line) { say_on_error("srfast-upscale: " + one_line(line)); }

void warn(const std::string& message) {
  say_on_error("srfast-upscale: " + painted("warning:", kYellow) + " " + one_line(message));
}

void complain(const std::string& message) {
  say_on_error("srfast-upscale: " + painted("error:", kRed) + " " + one_line(message));
}

Progress::Progress(bool shown) {
  const std::lock_guard<std::mutex> lock(mutex);
  bar_is_shown = shown && isatty(STDERR_FILENO) != 0;
  started = now();
}

Progress::~Progress() { end_bar(); }

void Progress::show(double part, const std::string& label) {
  constexpr auto kPause = std::chrono::milliseconds(100);
  const std::lock_guard<std::mutex> lock(mutex);
  const Clock::duration moment = now();
  if (!bar_is_shown || (!bar.empty() && part < 1 && moment - drawn < kPause)) return;
  drawn = moment;
  bar = "\r" + bar_text(std::clamp(part, 0.0, 1.0), label);
  write_all(STDERR_FILENO, bar);
}

}  // namespace app
