#include "upscaler.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <new>
#include <utility>

#include "alpha.h"
#include "error.h"
#include "halo_check.h"
#include "kernels/enlarge.h"
#include "kernels/luma.h"
#include "kernels/pack.h"
#include "kernels/reflect.h"
#include "kernels/unpack.h"
#include "runtime/cpu_count.h"
#include "runtime/library.h"
#include "runtime/memory.h"
#include "strips.h"
#include "tile_size.h"
#include "tiling/workers.h"

namespace srfast {
namespace {

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

// The same to what a plane of the network's input holds.
Affine to_input(const ModelInfo& info, Depth depth, int plane) {
  const auto p = static_cast<std::size_t>(plane);
  const auto [gain, bias] = to_network(info, depth);
  return {gain * info.ends.input_gain[p], bias * info.ends.input_gain[p] + info.ends.input_bias[p]};
}

kernels::PackPlan pack_plan(const ModelInfo& info, const ConstImageView& image) {
  const bool reversed = (image.color == ImageColor::kBgr) != (info.color == ModelColor::kBgr);
  kernels::PackPlan plan;
  plan.planes = channels(info.color);
  for (int p = 0; p < plan.planes; ++p) {
    const auto i = static_cast<std::size_t>(p);
    plan.channel[i] = image.channels == 1 ? 0 : reversed ? 2 - p : p;
    const Affine map = to_input(info, image.depth, p);
    plan.gain[i] = static_cast<float>(map.gain);
    plan.bias[i] = static_cast<float>(map.bias);
  }
  return plan;
}

// From the network's values to samples, or to others of this depth.
void set_values(kernels::UnpackPlan& plan, const ModelInfo& info, Depth depth) {
  const Affine map = to_network(info, depth);
  plan.planes = channels(info.color);
  plan.gain = static_cast<float>(1.0 / map.gain);
  plan.bias = static_cast<float>(-map.bias / map.gain);
  plan.shuffle = info.ends.shuffle;
  for (std::size_t p = 0; p < static_cast<std::size_t>(plan.planes); ++p) {
    plan.plane_gain[p] = static_cast<float>(info.ends.output_gain[p]);
    plan.plane_bias[p] = static_cast<float>(info.ends.output_bias[p]);
  }
}

kernels::UnpackPlan unpack_plan(const ModelInfo& info, const ImageView& result) {
  const bool reversed = (result.color == ImageColor::kBgr) != (info.color == ModelColor::kBgr);
  kernels::UnpackPlan plan;
  set_values(plan, info, result.depth);
  plan.mix = result.channels == 1 && plan.planes == 3;
  for (int c = 0; c < plan.planes; ++c) {
    const auto i = static_cast<std::size_t>(c);
    plan.plane[i] = reversed ? 2 - c : c;
    plan.weight[i] = static_cast<float>(kernels::kLuma[info.color == ModelColor::kBgr ? 2 - c : c]);
  }
  if (plan.planes == 1) plan.plane[0] = 0;
  return plan;
}

// From a one-channel network's values to luma in 0..1.
kernels::UnpackPlan unpack_luma_plan(const ModelInfo& info) {
  kernels::UnpackPlan plan;
  set_values(plan, info, Depth::kF32);
  plan.clip = false;
  return plan;
}

// Whether the network enlarges the luma of this image alone; Cb and Cr are enlarged by bicubic interpolation.
bool by_luma(const ModelInfo& info, const ConstImageView& image) {
  return channels(info.color) == 1 && image.channels == 3;
}

// To R, G and B in 0..1.
kernels::PackPlan pack_rgb_plan(ImageColor image_color, Depth depth) {
  kernels::PackPlan plan;
  plan.planes = 3;
  for (int p = 0; p < plan.planes; ++p) {
    const auto i = static_cast<std::size_t>(p);
    plan.channel[i] = image_color == ImageColor::kBgr ? 2 - p : p;
    plan.gain[i] = 1.0F / sample_max(depth);
  }
  return plan;
}

kernels::UnpackPlan unpack_rgb_plan(ImageColor image_color, Depth depth) {
  kernels::UnpackPlan plan;
  plan.planes = 3;
  plan.gain = sample_max(depth);
  for (int c = 0; c < plan.planes; ++c)
    plan.plane[static_cast<std::size_t>(c)] = image_color == ImageColor::kBgr ? 2 - c : c;
  return plan;
}

runtime::SessionOptions session_options(const UpscalerOptions& options) {
  constexpr int kMaxThreads = 1024;
  if (options.threads < 0 || options.threads > kMaxThreads)
    throw Error(ErrorCode::kOption, "threads must be between 1 and " + std::to_string(kMaxThreads) +
                                        ", not " + std::to_string(options.threads));
  return {options.threads == 0 ? runtime::usable_cpus() : options.threads, options.providers};
}

std::uint64_t memory_limit(const UpscalerOptions& options) {
  constexpr std::uint64_t kShare = 4;  // leaves room for the images and for others
  return options.memory_limit != 0 ? options.memory_limit : runtime::available_memory() / kShare;
}

// Opens the network with ONNX Runtime's own threads, or with one thread a run where tiles side by side are
// faster.
std::unique_ptr<runtime::Session> open_session(const Upscaler::OpenSession& open, const std::string& label,
                                               const runtime::SessionOptions& options) {
  std::unique_ptr<runtime::Session> session = open(options);
  if (options.threads == 1 || !options.providers.empty() ||
      !read_geometry(session->info().metadata, label).serial)
    return session;
  runtime::SessionOptions single = options;
  single.threads = 1;
  session.reset();  // first, so that both are never held together
  return open(single);
}

std::string memory_text(double bytes) {
  for (const auto& [unit, name] : {std::pair(1e9, " GB"), std::pair(1e6, " MB"), std::pair(1e3, " KB")}) {
    if (bytes < 10 * unit) continue;
    return std::to_string(static_cast<std::int64_t>(std::ceil(bytes / unit))) + name;
  }
  return std::to_string(static_cast<std::int64_t>(std::ceil(bytes))) + " B";
}

// Planes of floats, one behind the other, as an image.
template <typename Byte, typename Float>
BasicImageView<Byte> view_of_planes(Float* planes, std::int64_t count, std::int64_t height,
                                    std::int64_t width) {
  constexpr std::ptrdiff_t kSize = sizeof(float);
  return {reinterpret_cast<Byte*>(planes), height,     width, count, width * kSize, kSize,
          height * width * kSize,          Depth::kF32};
}

std::string size_text(std::int64_t height, std::int64_t width) {
  return std::to_string(width) + " x " + std::to_string(height);
}

}  // namespace

std::unique_ptr<Upscaler> Upscaler::from_file(const std::string& path, const UpscalerOptions& options) {
  runtime::load_library();
  const auto open = [&](const runtime::SessionOptions& session) {
    return runtime::open_session_file(path, session);
  };
  return std::make_unique<Upscaler>(open, path, options);
}

std::unique_ptr<Upscaler> Upscaler::from_bytes(std::string_view bytes, const std::string& label,
                                               const UpscalerOptions& options) {
  runtime::load_library();
  const auto open = [&](const runtime::SessionOptions& session) {
    return runtime::open_session_bytes(bytes.data(), bytes.size(), label, session);
  };
  return std::make_unique<Upscaler>(open, label, options);
}

Upscaler::Upscaler(const OpenSession& open, const std::string& label, const UpscalerOptions& options) try
    : session_(open_session(open, label, session_options(options))),
      info_(describe(*session_, label, options)),
      memory_limit_(memory_limit(options)),
      tile_pixels_(tile_pixels(info_, memory_limit_)),
      process_(getpid()) {
  const int threads = session_options(options).threads;
  const int affordable = static_cast<int>(std::min<double>(
      threads, static_cast<double>(memory_limit_) / largest_tile_bytes(info_, tile_pixels_)));
  // With ONNX Runtime's own threads one tile at a time keeps all cores busy.
  const bool side_by_side = session_->info().threads < threads;
  workspaces_ = std::make_unique<WorkspacePool>(side_by_side ? std::max(1, affordable) : 1);
  band_threads_ = side_by_side ? 1 : threads;
  info_.threads = threads;
} catch (const std::bad_alloc&) {
  throw Error(ErrorCode::kOutOfMemory,
              "there is not enough memory to open " + label +
                  ": end other programs, or raise the memory limit of this process; if there is plenty, the "
                  "file is damaged or asks for too much, so export it again");
}

Upscaler::~Upscaler() {
  // In a child process the session's threads do not exist, and waiting for them would never end: leak it.
  // NOLINTNEXTLINE(bugprone-unused-return-value): leaked on purpose
  if (getpid() != process_) (void)session_.release();
}

void Upscaler::require_fitting(const ConstImageView& image, const ImageView& result) const {
  const auto refuse = [](const std::string& why) { throw Error(ErrorCode::kImage, why); };
  constexpr std::int64_t kMostChannels = 4;
  if (image.channels < 1 || image.channels > kMostChannels)
    refuse("the image has " + std::to_string(image.channels) +
           " channels; srfast takes 1 (gray), 2 (gray, alpha), 3 (colour) or 4 (colour, alpha)");
  if (image.height < 1 || image.width < 1)
    refuse("the image is empty: " + size_text(image.height, image.width) + " pixels");
  if (result.height != image.height * info_.scale || result.width != image.width * info_.scale ||
      result.channels != image.channels || result.depth != image.depth)
    refuse("the result must have the image's channels and depth, and be " +
           size_text(image.height * info_.scale, image.width * info_.scale) +
           " pixels (width x height), not " + size_text(result.height, result.width));
}

Upscaler::Tiles Upscaler::plan(std::int64_t height, std::int64_t width) {
  const Geometry& geometry = info_.geometry;
  const auto padded = [](std::int64_t length, const tiling::Axis& axis) {
    return axis.pad_before + length + axis.pad_after;
  };
  const auto& [whole_rows, whole_columns] = info_.whole;
  const std::int64_t padded_height = padded(height, whole_rows);
  const std::int64_t padded_width = padded(width, whole_columns);
  const std::int64_t fixed_height = info_.fixed_height.value_or(padded_height);
  const std::int64_t fixed_width = info_.fixed_width.value_or(padded_width);
  if (!geometry.axes) {
    if (padded_height != fixed_height || padded_width != fixed_width)
      throw Error(
          ErrorCode::kImage,
          "the image is " + size_text(height, width) + " pixels (width x height), but " + info_.label +
              " takes " +
              size_text(fixed_height - padded(0, whole_rows), fixed_width - padded(0, whole_columns)) +
              " only, and cannot be run in tiles: it looks at the whole image, or nobody derived how "
              "far it looks. "
              "Export the network with a dynamic height and width, or resize the image");
    const Tiles tiles{tiling::cover(height, whole_rows, padded_height, false),
                      tiling::cover(width, whole_columns, padded_width, false)};
    const double bytes = static_cast<double>(tiles.rows.size) * static_cast<double>(tiles.columns.size) *
                         bytes_per_tile_pixel(info_);
    if (geometry.bytes_per_pixel > 0 && bytes > static_cast<double>(memory_limit_))
      throw Error(ErrorCode::kMemory, info_.label + " cannot be run in tiles, and needs about " +
                                          memory_text(bytes) +
                                          " for an image of this size; memory_limit is " +
                                          memory_text(static_cast<double>(memory_limit_)));
    return tiles;
  }
  const auto& [rows, columns] = *geometry.axes;
  const bool aligned = padded_height % rows.align == 0 && padded_width % columns.align == 0;
  const double whole_bytes =
      static_cast<double>(padded_height) * static_cast<double>(padded_width) * bytes_per_tile_pixel(info_);
  // Where it does not fit, padding it is the best that can be done.
  if (!aligned && !info_.fixed_height && !info_.fixed_width && whole_rows.align == 1 &&
      whole_bytes <= static_cast<double>(memory_limit_) && depends_on_size(*geometry.axes))
    return {tiling::cover(height, whole_rows, padded_height, false),
            tiling::cover(width, whole_columns, padded_width, false)};
  const auto [tile_height, tile_width] = tile_size(*geometry.axes, padded_height, padded_width, tile_pixels_);
  const Tiles tiles{tiling::cover(height, geometry.axes->rows, info_.fixed_height.value_or(tile_height),
                                  info_.fixed_height.has_value()),
                    tiling::cover(width, geometry.axes->columns, info_.fixed_width.value_or(tile_width),
                                  info_.fixed_width.has_value())};
  const double bytes = static_cast<double>(tiles.rows.size) * static_cast<double>(tiles.columns.size) *
                       bytes_per_tile_pixel(info_);
  if (bytes > static_cast<double>(memory_limit_))
    throw Error(ErrorCode::kMemory, "memory_limit is " + memory_text(static_cast<double>(memory_limit_)) +
                                        ", but the smallest tile of " + info_.label + " needs about " +
                                        memory_text(bytes));
  return tiles;
}

void Upscaler::run(const ConstImageView& image, const ImageView& result, const Progress& progress) {
  const std::uint64_t cancellations = cancellations_.load();
  if (getpid() != process_)
    throw Error(
        ErrorCode::kRun,
        "this Upscaler was opened before the process forked, and its threads are not here; open one in "
        "the child process, or start it by \"spawn\"");
  require_fitting(image, result);
  const int enlarged = info_.geometry.enlargement ? info_.geometry.enlargement->factor : 1;
  const Tiles tiles = plan(image.height * enlarged, image.width * enlarged);
  const auto count = static_cast<std::int64_t>(tiles.rows.spans.size() * tiles.columns.spans.size());
  if (count > 1) require_checked_halo();

  const auto require_wanted = [&] {
    if (cancellations_.load() != cancellations) throw Error(ErrorCode::kCancelled, "the run was cancelled");
  };
  tiling::for_each(
      count, static_cast<std::int64_t>(workspaces_->most()),
      [&](std::int64_t index) {
        const WorkspacePool::Loan workspace = workspaces_->lend(require_wanted);
        const Tile tile = tile_at(tiles, index);
        if (has_alpha(image.channels)) {
          run_tile_with_alpha(image, result, tile, *workspace);
        } else {
          run_tile(image, result, tile, *workspace);
        }
      },
      [&](std::int64_t done) {
        if (progress) progress(done, count);
      });
}

void Upscaler::require_checked_halo() {
  const auto& axes = info_.geometry.axes;
  if (!axes || info_.fixed_height || info_.fixed_width) return;
  // Only now, since most networks are never run in tiles.
  const std::lock_guard<std::mutex> lock(probe_mutex_);
  if (!halo_is_true_) require_true_halo(*session_, info_, *axes);
  halo_is_true_ = true;
}

bool Upscaler::depends_on_size(const TileAxes& axes) {
  const std::lock_guard<std::mutex> lock(probe_mutex_);
  if (!depends_on_size_) depends_on_size_ = srfast::depends_on_size(*session_, info_, axes);
  return *depends_on_size_;
}

void Upscaler::cancel() {
  if (getpid() != process_)
    return;  // nothing runs here, and a lock may have been held when the process forked
  ++cancellations_;
  workspaces_->wake();
}

Upscaler::Tile Upscaler::tile_at(const Tiles& tiles, std::int64_t index) {
  const auto across = static_cast<std::int64_t>(tiles.columns.spans.size());
  return {tiles.rows.spans[static_cast<std::size_t>(index / across)],
          tiles.columns.spans[static_cast<std::size_t>(index % across)], tiles.rows.size, tiles.columns.size};
}

void Upscaler::run_tile_with_alpha(const ConstImageView& image, const ImageView& result, const Tile& tile,
                                   Workspace& workspace) const {
  const Geometry& geometry = info_.geometry;
  const std::int64_t factor = geometry.enlargement ? geometry.enlargement->factor : 1;
  // A pixel of the result shows, if its alpha is not 0, that there is a visible sample in the 2 x 2 around
  // it. It is made of samples no further away than the halo and the taps of two interpolations: one before
  // the network, and one beside it. So it is never made of what lies beyond the reach, whatever that holds.
  constexpr std::int64_t kTaps = kernels::kCubicReach;
  std::int64_t reach = image.height + image.width;  // a network that is run whole may look anywhere
  if (geometry.axes) {
    const auto& [rows, columns] = *geometry.axes;
    const std::int64_t halo = std::max({rows.before, rows.after, columns.before, columns.after});
    reach = (halo + factor - 1) / factor + 2 * kTaps;
  }

  // The part of the image that the tile needs, and what its hidden colours depend on.
  const std::int64_t margin = reach + 1 + kTaps;
  const auto begin = [&](const tiling::Span& span) {
    return std::max<std::int64_t>(span.start / factor - margin, 0);
  };
  const auto end = [&](const tiling::Span& span, std::int64_t size, std::int64_t length) {
    return std::min((span.start + size + factor - 1) / factor + margin, length);
  };
  const std::int64_t y = begin(tile.row);
  const std::int64_t x = begin(tile.column);
  const kernels::Window window{y, x, end(tile.row, tile.height, image.height) - y,
                               end(tile.column, tile.width, image.width) - x};
  const ConstImageView colors = workspace.hidden_colors.replace(image, window, reach);

  // The tile of that part, which is an image of its own.
  const auto moved = [&](tiling::Span span, std::int64_t by) {
    span.start -= by;
    span.keep_begin -= by;
    span.keep_end -= by;
    return span;
  };
  const Tile own{moved(tile.row, y * factor), moved(tile.column, x * factor), tile.height, tile.width};
  const std::int64_t scale = info_.scale;
  run_tile(colors, part(colors_of(result), y * scale, x * scale, window.height * scale, window.width * scale),
           own, workspace);
  for_each_band(kept(tile), workspace, [&](const kernels::Window& band, RowBuffers& buffers) {
    enlarge_alpha(image, info_.scale, band, result, buffers);
  });
}

kernels::Window Upscaler::kept(const Tile& tile) const {
  const std::int64_t scale = info_.network_scale();
  return {tile.row.keep_begin * scale, tile.column.keep_begin * scale,
          (tile.row.keep_end - tile.row.keep_begin) * scale,
          (tile.column.keep_end - tile.column.keep_begin) * scale};
}

void Upscaler::run_tile(const ConstImageView& image, const ImageView& result, const Tile& tile,
                        Workspace& workspace) const {
  const std::int64_t planes = channels(info_.color);

  // Pack: samples to planes. Beyond the image, its reflection.
  float* input = workspace.input.reserve(static_cast<std::size_t>(planes * tile.height * tile.width));
  const auto& enlargement = info_.geometry.enlargement;
  const std::int64_t factor = enlargement ? enlargement->factor : 1;
  const auto inside_of = [](const tiling::Span& span, std::int64_t size, std::int64_t length) {
    const std::int64_t begin = std::max<std::int64_t>(span.start, 0);
    return std::pair(begin, std::min(span.start + size, length) - begin);
  };
  const auto [top, inside_height] = inside_of(tile.row, tile.height, image.height * factor);
  const auto [left, inside_width] = inside_of(tile.column, tile.width, image.width * factor);
  const kernels::Window inside{top, left, inside_height, inside_width};
  const kernels::Window place{top - tile.row.start, left - tile.column.start, inside_height, inside_width};
  for_each_band(inside, workspace, [&](const kernels::Window& band, RowBuffers& buffers) {
    float* rows = input + (place.y + band.y - inside.y) * tile.width + place.x;
    if (by_luma(info_, image)) {
      pack_luma(image, band, rows, tile.width, buffers);
    } else {
      pack(image, pack_plan(info_, image), band, rows, tile.height * tile.width, tile.width, buffers);
    }
  });
  kernels::reflect(input, planes, tile.height, tile.width, place);

  // Run the network, from our memory into our memory.
  const runtime::Shape shape = info_.output_shape(tile.height, tile.width);
  float* output = workspace.output.reserve(static_cast<std::size_t>(shape[1] * shape[2] * shape[3]));
  session_->run(input, {1, planes, tile.height, tile.width}, output, shape);

  // Unpack: planes to samples, clipped and rounded; only what the tile is there for.
  for_each_band(kept(tile), workspace, [&](const kernels::Window& band, RowBuffers& buffers) {
    unpack(image, tile, {input, output, shape}, band, result, buffers);
  });
}

void Upscaler::for_each_band(const kernels::Window& window, Workspace& workspace,
                             const std::function<void(const kernels::Window&, RowBuffers&)>& work) const {
  // Fewer pixels take about as long as starting a thread for them.
  constexpr std::int64_t kPixels = std::int64_t{512} * 256;
  const std::int64_t count = std::clamp<std::int64_t>(window.height * window.width / kPixels, 1,
                                                      std::min<std::int64_t>(band_threads_, window.height));
  if (static_cast<std::int64_t>(workspace.bands.size()) < count)
    workspace.bands.resize(static_cast<std::size_t>(count));
  const auto work_on = [&](std::int64_t i) {
    const std::int64_t begin = window.height * i / count;
    const std::int64_t end = window.height * (i + 1) / count;
    work({window.y + begin, window.x, end - begin, window.width},
         workspace.bands[static_cast<std::size_t>(i)]);
  };
  tiling::for_each(count, count, work_on, [](std::int64_t) {});
}

void Upscaler::pack(const ConstImageView& image, const kernels::PackPlan& plan, const kernels::Window& window,
                    float* planes, std::int64_t plane_stride, std::int64_t row_stride,
                    RowBuffers& buffers) const {
  const auto& enlargement = info_.geometry.enlargement;
  if (!enlargement) {
    kernels::pack(part(image, window.y, window.x, window.height, window.width), plan, planes, plane_stride,
                  row_stride);
    return;
  }
  float* scratch =
      buffers.scratch.reserve(kernels::enlarge_scratch(plan.planes, enlargement->factor, window));
  kernels::enlarge(image, plan, enlargement->mode, enlargement->factor, window, planes, plane_stride,
                   row_stride, scratch);
}

void Upscaler::pack_luma(const ConstImageView& image, const kernels::Window& window, float* luma,
                         std::int64_t row_stride, RowBuffers& buffers) const {
  const kernels::PackPlan plan = pack_rgb_plan(image.color, image.depth);
  const Affine map = to_input(info_, Depth::kF32, 0);
  for_each_strip(window, [&](const kernels::Window& strip) {
    const std::int64_t pixels = strip.height * strip.width;
    float* rgb = buffers.rgb.reserve(static_cast<std::size_t>(3 * pixels));
    pack(image, plan, strip, rgb, pixels, strip.width, buffers);
    for (std::int64_t y = 0; y < strip.height; ++y)
      kernels::luma_of(rgb + y * strip.width, pixels, strip.width, static_cast<float>(map.gain),
                       static_cast<float>(map.bias), luma + (strip.y - window.y + y) * row_stride);
  });
}

void Upscaler::unpack(const ConstImageView& image, const Tile& tile, const Outcome& outcome,
                      const kernels::Window& window, const ImageView& result, RowBuffers& buffers) const {
  if (!info_.ends.residual && !by_luma(info_, image)) {
    unpack_strip(image, tile, outcome, window, result, buffers);
    return;
  }
  for_each_strip(window, [&](const kernels::Window& strip) {
    unpack_strip(image, tile, outcome, strip, result, buffers);
  });
}

void Upscaler::unpack_strip(const ConstImageView& image, const Tile& tile, const Outcome& outcome,
                            const kernels::Window& strip, const ImageView& result,
                            RowBuffers& buffers) const {
  const std::int64_t scale = info_.network_scale();
  kernels::UnpackPlan plan = by_luma(info_, image) ? unpack_luma_plan(info_) : unpack_plan(info_, result);
  plan.y = strip.y - tile.row.start * scale - info_.margins.rows.before;
  plan.x = strip.x - tile.column.start * scale - info_.margins.columns.before;
  plan.residual = residual(tile, outcome, strip, buffers);
  if (by_luma(info_, image)) {
    unpack_luma(image, plan, outcome, strip, result, buffers);
    return;
  }
  const auto& [batch, planes, height, width] = outcome.output_shape;
  kernels::unpack(outcome.output, height * width, width, plan,
                  part(result, strip.y, strip.x, strip.height, strip.width));
}

kernels::Residual Upscaler::residual(const Tile& tile, const Outcome& outcome, const kernels::Window& strip,
                                     RowBuffers& buffers) const {
  kernels::Residual residual;
  if (!info_.ends.residual) return residual;
  const auto [mode, factor] = *info_.ends.residual;
  const int planes = channels(info_.color);
  for (std::size_t p = 0; p < static_cast<std::size_t>(planes); ++p) {  // the image again, not what was fed
    residual.gain[p] = static_cast<float>(1.0 / info_.ends.input_gain[p]);
    residual.bias[p] = static_cast<float>(-info_.ends.input_bias[p] / info_.ends.input_gain[p]);
  }
  const kernels::Window window{strip.y - tile.row.start * factor, strip.x - tile.column.start * factor,
                               strip.height, strip.width};
  if (mode == kernels::EnlargeMode::kNearest || factor == 1) {
    residual.planes = outcome.input;
    residual.plane_stride = tile.height * tile.width;
    residual.row_stride = tile.width;
    residual.factor = factor;
    residual.y = window.y;
    residual.x = window.x;
    return residual;
  }
  kernels::PackPlan plan;
  plan.planes = planes;
  plan.channel = {0, 1, 2, 3};
  plan.gain = kernels::kPlaneOnes;
  const std::int64_t pixels = strip.height * strip.width;
  float* enlarged = buffers.residual.reserve(static_cast<std::size_t>(planes * pixels));
  float* scratch = buffers.scratch.reserve(kernels::enlarge_scratch(planes, factor, window));
  kernels::enlarge(view_of_planes<const std::byte>(outcome.input, planes, tile.height, tile.width), plan,
                   mode, factor, window, enlarged, pixels, strip.width, scratch);
  residual.planes = enlarged;
  residual.plane_stride = pixels;
  residual.row_stride = strip.width;
  return residual;
}

void Upscaler::unpack_luma(const ConstImageView& image, const kernels::UnpackPlan& plan,
                           const Outcome& outcome, const kernels::Window& strip, const ImageView& result,
                           RowBuffers& buffers) const {
  const std::int64_t pixels = strip.height * strip.width;
  const auto& [batch, planes, height, width] = outcome.output_shape;
  float* luma = buffers.luma.reserve(static_cast<std::size_t>(pixels));
  kernels::unpack(outcome.output, height * width, width, plan,
                  view_of_planes<std::byte>(luma, 1, strip.height, strip.width));

  const kernels::PackPlan packing = pack_rgb_plan(image.color, image.depth);
  float* rgb = buffers.rgb.reserve(static_cast<std::size_t>(3 * pixels));
  float* scratch = buffers.scratch.reserve(kernels::enlarge_scratch(packing.planes, info_.scale, strip));
  kernels::enlarge(image, packing, kernels::EnlargeMode::kCubic, info_.scale, strip, rgb, pixels, strip.width,
                   scratch);
  kernels::replace_luma(rgb, pixels, pixels, luma);
  kernels::unpack(rgb, pixels, strip.width, unpack_rgb_plan(result.color, result.depth),
                  part(result, strip.y, strip.x, strip.height, strip.width));
}

}  // namespace srfast
