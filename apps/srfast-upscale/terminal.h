// What the program shows: plain lines, and a bar below them where standard error is a terminal. Any thread
// may call these.
#pragma once

#include <string>

namespace app {

// A line on standard output. Throws ReaderGone.
void say(const std::string& line);

// A line on standard error: what is neither a result nor a warning.
void remark(const std::string& line);

// A warning, as one line on standard error.
void warn(const std::string& message);

// An error, as one line on standard error.
void complain(const std::string& message);

// Takes the bar away for good: before the last words of a process.
void end_bar();

// A line about a result, on standard error since an image goes to standard output.
void say_on_error(const std::string& line);

// A bar that lives as long as this, on standard error. Where that is no terminal, there is none.
class Progress {
 public:
  explicit Progress(bool shown);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  // How much of all is done, 0 to 1, and what is worked on.
  void show(double part, const std::string& label);
};

}  // namespace app
