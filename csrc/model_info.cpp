#include "model_info.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <sstream>
#include <utility>

#include "error.h"
#include "metadata.h"

namespace srfast {
namespace {

constexpr std::size_t kBatch = 0;
constexpr std::size_t kChannels = 1;
constexpr std::size_t kHeight = 2;
constexpr std::size_t kWidth = 3;

// Small, so that a probe costs little; multiples of 8, which most networks that want a multiple of something
// take; and larger than any shuffle.
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

// The size that a network of this scale gives for a size of its input, before the shuffle.
std::int64_t output_size(std::int64_t in, std::int64_t scale, std::int64_t shuffle) {
  return (in * scale + shuffle - 1) / shuffle;
}

// Along one axis: a size of the network's input, and that of its output.
struct Sizes {
  std::int64_t in;
  std::int64_t out;
};

bool shows(const std::vector<Sizes>& seen, std::int64_t scale, int shuffle) {
  return std::all_of(seen.begin(), seen.end(),
                     [&](const Sizes& sizes) { return output_size(sizes.in, scale, shuffle) == sizes.out; });
}

// The scale that sizes show, if there are any. 0: none, which is not a whole number, or not the same along
// both axes.
int shown_scale(const std::vector<Sizes>& seen, int shuffle) {
  const auto& [in, out] = seen.front();
  // The highest that the first sizes allow; only a shuffle of an input of a few pixels allows lower ones.
  const std::int64_t most = out * shuffle / in;
  for (std::int64_t scale = most; scale >= 1 && output_size(in, scale, shuffle) == out; --scale)
    if (shows(seen, scale, shuffle)) return static_cast<int>(scale);
  return 0;
}

// What a run of a small size shows.
std::vector<Sizes> probe(const ModelInfo& info, const runtime::Session& session, std::int64_t size) {
  const std::int64_t height = info.fixed_height.value_or(size);
  const std::int64_t width = info.fixed_width.value_or(size);
  const std::vector<std::int64_t> out = session.output_shape({1, channels(info.color), height, width});
  if (out.size() != 4) return {{height, 0}};
  return {{height, out[kHeight]}, {width, out[kWidth]}};
}

// What the declared shapes show, where both sides of an axis are fixed.
std::vector<Sizes> declared_sizes(const ModelInfo& info, const runtime::TensorInfo& input,
                                  const runtime::TensorInfo& output) {
  std::vector<Sizes> seen;
  for (const std::size_t axis : {kHeight, kWidth})
    if (input.shape[axis] > 0 && output.shape[axis] > 0)
      seen.push_back({input.shape[axis], output.shape[axis]});
  if (!seen.empty() && shown_scale(seen, info.ends.shuffle) == 0)
    refuse(info.label,
           "its output " + text(output.shape) + " is not a whole multiple of its input " + text(input.shape));
  return seen;
}

// The scale of a network that does not state it: what was seen already, else runs of two small sizes tell.
int found_scale(const ModelInfo& info, const runtime::Session& session, std::vector<Sizes> seen) {
  if (seen.empty()) {
    try {
      for (const std::int64_t size : kProbeSizes)
        for (const Sizes& sizes : probe(info, session, size)) seen.push_back(sizes);
    } catch (const Error& error) {
      refuse(info.label,
             std::string("it does not state its scale, and a run to find it failed; give model_scale. ") +
                 error.what());
    }
  }
  const int scale = shown_scale(seen, info.ends.shuffle);
  if (scale == 0)
    refuse(
        info.label,
        "its output is not a whole multiple of its input in size, so it is not a network that srfast runs");
  if (scale > 1 && shows(seen, scale - 1, info.ends.shuffle))
    refuse(info.label, "it does not state its scale, and takes too few pixels to show it; give model_scale");
  return scale;
}

int settled_scale(const ModelInfo& info, const runtime::Session& session,
                  const std::optional<Conventions>& stated, const UpscalerOptions& options) {
  const int enlarged = info.geometry.enlargement ? info.geometry.enlargement->factor : 1;
  const int shuffle = info.ends.shuffle;
  std::vector<Sizes> seen =
      declared_sizes(info, session.info().inputs.front(), session.info().outputs.front());
  if (!options.model_scale && !stated) return enlarged * found_scale(info, session, std::move(seen));

  if (seen.empty()) {
    try {
      seen = probe(info, session, kProbeSizes[0]);
      // NOLINTNEXTLINE(bugprone-empty-catch): a network that cannot run at this size shows nothing
    } catch (const Error&) {
    }
  }
  const auto fits = [&](int scale) {
    return scale % enlarged == 0 && shows(seen, scale / enlarged, shuffle);
  };
  const auto but = [&] {
    const int shown = seen.empty() ? 1 : shown_scale(seen, shuffle);
    return ", but " + (shown == 0 ? "its output is no whole multiple of its input"
                                  : "it enlarges " + std::to_string(shown * enlarged) + " times");
  };
  if (options.model_scale) {
    if (*options.model_scale < 1)
      throw Error(ErrorCode::kOption,
                  "model_scale must be at least 1, not " + std::to_string(*options.model_scale));
    if (!fits(*options.model_scale))
      throw Error(ErrorCode::kOption,
                  info.label + ": model_scale is " + std::to_string(*options.model_scale) + but());
    return *options.model_scale;
  }
  if (!fits(stated->scale))
    refuse(info.label,
           "its metadata says scale " + std::to_string(stated->scale) + but() + ". Export or tag it again");
  return stated->scale;
}

// The residual has the size of the result, and tiles have all that it is made of.
void settle_residual(ModelInfo& info) {
  const auto& residual = info.ends.residual;
  if (!residual) return;
  if (residual->factor != info.network_scale())
    refuse(info.label, "its metadata has a srfast.residual that is enlarged " +
                           std::to_string(residual->factor) + " times, but it enlarges its input " +
                           std::to_string(info.network_scale()) + " times. Export it again");
  if (!info.geometry.axes) return;
  for (tiling::Axis* axis : {&info.geometry.axes->rows, &info.geometry.axes->columns}) {
    axis->before = std::max(axis->before, info.ends.reach());
    axis->after = std::max(axis->after, info.ends.reach());
  }
}

}  // namespace

runtime::Shape ModelInfo::output_shape(std::int64_t height, std::int64_t width) const noexcept {
  const std::int64_t shuffle = ends.shuffle;
  return {1, channels(color) * shuffle * shuffle, output_size(height, network_scale(), shuffle),
          output_size(width, network_scale(), shuffle)};
}

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
  std::istringstream passes(metadata::value(graph.metadata, "srfast.passes"));
  for (std::string pass; passes >> pass;) info.passes.push_back(pass);
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
  info.ends = read_ends(graph.metadata, label, channels(info.color));
  const auto require_channels = [&](const runtime::TensorInfo& tensor, const std::string& which, int wanted,
                                    const std::string& meaning) {
    const std::optional<std::int64_t> has = fixed(tensor.shape[kChannels]);
    if (has && *has != wanted)
      throw Error(options.model_color ? ErrorCode::kOption : ErrorCode::kModel,
                  label + " " + which + " " + std::to_string(*has) + " channel(s), which is not what \"" +
                      name(info.color) + "\" means" + meaning + " (" + std::to_string(wanted) + ")");
  };
  const int shuffle = info.ends.shuffle;
  require_channels(input, "takes", channels(info.color), "");
  require_channels(output, "gives", channels(info.color) * shuffle * shuffle,
                   shuffle == 1 ? "" : " with a srfast.shuffle of " + std::to_string(shuffle));

  if (options.model_range) {
    require_valid(*options.model_range, "model_range");
    info.range = *options.model_range;
  } else if (stated) {
    info.range = stated->range;
  } else {
    info.assumed.emplace_back("range");
  }

  info.scale = settled_scale(info, session, stated, options);
  settle_residual(info);
  return info;
}

}  // namespace srfast
