#include "capi/arguments.h"

#include <cstdlib>
#include <string>

#include "capi/structs.h"
#include "error.h"

namespace srfast::capi {
namespace {

[[noreturn]] void refuse(const char* name, const std::string& why) {
  throw Error(ErrorCode::kImage, std::string("the ") + name + why);
}

Depth read_depth(std::int32_t depth, const char* name) {
  switch (depth) {
    case SRFAST_U8:
      return Depth::kU8;
    case SRFAST_U16:
      return Depth::kU16;
    case SRFAST_F32:
      return Depth::kF32;
    default:
      refuse(name, "'s depth is " + std::to_string(depth) + ", not SRFAST_U8, SRFAST_U16 or SRFAST_F32");
  }
}

ImageColor read_color(std::int32_t color, const char* name) {
  switch (color) {
    case SRFAST_BGR:
      return ImageColor::kBgr;
    case SRFAST_RGB:
      return ImageColor::kRgb;
    default:
      refuse(name, "'s color is " + std::to_string(color) + ", not SRFAST_BGR or SRFAST_RGB");
  }
}

}  // namespace

UpscalerOptions read_options(const srfast_options& given) {
  UpscalerOptions options;
  options.threads = given.threads;
  options.memory_limit = given.memory_limit;
  if (given.model_color != nullptr) options.model_color = model_color(given.model_color);
  if (given.model_low != 0 || given.model_high != 0)
    options.model_range = ValueRange{given.model_low, given.model_high};
  if (given.model_scale != 0) options.model_scale = given.model_scale;
  if (given.provider_count > 0) require_pointer(given.providers, "options.providers");
  for (std::size_t i = 0; i < given.provider_count; ++i) {
    const srfast_provider& provider = given.providers[i];
    require_pointer(provider.name, "the name of a provider");
    if (provider.option_count > 0) require_pointer(provider.options, "the options of a provider");
    runtime::Provider read{provider.name, {}};
    for (std::size_t j = 0; j < provider.option_count; ++j) {
      require_pointer(provider.options[j].key, "the key of a provider's option");
      require_pointer(provider.options[j].value, "the value of a provider's option");
      read.options[provider.options[j].key] = provider.options[j].value;
    }
    options.providers.push_back(std::move(read));
  }
  return options;
}

ImageView read_image(const srfast_image* given, const char* name) {
  const srfast_image image = read_struct(given, srfast_image SRFAST_IMAGE_INIT, name);
  require_pointer(image.data, (std::string(name) + ".data").c_str());
  ImageView view;
  view.data = static_cast<std::byte*>(image.data);
  view.height = image.height;
  view.width = image.width;
  view.channels = image.channels;
  view.depth = read_depth(image.depth, name);
  view.color = read_color(image.color, name);

  // Before they are multiplied.
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  constexpr std::int64_t kMostChannels = 4;
  if (image.height < 0 || image.height > kMost || image.width < 0 || image.width > kMost)
    refuse(name, " is " + std::to_string(image.width) + " x " + std::to_string(image.height) +
                     " pixels (width x height)");
  if (image.channels < 1 || image.channels > kMostChannels)
    refuse(name, " has " + std::to_string(image.channels) +
                     " channels; srfast takes 1 (gray), 2 (gray, alpha), 3 (colour) or 4 (colour, alpha)");
  const auto sample = static_cast<std::int64_t>(sample_size(view.depth));
  view.channel_stride = image.channel_stride != 0 ? image.channel_stride : sample;
  view.column_stride = image.column_stride != 0 ? image.column_stride : sample * image.channels;
  view.row_stride = image.row_stride != 0 ? image.row_stride : view.column_stride * image.width;
  if (image.column_stride != 0) return view;
  // Where pixels follow each other, so do their channels, in either order; and rows that overlap are a stride
  // that was given in pixels.
  if (image.channels > 1 && std::abs(view.channel_stride) != sample)
    refuse(name, "'s channel_stride is " + std::to_string(view.channel_stride) + ", but a sample takes " +
                     std::to_string(sample) + " byte(s); give column_stride and row_stride too");
  if (image.height > 1 && std::abs(view.row_stride) < view.column_stride * image.width)
    refuse(name, "'s row_stride is " + std::to_string(view.row_stride) + ", but a row of " +
                     std::to_string(image.width) + " pixels takes " +
                     std::to_string(view.column_stride * image.width) + " bytes; strides are in bytes");
  return view;
}

}  // namespace srfast::capi
