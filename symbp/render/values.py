"""Numbers in digits, alone and in nested lists: vectors in round brackets, matrices row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from symbp.calculus.checks import Nested as Values
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

    @staticmethod
    def of(left: Formula, values: Values, shown: Callable[[Fraction], str]) -> Listing:
        """left = values, each number in the digits that `shown` gives it."""
        return Listing(left, _shown(values, shown))

    def printed(self, style: Style) -> str:
        left = print_expression(self.left.expression, self.left.context, style).text
        return f"{left} = {_values(self.values, style)}"


SIGNIFICANT = 10
LARGEST = 10**7
"""From this size on, and where no more than three of the decimals would be left, numbers have a power of ten."""


def digits(value: Fraction, places: int) -> str:
    """The number rounded to so many decimals, or to ten digits and a power of ten where it is far from 1."""
    if value and not Fraction(1, 10 ** max(places - 3, 0)) <= abs(value) < LARGEST:
        mantissa, _, exponent = f"{float(value):.{SIGNIFICANT - 1}e}".partition("e")
        return f"{mantissa}e{int(exponent)}"
    whole = round(abs(value) * 10**places)
    shown = str(whole).rjust(places + 1, "0")
    return f"{'-' if value < 0 and whole else ''}{shown[:-places]}.{shown[-places:]}"


def exactly(value: Fraction) -> str:
    """A terminating decimal as it is: 1, 0.5, -0.125; any other number as a quotient."""
    rest, places = value.denominator, 0
    while 10**places % rest and places <= rest.bit_length():
        places += 1
    if 10**places % rest:
        return str(value)
    shown = str(abs(value.numerator) * (10**places // rest)).rjust(places + 1, "0")
    return ("-" if value < 0 else "") + (f"{shown[:-places]}.{shown[-places:]}" if places else shown)


def _shown(values: Values, shown: Callable[[Fraction], str]) -> Nested:
    return tuple(_shown(v, shown) for v in values) if isinstance(values, tuple) else shown(values)


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
