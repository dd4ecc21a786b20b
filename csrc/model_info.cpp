#include "model_info.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <sstream>
#include <utility>

#include "error.h"
#include "metadata.h"
#include "size_probe.h"
#include "utf8.h"

namespace srfast {
namespace {

constexpr std::size_t kBatch = 0;
constexpr std::size_t kChannels = 1;
constexpr std::size_t kHeight = 2;
constexpr std::size_t kWidth = 3;

// As large as a probe has to be for any shuffle to show.
constexpr std::array<std::int64_t, 2> kShuffleProbes{24, 40};
// No probe is larger than this: what asks for more is not probed.
constexpr std::int64_t kMostProbe = 256;
// The same in pixels, where the network takes one size only.
constexpr double kMostProbePixels = 1 << 26;
// The largest side that a network may declare: far above any image; keeps size arithmetic away from overflow.
constexpr std::int64_t kMostSide = std::int64_t{1} << 42;

// The largest scale that sizes are asked to confirm; beyond kMaxScale, so that a shuffle's lower ones are
// seen.
constexpr std::int64_t kMostShown = std::int64_t{2} * kMaxScale;

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
  if (tensor.type != "float32" && tensor.type != "float16")
    refuse(label, named + " is " + tensor.type + ", and srfast runs float32 and float16 networks");
  if (tensor.shape.size() != 4)
    refuse(label, named + " has shape " + text(tensor.shape) +
                      ", but a super-resolution network has 4 axes: batch, channels, height, width");
  if (tensor.shape[kBatch] > 1)
    refuse(label, named + " has a fixed batch of " + std::to_string(tensor.shape[kBatch]) +
                      "; export it with a batch of 1 or a dynamic one");
  if (std::max(tensor.shape[kHeight], tensor.shape[kWidth]) > kMostSide)
    refuse(label, named + " has shape " + text(tensor.shape) + ", which is larger than any image");
}

std::optional<std::int64_t> fixed(std::int64_t side) { return side > 0 ? std::optional(side) : std::nullopt; }

// How many pixels of the network's output are missing, beside scale times its input.
struct Missing {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
};

// The size that a network of this scale gives for a size of its input, before the shuffle.
std::int64_t output_size(std::int64_t in, std::int64_t scale, std::int64_t missing, std::int64_t shuffle) {
  return (in * scale - missing + shuffle - 1) / shuffle;
}

std::int64_t total(const Margin& margin) { return margin.before + margin.after; }

// What a network that was made for one size declares. nullopt: nothing. `expected` is what its scale should
// be, 0 where nobody says; a scale of 0 comes back where the declared shapes fit none.
std::optional<ShownSizes> declared_sizes(const runtime::SessionInfo& graph, std::int64_t expected) {
  ShownSizes sizes;
  for (const auto& [axis, missing] :
       {std::pair(kHeight, &sizes.missing_rows), std::pair(kWidth, &sizes.missing_columns)}) {
    const std::int64_t in = graph.inputs.front().shape[axis];
    const std::int64_t out = graph.outputs.front().shape[axis];
    if (in <= 0 || out <= 0) return std::nullopt;
    std::int64_t scale = scale_of_one(in, out);
    const bool half_of_it = expected * in > out && (expected * in - out) * 2 <= expected * in;
    if (scale == 0 && half_of_it) scale = expected;
    if (scale == 0 || (sizes.scale != 0 && sizes.scale != scale)) return ShownSizes{};
    sizes.scale = scale;
    *missing = scale * in - out;
  }
  return sizes;
}

// For the handler of an error in runs that were to show a network's scale: without one that is stated, they
// are needed.
void require_stated_scale(const Error& error, const std::string& label, std::int64_t stated) {
  if (error.code() != ErrorCode::kRun) throw;
  if (stated > 0) return;
  refuse(label, std::string("it does not state its scale, and runs to find it failed; give model_scale. ") +
                    error.what());
}

bool is_too_large_to_probe(const ModelInfo& info) {
  return static_cast<double>(info.fixed_height.value_or(kMostProbe)) *
             static_cast<double>(info.fixed_width.value_or(kMostProbe)) >
         kMostProbePixels;
}

// What small runs show. nullopt: nothing, because none succeeds or the network asks for large sizes.
std::optional<ShownSizes> seen_sizes(const ModelInfo& info, const runtime::Session& session,
                                     std::int64_t expected, const Missing& expected_missing) {
  const std::int64_t planes = channels(info.color);
  const tiling::Axis& axis = info.whole.rows;
  std::int64_t multiple = axis.align;
  if (info.geometry.axes) {
    const auto& [rows, columns] = *info.geometry.axes;
    multiple = std::lcm(multiple, std::lcm(rows.align, columns.align));
  }
  if (multiple > kMostProbe || axis.least > kMostProbe || is_too_large_to_probe(info)) return std::nullopt;
  try {
    if (expected > 0) {  // what is stated needs one run to be believed
      const std::int64_t least = std::max<std::int64_t>(axis.least, 24);
      const std::int64_t side = (least + multiple - 1) / multiple * multiple;
      const std::int64_t height = info.fixed_height.value_or(side);
      const std::int64_t width = info.fixed_width.value_or(side);
      const std::vector<std::int64_t> out = session.output_shape({1, planes, height, width});
      if (out.size() == 4 && out[kHeight] == expected * height - expected_missing.rows &&
          out[kWidth] == expected * width - expected_missing.columns)
        return ShownSizes{expected, expected_missing.rows, expected_missing.columns};
    }
    return probe_sizes(session, planes, {info.fixed_height, info.fixed_width}, {multiple, axis.least})
        .value_or(ShownSizes{});
  } catch (const Error& error) {
    require_stated_scale(error, info.label, expected);
    return std::nullopt;
  }
}

// Along one axis: a size of the network's input, and that of its output.
struct Sizes {
  std::int64_t in;
  std::int64_t out;
  std::int64_t missing;
};

bool shows(const std::vector<Sizes>& seen, std::int64_t scale, int shuffle) {
  return std::all_of(seen.begin(), seen.end(), [&](const Sizes& sizes) {
    return output_size(sizes.in, scale, sizes.missing, shuffle) == sizes.out;
  });
}

// The scale that sizes show, if there are any. 0: none, which is not a whole number, or not the same along
// both axes. One that is far too large is only that of the first sizes: products with it could overflow.
std::int64_t shown_scale(const std::vector<Sizes>& seen, int shuffle) {
  const auto& [in, out, missing] = seen.front();
  // The highest that the first sizes allow; only a shuffle of an input of a few pixels allows lower ones.
  const std::int64_t most = (out * shuffle + missing) / in;
  if (most > kMostShown) return most;
  for (std::int64_t scale = most; scale >= 1 && output_size(in, scale, missing, shuffle) == out; --scale)
    if (shows(seen, scale, shuffle)) return scale;
  return 0;
}

// The same of a network that leaves its shuffle to the unpack: sizes of its output are rounded up to whole
// blocks, so what is missing has to be stated.
std::optional<ShownSizes> shuffled_sizes(const ModelInfo& info, const runtime::Session& session,
                                         std::int64_t expected, const Missing& missing) {
  std::vector<Sizes> seen;
  const auto add = [&](const std::vector<std::int64_t>& in, const std::vector<std::int64_t>& out) {
    if (out.size() != 4) {
      seen.push_back({in[kHeight], 0, missing.rows});
      return;
    }
    if (in[kHeight] > 0 && out[kHeight] > 0) seen.push_back({in[kHeight], out[kHeight], missing.rows});
    if (in[kWidth] > 0 && out[kWidth] > 0) seen.push_back({in[kWidth], out[kWidth], missing.columns});
  };
  const int shuffle = info.ends.shuffle;
  add(session.info().inputs.front().shape, session.info().outputs.front().shape);
  if (seen.empty()) {
    if (is_too_large_to_probe(info)) return std::nullopt;
    try {
      for (const std::int64_t side : kShuffleProbes) {
        const std::int64_t height = info.fixed_height.value_or(side);
        const std::int64_t width = info.fixed_width.value_or(side);
        const runtime::Shape in{1, channels(info.color), height, width};
        add({in.begin(), in.end()}, session.output_shape(in));
        if (expected > 0) break;  // what is stated needs one run to be believed
      }
    } catch (const Error& error) {
      require_stated_scale(error, info.label, expected);
      return std::nullopt;
    }
  }
  if (expected > 0 && shows(seen, expected, shuffle))
    return ShownSizes{expected, missing.rows, missing.columns};
  const std::int64_t scale = shown_scale(seen, shuffle);
  if (expected == 0 && scale > 1 && scale <= kMostShown && shows(seen, scale - 1, shuffle))
    refuse(info.label, "it does not state its scale, and takes too few pixels to show it; give model_scale");
  return ShownSizes{scale, missing.rows, missing.columns};
}

Margin halved(std::int64_t missing) {
  const std::int64_t before = missing >= 0 ? missing / 2 : -((-missing + 1) / 2);
  return {before, missing - before};
}

// Settles the scale and the margins, and what sizes the network takes where nobody stated that.
void settle_sizes(ModelInfo& info, const runtime::Session& session, const std::optional<Conventions>& stated,
                  const UpscalerOptions& options) {
  const std::int64_t enlarged = info.geometry.enlargement ? info.geometry.enlargement->factor : 1;
  if (options.model_scale && (*options.model_scale < 1 || *options.model_scale > kMaxScale))
    throw Error(ErrorCode::kOption, "model_scale must be between 1 and " + std::to_string(kMaxScale) +
                                        ", not " + std::to_string(*options.model_scale));
  const int expected = options.model_scale ? *options.model_scale : stated ? stated->scale : 0;
  const std::int64_t own = expected % enlarged == 0 ? expected / enlarged : 0;
  const std::optional<Margins>& margins = info.geometry.margins;
  const Missing missing = margins ? Missing{total(margins->rows), total(margins->columns)} : Missing{};

  std::optional<ShownSizes> shown;
  if (info.ends.shuffle > 1) {
    shown = shuffled_sizes(info, session, own, missing);
  } else {
    shown = declared_sizes(session.info(), own);
    if (!shown) shown = seen_sizes(info, session, own, missing);
  }
  if (expected == 0 && !shown)
    refuse(info.label,
           "it does not state its scale, and takes too many pixels to find it by runs; give model_scale");
  const auto seen = shown ? shown->scale : 0;  // 0: nothing was seen, or no whole multiple
  if (expected > 0 && ((shown && seen * enlarged != expected) || own == 0)) {
    std::string but = ", but its output is no whole multiple of its input";
    if (own == 0) {
      but = ", but it is given its input enlarged " + std::to_string(enlarged) + " times";
    } else if (seen > 0) {
      but = ", but it enlarges " + std::to_string(seen * enlarged) + " times";
      if (seen == 1 && enlarged == 1)
        but += ". If it takes an image that was enlarged before, say so: srfast tag --enlarge cubic";
    }
    if (options.model_scale)
      throw Error(ErrorCode::kOption, info.label + ": model_scale is " + std::to_string(expected) + but);
    refuse(info.label,
           "its metadata says scale " + std::to_string(expected) + but + ". Export or tag it again");
  }
  if (expected == 0 && seen == 0)
    refuse(info.label,
           "its output is not a whole multiple of its input in size, nor that less a border, so it is not a "
           "network that srfast runs");
  if (expected == 0 && seen * enlarged > kMaxScale)
    refuse(info.label, "it enlarges " + std::to_string(seen * enlarged) +
                           " times, and srfast runs networks up to " + std::to_string(kMaxScale));
  info.scale = expected > 0 ? expected : static_cast<int>(seen * enlarged);

  if (margins) {
    if (shown && (shown->missing_rows != missing.rows || shown->missing_columns != missing.columns))
      refuse(info.label, "its metadata says that its output lacks " + std::to_string(missing.rows) +
                             " rows and " + std::to_string(missing.columns) +
                             " columns (srfast.margin), but it lacks " + std::to_string(shown->missing_rows) +
                             " and " + std::to_string(shown->missing_columns) + ". Export or tag it again");
    info.margins = *margins;
  } else if (shown) {
    info.margins = {halved(shown->missing_rows), halved(shown->missing_columns)};
  }
  if (shown && !stated && !info.geometry.axes)
    for (tiling::Axis* axis : {&info.whole.rows, &info.whole.columns}) {
      axis->align = shown->multiple;
      axis->least = shown->least;
    }
}

// What the image is padded by, so that the output covers it. An output pixel looks at least as far as what
// is missing, whatever the file says.
void settle_padding(ModelInfo& info) {
  const std::int64_t scale = info.network_scale();
  const auto settle = [&](tiling::Axis& axis, const Margin& margin, bool cut) {
    const auto pixels = [&](std::int64_t missing) {
      return missing > 0 ? (missing + scale - 1) / scale : std::int64_t{0};
    };
    axis.pad_before = pixels(margin.before);
    axis.pad_after = pixels(margin.after);
    if (!cut) return;
    axis.before = std::max(axis.before, axis.pad_before);
    axis.after = std::max(axis.after, axis.pad_after);
  };
  settle(info.whole.rows, info.margins.rows, false);
  settle(info.whole.columns, info.margins.columns, false);
  if (!info.geometry.axes) return;
  settle(info.geometry.axes->rows, info.margins.rows, true);
  settle(info.geometry.axes->columns, info.margins.columns, true);
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

void require_text(const std::string& text, const std::string& what, const std::string& label) {
  if (!is_utf8(text)) refuse(label, what + " is not UTF-8 text; export it again");
}

std::optional<std::int64_t> of_image(std::optional<std::int64_t> side, const tiling::Axis& axis,
                                     const Geometry& geometry) {
  if (side) *side -= axis.pad_before + axis.pad_after;
  if (side && geometry.enlargement) *side /= geometry.enlargement->factor;
  return side;
}

}  // namespace

std::optional<std::int64_t> ModelInfo::fixed_image_height() const noexcept {
  return of_image(fixed_height, whole.rows, geometry);
}

std::optional<std::int64_t> ModelInfo::fixed_image_width() const noexcept {
  return of_image(fixed_width, whole.columns, geometry);
}

runtime::Shape ModelInfo::output_shape(std::int64_t height, std::int64_t width) const noexcept {
  const std::int64_t shuffle = ends.shuffle;
  return {1, channels(color) * shuffle * shuffle,
          output_size(height, network_scale(), total(margins.rows), shuffle),
          output_size(width, network_scale(), total(margins.columns), shuffle)};
}

ModelInfo describe(const runtime::Session& session, const std::string& label,
                   const UpscalerOptions& options) {
  const runtime::SessionInfo& graph = session.info();
  if (graph.inputs.empty()) refuse(label, "it has no input");
  for (const auto* tensors : {&graph.inputs, &graph.outputs})
    for (const runtime::TensorInfo& tensor : *tensors)
      require_text(tensor.name, "the name of an input or output", label);
  if (graph.inputs.size() > 1) {
    std::string names;
    for (const runtime::TensorInfo& tensor : graph.inputs)
      names += (names.empty() ? "\"" : ", \"") + tensor.name + "\" " + tensor.type + " " + text(tensor.shape);
    refuse(label, "it has " + std::to_string(graph.inputs.size()) + " inputs (" + names +
                      "), and srfast runs networks with one. If the others only carry the scale, give them "
                      "their values: srfast tag --scale N");
  }
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
  info.bytes_per_value = sizeof(float);
  if (input.type == "float16" || output.type == "float16") info.bytes_per_value += sizeof(std::uint16_t);

  const std::optional<Conventions> stated = read_conventions(graph.metadata, label);
  info.geometry = read_geometry(graph.metadata, label);
  info.tagged = stated.has_value();
  std::istringstream passes(metadata::value(graph.metadata, "srfast.passes"));
  passes.exceptions(std::ios::badbit);  // a stream would keep std::bad_alloc to itself
  for (std::string pass; passes >> pass;) info.passes.push_back(pass);
  if (stated) {
    info.made_by = stated->made_by;
    require_text(info.made_by, "its srfast.made_by", label);
    for (tiling::Axis* axis : {&info.whole.rows, &info.whole.columns}) {
      axis->align = stated->multiple;
      axis->least = stated->minimum;
    }
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

  settle_sizes(info, session, stated, options);
  settle_residual(info);
  settle_padding(info);
  return info;
}

}  // namespace srfast
