// The least that there is to do: enlarge MODEL photo.ppm large.ppm
#include "ppm.h"

int main(int count, char** words) {
  if (count != 4) return 2;
  const srfast::Upscaler up(words[1]);  // a shipped model's name, such as fast-x3, or an ONNX file
  const Ppm photo(words[2]);
  Ppm large(up.info().scale * photo.height, up.info().scale * photo.width);
  up.run(photo, large);
  large.write(words[3]);
}
