#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <limits>
#include <string_view>
#include <tuple>

#include "bindings/arrays.h"
#include "bindings/gil.h"
#include "error.h"
#include "upscaler.h"

namespace srfast {

namespace py = pybind11;

namespace {

using Providers = std::vector<std::pair<std::string, std::map<std::string, std::string>>>;

UpscalerOptions make_options(int threads, std::uint64_t memory_limit, const Providers& providers,
                             const std::optional<std::string>& model_color_name,
                             const std::optional<std::pair<double, double>>& model_range,
                             std::optional<int> model_scale) {
  UpscalerOptions options;
  options.threads = threads;
  options.memory_limit = memory_limit;
  for (const auto& [name, pairs] : providers) options.providers.push_back({name, pairs});
  if (model_color_name) options.model_color = model_color(*model_color_name);
  if (model_range) options.model_range = ValueRange{model_range->first, model_range->second};
  options.model_scale = model_scale;
  return options;
}

// Closing a session joins its threads, which must not happen with the GIL held.
struct CloseWithoutGil {
  void operator()(Upscaler* upscaler) const {
    const bindings::WithoutGil without_gil;
    delete upscaler;
  }
};
using Handle = std::unique_ptr<Upscaler, CloseWithoutGil>;

Handle open_file(const std::string& path, int threads, std::uint64_t memory_limit, const Providers& providers,
                 const std::optional<std::string>& model_color_name,
                 const std::optional<std::pair<double, double>>& model_range,
                 std::optional<int> model_scale) {
  const UpscalerOptions options =
      make_options(threads, memory_limit, providers, model_color_name, model_range, model_scale);
  const bindings::WithoutGil without_gil;
  return Handle(Upscaler::from_file(path, options).release());
}

Handle open_bytes(const py::bytes& bytes, const std::string& label, int threads, std::uint64_t memory_limit,
                  const Providers& providers, const std::optional<std::string>& model_color_name,
                  const std::optional<std::pair<double, double>>& model_range,
                  std::optional<int> model_scale) {
  const UpscalerOptions options =
      make_options(threads, memory_limit, providers, model_color_name, model_range, model_scale);
  const std::string_view content = bytes;  // immutable, and held by the caller for the call
  const bindings::WithoutGil without_gil;
  return Handle(Upscaler::from_bytes(content, label, options).release());
}

py::array empty_result(const py::array& image, const ConstImageView& view, std::int64_t scale) {
  if (view.height > std::numeric_limits<std::int64_t>::max() / scale ||
      view.width > std::numeric_limits<std::int64_t>::max() / scale)
    throw Error(ErrorCode::kImage, "the image is too large");
  std::vector<py::ssize_t> shape{view.height * scale, view.width * scale};
  if (image.ndim() == 3) shape.push_back(view.channels);
  return py::array(image.dtype(), std::move(shape));
}

using Halo = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>;

std::optional<Halo> halo(const ModelInfo& info) {
  if (!info.geometry.axes) return std::nullopt;
  const auto& [rows, columns] = *info.geometry.axes;
  return Halo(rows.before, columns.before, rows.after, columns.after);
}

py::array run(Upscaler& upscaler, const py::array& image, const std::optional<py::array>& out,
              const std::optional<py::function>& progress, bool rgb) {
  ConstImageView view = bindings::view_of(image);
  view.color = rgb ? ImageColor::kRgb : ImageColor::kBgr;
  if (out && out->ndim() != image.ndim())
    throw Error(ErrorCode::kImage, "out has " + std::to_string(out->ndim()) + " axes, but the image has " +
                                       std::to_string(image.ndim()));
  py::array result = out ? *out : empty_result(image, view, upscaler.info().scale);
  ImageView result_view = bindings::writable_view_of(result);
  result_view.color = view.color;
  const auto between = [&](std::int64_t done, std::int64_t total) {
    const bindings::WithGil with_gil;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();  // Ctrl-C
    if (progress) (*progress)(done, total);
  };
  {
    // Safe: only memory that the two arrays keep alive is touched, and no Python object outside of `between`.
    const bindings::WithoutGil without_gil;
    upscaler.run(view, result_view, between);
  }
  return result;
}

}  // namespace

void bind_upscaler(py::module_& module) {
  py::class_<ModelInfo>(module, "ModelInfo", "What is known of a loaded network. Read-only.")
      .def_readonly("scale", &ModelInfo::scale, "Output pixels per input pixel along each axis.")
      .def_property_readonly(
          "color", [](const ModelInfo& info) { return name(info.color); },
          "What the network takes: \"rgb\", \"bgr\", \"y\" (studio-range BT.601 luma) or \"y-full\" "
          "(full-range luma).")
      .def_property_readonly(
          "range", [](const ModelInfo& info) { return std::pair(info.range.low, info.range.high); },
          "The values (low, high) that the network takes for black and white.")
      .def_property_readonly(
          "fixed_size",
          [](const ModelInfo& info) {
            return std::pair(info.fixed_image_height(), info.fixed_image_width());
          },
          "The (height, width) of the only image that the network takes at once, None where it takes any.\n"
          "Images of other sizes are run in tiles of this size, or padded, if `halo` is known.")
      .def_readonly("input", &ModelInfo::input, "The name of the input tensor.")
      .def_readonly("output", &ModelInfo::output, "The name of the output tensor.")
      .def_readonly("tagged", &ModelInfo::tagged, "Whether the file states its conventions.")
      .def_readonly("assumed", &ModelInfo::assumed,
                    "Which of \"color\" and \"range\" nobody stated, so that the usual was assumed.")
      .def_readonly("made_by", &ModelInfo::made_by, "How the file was made, as it says; may be empty.")
      .def_readonly("passes", &ModelInfo::passes,
                    "The rewrites that made the network fast, and srfast's alone.")
      .def_readonly("providers", &ModelInfo::providers,
                    "The active execution providers, in order of preference.")
      .def_readonly("threads", &ModelInfo::threads, "The cores that all runs together keep busy.")
      .def_property_readonly("halo", &halo,
                             "How far an output pixel looks: (top, left, bottom, right), in pixels of the "
                             "network's own input, which an\n"
                             "enlargement taken out of the graph precedes. None if that is not bounded or "
                             "not known: then images are run whole.")
      .def_property_readonly(
          "margin",
          [](const ModelInfo& info) {
            const auto& [rows, columns] = info.margins;
            return Halo(rows.before, columns.before, rows.after, columns.after);
          },
          "How many pixels of the network's output are missing at its border: (top, left, bottom, right), as "
          "after convolutions\nwithout padding. Images are padded by reflection to make up for it.")
      .def_property_readonly(
          "multiple", [](const ModelInfo& info) { return info.whole.rows.align; },
          "What the sizes of an image that is run whole are padded to multiples of.")
      .def_property_readonly(
          "minimum", [](const ModelInfo& info) { return info.whole.rows.least; },
          "The smallest height and width that such an image is padded to.")
      .def_property_readonly(
          "enlargement",
          [](const ModelInfo& info) {
            return info.geometry.enlargement ? info.geometry.enlargement->factor : 1;
          },
          "How many times the image is enlarged before the network sees it.");

  py::class_<Upscaler, Handle> upscaler(module, "Upscaler", "The native pipeline behind srfast.Upscaler.");
  const auto def_open = [&](const char* name, const char* doc, auto function, const auto&... source) {
    upscaler.def_static(name, function, source..., py::kw_only(), py::arg("threads"), py::arg("memory_limit"),
                        py::arg("providers"), py::arg("model_color"), py::arg("model_range"),
                        py::arg("model_scale"), doc);
  };
  def_open("open_file", "Opens an ONNX file.", &open_file, py::arg("path"));
  def_open("open_bytes", "Opens an ONNX file's content; `label` names it in messages.", &open_bytes,
           py::arg("model"), py::arg("label"));
  upscaler
      .def_property_readonly("info", &Upscaler::info, py::return_value_policy::reference_internal,
                             "What is known of the network.")
      .def("cancel", &Upscaler::cancel, py::call_guard<bindings::WithoutGil>(),
           "Ends the runs that are in progress.")
      .def("run", &run, py::arg("image"), py::arg("out").none(true), py::arg("progress").none(true),
           py::arg("rgb"),
           "Enlarges `image`, into `out` if it is not None. `rgb`: whether the order of channels is RGB, not "
           "BGR.");
}

}  // namespace srfast
