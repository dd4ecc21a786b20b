/**
 * @file
 * srfast's C interface: super-resolution networks (ONNX files), run natively on ONNX Runtime. It is all that
 * the library exports, so programs in any language and from any compiler can use it; C++ programs have a more
 * comfortable face of it in srfast/upscaler.h.
 *
 * - Functions that can fail return a status, and on request an error object that says what to do about it.
 * - Structures begin with their own size, so that programs and libraries of different age understand each
 *   other: fill a structure with its `..._INIT` first, then set what you need.
 * - All text is UTF-8, ended by a zero byte. The library never prints, exits or aborts, and no C++ exception
 *   leaves it.
 * - Unless a function says otherwise, any thread may call it.
 */
#ifndef SRFAST_SRFAST_H
#define SRFAST_SRFAST_H

/* C++ includes this header too. NOLINTBEGIN(modernize-*,readability-identifier-naming) */
#include <stddef.h>
#include <stdint.h>

/** Marks what the library exports. SRFAST_STATIC: it is linked statically, and exports nothing. */
#ifdef SRFAST_STATIC
#define SRFAST_API
#elif defined(_WIN32)
#ifdef srfast_EXPORTS /* CMake's, while the library itself is made */
#define SRFAST_API __declspec(dllexport)
#else
#define SRFAST_API __declspec(dllimport)
#endif
#else
#define SRFAST_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** What became of a call: SRFAST_OK, or another of the SRFAST_... values below. */
typedef int32_t srfast_status;

enum {
  SRFAST_OK = 0,                   /**< Done. */
  SRFAST_ERROR_OPTION = 1,         /**< An option has a value that cannot be used. */
  SRFAST_ERROR_IMAGE = 2,          /**< An image cannot be used. */
  SRFAST_ERROR_MODEL = 3,          /**< A model is missing, damaged, or not a network that srfast can run. */
  SRFAST_ERROR_PROVIDER = 4,       /**< An execution provider cannot be had. */
  SRFAST_ERROR_ONNXRUNTIME = 5,    /**< The ONNX Runtime library is missing, too old, or cannot be loaded. */
  SRFAST_ERROR_RUN = 6,            /**< ONNX Runtime failed while it ran the network. */
  SRFAST_ERROR_MEMORY_LIMIT = 7,   /**< The memory limit is too small for the smallest piece of work. */
  SRFAST_CANCELLED = 8,            /**< srfast_cancel, or a progress function, ended the run. */
  SRFAST_ERROR_ARGUMENT = 9,       /**< A pointer is NULL, or a structure was not begun with its ..._INIT. */
  SRFAST_ERROR_OUT_OF_MEMORY = 10, /**< The system has no memory left. */
  SRFAST_ERROR_INTERNAL = 11       /**< A defect in srfast. */
};

/** Says what went wrong in one call. The caller frees it with srfast_error_free. */
typedef struct srfast_error srfast_error;

/** The status that the call returned; SRFAST_OK for NULL. */
SRFAST_API srfast_status srfast_error_status(const srfast_error* error);

/** What was wrong, with the file or the value, and what to do. Valid until the error is freed; "" for NULL.
 */
SRFAST_API const char* srfast_error_message(const srfast_error* error);

/** Frees an error; NULL is ignored. */
SRFAST_API void srfast_error_free(srfast_error* error);

/** The library's version, such as "0.1.0". */
SRFAST_API const char* srfast_version(void);

/* ------------------------------------------------------------------------------------------ ONNX Runtime */

