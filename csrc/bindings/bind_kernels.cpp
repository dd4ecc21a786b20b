// srfast._core.kernels: pack, enlarge and unpack alone, as the tests and the benchmarks call them.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bindings/arrays.h"
#include "error.h"
#include "image.h"
#include "kernels/enlarge.h"
#include "kernels/instruction_set.h"
#include "kernels/pack.h"
#include "kernels/unpack.h"

namespace srfast {

namespace py = pybind11;

namespace {
using srfast::ConstImageView;
using srfast::Error;
using srfast::ErrorCode;
using srfast::ImageView;

[[noreturn]] void fail_image(const std::string& message) { throw Error(ErrorCode::kImage, message); }
[[noreturn]] void fail_option(const std::string& message) { throw Error(ErrorCode::kOption, message); }

kernels::InstructionSet instruction_set(const std::optional<std::string>& wanted) {
  if (!wanted) return kernels::best_instruction_set();
  std::string known;
  for (const kernels::InstructionSet set : kernels::supported_instruction_sets()) {
    if (*wanted == kernels::name(set)) return set;
    known += (known.empty() ? "" : ", ") + std::string(kernels::name(set));
  }
  fail_option("instruction_set is '" + *wanted + "', but this build on this processor has: " + known);
}

// Planes are checked, never converted: a copy would be read or written in their place.
void check_planes(const py::array& planes, py::ssize_t shuffle = 1) {
  constexpr py::ssize_t kSize = sizeof(float);
  const py::ssize_t blocks = shuffle * shuffle;
  if (!planes.dtype().equal(py::dtype::of<float>()) || planes.ndim() != 3) {
    fail_image("planes must be a float32 array of planes x H x W");
  }
  if (planes.shape(0) < 1 || planes.shape(0) > kernels::kMaxPlanes * blocks ||
      planes.shape(0) % blocks != 0) {
    fail_image("planes holds " + std::to_string(planes.shape(0)) + " planes; give 1 to " +
               std::to_string(kernels::kMaxPlanes) +
               (blocks == 1 ? "" : " times shuffle * shuffle, " + std::to_string(blocks)));
  }
  if (planes.size() == 0) return;  // NumPy gives empty arrays any strides
  const bool rows_are_contiguous = planes.strides(2) == kSize || planes.shape(2) == 1;
  if (!rows_are_contiguous || planes.strides(0) % kSize != 0 || planes.strides(1) % kSize != 0 ||
      reinterpret_cast<std::uintptr_t>(planes.data()) % alignof(float) != 0) {
    fail_image("planes must be aligned, with the values of a row side by side");
  }
}

void check_same_size(const py::array& planes, std::int64_t height, std::int64_t width) {
  if (planes.shape(1) != height || planes.shape(2) != width) {
    fail_image("planes and image differ in height or width");
  }
}

void check_indices(const char* option, const std::vector<int>& indices, py::ssize_t count,
                   py::ssize_t limit) {
  const bool in_range =
      std::all_of(indices.begin(), indices.end(), [&](int index) { return index >= 0 && index < limit; });
  if (static_cast<py::ssize_t>(indices.size()) != count || !in_range) {
    fail_option(std::string(option) + " must hold " + std::to_string(count) + " numbers from 0 to " +
                std::to_string(limit - 1));
  }
}

kernels::PlaneNumbers per_plane(const char* option, const std::vector<float>& values, py::ssize_t planes) {
  if (static_cast<py::ssize_t>(values.size()) != planes) {
    fail_option(std::string(option) + " must hold " + std::to_string(planes) + " numbers, one a plane");
  }
  kernels::PlaneNumbers result{};
  std::copy(values.begin(), values.end(), result.begin());
  return result;
}

// Checked against planes that are to be written to.
kernels::PackPlan pack_plan(const ConstImageView& pixels, const py::array& planes,
                            const std::vector<int>& channel, const std::vector<float>& gain,
                            const std::vector<float>& bias) {
  check_planes(planes);
  if (pixels.channels < 1) fail_image("image has no channels");
  if (!planes.writeable()) fail_image("planes is read-only");
  check_indices("channel", channel, planes.shape(0), pixels.channels);
  kernels::PackPlan plan;
  plan.planes = static_cast<int>(planes.shape(0));
  std::copy(channel.begin(), channel.end(), plan.channel.begin());
  plan.gain = per_plane("gain", gain, planes.shape(0));
  plan.bias = per_plane("bias", bias, planes.shape(0));
  return plan;
}

void pack(const py::array& image, py::array& planes, const std::vector<int>& channel,
          const std::vector<float>& gain, const std::vector<float>& bias,
          const std::optional<std::string>& wanted) {
  const kernels::InstructionSet set = instruction_set(wanted);
  const ConstImageView pixels = srfast::bindings::view_of(image);
  const kernels::PackPlan plan = pack_plan(pixels, planes, channel, gain, bias);
  check_same_size(planes, pixels.height, pixels.width);
  auto* values = static_cast<float*>(planes.mutable_data());
  const std::int64_t plane_stride = planes.strides(0) / static_cast<py::ssize_t>(sizeof(float));
  const std::int64_t row_stride = planes.strides(1) / static_cast<py::ssize_t>(sizeof(float));
  // Safe without the GIL: only memory is touched, and the caller's arguments keep both arrays alive.
  const py::gil_scoped_release release;
  kernels::pack(pixels, plan, values, plane_stride, row_stride, set);
}

kernels::EnlargeMode enlarge_mode(const std::string& mode) {
  if (mode == "nearest") return kernels::EnlargeMode::kNearest;
  if (mode == "linear") return kernels::EnlargeMode::kLinear;
  if (mode == "cubic") return kernels::EnlargeMode::kCubic;
  fail_option("mode is '" + mode + "'; give nearest, linear or cubic");
}

void enlarge(const py::array& image, py::array& planes, const std::vector<int>& channel,
             const std::vector<float>& gain, const std::vector<float>& bias, const std::string& mode,
             int factor, std::int64_t y, std::int64_t x, const std::optional<std::string>& wanted) {
  const kernels::InstructionSet set = instruction_set(wanted);
  const kernels::EnlargeMode interpolation = enlarge_mode(mode);
  const ConstImageView pixels = srfast::bindings::view_of(image);
  const kernels::PackPlan plan = pack_plan(pixels, planes, channel, gain, bias);
  const kernels::Window window{y, x, planes.shape(1), planes.shape(2)};
  if (factor < 1) fail_option("factor is " + std::to_string(factor) + "; give 1 or more");
  if (y < 0 || y > pixels.height * factor - window.height || x < 0 ||
      x > pixels.width * factor - window.width) {
    fail_option("planes, placed at y and x, must lie inside the enlarged image");
  }
  auto* values = static_cast<float*>(planes.mutable_data());
  const std::int64_t plane_stride = planes.strides(0) / static_cast<py::ssize_t>(sizeof(float));
  const std::int64_t row_stride = planes.strides(1) / static_cast<py::ssize_t>(sizeof(float));
  // Safe without the GIL: only memory is touched, and the caller's arguments keep both arrays alive.
  const py::gil_scoped_release release;
  std::vector<float> scratch(kernels::enlarge_scratch(plan.planes, factor, window));
  kernels::enlarge(pixels, plan, interpolation, factor, window, values, plane_stride, row_stride,
                   scratch.data(), set);
}

// The image must lie inside planes of which each value stands for block x block pixels.
void check_place(const char* option, std::int64_t y, std::int64_t x, const py::array& planes,
                 std::int64_t block, const ImageView& pixels) {
  if (y < 0 || x < 0 || y > planes.shape(1) * block - pixels.height ||
      x > planes.shape(2) * block - pixels.width) {
    fail_option("image, placed at y and x, must lie inside " + std::string(option));
  }
}

void check_block(const char* option, int block) {
  if (block < 1 || block > kernels::kMaxBlock)
    fail_option(std::string(option) + " is " + std::to_string(block) + "; give 1 to " +
                std::to_string(kernels::kMaxBlock));
}

std::int64_t floats(py::ssize_t bytes) { return bytes / static_cast<py::ssize_t>(sizeof(float)); }

void unpack(const py::array& planes, py::array& image, const std::optional<std::vector<int>>& plane,
            const std::optional<std::vector<float>>& weight, float gain, float bias, bool clip, int shuffle,
            std::int64_t y, std::int64_t x, const std::optional<std::vector<float>>& plane_gain,
            const std::optional<std::vector<float>>& plane_bias, const std::optional<py::array>& residual,
            int residual_factor, std::int64_t residual_y, std::int64_t residual_x,
            const std::optional<std::vector<float>>& residual_gain,
            const std::optional<std::vector<float>>& residual_bias,
            const std::optional<std::string>& wanted) {
  const kernels::InstructionSet set = instruction_set(wanted);
  const ImageView pixels = srfast::bindings::writable_view_of(image);
  check_block("shuffle", shuffle);
  check_planes(planes, shuffle);
  check_place("planes", y, x, planes, shuffle, pixels);
  const py::ssize_t count = planes.shape(0) / shuffle / shuffle;
  if (!clip && pixels.depth != Depth::kF32) fail_option("without clip, image must be float32");
  if (plane.has_value() == weight.has_value()) fail_option("give either plane or weight");
  kernels::UnpackPlan plan;
  plan.planes = static_cast<int>(count);
  plan.gain = gain;
  plan.bias = bias;
  plan.clip = clip;
  plan.shuffle = shuffle;
  plan.y = y;
  plan.x = x;
  if (plane_gain) plan.plane_gain = per_plane("plane_gain", *plane_gain, count);
  if (plane_bias) plan.plane_bias = per_plane("plane_bias", *plane_bias, count);
  if (residual) {
    check_block("residual_factor", residual_factor);
    check_planes(*residual);
    if (residual->shape(0) != count) fail_image("planes and residual differ in their number of planes");
    check_place("residual", residual_y, residual_x, *residual, residual_factor, pixels);
    plan.residual.planes = static_cast<const float*>(residual->data());
    plan.residual.plane_stride = floats(residual->strides(0));
    plan.residual.row_stride = floats(residual->strides(1));
    plan.residual.factor = residual_factor;
    plan.residual.y = residual_y;
    plan.residual.x = residual_x;
    if (residual_gain) plan.residual.gain = per_plane("residual_gain", *residual_gain, count);
    if (residual_bias) plan.residual.bias = per_plane("residual_bias", *residual_bias, count);
  }
  if (weight) {
    if (pixels.channels != 1) fail_image("with weight, image must have one channel");
    plan.mix = true;
    plan.weight = per_plane("weight", *weight, count);
  } else {
    if (pixels.channels < 1 || pixels.channels > kernels::kMaxPlanes) {
      fail_image("image has " + std::to_string(pixels.channels) + " channels; give 1 to " +
                 std::to_string(kernels::kMaxPlanes));
    }
    check_indices("plane", *plane, pixels.channels, count);
    std::copy(plane->begin(), plane->end(), plan.plane.begin());
  }
  const auto* values = static_cast<const float*>(planes.data());
  const std::int64_t plane_stride = floats(planes.strides(0));
  const std::int64_t row_stride = floats(planes.strides(1));
  // Safe without the GIL: only memory is touched, and the caller's arguments keep both arrays alive.
  const py::gil_scoped_release release;
  kernels::unpack(values, plane_stride, row_stride, plan, pixels, set);
}

std::vector<std::string> supported_instruction_sets() {
  std::vector<std::string> names;
  for (const kernels::InstructionSet set : kernels::supported_instruction_sets()) {
    names.emplace_back(kernels::name(set));
  }
  return names;
}

}  // namespace

void bind_kernels(py::module_& module) {
  using py::literals::operator""_a;
  py::module_ kernels = module.def_submodule(
      "kernels", "Pack, enlarge and unpack alone, for tests and benchmarks. The arrays must not overlap.");
  kernels.def(
      "pack", &pack, "image"_a, "planes"_a, py::kw_only(), "channel"_a, "gain"_a, "bias"_a,
      "instruction_set"_a = py::none(),
      "Write image (H x W x C; uint8, uint16 or float32; any strides) to planes (float32, P x H x W):\n"
      "planes[p] = image[:, :, channel[p]] * gain[p] + bias[p], each operation rounded to float32.");
  kernels.def(
      "enlarge", &enlarge, "image"_a, "planes"_a, py::kw_only(), "channel"_a, "gain"_a, "bias"_a, "mode"_a,
      "factor"_a, "y"_a = 0, "x"_a = 0, "instruction_set"_a = py::none(),
      "Write image, enlarged factor times as PyTorch's nn.Upsample does (mode: nearest, linear or cubic;\n"
      "align_corners=False), to planes: those pixels of the enlarged image that planes (float32, P x H x W)\n"
      "covers when its corner is put at row y, column x. Samples are mapped as pack maps them.");
  kernels.def(
      "unpack", &unpack, "planes"_a, "image"_a, py::kw_only(), "plane"_a = py::none(),
      "weight"_a = py::none(), "gain"_a = 1.0F, "bias"_a = 0.0F, "clip"_a = true, "shuffle"_a = 1, "y"_a = 0,
      "x"_a = 0, "plane_gain"_a = py::none(), "plane_bias"_a = py::none(), "residual"_a = py::none(),
      "residual_factor"_a = 1, "residual_y"_a = 0, "residual_x"_a = 0, "residual_gain"_a = py::none(),
      "residual_bias"_a = py::none(), "instruction_set"_a = py::none(),
      "Write planes to image: image[:, :, c] = planes[plane[c]] * gain + bias, or, with weight, the "
      "weighted\n"
      "sum of the planes to the one channel; clipped (without clip, float32 only, not) to 0..255, 0..65535\n"
      "or 0..1, rounded to nearest even, NaN as 0.\n\n"
      "With shuffle, planes holds shuffle * shuffle smaller planes for each, as PyTorch's pixel_shuffle "
      "takes\n"
      "them. The image lies on the shuffled planes with its corner at row y, column x. Before anything else\n"
      "they become planes[p] * plane_gain[p] + plane_bias[p], plus residual[p] * residual_gain[p] +\n"
      "residual_bias[p], which is enlarged residual_factor times by repeating pixels, and on which the "
      "image\n"
      "lies at residual_y, residual_x.");
  kernels.def("supported_instruction_sets", &supported_instruction_sets,
              "The names of the builds of the kernels that this processor can run, worst first.");
  kernels.def(
      "best_instruction_set", [] { return std::string(kernels::name(kernels::best_instruction_set())); },
      "The name of the build of the kernels that is used when none is named.");
}

}  // namespace srfast
