// Images in the simplest format there is: binary PPM ("P6"), 8 bits, RGB. Any image program writes it, such
// as `convert photo.jpg photo.ppm`.
#pragma once

#include <srfast/upscaler.h>

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

struct Ppm {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<std::uint8_t> rgb;

  Ppm(std::int64_t rows, std::int64_t columns)
      : height(rows), width(columns), rgb(static_cast<std::size_t>(3 * rows * columns)) {}

  explicit Ppm(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string magic;
    int white = 0;
    file >> magic >> width >> height >> white;
    file.get();
    if (magic != "P6" || white != 255) throw std::runtime_error(path + " is not an 8-bit binary PPM file");
    rgb.resize(static_cast<std::size_t>(3 * height * width));
    file.read(reinterpret_cast<char*>(rgb.data()), static_cast<std::streamsize>(rgb.size()));
    if (!file) throw std::runtime_error(path + " is cut short");
  }

  void write(const std::string& path) const {
    std::ofstream file(path, std::ios::binary);
    file << "P6\n" << width << ' ' << height << "\n255\n";
    file.write(reinterpret_cast<const char*>(rgb.data()), static_cast<std::streamsize>(rgb.size()));
    if (!file.flush()) throw std::runtime_error(path + " cannot be written");
  }

  // Pixels as srfast takes them; 0: rows follow each other without gaps.
  operator srfast::ConstImageView() const { return {rgb.data(), height, width, 3, 0, srfast::Color::kRgb}; }
  operator srfast::ImageView() { return {rgb.data(), height, width, 3, 0, srfast::Color::kRgb}; }
};
