// OpenCV's images, in and out without a copy: opencv MODEL photo.jpg large.png [X Y WIDTH HEIGHT]
#include <srfast/upscaler.h>

#include <cstdio>
#include <cstdlib>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

// The pixels of a cv::Mat, where they lie: its rows may be a part of a larger image's.
srfast::ImageView view(const cv::Mat& image) {
  const int depth = image.depth();
  CV_Assert(depth == CV_8U || depth == CV_16U || depth == CV_32F);
  return {image.data,
          depth == CV_8U    ? srfast::Depth::kU8
          : depth == CV_16U ? srfast::Depth::kU16
                            : srfast::Depth::kF32,
          image.rows,
          image.cols,
          image.channels(),
          static_cast<std::int64_t>(image.step[0])};  // OpenCV's order, BGR, is the default
}

cv::Mat enlarged(const srfast::Upscaler& up, const cv::Mat& image) {
  cv::Mat large(up.info().scale * image.rows, up.info().scale * image.cols, image.type());
  up.run(view(image), view(large));
  return large;
}

int main(int count, char** words) try {
  if (count != 4 && count != 8) return 2;
  const srfast::Upscaler up(words[1]);
  cv::Mat photo = cv::imread(words[2], cv::IMREAD_ANYCOLOR | cv::IMREAD_ANYDEPTH);
  if (photo.empty()) throw std::runtime_error(std::string(words[2]) + " cannot be read");
  if (count == 8)  // a part of it: another cv::Mat over the same pixels
    photo = photo({std::atoi(words[4]), std::atoi(words[5]), std::atoi(words[6]), std::atoi(words[7])});
  return cv::imwrite(words[3], enlarged(up, photo)) ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