/**
 * Loads the ONNX Runtime library (1.19 or newer), once for the process; opening a model does so too.
 *
 * The first of these that is there is taken:
 * 1. `path`;
 * 2. the file that the environment variable SRFAST_ONNXRUNTIME names;
 * 3. an ONNX Runtime that the process has loaded already;
 * 4. that of the Python package `onnxruntime` beside srfast's own library, in one of the three folders above
 * it (in Python's site-packages, that is its neighbour);
 * 5. the system's, as the dynamic loader finds libonnxruntime.so.1.
 *
 * The first two are binding: if such a file cannot be used, the others are not tried. Once a library is
 * loaded, further calls do nothing.
 *
 * @param path The library's file; NULL or "" to search.
 * @param error Where to put an error, or NULL.
 * @return SRFAST_OK or SRFAST_ERROR_ONNXRUNTIME.
 */
SRFAST_API srfast_status srfast_load_onnxruntime(const char* path, srfast_error** error);

/** The file of the loaded ONNX Runtime library, NULL if none is loaded. Valid as long as the process. */
SRFAST_API const char* srfast_onnxruntime_path(void);

/** The version of the loaded ONNX Runtime library, NULL if none is loaded. Valid as long as the process. */
SRFAST_API const char* srfast_onnxruntime_version(void);

/* ------------------------------------------------------------------------------------------------ models */

/** A key and its value. */
typedef struct srfast_pair {
  const char* key;   /**< Its name. */
  const char* value; /**< What it is set to. */
} srfast_pair;

/** One of ONNX Runtime's execution providers, such as "CUDAExecutionProvider", and its options. */
typedef struct srfast_provider {
  const char* name;           /**< ONNX Runtime's name of it. */
  const srfast_pair* options; /**< `option_count` of them; NULL if there are none. */
  size_t option_count;        /**< How many. */
} srfast_provider;

/** What may be chosen when a model is opened. Begin with SRFAST_OPTIONS_INIT. */
typedef struct srfast_options {
  size_t struct_size; /**< Set by the ..._INIT. */
  /** How many cores all runs together keep busy. 0: the CPUs that the process may use, by its affinity and
   * its cgroup. */
  int32_t threads;
  /** How many times the network enlarges. 0: what the file says, else what the graph shows. */
  int32_t model_scale;
  /** The working memory of all runs together, in bytes, beyond the images, the network's weights and the ONNX
   *  Runtime library. Larger images are run in tiles that fit; the result is that of the whole. 0: a quarter
   * of what the machine, or the container, has available now. */
  uint64_t memory_limit;
  /** What the network takes: "rgb", "bgr", "y" (one channel, BT.601 luma in studio range) or "y-full" (full
   *  range). NULL: what the file says, else RGB for three channels and "y" for one. */
  const char* model_color;
  /** The values that the network takes for black and white. Both 0: what the file says, else 0 and 1. */
  double model_low;
  double model_high; /**< See model_low. */
  /** Execution providers in order of preference. NULL: the CPU. The CPU helps out with what a provider cannot
   *  run only if "CPUExecutionProvider" is listed too. */
  const srfast_provider* providers;
  size_t provider_count; /**< How many. */
  /** The ONNX Runtime library, as srfast_load_onnxruntime takes it. Without effect once one is loaded. */
  const char* onnxruntime;
} srfast_options;

/** All options at their defaults. */
#define SRFAST_OPTIONS_INIT {sizeof(srfast_options), 0, 0, 0, NULL, 0, 0, NULL, 0, NULL}

/** An opened network. */
typedef struct srfast_upscaler srfast_upscaler;

/**
 * Opens a network.
 *
 * @param model The path of an ONNX file; or the name of a model that srfast ships, such as "fast-x3", where
 * the folder of these models is found: `zoo` in srfast's Python package, `share/srfast/models` where srfast
 * is installed by CMake.
 * @param options What to choose, or NULL for the defaults.
 * @param upscaler Where to put the result, to be closed with srfast_close; NULL after an error.
 * @param error Where to put an error, or NULL.
 * @return SRFAST_OK, SRFAST_ERROR_MODEL, _OPTION, _PROVIDER, _ONNXRUNTIME, _ARGUMENT or _OUT_OF_MEMORY.
 */
