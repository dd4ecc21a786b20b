// The pipeline: an image in, the network's image out.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "image.h"
#include "model_info.h"
#include "options.h"
#include "runtime/session.h"
#include "workspace.h"

namespace srfast {

// One loaded network. run may be called from many threads at once; the integers that come out do not depend
// on the number of threads.
class Upscaler {
 public:
  // Throws Error(kModel, kOption, kProvider, kOnnxRuntime). runtime::load_library is called if it was not.
  static std::unique_ptr<Upscaler> from_file(const std::string& path, const UpscalerOptions& options);
  static std::unique_ptr<Upscaler> from_bytes(std::string_view bytes, const UpscalerOptions& options);

  Upscaler(std::unique_ptr<runtime::Session> session, const std::string& label,
           const UpscalerOptions& options);

  [[nodiscard]] const ModelInfo& info() const noexcept { return info_; }

  // Enlarges `image` (1 or 3 channels) into `result` (the same channels and depth, scale times as high and
  // wide), which must not overlap it. A gray image is given to a colour network three times over, and the
  // BT.601 luma of what comes back is taken. Values are clipped to the depth's range; integers are rounded to
  // nearest, ties to even. Throws Error(kImage): sizes or channels that do not fit; Error(kRun): the network
  // failed.
  void run(const ConstImageView& image, const ImageView& result);

 private:
  void require_fitting(const ConstImageView& image, const ImageView& result) const;

  std::unique_ptr<runtime::Session> session_;
  ModelInfo info_;
  ImageColor image_color_;
  WorkspacePool workspaces_;
};

}  // namespace srfast
