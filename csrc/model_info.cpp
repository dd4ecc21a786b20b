#include "model_info.h"

#include <array>
#include <numeric>

#include "error.h"

namespace srfast {
namespace {

constexpr std::size_t kBatch = 0;
constexpr std::size_t kChannels = 1;
constexpr std::size_t kHeight = 2;
constexpr std::size_t kWidth = 3;

// Small, so that a probe costs little, and multiples of 8, which most networks that want a multiple of
// something take.
constexpr std::array<std::int64_t, 2> kProbeSizes{24, 40};

[[noreturn]] void refuse(const std::string& label, const std::string& why) {
  throw Error(ErrorCode::kModel, label + ": " + why);
}

std::string text(const std::vector<std::int64_t>& shape) {
  std::string words;
  for (const std::int64_t side : shape)
    words += (words.empty() ? "" : " x ") + (side < 0 ? "?" : std::to_string(side));
  return "[" + words + "]";
}

void require_image_tensor(const runtime::TensorInfo& tensor, const std::string& which,
                          const std::string& label) {
  const std::string named = "its " + which + " \"" + tensor.name + "\"";
  if (tensor.type != "float32")
    refuse(label, named + " is " + tensor.type + ", and srfast runs float32 networks");
  if (tensor.shape.size() != 4)
    refuse(label, named + " has shape " + text(tensor.shape) +
                      ", but a super-resolution network has 4 axes: batch, channels, height, width");
  if (tensor.shape[kBatch] > 1)
    refuse(label, named + " has a fixed batch of " + std::to_string(tensor.shape[kBatch]) +
                      "; export it with a batch of 1 or a dynamic one");
}

std::optional<std::int64_t> fixed(std::int64_t side) { return side > 0 ? std::optional(side) : std::nullopt; }

// The scale that one axis shows, from output sizes for input sizes.
int scale_between(std::int64_t in_small, std::int64_t in_large, std::int64_t out_small,
                  std::int64_t out_large) {
  const std::int64_t grown = out_large - out_small;
  const std::int64_t step = in_large - in_small;
  const std::int64_t scale = grown / step;
  return grown % step == 0 && out_small == scale * in_small && scale >= 1 ? static_cast<int>(scale) : 0;
}

// The scale as runs of two small sizes show it. 0: not a whole number, or the output is not exactly scale
// times the input.
int probed_scale(const runtime::Session& session, std::int64_t planes, const ModelInfo& info) {
  std::array<std::int64_t, 2> heights{};
  std::array<std::int64_t, 2> widths{};
  for (std::size_t i = 0; i < kProbeSizes.size(); ++i) {
    const std::int64_t height = info.fixed_height.value_or(kProbeSizes[i]);
    const std::int64_t width = info.fixed_width.value_or(kProbeSizes[i]);
    const std::vector<std::int64_t> out = session.output_shape({1, planes, height, width});
    if (out.size() != 4) return 0;
    heights[i] = out[kHeight];
    widths[i] = out[kWidth];
  }
  const auto along = [&](const std::optional<std::int64_t>& fixed_side,
                         const std::array<std::int64_t, 2>& out) {
    if (fixed_side) return scale_between(0, *fixed_side, 0, out[0]);
    return scale_between(kProbeSizes[0], kProbeSizes[1], out[0], out[1]);
  };
  const int vertical = along(info.fixed_height, heights);
  return vertical == along(info.fixed_width, widths) ? vertical : 0;
}

// What the declared shapes show, where both sides of an axis are fixed. nullopt: nothing.
std::optional<int> declared_scale(const runtime::TensorInfo& input, const runtime::TensorInfo& output,
                                  const std::string& label) {
  std::optional<int> scale;
  for (const std::size_t axis : {kHeight, kWidth}) {
    const std::int64_t in = input.shape[axis];
    const std::int64_t out = output.shape[axis];
    if (in <= 0 || out <= 0) continue;
    const int here = scale_between(0, in, 0, out);
    if (here == 0 || (scale && *scale != here))
      refuse(label, "its output " + text(output.shape) + " is not a whole multiple of its input " +
                        text(input.shape));
    scale = here;
  }
  return scale;
}

int found_scale(const ModelInfo& info, const runtime::Session& session, std::int64_t planes) {
  int scale = 0;
  try {
    scale = probed_scale(session, planes, info);
  } catch (const Error& error) {
    refuse(info.label,
           std::string("it does not state its scale, and a run to find it failed; give model_scale. ") +
               error.what());
  }
  if (scale == 0)
    refuse(
        info.label,
        "its output is not a whole multiple of its input in size, so it is not a network that srfast runs");
  return scale;
}

// What one small run shows of a scale that was only stated. A network that cannot run at the probe's size
// shows nothing.
std::optional<int> observed_scale(const ModelInfo& info, const runtime::Session& session,
                                  std::int64_t planes) {
  const std::int64_t height = info.fixed_height.value_or(kProbeSizes[0]);
  const std::int64_t width = info.fixed_width.value_or(kProbeSizes[0]);
  try {
    const std::vector<std::int64_t> out = session.output_shape({1, planes, height, width});
    if (out.size() != 4) return 0;
    const int scale = scale_between(0, height, 0, out[kHeight]);
    return scale == scale_between(0, width, 0, out[kWidth]) ? scale : 0;
  } catch (const Error&) {
    return std::nullopt;
  }
}

int settled_scale(const ModelInfo& info, const runtime::Session& session, std::int64_t planes,
                  const std::optional<Conventions>& stated, const UpscalerOptions& options) {
  const int enlarged = info.geometry.enlargement ? info.geometry.enlargement->factor : 1;
  std::optional<int> shown =
      declared_scale(session.info().inputs.front(), session.info().outputs.front(), info.label);
  if (!options.model_scale && !stated)
    return enlarged * (shown ? *shown : found_scale(info, session, planes));

  if (!shown) shown = observed_scale(info, session, planes);
  if (shown) shown = *shown * enlarged;
  const auto but = [&] {
    return ", but " + (*shown == 0 ? "its output is no whole multiple of its input"
                                   : "it enlarges " + std::to_string(*shown) + " times");
  };
  if (options.model_scale) {
    if (*options.model_scale < 1)
      throw Error(ErrorCode::kOption,
                  "model_scale must be at least 1, not " + std::to_string(*options.model_scale));
    if (shown && *shown != *options.model_scale)
      throw Error(ErrorCode::kOption,
                  info.label + ": model_scale is " + std::to_string(*options.model_scale) + but());
    return *options.model_scale;
  }
  if (shown && *shown != stated->scale)
    refuse(info.label,
           "its metadata says scale " + std::to_string(stated->scale) + but() + ". Export or tag it again");
  return stated->scale;
}

}  // namespace

ModelInfo describe(const runtime::Session& session, const std::string& label,
                   const UpscalerOptions& options) {
  const runtime::SessionInfo& graph = session.info();
  if (graph.inputs.size() != 1)
    refuse(label,
           "it has " + std::to_string(graph.inputs.size()) + " inputs, and srfast runs networks with one");
  if (graph.outputs.empty()) refuse(label, "it has no output");
  const runtime::TensorInfo& input = graph.inputs.front();
  const runtime::TensorInfo& output = graph.outputs.front();
  require_image_tensor(input, "input", label);
  require_image_tensor(output, "output", label);

  ModelInfo info;
  info.label = label;
  info.input = input.name;
  info.output = output.name;
  info.fixed_height = fixed(input.shape[kHeight]);
  info.fixed_width = fixed(input.shape[kWidth]);
  info.providers = graph.providers;
  info.threads = graph.threads;

  const std::optional<Conventions> stated = read_conventions(graph.metadata, label);
  info.geometry = read_geometry(graph.metadata, label);
  info.tagged = stated.has_value();
  if (stated) {
    info.made_by = stated->made_by;
    info.whole.align = stated->multiple;
    info.whole.least = stated->minimum;
    if (info.geometry.axes) {
      for (tiling::Axis* axis : {&info.geometry.axes->rows, &info.geometry.axes->columns}) {
        axis->align = std::lcm(axis->align, stated->multiple);
        axis->least = stated->minimum;
      }
    }
  }

  const std::optional<std::int64_t> planes = fixed(input.shape[kChannels]);
  if (options.model_color) {
    info.color = *options.model_color;
  } else if (stated) {
    info.color = stated->color;
  } else {
    info.color = planes == 1 ? ModelColor::kY : ModelColor::kRgb;
    info.assumed.emplace_back("color");
  }
  for (const auto& [tensor, which] : {std::pair(&input, "takes"), std::pair(&output, "gives")}) {
    const std::optional<std::int64_t> has = fixed(tensor->shape[kChannels]);
    if (has && *has != channels(info.color))
      throw Error(options.model_color ? ErrorCode::kOption : ErrorCode::kModel,
                  label + " " + which + " " + std::to_string(*has) + " channel(s), which is not what \"" +
                      name(info.color) + "\" means (" + std::to_string(channels(info.color)) + ")");
  }

  if (options.model_range) {
    require_valid(*options.model_range, "model_range");
    info.range = *options.model_range;
  } else if (stated) {
    info.range = stated->range;
  } else {
    info.assumed.emplace_back("range");
  }

  info.scale = settled_scale(info, session, channels(info.color), stated, options);
  return info;
}

}  // namespace srfast
