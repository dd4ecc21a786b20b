// upscale_cpp MODEL HEIGHT WIDTH CHANNELS: enlarges samples from standard input to standard output, through
// the C++ face.
#include <srfast/upscaler.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <vector>

int main(int argc, char** argv) try {
  if (argc != 5) return 64;
  srfast::Options options;
  options.threads = 1;
  const srfast::Upscaler opened(argv[1], options);
  const srfast::Upscaler& up = opened;
  const std::int64_t height = std::atoi(argv[2]);
  const std::int64_t width = std::atoi(argv[3]);
  const int channels = std::atoi(argv[4]);
  const int scale = up.info().scale;
  std::vector<std::uint8_t> image(static_cast<std::size_t>(height * width * channels));
  std::vector<std::uint8_t> large(image.size() * static_cast<std::size_t>(scale * scale));
  if (std::fread(image.data(), 1, image.size(), stdin) != image.size()) return 65;
  const srfast::ConstImageView from(image.data(), height, width, channels);
  const srfast::ImageView to(large.data(), height * scale, width * scale, channels);

  try {
    up.run(from, to, [](std::int64_t, std::int64_t) { throw std::out_of_range("mine"); });
    return 66;
  } catch (const std::out_of_range&) {
  }
  try {
    up.run(from, srfast::ImageView(large.data(), 1, 1, channels));
    return 67;
  } catch (const srfast::Error& error) {
    if (error.code() != srfast::ErrorCode::kImage) return 68;
  }
  up.run(from, to);
  std::fwrite(large.data(), 1, large.size(), stdout);
  return 0;
} catch (const srfast::Error& error) {
  std::fprintf(stderr, "%d %s\n", static_cast<int>(error.code()), error.what());
  return static_cast<int>(error.code());
}