SRFAST_API srfast_status srfast_open(const char* model, const srfast_options* options,
                                     srfast_upscaler** upscaler, srfast_error** error);

/**
 * Opens a network whose ONNX file is in memory. The memory is not needed any more afterwards.
 *
 * @param data The content of the file.
 * @param size Its bytes.
 * @param label What messages call it, or NULL.
 * @param options,upscaler,error As for srfast_open.
 * @return As srfast_open.
 */
SRFAST_API srfast_status srfast_open_memory(const void* data, size_t size, const char* label,
                                            const srfast_options* options, srfast_upscaler** upscaler,
                                            srfast_error** error);

/** Closes a network; NULL is ignored. No run may be in progress, and no other thread may use it any more. */
SRFAST_API void srfast_close(srfast_upscaler* upscaler);

/** What is known of an opened network. Begin with SRFAST_MODEL_INFO_INIT. Its text belongs to the upscaler.
 */
typedef struct srfast_model_info {
  size_t struct_size;    /**< Set by the ..._INIT. */
  int32_t scale;         /**< Result pixels per image pixel along each axis. */
  int32_t threads;       /**< The cores that all runs together keep busy. */
  const char* label;     /**< What messages call it: its path, if it has one. */
  const char* color;     /**< What it takes: "rgb", "bgr", "y" or "y-full". */
  double low;            /**< The values that it takes for black ... */
  double high;           /**< ... and for white. */
  int32_t tagged;        /**< 1: the file states its conventions. */
  int32_t assumed_color; /**< 1: nobody stated `color`, so the usual was assumed. */
  int32_t assumed_range; /**< 1: nobody stated `low` and `high`, so the usual was assumed. */
  int32_t has_halo; /**< 1: `halo` is known, so that large images are run in tiles; 0: they are run whole. */
  int64_t halo[4];  /**< How far a result pixel looks: top, left, bottom, right, in pixels of the network's
                         own input. */
  int64_t fixed_height; /**< The only height of an image that is run at once, 0 if any is. */
  int64_t fixed_width;  /**< The same of the width. Images of other sizes are run in tiles if `has_halo`. */
  const char* input;    /**< The name of the input tensor. */
  const char* output;   /**< The name of the output tensor. */
  const char* made_by;  /**< How the file was made, as it says; may be empty. */
  const char* const* providers; /**< The active execution providers, in order of preference. */
  size_t provider_count;        /**< How many. */
} srfast_model_info;

/** Ready to be filled by srfast_get_model_info. */
#define SRFAST_MODEL_INFO_INIT \
  {sizeof(srfast_model_info),  \
   0,                          \
   0,                          \
   NULL,                       \
   NULL,                       \
   0,                          \
   0,                          \
   0,                          \
   0,                          \
   0,                          \
   0,                          \
   {0, 0, 0, 0},               \
   0,                          \
   0,                          \
   NULL,                       \
   NULL,                       \
   NULL,                       \
   NULL,                       \
   0}

/**
 * Tells what is known of a network.
 *
 * @param upscaler The network.
 * @param info Where to write it; `struct_size` must be set. The text is valid until the upscaler is closed.
 * @param error Where to put an error, or NULL.
 * @return SRFAST_OK or SRFAST_ERROR_ARGUMENT.
 */
SRFAST_API srfast_status srfast_get_model_info(const srfast_upscaler* upscaler, srfast_model_info* info,
                                               srfast_error** error);

/* ------------------------------------------------------------------------------------------------ images */

/** The type of a sample; srfast_image::depth. */
enum {
  SRFAST_U8 = 0,  /**< uint8_t, 0..255 */
  SRFAST_U16 = 1, /**< uint16_t in the machine's byte order, 0..65535 */
  SRFAST_F32 = 2  /**< float, 0..1 */
};

