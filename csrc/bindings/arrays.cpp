#include "bindings/arrays.h"

#include <string>

#include "error.h"

namespace srfast::bindings {
namespace py = pybind11;
namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorCode::kImage, why); }

std::string shape_text(const py::array& array) { return py::str(array.attr("shape")); }

Depth depth_of(const py::array& array) {
  const py::dtype type = array.dtype();
  const char kind = type.kind();
  const py::ssize_t size = type.itemsize();
  const bool known = (kind == 'u' && (size == 1 || size == 2)) || (kind == 'f' && size == 4);
  if (!known)
    refuse("the image is " + std::string(py::str(type)) +
           "; srfast takes uint8 (0..255), uint16 (0..65535) or float32 (0..1). Convert it, e.g. with "
           "astype, minding the range");
  if (size > 1 && !py::cast<bool>(type.attr("isnative")))
    refuse(
        "the image's byte order is not this machine's; convert it with "
        "image.astype(image.dtype.newbyteorder(\"=\"))");
  return kind == 'f' ? Depth::kF32 : size == 1 ? Depth::kU8 : Depth::kU16;
}

template <typename Byte>
BasicImageView<Byte> make_view(const py::array& array, Byte* data) {
  if (array.ndim() != 2 && array.ndim() != 3)
    refuse(
        "the image has shape " + shape_text(array) +
        "; srfast takes height x width or height x width x channels (HWC). Run images of a batch one by one");
  BasicImageView<Byte> view;
  view.depth = depth_of(array);
  view.data = data;
  view.height = array.shape(0);
  view.width = array.shape(1);
  view.row_stride = array.strides(0);
  view.column_stride = array.strides(1);
  view.channels = array.ndim() == 3 ? array.shape(2) : 1;
  view.channel_stride = array.ndim() == 3 ? array.strides(2) : 0;
  return view;
}

}  // namespace

ConstImageView view_of(const py::array& array) {
  return make_view(array, static_cast<const std::byte*>(array.data()));
}

ImageView writable_view_of(const py::array& array) {
  if (!array.writeable()) refuse("out is read-only; give an array that can be written to");
  return make_view(array, static_cast<std::byte*>(const_cast<void*>(array.data())));
}

}  // namespace srfast::bindings
