// Ctrl-C, SIGTERM and SIGHUP.
#pragma once

#include <functional>

namespace app {

// From here on they end the process as they end one that does not catch them (a shell sees 130, 143 and 129,
// and stops its loop), but only after temporary files are removed. What was ignored stays so: nohup has
// SIGHUP ignored. To be called before any other thread is begun.
void end_cleanly_on_signals();

// What to say then.
void say_before_end(std::function<void()> words);

}  // namespace app