/** The order of the first three channels; srfast_image::color. */
enum {
  SRFAST_BGR = 0, /**< Blue, green, red, as OpenCV has it. */
  SRFAST_RGB = 1  /**< Red, green, blue. */
};

/**
 * Pixels that lie in the caller's memory. Begin with SRFAST_IMAGE_INIT.
 *
 * Sample (y, x, c) lies at `data` + y * row_stride + x * column_stride + c * channel_stride. Strides are in
 * bytes and may be negative; samples need no alignment. So flipped, cropped and planar images are used where
 * they lie.
 */
typedef struct srfast_image {
  size_t struct_size;     /**< Set by the ..._INIT. */
  void* data;             /**< Of an image that is only read, nothing is written there. */
  int64_t height;         /**< In pixels. */
  int64_t width;          /**< In pixels. */
  int32_t channels;       /**< 1: gray; 2: gray, alpha; 3: colour; 4: colour, alpha. */
  int32_t depth;          /**< SRFAST_U8, SRFAST_U16 or SRFAST_F32. */
  int32_t color;          /**< SRFAST_BGR or SRFAST_RGB. */
  int32_t reserved;       /**< 0 */
  int64_t row_stride;     /**< In bytes; 0: rows follow each other without gaps. */
  int64_t column_stride;  /**< In bytes; 0: pixels follow each other without gaps. */
  int64_t channel_stride; /**< In bytes; 0: channels follow each other without gaps. */
} srfast_image;

/** An image with nothing set but its kind: 8 bits, BGR, no gaps. */
#define SRFAST_IMAGE_INIT {sizeof(srfast_image), NULL, 0, 0, 0, SRFAST_U8, SRFAST_BGR, 0, 0, 0, 0}

/**
 * Called by srfast_run, in the thread that called it, between tiles, and at the end with done == total.
 *
 * @param done,total How many of how many tiles are done.
 * @param context What was given to srfast_run.
 * @return 0 to go on; another value ends the run with SRFAST_CANCELLED.
 */
typedef int32_t (*srfast_progress)(int64_t done, int64_t total, void* context);

/**
 * Enlarges an image. Many threads may run one upscaler at once; they share the cores and the memory that its
 * options grant. The integers that come out do not depend on the number of threads.
 *
 * A gray image goes through a colour network three times over, and the BT.601 luma of what comes back is
 * taken. Of a colour image, a network with one channel gets the luma; Cb and Cr are enlarged by bicubic
 * interpolation. Values are clipped to the range of the depth; integers are rounded to nearest, ties to even.
 *
 * Alpha, by which the colours are not multiplied, is enlarged beside the network by bicubic interpolation
 * without ringing: what is opaque stays so exactly, and what is transparent. The colours of pixels whose
 * alpha is 0 do not matter: the network gets the nearest visible ones in their place.
 *
 * @param upscaler The network.
 * @param image The image.
 * @param result Where to write: the image's channels and depth, scale times as high and wide, in an order of
 *     channels of its own; its memory must not overlap the image's. After an error it holds nothing of use.
 * @param progress Called between tiles, or NULL.
 * @param context Given to `progress`.
 * @param error Where to put an error, or NULL.
 * @return SRFAST_OK, SRFAST_ERROR_IMAGE, _RUN, _MEMORY_LIMIT, SRFAST_CANCELLED, _ARGUMENT or _OUT_OF_MEMORY.
 *     After an error the upscaler can be used as before.
 */
SRFAST_API srfast_status srfast_run(srfast_upscaler* upscaler, const srfast_image* image,
                                    const srfast_image* result, srfast_progress progress, void* context,
                                    srfast_error** error);

/** Ends the runs that are in progress, each within one tile, with SRFAST_CANCELLED. Later runs are not
 * affected. */
SRFAST_API void srfast_cancel(srfast_upscaler* upscaler);

#ifdef __cplusplus
}
#endif
/* NOLINTEND(modernize-*,readability-identifier-naming) */

#endif
