"""Images enlarged to any size: by networks to that size or beyond, and then shrunk to it."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy.typing as npt

from srfast import image_argument
from srfast.errors import OptionError
from srfast.model_choice import ModelChoice
from srfast.model_file import Model
from srfast.target_size import TargetSize, shrink
from srfast.upscaler import Upscaler

if TYPE_CHECKING:
    from PIL import Image


@dataclasses.dataclass(frozen=True)
class Enlarged:
    """An image of the wanted size, and how it came about.

    Attributes:
        image: The image.
        scales: The scales of the networks that were run, in order.
        shrunk: Whether what they made was then shrunk.
    """

    image: npt.NDArray[Any]
    scales: tuple[int, ...]
    shrunk: bool


def enlarge(
    image: npt.NDArray[Any],
    choice: ModelChoice,
    size: TargetSize,
    progress: Callable[[float], object] | None = None,
) -> Enlarged:
    """Makes an image of the wanted size.

    May be called from several threads.

    Args:
        image: As `Upscaler.run` takes it.
        choice: The networks.
        size: The wanted size. What is smaller than the image is made without a network.
        progress: Called with the part that is done, 0 to 1, between tiles; may raise to end the work.

    Raises:
        srfast.Error: As `Upscaler.run` and `ModelChoice.scales` do.
    """
    height, width = image.shape[:2]
    new_height, new_width = size.of(height, width)
    scales = choice.scales(max(new_height / height, new_width / width))
    # A network's time goes with the pixels that it is given.
    work = [math.prod(scales[:index]) ** 2 for index in range(len(scales))]
    result = image
    for index, scale in enumerate(scales):

        def report(done: int, total: int, index: int = index) -> None:
            if progress is not None:
                progress((sum(work[:index]) + work[index] * done / total) / sum(work))

        result = choice.upscaler(scale).run(result, progress=report)
    shrunk = result.shape[:2] != (new_height, new_width)
    if shrunk:
        result = shrink(result, new_height, new_width)
    return Enlarged(result, scales, shrunk)


@overload
def upscale(
    image: str | os.PathLike[str] | npt.NDArray[Any],
    target_scale: float = 2,
    *,
    model: Model | Sequence[Model] | None = None,
    color: str = "bgr",
) -> npt.NDArray[Any]: ...


@overload
def upscale(
    image: Image.Image,
    target_scale: float = 2,
    *,
    model: Model | Sequence[Model] | None = None,
    color: str = "bgr",
) -> Image.Image: ...


def upscale(
    image: Any,
    target_scale: float = 2,
    *,
    model: Model | Sequence[Model] | None = None,
    color: str = "bgr",
) -> Any:
    """Enlarges an image by any factor, in one line.

    The network at or above the factor that is nearest to it is run, several in a row if none reaches it, and
    what is then too large is shrunk. The networks are opened for this call; for many images, an `Upscaler`
    saves that. May be called from several threads.

    Args:
        image: A file as `srfast.images.read` takes it, or an array or one of Pillow's images as
            `Upscaler.run` takes it.
        target_scale: Pixels of the result per pixel of the image along each axis, such as 2, 2.5 or 0.5;
            above 0, at most 64. The size is rounded to whole pixels.
        model: The path of an ONNX file, the content of one (bytes), the name of a shipped model, or several
            of different scales to choose from. None: the shipped models.
        color: The order of the channels of an array: "bgr" or "rgb". The channels of the result are in the
            same order. A file gives "bgr", as `srfast.images.write` takes it.

    Returns:
        An array of the image's dtype, number of dimensions and channel order; of one of Pillow's images,
        another one.

    Raises:
        OptionError: `target_scale` or another option makes no sense.
        ImageError: The file or the array cannot be used.
        ModelError: The network cannot be.
        RunError: The network failed.
    """
    try:
        scale = float(target_scale)
    except (TypeError, ValueError):
        raise OptionError(f"target_scale must be a number, not {target_scale!r}") from None
    size = TargetSize(scale=scale)
    if isinstance(image, (str, os.PathLike)):
        from srfast import images

        pixels, color = images.read(image), "bgr"
    elif image_argument.is_picture(image):
        pixels, color = image_argument.to_array(image), "rgb"
    else:
        image_argument.require_array("image", image)
        image_argument.require_pixels("image", image)
        pixels = image
    models = [model] if isinstance(model, (str, bytes, os.PathLike)) else model
    if color not in ("bgr", "rgb"):
        raise OptionError(f'color must be "bgr" or "rgb", not {color!r}')
    result = enlarge(pixels, ModelChoice(models, lambda each: Upscaler(each, color=color)), size).image
    if result is image:
        result = image.copy()
    return image_argument.to_picture(result, image) if image_argument.is_picture(image) else result
