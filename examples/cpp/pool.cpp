// Many images through one Upscaler: pool MODEL a.ppm b.ppm ... writes a_large.ppm, b_large.ppm ...
//
// Workers take the next image when they are done with the last. They share one Upscaler, which shares the
// cores among the runs; so while one worker waits for the disk, the others keep the cores busy.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <thread>

#include "ppm.h"

int main(int count, char** words) try {
  if (count < 3) return 2;
  const srfast::Upscaler up(words[1]);
  const std::vector<std::string> paths(words + 2, words + count);
  std::atomic<std::size_t> next{0};
  std::atomic<int> failed{0};

  const auto work = [&] {
    for (std::size_t i = next++; i < paths.size(); i = next++) {
      try {
        const Ppm photo(paths[i]);
        Ppm large(up.info().scale * photo.height, up.info().scale * photo.width);
        up.run(photo, large);
        large.write(paths[i].substr(0, paths[i].rfind('.')) + "_large.ppm");
      } catch (const std::exception& error) {  // of one image; the others go on
        std::fprintf(stderr, "%s\n", error.what());
        ++failed;
      }
    }
  };
  std::vector<std::thread> workers;
  const std::size_t most = std::max(2U, std::thread::hardware_concurrency());
  for (std::size_t i = 0; i < std::min(most, paths.size()); ++i) workers.emplace_back(work);
  for (std::thread& worker : workers) worker.join();
  return failed == 0 ? 0 : 1;
} catch (const srfast::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
