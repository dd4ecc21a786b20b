// The C interface: structures of any size with anything in them. Every call gives a status that its
// description names, with a message in UTF-8, and nothing is read or written where it should not be.
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "capi/arguments.h"
#include "capi/errors.h"
#include "capi/handle.h"
#include "capi/structs.h"
#include "draws.h"
#include "fake_session.h"
#include "harness.h"
#include "srfast/srfast.h"
#include "utf8.h"
#include "views.h"

namespace {

using srfast::fuzz::Draws;
using srfast::fuzz::Image;
using srfast::fuzz::require;

constexpr int kScale = 2;

void require_told(srfast_status status, srfast_error* error, std::initializer_list<srfast_status> possible) {
  require(std::find(possible.begin(), possible.end(), status) != possible.end(), "the status is documented");
  require(srfast_error_status(error) == status, "the error has the status");
  const std::string message = srfast_error_message(error);
  require(message.empty() == (status == SRFAST_OK), "an error has a message");
  require(srfast::is_utf8(message), "a message is UTF-8");
  srfast_error_free(error);
}

// A structure as a program of another age hands it over: in memory of exactly the size that it states, beyond
// `full` mostly zeros.
template <typename Struct>
class Handed {
 public:
  Handed(Draws& draws, const Struct& full) : size_(sizeof(Struct)) {
    if (draws.between(0, 3) == 1) size_ = static_cast<std::size_t>(draws.between(0, 5000));
    if (draws.between(0, 31) == 1) size_ = static_cast<std::size_t>(draws.any());
    constexpr std::size_t kMost = 4096;  // more than a structure may have is not looked at
    const std::size_t held = size_ <= kMost ? std::max(size_, sizeof(size_)) : sizeof(size_);
    memory_ = std::vector<unsigned char>(held);
    std::memcpy(memory_.data(), &full, std::min(held, sizeof(Struct)));
    if (held > sizeof(Struct) && draws.between(0, 3) == 1)
      memory_[sizeof(Struct) + static_cast<std::size_t>(draws.between(
                                   0, static_cast<std::int64_t>(held - sizeof(Struct)) - 1))] = 1;
    std::memcpy(memory_.data(), &size_, sizeof(size_));
  }

  [[nodiscard]] Struct* get() { return reinterpret_cast<Struct*>(memory_.data()); }

