// What the C interface's opaque handles hold.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "srfast/srfast.h"
#include "upscaler.h"

struct srfast_upscaler {  // NOLINT(readability-identifier-naming): the C interface's name
  explicit srfast_upscaler(std::unique_ptr<srfast::Upscaler> opened);

  std::unique_ptr<srfast::Upscaler> upscaler;
  std::vector<const char*> providers;  // the text is in upscaler->info()
};
