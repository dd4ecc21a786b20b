// Ending a run from another thread: cancel MODEL photo.ppm large.ppm
//
// The first run is ended after its first tile, as by a button that somebody presses; the second is let go on.
#include <cstdio>
#include <future>

#include "ppm.h"

int main(int count, char** words) try {
  if (count != 4) return 2;
  srfast::Options options;
  options.memory_limit = 8'000'000;  // so that a small image takes several tiles
  const srfast::Upscaler up(words[1], options);
  const Ppm photo(words[2]);
  Ppm large(up.info().scale * photo.height, up.info().scale * photo.width);

  std::promise<void> pressed;
  std::future<void> button = pressed.get_future();
  bool first = true;
  std::future<void> run = std::async(std::launch::async, [&] {
    up.run(photo, large, [&](std::int64_t done, std::int64_t total) {
      std::printf("%lld of %lld tiles\n", static_cast<long long>(done), static_cast<long long>(total));
      if (std::exchange(first, false)) pressed.set_value();
    });
  });
  button.wait();
  up.cancel();
  try {
    run.get();
    std::puts("done before it was cancelled");
  } catch (const srfast::Error& error) {
    if (error.code() != srfast::ErrorCode::kCancelled) throw;
    std::puts("cancelled");
  }

  up.run(photo, large);  // an Upscaler can be used as before
  large.write(words[3]);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
