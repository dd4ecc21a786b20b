// The pipeline: an image in, the network's image out.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "image.h"
#include "kernels/enlarge.h"
#include "kernels/pack.h"
#include "kernels/unpack.h"
#include "model_info.h"
#include "options.h"
#include "run_control.h"
#include "runtime/session.h"
#include "tiling/plan.h"
#include "workspace.h"

namespace srfast {

// One loaded network. run may be called from many threads at once; they share the cores and the memory that
// the options grant. The integers that come out do not depend on the number of threads.
class Upscaler {
 public:
  // Opens the network for runs that keep so many cores busy. It may be called twice.
  using OpenSession = std::function<std::unique_ptr<runtime::Session>(const runtime::SessionOptions&)>;

  // Throws Error(kModel, kOption, kProvider, kOnnxRuntime, kOutOfMemory). runtime::load_library is called if
  // it was not.
  static std::unique_ptr<Upscaler> from_file(const std::string& path, const UpscalerOptions& options);
  static std::unique_ptr<Upscaler> from_bytes(std::string_view bytes, const std::string& label,
                                              const UpscalerOptions& options);  // label names it in messages

  Upscaler(const OpenSession& open, const std::string& label, const UpscalerOptions& options);
  Upscaler(const Upscaler&) = delete;
  Upscaler& operator=(const Upscaler&) = delete;
  // No run may be in progress.
  ~Upscaler();

  [[nodiscard]] const ModelInfo& info() const noexcept { return info_; }

  // Enlarges `image` (1 to 4 channels; of 2 and 4 the last is alpha, by which the colours are not multiplied)
  // into `result` (the same channels and depth, scale times as high and wide), which must not overlap it. A
  // gray image is given to a colour network three times over, and the BT.601 luma of what comes back is
  // taken. Of a colour image a one-channel network enlarges the BT.601 luma; Cb and Cr are enlarged by
  // bicubic interpolation, and so is alpha (alpha.h). The colours of pixels whose alpha is 0 do not matter
  // (hidden_colors.h). Either view has its own order of channels. Values are clipped to the depth's range;
  // integers are rounded to nearest, ties to even. Throws Error(kImage): sizes or channels that do not fit;
  // Error(kRun): the network failed; Error(kMemory): the memory limit is too small; Error(kCancelled); and
  // what `progress` throws. After any of them the Upscaler can be used as before, and `result` holds nothing
  // of use.
  void run(const ConstImageView& image, const ImageView& result, const Progress& progress = {});

  // Ends the runs that are in progress with Error(kCancelled), within one tile. Any thread may call it.
  void cancel();

 private:
  struct Tiles {
    tiling::Spans rows;
    tiling::Spans columns;
  };

  void require_fitting(const ConstImageView& image, const ImageView& result) const;
  void require_checked_halo();
  // Whether images whose size is no multiple of the alignment are run as they are, if they can be.
  [[nodiscard]] bool depends_on_size(const TileAxes& axes);
  [[nodiscard]] Tiles plan(std::int64_t height, std::int64_t width);
  // One of them, in pixels of the network's input.
  struct Tile {
    tiling::Span row;
    tiling::Span column;
    std::int64_t height = 0;
    std::int64_t width = 0;
  };
  [[nodiscard]] static Tile tile_at(const Tiles& tiles, std::int64_t index);
  // What of the result the tile is there for.
  [[nodiscard]] kernels::Window kept(const Tile& tile) const;
  // For images without alpha.
  void run_tile(const ConstImageView& image, const ImageView& result, const Tile& tile,
                Workspace& workspace) const;
  void run_tile_with_alpha(const ConstImageView& image, const ImageView& result, const Tile& tile,
                           Workspace& workspace) const;
  // Calls `work` for bands of rows that make up the window together: side by side if it is large.
  void for_each_band(const kernels::Window& window, Workspace& workspace,
                     const std::function<void(const kernels::Window&, RowBuffers&)>& work) const;
  // Packs a part of the network's input, enlarged on the way if the network wants that.
  void pack(const ConstImageView& image, const kernels::PackPlan& plan, const kernels::Window& window,
            float* planes, std::int64_t plane_stride, std::int64_t row_stride, RowBuffers& buffers) const;
  // The same of the luma of a colour image.
  void pack_luma(const ConstImageView& image, const kernels::Window& window, float* luma,
                 std::int64_t row_stride, RowBuffers& buffers) const;
  // What the network was given for a tile, and what it gave.
  struct Outcome {
    const float* input = nullptr;
    const float* output = nullptr;
    runtime::Shape output_shape{};
  };
  // Writes a part of the result, which belongs to the tile.
  void unpack(const ConstImageView& image, const Tile& tile, const Outcome& outcome,
              const kernels::Window& window, const ImageView& result, RowBuffers& buffers) const;
  // The same of few rows.
  void unpack_strip(const ConstImageView& image, const Tile& tile, const Outcome& outcome,
                    const kernels::Window& strip, const ImageView& result, RowBuffers& buffers) const;
  // The same of a colour image whose luma the network enlarges: that luma, and the image's own Cb and Cr,
  // enlarged. `plan` unpacks the luma.
  void unpack_luma(const ConstImageView& image, const kernels::UnpackPlan& plan, const Outcome& outcome,
                   const kernels::Window& strip, const ImageView& result, RowBuffers& buffers) const;
  // What is added to the network's output in these rows.
  [[nodiscard]] kernels::Residual residual(const Tile& tile, const Outcome& outcome,
                                           const kernels::Window& strip, RowBuffers& buffers) const;

  std::unique_ptr<runtime::Session> session_;
  ModelInfo info_;
  std::uint64_t memory_limit_;
  std::int64_t tile_pixels_;  // the most pixels of the network's input in one tile
  int band_threads_ = 1;      // that may pack or unpack one tile
  std::unique_ptr<WorkspacePool> workspaces_;
  std::mutex probe_mutex_;
  bool halo_is_true_ = false;
  std::optional<bool> depends_on_size_;  // once it is known
  std::atomic<std::uint64_t> cancellations_{0};
  pid_t process_;
};

}  // namespace srfast