 private:
  std::size_t size_;
  std::vector<unsigned char> memory_;
};

std::unique_ptr<srfast_upscaler> open(Draws& draws) {
  srfast_options options = SRFAST_OPTIONS_INIT;
  std::array<std::string, 6> texts;
  const auto text = [&](std::size_t i) -> const char* {
    constexpr std::array<const char*, 6> kUsual{nullptr, "rgb", "bgr", "y", "CPUExecutionProvider", ""};
    if (draws.flag()) return draws.one_of(kUsual);
    texts[i] = draws.text();
    return texts[i].c_str();
  };
  const auto integer = [&] { return draws.flag() ? draws.any() : draws.between(0, 3); };
  if (draws.flag()) options.threads = static_cast<std::int32_t>(integer());
  if (draws.flag()) options.model_scale = static_cast<std::int32_t>(integer());
  if (draws.flag()) options.memory_limit = static_cast<std::uint64_t>(draws.any());
  if (draws.flag()) options.model_color = text(0);
  if (draws.flag()) options.model_low = draws.any_double();
  if (draws.flag()) options.model_high = draws.any_double();
  const srfast_pair pair{text(1), text(2)};
  const srfast_provider provider{text(3), draws.flag() ? &pair : nullptr,
                                 static_cast<std::size_t>(draws.between(0, 1))};
  if (draws.flag()) options.providers = &provider;
  options.provider_count = static_cast<std::size_t>(draws.between(0, 1));
  Handed<srfast_options> handed(draws, options);

  const auto session = std::make_shared<srfast::FakeSession>(kScale);
  session->mutable_info().metadata["srfast.halo"] = "1 2 3 4";
  std::unique_ptr<srfast_upscaler> upscaler;
  srfast_error* error = nullptr;
  // As srfast_open, but for ONNX Runtime.
  const srfast_status status = srfast::capi::guarded(&error, [&] {
    const srfast_options given =
        srfast::capi::read_struct(handed.get(), srfast_options SRFAST_OPTIONS_INIT, "options");
    upscaler = std::make_unique<srfast_upscaler>(
        std::make_unique<srfast::Upscaler>(opens(session), "the label", srfast::capi::read_options(given)));
  });
  require((upscaler != nullptr) == (status == SRFAST_OK), "a network is open where nothing is wrong");
  require_told(status, error,
               {SRFAST_OK, SRFAST_ERROR_MODEL, SRFAST_ERROR_OPTION, SRFAST_ERROR_PROVIDER,
                SRFAST_ERROR_ARGUMENT, SRFAST_ERROR_OUT_OF_MEMORY});
  return upscaler;
}

void ask(const srfast_upscaler* upscaler, Draws& draws) {
  const srfast_model_info blank = SRFAST_MODEL_INFO_INIT;
  Handed<srfast_model_info> info(draws, blank);
  srfast_error* error = nullptr;
  const srfast_status status =
      srfast_get_model_info(draws.between(0, 31) == 1 ? nullptr : upscaler, info.get(), &error);
  require_told(status, error, {SRFAST_OK, SRFAST_ERROR_ARGUMENT});
}

srfast_image image_of(const srfast::ImageView& view) {
  srfast_image image = SRFAST_IMAGE_INIT;
  image.data = view.data;
  image.height = view.height;
  image.width = view.width;
  image.channels = static_cast<std::int32_t>(view.channels);
  image.depth = static_cast<std::int32_t>(view.depth);
  image.color = view.color == srfast::ImageColor::kRgb ? SRFAST_RGB : SRFAST_BGR;
  image.row_stride = view.row_stride;
  image.column_stride = view.column_stride;
  image.channel_stride = view.channel_stride;
  return image;
}

// Something that is found out. Strides that lead astray are not, and so stay as they are.
void spoil(srfast_image& image, Draws& draws) {
  const auto any = [&] { return draws.flag() ? draws.any() : draws.between(-1, 9); };
  switch (draws.between(0, 6)) {
    case 0:
      image.data = nullptr;
      break;
    case 1:
      image.height = any();
      break;
    case 2:
      image.width = any();
      break;
    case 3:
      image.channels = static_cast<std::int32_t>(any());
      break;
    case 4:
      image.depth = static_cast<std::int32_t>(any());
      break;
    case 5:
      image.color = static_cast<std::int32_t>(any());
      break;
    default:
      image.reserved = static_cast<std::int32_t>(any());
  }
}

std::int32_t end_at(std::int64_t done, std::int64_t total, void* context) {
  require(done >= 1 && done <= total, "tiles are counted");
  return done == *static_cast<std::int64_t*>(context) ? 1 : 0;
}

void run(srfast_upscaler* upscaler, Draws& draws) {
  const srfast::Depth depth = draws.one_of(srfast::fuzz::kDepths);
  const std::int64_t height = draws.between(1, 40);
  const std::int64_t width = draws.between(1, 40);
  const std::int64_t channels = draws.between(1, 4);
  const std::int64_t scale = upscaler->upscaler->info().scale;
  const Image image(draws, height, width, channels, depth);
  const Image result(draws, height * scale, width * scale, channels, depth);
  srfast_image from = image_of(image.view());
  srfast_image to = image_of(result.view());
  if (draws.flag()) spoil(draws.flag() ? from : to, draws);
  std::int64_t end = draws.between(0, 3);
  const std::vector<std::byte> before = result.surroundings();
  srfast_error* error = nullptr;
  const srfast_status status =
      srfast_run(upscaler, &from, &to, draws.flag() ? end_at : nullptr, &end, &error);
  require(result.surroundings() == before, "what lies between the samples stays as it is");
  require_told(status, error,
               {SRFAST_OK, SRFAST_ERROR_IMAGE, SRFAST_ERROR_RUN, SRFAST_ERROR_MEMORY_LIMIT, SRFAST_CANCELLED,
                SRFAST_ERROR_ARGUMENT, SRFAST_ERROR_OUT_OF_MEMORY});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Draws draws(data, size);
  const std::unique_ptr<srfast_upscaler> upscaler = open(draws);
  if (!upscaler) return 0;
  ask(upscaler.get(), draws);
  for (int i = 0; i < 2; ++i) run(upscaler.get(), draws);
  return 0;
}

std::vector<std::string> srfast::fuzz::seeds() {
  return {"", std::string(100, '\0'), std::string(100, '\1'), std::string(100, '\2'), std::string(160, '\3')};
}
