#include "signals.h"

#include <chrono>
#include <csignal>
#include <exception>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "terminal.h"
#include "whole_file.h"

namespace app {
namespace {

std::mutex mutex;
std::function<void()> last_words;

const char* name(int signal) { return signal == SIGTERM ? "SIGTERM" : "SIGHUP"; }

[[noreturn]] void wait_and_end(sigset_t signals) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
  constexpr auto kPatience = std::chrono::seconds(2);
  end_all_files(kPatience);
  // In a thread of its own: whoever reads may have stopped, and then writing takes for ever.
  std::promise<void> said;
  try {
    std::thread([&] {
      end_bar();
      {
        const std::lock_guard<std::mutex> lock(mutex);
        if (last_words) last_words();
      }
      remark(signal == SIGINT ? "interrupted" : std::string("ended by ") + name(signal));
      said.set_value();
    }).detach();
    said.get_future().wait_for(kPatience);
    // NOLINTNEXTLINE(bugprone-empty-catch): no memory for words, and the process ends all the same
  } catch (const std::exception&) {
  }
  std::signal(signal, SIG_DFL);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
  std::raise(signal);
  std::_Exit(2);
}

}  // namespace

void end_cleanly_on_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  bool any = false;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction now{};
    if (sigaction(signal, nullptr, &now) != 0 || now.sa_handler == SIG_IGN) continue;
    sigaddset(&signals, signal);
    any = true;
  }
  // Writing fails instead, so that temporary files are removed.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  if (!any) return;
  // In all threads, since they inherit it; so the one that waits gets them.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread(wait_and_end, signals).detach();
}

void say_before_end(std::function<void()> words) {
  const std::lock_guard<std::mutex> lock(mutex);
  last_words = std::move(words);
}

}  // namespace app
