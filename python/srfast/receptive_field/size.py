"""Sizes of tensors as exact linear formulas of the image's height and width."""

from __future__ import annotations

import dataclasses
from fractions import Fraction


class NotLinearError(Exception):
    """A size is no linear formula of the image's size. Stays inside this package."""


@dataclasses.dataclass(frozen=True)
class Size:
    """constant + sum of coefficient * symbol; the symbols are the open sides of the graph's inputs.

    Attributes:
        constant: The part that does not depend on the image.
        terms: Symbols with their coefficients, sorted, none of them zero.
    """

    constant: Fraction = Fraction(0)
    terms: tuple[tuple[str, Fraction], ...] = ()

    @classmethod
    def of(cls, value: int | Fraction) -> Size:
        """A size that does not depend on the image."""
        return cls(Fraction(value))

    @classmethod
    def symbol(cls, name: str) -> Size:
        """A side of the image."""
        return cls(terms=((name, Fraction(1)),))

    @property
    def is_constant(self) -> bool:
        """Whether it is the same for every image."""
        return not self.terms

    def __add__(self, other: Size) -> Size:
        terms = dict(self.terms)
        for name, coefficient in other.terms:
            terms[name] = terms.get(name, Fraction(0)) + coefficient
        return Size(self.constant + other.constant, tuple(sorted((n, c) for n, c in terms.items() if c)))

    def __sub__(self, other: Size) -> Size:
        return self + other.scaled(Fraction(-1))

    def __mul__(self, other: Size) -> Size:
        if other.is_constant:
            return self.scaled(other.constant)
        if self.is_constant:
            return other.scaled(self.constant)
        raise NotLinearError

    def __truediv__(self, other: Size) -> Size:
        ratio = self.ratio_to(other)
        if ratio is not None:
            return Size(ratio)
        if other.is_constant and other.constant:
            return self.scaled(1 / other.constant)
        raise NotLinearError

    def scaled(self, factor: Fraction) -> Size:
        """The size times a number."""
        if not factor:
            return Size()
        return Size(self.constant * factor, tuple((name, c * factor) for name, c in self.terms))

    def ratio_to(self, other: Size) -> Fraction | None:
        """How many times `other` this is, if that is the same for every image."""
        if other.terms:
            factor = dict(self.terms).get(other.terms[0][0], Fraction(0)) / other.terms[0][1]
        elif other.constant:
            factor = self.constant / other.constant
        else:
            return None
        return factor if other.scaled(factor) == self else None


@dataclasses.dataclass(frozen=True)
class Product:
    """A product of sizes, in a form in which equal products are equal.

    Attributes:
        factor: The number in front.
        sides: The sizes that depend on the image, divided by their leading coefficients, sorted.
    """

    factor: Fraction = Fraction(1)
    sides: tuple[Size, ...] = ()

    def times(self, size: Size) -> Product:
        """The product with one more size."""
        if size.is_constant:
            return Product(self.factor * size.constant, self.sides)
        leading = size.terms[0][1]
        sides = sorted((*self.sides, size.scaled(1 / leading)), key=lambda side: (side.terms, side.constant))
        return Product(self.factor * leading, tuple(sides))

    def over(self, other: Product) -> Size:
        """This product divided by another, where a single size is left.

        Raises:
            NotLinearError: Something else is left.
        """
        left = list(self.sides)
        for side in other.sides:
            if side not in left:
                raise NotLinearError
            left.remove(side)
        if len(left) > 1 or not other.factor:
            raise NotLinearError
        factor = self.factor / other.factor
        return left[0].scaled(factor) if left else Size(factor)


def product(sizes: list[Size]) -> Product:
    """The product of some sizes."""
    result = Product()
    for size in sizes:
        result = result.times(size)
    return result
