"""One node of a graph, as its rule sees it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from srfast.receptive_field.size import Size
from srfast.receptive_field.values import Constant, Sizes, Tensor, UnboundedError, Value, ratio


@dataclasses.dataclass
class Alignment:
    """What sizes must be multiples of for formulas that round down to stay exact, by symbol."""

    multiples: dict[str, int] = dataclasses.field(default_factory=dict)

    def floor(self, size: Size) -> Size:
        """Rounds a size down, on the understanding that the image's sides are multiples of what it takes."""
        for symbol, coefficient in size.terms:
            multiple = self.multiples.get(symbol, 1)
            self.multiples[symbol] = math.lcm(multiple, coefficient.denominator)
        return Size(Fraction(math.floor(size.constant)), size.terms)


@dataclasses.dataclass(frozen=True)
class Node:
    """One node of a graph, with what is known of its inputs.

    Attributes:
        proto: The node itself.
        opset: The version of the standard operators that the graph uses.
        inputs: What is known of each input; None for one that is left out.
        alignment: Collects what formulas of sizes ask of the image.
    """

    proto: onnx.NodeProto
    opset: int
    inputs: Sequence[Value | None]
    alignment: Alignment

    def attribute(self, name: str, default: Any = None) -> Any:
        """The value of an attribute; text as str."""
        for attribute in self.proto.attribute:
            if attribute.name == name:
                value = onnx.helper.get_attribute_value(attribute)
                return value.decode() if isinstance(value, bytes) else value
        return default

    def given(self, index: int) -> Value | None:
        """What is known of an input, None if it is left out or empty (as older exporters leave it out)."""
        value = self.inputs[index] if index < len(self.inputs) else None
        if isinstance(value, Constant) and 0 in value.shape:
            return None
        return value

    def tensor(self, index: int = 0) -> Tensor:
        """An input that holds an image.

        Raises:
            UnboundedError: It holds something else.
        """
        value = self.given(index)
        if not isinstance(value, Tensor):
            raise UnboundedError(f"its input {index + 1} is not computed from the image's pixels")
        return value

    def constant(self, index: int) -> npt.NDArray[Any]:
        """The values of an input that must be constant.

        Raises:
            UnboundedError: It depends on the image.
        """
        return self._constant(index).value

    def shape(self, index: int) -> tuple[int, ...]:
        """The shape of an input that must be constant, such as weights.

        Raises:
            UnboundedError: It depends on the image.
        """
        return self._constant(index).shape

    def _constant(self, index: int) -> Constant:
        value = self.inputs[index] if index < len(self.inputs) else None
        if not isinstance(value, Constant):
            raise UnboundedError(f"its input {index + 1} is not constant")
        return value

    def numbers(self, name: str, index: int) -> list[int] | None:
        """Whole numbers that are an attribute in older operator sets and a constant input in newer ones."""
        if (value := self.attribute(name)) is not None:
            return [int(number) for number in np.ravel(value)]
        if self.given(index) is None:
            return None
        return [int(number) for number in self.constant(index).ravel()]

    def sizes(self, index: int) -> list[Size]:
        """The elements of an input that is constant or computed from sizes.

        Raises:
            UnboundedError: It is neither.
        """
        return list(self.formulas(index).values.ravel())

    def formulas(self, index: int) -> Sizes:
        """An input that is constant or computed from sizes, as formulas.

        Raises:
            UnboundedError: It is neither.
        """
        value = self.inputs[index] if index < len(self.inputs) else None
        if isinstance(value, Sizes):
            return value
        if not isinstance(value, Constant):
            raise UnboundedError(f"its input {index + 1} is neither constant nor computed from sizes")
        if value.value.size > 64 or value.value.dtype.kind not in "iufb":
            raise UnboundedError(f"its input {index + 1} is no list of sizes")
        is_float = value.value.dtype.kind == "f"
        formulas = np.empty(value.value.shape, object)
        for place, number in np.ndenumerate(value.value):
            formulas[place] = Size.of(ratio(number) if is_float else int(number))
        return Sizes(formulas, is_float)
