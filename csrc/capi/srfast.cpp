// The C interface: check what comes in, call the core once, let no exception out.
#include "srfast/srfast.h"

#include <string_view>
#include <utility>

#include "capi/arguments.h"
#include "capi/errors.h"
#include "capi/handle.h"
#include "capi/shipped_models.h"
#include "capi/structs.h"
#include "runtime/library.h"

namespace capi = srfast::capi;

srfast_upscaler::srfast_upscaler(std::unique_ptr<srfast::Upscaler> opened) : upscaler(std::move(opened)) {
  for (const std::string& provider : upscaler->info().providers) providers.push_back(provider.c_str());
}

namespace {

template <typename Open>
srfast_status open(const srfast_options* options, srfast_upscaler** upscaler, srfast_error** error,
                   const Open& open_model) {
  if (upscaler != nullptr) *upscaler = nullptr;
  return capi::guarded(error, [&] {
    capi::require_pointer(static_cast<const void*>(upscaler), "upscaler");
    constexpr srfast_options kDefaults = SRFAST_OPTIONS_INIT;
    const srfast_options given =
        options == nullptr ? kDefaults : capi::read_struct(options, kDefaults, "options");
    const srfast::UpscalerOptions read = capi::read_options(given);
    srfast::runtime::load_library(given.onnxruntime == nullptr ? "" : given.onnxruntime);
    *upscaler = new srfast_upscaler(open_model(read));
  });
}

// Keeps the caller's wish to stop apart from errors.
srfast::Progress watched(srfast_progress progress, void* context) {
  if (progress == nullptr) return {};
  return [progress, context](std::int64_t done, std::int64_t total) {
    if (progress(done, total, context) != 0)
      throw srfast::Error(srfast::ErrorCode::kCancelled, "the run was ended by its progress function");
  };
}

}  // namespace

const char* srfast_version(void) { return SRFAST_VERSION; }

srfast_status srfast_load_onnxruntime(const char* path, srfast_error** error) {
  return capi::guarded(error, [&] { srfast::runtime::load_library(path == nullptr ? "" : path); });
}

const char* srfast_onnxruntime_path(void) {
  return srfast::runtime::library_loaded() ? srfast::runtime::library_path().c_str() : nullptr;
}

const char* srfast_onnxruntime_version(void) {
  return srfast::runtime::library_loaded() ? srfast::runtime::library_version().c_str() : nullptr;
}

srfast_status srfast_open(const char* model, const srfast_options* options, srfast_upscaler** upscaler,
                          srfast_error** error) {
  return open(options, upscaler, error, [&](const srfast::UpscalerOptions& read) {
    capi::require_pointer(model, "model");
    return srfast::Upscaler::from_file(capi::model_path(model), read);
  });
}

srfast_status srfast_open_memory(const void* data, size_t size, const char* label,
                                 const srfast_options* options, srfast_upscaler** upscaler,
                                 srfast_error** error) {
  return open(options, upscaler, error, [&](const srfast::UpscalerOptions& read) {
    capi::require_pointer(data, "data");
    const std::string_view bytes(static_cast<const char*>(data), size);
    return srfast::Upscaler::from_bytes(bytes, label == nullptr ? "the model in memory" : label, read);
  });
}

void srfast_close(srfast_upscaler* upscaler) { delete upscaler; }

srfast_status srfast_get_model_info(const srfast_upscaler* upscaler, srfast_model_info* info,
                                    srfast_error** error) {
  return capi::guarded(error, [&] {
    capi::require_pointer(upscaler, "upscaler");
    const srfast::ModelInfo& known = upscaler->upscaler->info();
    srfast_model_info full = SRFAST_MODEL_INFO_INIT;
    full.scale = known.scale;
    full.threads = known.threads;
    full.label = known.label.c_str();
    full.color = name(known.color);
    full.low = known.range.low;
    full.high = known.range.high;
    full.tagged = known.tagged ? 1 : 0;
    for (const std::string& each : known.assumed)
      (each == "color" ? full.assumed_color : full.assumed_range) = 1;
    if (known.geometry.axes) {
      full.has_halo = 1;
      full.halo[0] = known.geometry.axes->rows.before;
      full.halo[1] = known.geometry.axes->columns.before;
      full.halo[2] = known.geometry.axes->rows.after;
      full.halo[3] = known.geometry.axes->columns.after;
    }
    full.fixed_height = known.fixed_image_height().value_or(0);
    full.fixed_width = known.fixed_image_width().value_or(0);
    full.input = known.input.c_str();
    full.output = known.output.c_str();
    full.made_by = known.made_by.c_str();
    full.providers = upscaler->providers.data();
    full.provider_count = upscaler->providers.size();
    capi::write_struct(full, info, "info");
  });
}

srfast_status srfast_run(srfast_upscaler* upscaler, const srfast_image* image, const srfast_image* result,
                         srfast_progress progress, void* context, srfast_error** error) {
  return capi::guarded(error, [&] {
    capi::require_pointer(upscaler, "upscaler");
    const srfast::ImageView from = capi::read_image(image, "image");
    const srfast::ImageView to = capi::read_image(result, "result");
    if (from.data == to.data)
      throw srfast::Error(srfast::ErrorCode::kImage, "the image and the result are the same memory");
    const srfast::ConstImageView view{from.data,           from.height,     from.width,
                                      from.channels,       from.row_stride, from.column_stride,
                                      from.channel_stride, from.depth,      from.color};
    upscaler->upscaler->run(view, to, watched(progress, context));
  });
}

void srfast_cancel(srfast_upscaler* upscaler) {
  if (upscaler != nullptr) upscaler->upscaler->cancel();
}
