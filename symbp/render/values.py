"""Numbers in digits, alone and in nested lists: vectors in round brackets, matrices row by row."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.render.blocks import Formula, Typeset
from symbp.render.latex import LatexStyle
from symbp.render.printer import print_expression
from symbp.render.style import Style

Nested = str | tuple["Nested", ...]
"""A number in digits, such as -0.5 or 1.25e-7, or a list of such for each value of an axis."""


@dataclass(frozen=True)
class Numeral(Typeset):
    """A number in digits: -0.0531, 1.25e-7."""

    digits: str

    def printed(self, style: Style) -> str:
        return _numeral(self.digits, style)


@dataclass(frozen=True)
class Listing(Typeset):
    """left = values: a number, a vector (a, b), a matrix with a row for each value of the first axis."""

    left: Formula
    values: Nested

    def printed(self, style: Style) -> str:
        left = print_expression(self.left.expression, self.left.context, style).text
        return f"{left} = {_values(self.values, style)}"


def _numeral(digits: str, style: Style) -> str:
    if not isinstance(style, LatexStyle):
        return digits.replace("-", style.minus)
    mantissa, _, exponent = digits.partition("e")
    return f"{mantissa} \\cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def _values(values: Nested, style: Style) -> str:
    if isinstance(values, str):
        return _numeral(values, style)
    if isinstance(style, LatexStyle) and _is_matrix(values):
        rows = " \\\\ ".join(" & ".join(_values(cell, style) for cell in row) for row in values)
        return f"\\begin{{pmatrix}} {rows} \\end{{pmatrix}}"
    separator = ",\\; " if isinstance(style, LatexStyle) else ", "
    return f"({separator.join(_values(v, style) for v in values)})"


def _is_matrix(values: tuple[Nested, ...]) -> bool:
    """Whether the values are lists of plain numbers."""
    return all(isinstance(row, tuple) and row and all(isinstance(cell, str) for cell in row) for row in values)
