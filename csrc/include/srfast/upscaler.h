/**
 * @file
 * srfast for C++17: a thin face on the C interface (srfast/srfast.h), all of it in this header, so that
 * nothing but C crosses the border of the library, and compilers and standard libraries on its two sides may
 * differ.
 *
 * @code
 * srfast::Upscaler up("srcnn.onnx");
 * std::vector<std::uint8_t> large(...);  // up.info().scale times as high and wide
 * up.run({pixels, height, width, 3}, {large.data(), height * scale, width * scale, 3});
 * @endcode
 */
#ifndef SRFAST_UPSCALER_H
#define SRFAST_UPSCALER_H

#include <srfast/srfast.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace srfast {

/** Versioned, so that this face has other symbols than the library's inside, and than faces to come. */
inline namespace api1 {

/** What kind of error it was. */
enum class ErrorCode : srfast_status {
  kOption = SRFAST_ERROR_OPTION,             /**< An option has a value that cannot be used. */
  kImage = SRFAST_ERROR_IMAGE,               /**< An image cannot be used. */
  kModel = SRFAST_ERROR_MODEL,               /**< Missing, damaged, or not a network that srfast can run. */
  kProvider = SRFAST_ERROR_PROVIDER,         /**< An execution provider cannot be had. */
  kOnnxRuntime = SRFAST_ERROR_ONNXRUNTIME,   /**< ONNX Runtime is missing, too old, or cannot be loaded. */
  kRun = SRFAST_ERROR_RUN,                   /**< ONNX Runtime failed while it ran the network. */
  kMemoryLimit = SRFAST_ERROR_MEMORY_LIMIT,  /**< The limit is too small for the smallest piece of work. */
  kCancelled = SRFAST_CANCELLED,             /**< Upscaler::cancel ended the run. */
  kArgument = SRFAST_ERROR_ARGUMENT,         /**< Such as the use of an Upscaler that was moved from. */
  kOutOfMemory = SRFAST_ERROR_OUT_OF_MEMORY, /**< The system has no memory left. */
  kInternal = SRFAST_ERROR_INTERNAL,         /**< A defect in srfast. */
};

/** What this header throws: a code, and a message that says what to do. */
class __attribute__((visibility("default"))) Error : public std::runtime_error {
 public:
  /** An error of a kind. */
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  /** What kind of error it is. */
  [[nodiscard]] ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

/** The type of one sample. */
enum class Depth : std::int32_t {
  kU8 = SRFAST_U8,   /**< std::uint8_t, 0..255 */
  kU16 = SRFAST_U16, /**< std::uint16_t, 0..65535 */
  kF32 = SRFAST_F32, /**< float, 0..1 */
};

/** The order of the first three channels. */
enum class Color : std::int32_t {
  kBgr = SRFAST_BGR, /**< As OpenCV has it. */
  kRgb = SRFAST_RGB, /**< Red, green, blue. */
};

/** The depth of samples of a type. */
template <typename Sample>
[[nodiscard]] constexpr Depth depth_of() noexcept {
  using Plain = std::remove_cv_t<Sample>;
  static_assert(std::is_same_v<Plain, std::uint8_t> || std::is_same_v<Plain, std::uint16_t> ||
                    std::is_same_v<Plain, float>,
                "samples are std::uint8_t, std::uint16_t or float");
  if constexpr (std::is_same_v<Plain, std::uint8_t>) return Depth::kU8;
  if constexpr (std::is_same_v<Plain, std::uint16_t>) return Depth::kU16;
  return Depth::kF32;
}

/**
 * Pixels that somebody else owns: height x width x channels samples, interleaved unless strides say
 * otherwise. Strides are in bytes and may be negative; 0 means without gaps. `Void` is `void` or `const
 * void`.
 */
template <typename Void>
struct BasicImageView {
  Void* data = nullptr;            /**< The sample of row 0, column 0, channel 0. */
  std::int64_t height = 0;         /**< In pixels. */
  std::int64_t width = 0;          /**< In pixels. */
  std::int32_t channels = 0;       /**< 1: gray; 2: gray, alpha; 3: colour; 4: colour, alpha. */
  std::int64_t row_stride = 0;     /**< From one row to the next, in bytes. */
  Depth depth = Depth::kU8;        /**< The type of a sample. */
  Color color = Color::kBgr;       /**< The order of the channels. */
  std::int64_t column_stride = 0;  /**< From one pixel to the next, in bytes. */
  std::int64_t channel_stride = 0; /**< From one channel to the next, in bytes. */

  /** Empty. */
  BasicImageView() = default;

  /** Samples of the type that `samples` points to. */
  template <typename Sample,
            typename = std::enable_if_t<!std::is_void_v<Sample> && std::is_convertible_v<Sample*, Void*>>>
  BasicImageView(Sample* samples, std::int64_t rows, std::int64_t columns, std::int32_t channel_count,
                 std::int64_t row_bytes = 0, Color order = Color::kBgr)
      : BasicImageView(samples, depth_of<Sample>(), rows, columns, channel_count, row_bytes, order) {}

  /** Samples of a type that is known at run time. */
  BasicImageView(Void* samples, Depth sample_depth, std::int64_t rows, std::int64_t columns,
                 std::int32_t channel_count, std::int64_t row_bytes = 0, Color order = Color::kBgr)
      : data(samples),
        height(rows),
        width(columns),
        channels(channel_count),
        row_stride(row_bytes),
        depth(sample_depth),
        color(order) {}

  /** What may be written may be read. */
  template <typename Other,
            typename = std::enable_if_t<std::is_void_v<Other> && !std::is_same_v<Other, Void> &&
                                        std::is_convertible_v<Other*, Void*>>>
  // NOLINTNEXTLINE(google-explicit-constructor): views convert as pointers do
  BasicImageView(const BasicImageView<Other>& other)
      : data(other.data),
        height(other.height),
        width(other.width),
        channels(other.channels),
        row_stride(other.row_stride),
        depth(other.depth),
        color(other.color),
        column_stride(other.column_stride),
        channel_stride(other.channel_stride) {}
};

using ImageView = BasicImageView<void>;            /**< An image to write. */
using ConstImageView = BasicImageView<const void>; /**< An image to read. */

/** One of ONNX Runtime's execution providers, such as "CUDAExecutionProvider", and its options. */
struct Provider {
  std::string name;                           /**< ONNX Runtime's name of it. */
  std::map<std::string, std::string> options; /**< As ONNX Runtime documents them. */
};

/** What may be chosen when a model is opened; what each means in full is said in srfast_options. */
struct Options {
  int threads = 0; /**< Cores that all runs together keep busy; 0: the CPUs that it may use. */
  std::uint64_t memory_limit =
      0; /**< Working memory of all runs, bytes; 0: a quarter of what is available. */
  std::vector<Provider> providers; /**< In order of preference; empty: the CPU. */
  std::string model_color;         /**< "rgb", "bgr", "y" or "y-full"; empty: what the file says. */
  std::optional<std::pair<double, double>>
      model_range;         /**< For black and white; absent: what the file says. */
  int model_scale = 0;     /**< 0: what the file says, else what the graph shows. */
  std::string onnxruntime; /**< The ONNX Runtime library; empty: searched, see srfast_load_onnxruntime. */
};

/** What is known of an opened network. */
struct ModelInfo {
  int scale = 1;                   /**< Result pixels per image pixel along each axis. */
  std::string label;               /**< What messages call it: its path, if it has one. */
  std::string color;               /**< What it takes: "rgb", "bgr", "y" or "y-full". */
  std::pair<double, double> range; /**< The values that it takes for black and white. */
  bool tagged = false;             /**< The file states its conventions. */
  bool assumed_color = false;      /**< Nobody stated `color`, so the usual was assumed. */
  bool assumed_range = false;      /**< Nobody stated `range`, so the usual was assumed. */
  std::optional<std::vector<std::int64_t>>
      halo;                           /**< Top, left, bottom, right; absent: images are run whole. */
  std::int64_t fixed_height = 0;      /**< The only height of an image that is run at once; 0: any. */
  std::int64_t fixed_width = 0;       /**< The only width of an image that is run at once; 0: any. */
  std::string input;                  /**< The name of the input tensor. */
  std::string output;                 /**< The name of the output tensor. */
  std::string made_by;                /**< How the file was made, as it says; may be empty. */
  std::vector<std::string> providers; /**< The active execution providers, in order of preference. */
  int threads = 1;                    /**< The cores that all runs together keep busy. */
};

/** Called between tiles, in the thread that runs; what it throws ends the run and is thrown there. */
using Progress = std::function<void(std::int64_t done, std::int64_t total)>;

/** Not for use from outside. */
namespace detail {

struct FreeError {
  void operator()(srfast_error* error) const noexcept { srfast_error_free(error); }
};

/** Receives the error of one call and throws it. */
class Outcome {
 public:
  Outcome() = default;
  Outcome(const Outcome&) = delete;
  Outcome& operator=(const Outcome&) = delete;
  ~Outcome() { srfast_error_free(error_); }

  [[nodiscard]] srfast_error** error() noexcept { return &error_; }

  void require(srfast_status status) const {
    if (status == SRFAST_OK) return;
    throw Error(static_cast<ErrorCode>(status),
                error_ != nullptr ? srfast_error_message(error_) : "out of memory");
  }

 private:
  srfast_error* error_ = nullptr;
};

struct Close {
  void operator()(srfast_upscaler* upscaler) const noexcept { srfast_close(upscaler); }
};
using Handle = std::unique_ptr<srfast_upscaler, Close>;

inline const char* text_or_null(const std::string& text) noexcept {
  return text.empty() ? nullptr : text.c_str();
}

/** Opens a network by `open(options, upscaler, error)`. */
template <typename Open>
Handle open(const Options& options, const Open& open_native) {
  std::vector<std::vector<srfast_pair>> pairs(options.providers.size());
  std::vector<srfast_provider> providers;
  for (std::size_t i = 0; i < options.providers.size(); ++i) {
    const Provider& provider = options.providers[i];
    for (const auto& [key, value] : provider.options) pairs[i].push_back({key.c_str(), value.c_str()});
    providers.push_back({provider.name.c_str(), pairs[i].data(), pairs[i].size()});
  }
  srfast_options native = SRFAST_OPTIONS_INIT;
  native.threads = options.threads;
  native.memory_limit = options.memory_limit;
  native.model_color = text_or_null(options.model_color);
  native.model_scale = options.model_scale;
  native.onnxruntime = text_or_null(options.onnxruntime);
  if (!providers.empty()) native.providers = providers.data();
  native.provider_count = providers.size();
  if (options.model_range) {
    if (options.model_range->first == 0 && options.model_range->second == 0)
      throw Error(ErrorCode::kOption, "model_range: black and white are both 0");
    native.model_low = options.model_range->first;
    native.model_high = options.model_range->second;
  }
  Outcome outcome;
  srfast_upscaler* upscaler = nullptr;
  outcome.require(open_native(&native, &upscaler, outcome.error()));
  return Handle(upscaler);
}

inline ModelInfo info(const srfast_upscaler* upscaler) {
  srfast_model_info native = SRFAST_MODEL_INFO_INIT;
  Outcome outcome;
  outcome.require(srfast_get_model_info(upscaler, &native, outcome.error()));
  ModelInfo result;
  result.scale = native.scale;
  result.label = native.label;
  result.color = native.color;
  result.range = {native.low, native.high};
  result.tagged = native.tagged != 0;
  result.assumed_color = native.assumed_color != 0;
  result.assumed_range = native.assumed_range != 0;
  if (native.has_halo != 0) result.halo.emplace(native.halo, native.halo + 4);
  result.fixed_height = native.fixed_height;
  result.fixed_width = native.fixed_width;
  result.input = native.input;
  result.output = native.output;
  result.made_by = native.made_by;
  result.providers.assign(native.providers, native.providers + native.provider_count);
  result.threads = native.threads;
  return result;
}

template <typename Void>
srfast_image image(const BasicImageView<Void>& view) noexcept {
  srfast_image native = SRFAST_IMAGE_INIT;
  native.data = const_cast<void*>(static_cast<const void*>(view.data));
  native.height = view.height;
  native.width = view.width;
  native.channels = view.channels;
  native.depth = static_cast<std::int32_t>(view.depth);
  native.color = static_cast<std::int32_t>(view.color);
  native.row_stride = view.row_stride;
  native.column_stride = view.column_stride;
  native.channel_stride = view.channel_stride;
  return native;
}

/** Carries a Progress, and what it throws, through C. */
struct Watched {
  const Progress& progress;
  std::exception_ptr thrown;

  static std::int32_t call(std::int64_t done, std::int64_t total, void* context) noexcept {
    auto* self = static_cast<Watched*>(context);
    try {
      self->progress(done, total);
      return 0;
    } catch (...) {
      self->thrown = std::current_exception();
      return 1;
    }
  }
};

}  // namespace detail

/** The version of the library that is in use, such as "0.1.0". */
[[nodiscard]] inline std::string version() { return srfast_version(); }

/** Loads ONNX Runtime; see srfast_load_onnxruntime for the search. Throws Error (kOnnxRuntime). */
inline void load_onnxruntime(const std::string& path = "") {
  detail::Outcome outcome;
  outcome.require(srfast_load_onnxruntime(path.c_str(), outcome.error()));
}

/**
 * A super-resolution network, ready to run on images. It can be moved, not copied. `run` and `cancel` may be
 * called from many threads at once; runs share the cores and the memory that the options grant. Where there
 * is not even memory for a message, std::bad_alloc is thrown in place of Error.
 */
class Upscaler {
 public:
  /**
   * Opens a network: the path of an ONNX file (UTF-8), or the name of a model that srfast ships (see
   * srfast_open). Throws Error: kModel, kOption, kProvider, kOnnxRuntime.
   */
  explicit Upscaler(const std::string& model, const Options& options = {})
      : Upscaler(detail::open(options, [&](auto* native, auto** upscaler, auto** error) {
          return srfast_open(model.c_str(), native, upscaler, error);
        })) {}

  /**
   * Opens a network whose ONNX file is in memory, which is not needed any more afterwards. `label` names it
   * in messages. Throws as the constructor does.
   */
  [[nodiscard]] static Upscaler from_memory(const void* data, std::size_t size,
                                            const std::string& label = "the model in memory",
                                            const Options& options = {}) {
    return Upscaler(detail::open(options, [&](auto* native, auto** upscaler, auto** error) {
      return srfast_open_memory(data, size, label.c_str(), native, upscaler, error);
    }));
  }

  /** What is known of the network. */
  [[nodiscard]] const ModelInfo& info() const noexcept { return info_; }

  /**
   * Enlarges `image` into `result`: the image's channels and depth, info().scale times as high and wide, in
   * an order of channels of its own, in memory that does not overlap the image's. Values are clipped to the
   * range of the depth; integers are rounded to nearest, ties to even. More is said at srfast_run.
   *
   * Throws Error: kImage, kRun, kMemoryLimit, kCancelled; and what `progress` throws. Afterwards the Upscaler
   * can be used as before, and `result` holds nothing of use.
   */
  void run(const ConstImageView& image, const ImageView& result, const Progress& progress = {}) const {
    const srfast_image from = detail::image(image);
    const srfast_image to = detail::image(result);
    detail::Watched watched{progress, nullptr};
    detail::Outcome outcome;
    const srfast_status status = srfast_run(
        handle_.get(), &from, &to, progress ? &detail::Watched::call : nullptr, &watched, outcome.error());
    if (watched.thrown) std::rethrow_exception(watched.thrown);
    outcome.require(status);
  }

  /** Ends the runs that are in progress, each within one tile; they throw Error (kCancelled). */
  void cancel() const noexcept { srfast_cancel(handle_.get()); }

 private:
  explicit Upscaler(detail::Handle handle) : handle_(std::move(handle)), info_(detail::info(handle_.get())) {}

  detail::Handle handle_;
  ModelInfo info_;
};

}  // namespace api1
}  // namespace srfast

#endif
