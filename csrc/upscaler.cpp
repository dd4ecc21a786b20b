#include "upscaler.h"

#include <cstddef>
#include <utility>

#include "error.h"
#include "kernels/pack.h"
#include "kernels/unpack.h"
#include "runtime/cpu_count.h"
#include "runtime/library.h"

namespace srfast {
namespace {

// BT.601: the luma of R, G, B.
constexpr double kLuma[3] = {0.299, 0.587, 0.114};
// BT.601 studio range: black at 16/255, white at 235/255.
constexpr double kStudioBlack = 16.0 / 255.0;
constexpr double kStudioSpan = 219.0 / 255.0;

// network value = sample * gain + bias
struct Affine {
  double gain;
  double bias;
};

Affine to_network(const ModelInfo& info, Depth depth) {
  const double span = info.range.high - info.range.low;
  const double white = sample_max(depth);
  if (info.color == ModelColor::kY) return {span * kStudioSpan / white, info.range.low + span * kStudioBlack};
  return {span / white, info.range.low};
}

kernels::PackPlan pack_plan(const ModelInfo& info, ImageColor image_color, const ConstImageView& image) {
  const Affine map = to_network(info, image.depth);
  const bool reversed = (image_color == ImageColor::kBgr) != (info.color == ModelColor::kBgr);
  kernels::PackPlan plan;
  plan.planes = channels(info.color);
  for (int p = 0; p < plan.planes; ++p) {
    const auto i = static_cast<std::size_t>(p);
    plan.channel[i] = image.channels == 1 ? 0 : reversed ? 2 - p : p;
    plan.gain[i] = static_cast<float>(map.gain);
    plan.bias[i] = static_cast<float>(map.bias);
  }
  return plan;
}

kernels::UnpackPlan unpack_plan(const ModelInfo& info, ImageColor image_color, const ImageView& result) {
  const Affine map = to_network(info, result.depth);
  const bool reversed = (image_color == ImageColor::kBgr) != (info.color == ModelColor::kBgr);
  kernels::UnpackPlan plan;
  plan.planes = channels(info.color);
  plan.gain = static_cast<float>(1.0 / map.gain);
  plan.bias = static_cast<float>(-map.bias / map.gain);
  plan.mix = result.channels == 1 && plan.planes == 3;
  for (int c = 0; c < plan.planes; ++c) {
    const auto i = static_cast<std::size_t>(c);
    plan.plane[i] = reversed ? 2 - c : c;
    plan.weight[i] = static_cast<float>(kLuma[info.color == ModelColor::kBgr ? 2 - c : c]);
  }
  if (plan.planes == 1) plan.plane[0] = 0;
  return plan;
}

runtime::SessionOptions session_options(const UpscalerOptions& options) {
  constexpr int kMaxThreads = 1024;
  if (options.threads < 0 || options.threads > kMaxThreads)
    throw Error(ErrorCode::kOption, "threads must be between 1 and " + std::to_string(kMaxThreads) +
                                        ", not " + std::to_string(options.threads));
  return {options.threads == 0 ? runtime::usable_cpus() : options.threads, options.providers};
}

std::string size_text(std::int64_t height, std::int64_t width) {
  return std::to_string(width) + " x " + std::to_string(height);
}

}  // namespace

std::unique_ptr<Upscaler> Upscaler::from_file(const std::string& path, const UpscalerOptions& options) {
  const runtime::SessionOptions session = session_options(options);
  runtime::load_library();
  return std::make_unique<Upscaler>(runtime::open_session_file(path, session), path, options);
}

std::unique_ptr<Upscaler> Upscaler::from_bytes(std::string_view bytes, const UpscalerOptions& options) {
  const std::string label = "the model in memory";
  const runtime::SessionOptions session = session_options(options);
  runtime::load_library();
  return std::make_unique<Upscaler>(runtime::open_session_bytes(bytes.data(), bytes.size(), label, session),
                                    label, options);
}

Upscaler::Upscaler(std::unique_ptr<runtime::Session> session, const std::string& label,
                   const UpscalerOptions& options)
    : session_(std::move(session)), info_(describe(*session_, label, options)), image_color_(options.color) {}

void Upscaler::require_fitting(const ConstImageView& image, const ImageView& result) const {
  const auto refuse = [](const std::string& why) { throw Error(ErrorCode::kImage, why); };
  if (image.channels != 1 && image.channels != 3)
    refuse("the image has " + std::to_string(image.channels) +
           " channels; srfast takes 1 (gray) or 3 (colour)");
  if (image.height < 1 || image.width < 1)
    refuse("the image is empty: " + size_text(image.height, image.width) + " pixels");
  if (image.channels > channels(info_.color))
    refuse("the image has 3 channels, but " + info_.label + " takes luma alone (\"" + name(info_.color) +
           "\"); give it a gray image");
  if (image.height != info_.fixed_height.value_or(image.height) ||
      image.width != info_.fixed_width.value_or(image.width))
    refuse("the image is " + size_text(image.height, image.width) + " pixels (width x height), but " +
           info_.label + " takes " +
           size_text(info_.fixed_height.value_or(image.height), info_.fixed_width.value_or(image.width)) +
           " only. Export the network with a dynamic height and width, or resize the image");
  if (result.height != image.height * info_.scale || result.width != image.width * info_.scale ||
      result.channels != image.channels || result.depth != image.depth)
    refuse("the result must have the image's channels and depth, and be " +
           size_text(image.height * info_.scale, image.width * info_.scale) +
           " pixels (width x height), not " + size_text(result.height, result.width));
}

void Upscaler::run(const ConstImageView& image, const ImageView& result) {
  require_fitting(image, result);
  const std::int64_t planes = channels(info_.color);
  const runtime::Shape in{1, planes, image.height, image.width};
  const runtime::Shape out{1, planes, result.height, result.width};
  const WorkspacePool::Loan workspace = workspaces_.lend();

  // Pack: samples to planes.
  const std::int64_t in_plane = image.height * image.width;
  float* input = workspace->input.reserve(static_cast<std::size_t>(planes * in_plane));
  kernels::pack(image, pack_plan(info_, image_color_, image), input, in_plane, image.width);

  // Run the network, from our memory into our memory.
  const std::int64_t out_plane = result.height * result.width;
  float* output = workspace->output.reserve(static_cast<std::size_t>(planes * out_plane));
  session_->run(input, in, output, out);

  // Unpack: planes to samples, clipped and rounded.
  kernels::unpack(output, out_plane, result.width, unpack_plan(info_, image_color_, result), result);
}

}  // namespace srfast
