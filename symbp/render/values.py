"""Numbers in digits, alone and in nested lists: vectors in round brackets, matrices row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from symbp.calculus.checks import Nested as Values
from symbp.render.blocks import Formula, Typeset
from symbp.render.latex import LatexStyle
from symbp.render.printer import print_expression
from symbp.render.style import Style

Nested = str | tuple["Nested", ...]
"""A number in digits, such as -0.5 or 1.25e-7, or a list of such for each value of an axis."""

WIDEST_ROW = 36
"""Digits of a matrix's row that fit beside its name."""
MANY = 6
"""Entries of a vector from which on its line may break between them."""


@dataclass(frozen=True)
class Numeral(Typeset):
    """A number in digits: -0.0531, 1.25e-7."""

    digits: str

    def printed(self, style: Style) -> str:
        return _numeral(self.digits, style)


@dataclass(frozen=True)
class Name(Typeset):
    """A formula as part of a display of values."""

    formula: Formula

    def printed(self, style: Style) -> str:
        return print_expression(self.formula.expression, self.formula.context, style).text


@dataclass(frozen=True)
class Entries(Typeset):
    """A number, a vector (a, b), a matrix with a row for each value of the first axis."""

    values: Nested

    def printed(self, style: Style) -> str:
        return _values(self.values, style)


@dataclass(frozen=True)
class Equal(Typeset):
    """a = b = c."""

    parts: tuple[Typeset, ...]

    def printed(self, style: Style) -> str:
        return " = ".join(part.printed(style) for part in self.parts)


LARGEST = 10**7
"""From this size on, and where no more than two of the decimals would be left, numbers have a power of ten."""
MOST_PLACES = 10


def digits(value: Fraction, places: int) -> str:
    """The number rounded to so many decimals, or to so many digits and a power of ten where it is far from 1."""
    if not value:
        return "0"
    if not Fraction(1, 10 ** max(places - 2, 0)) <= abs(value) < LARGEST:
        mantissa, _, exponent = f"{float(value):.{places - 1}e}".partition("e")
        return f"{mantissa}e{int(exponent)}"
    whole = round(abs(value) * 10**places)
    shown = str(whole).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{shown[:-places]}.{shown[-places:]}"


def places_of(values: Values, places: int) -> int:
    """How many decimals all numbers of an array have: so many, or more where the largest of them is small."""
    largest = max(map(abs, _numbers(values)), default=Fraction(0))
    while 0 < largest * 10 ** (places - 3) < 1 and places < MOST_PLACES:
        places += 1
    return places


def _numbers(values: Values) -> Iterator[Fraction]:
    if isinstance(values, tuple):
        for part in values:
            yield from _numbers(part)
    else:
        yield values


def exactly(value: Fraction) -> str:
    """A terminating decimal as it is: 1, 0.5, -0.125; any other number as a quotient."""
    rest, places = value.denominator, 0
    while 10**places % rest and places <= rest.bit_length():
        places += 1
    if 10**places % rest:
        return str(value)
    shown = str(abs(value.numerator) * (10**places // rest)).rjust(places + 1, "0")
    return ("-" if value < 0 else "") + (f"{shown[:-places]}.{shown[-places:]}" if places else shown)


def in_digits(values: Values, shown: Callable[[Fraction], str]) -> Nested:
    """The same lists with each number in the digits that `shown` gives it."""
    return tuple(in_digits(v, shown) for v in values) if isinstance(values, tuple) else shown(values)


def permuted(values: Values, order: tuple[int, ...]) -> Values:
    """Nested values with their axes in another order: axis k of the result is axis order[k]."""
    if not isinstance(values, tuple) or order == tuple(range(len(order))):
        return values
    axis = order[0]
    rest = tuple(a - (a > axis) for a in order[1:])
    return tuple(permuted(part, rest) for part in _along(values, axis))


def _along(values: Values, axis: int) -> tuple[Values, ...]:
    """The parts of nested values at each value of an axis."""
    assert isinstance(values, tuple)
    if axis == 0:
        return values
    return tuple(zip(*(_along(part, axis - 1) for part in values), strict=True))


def _numeral(digits: str, style: Style) -> str:
    mantissa, _, exponent = digits.partition("e")
    if not exponent:
        return digits.replace("-", style.minus)
    if isinstance(style, LatexStyle):
        power = f"10^{{{int(exponent)}}}"
        return power if mantissa == "1" else f"{mantissa} \\cdot {power}"
    shown = f"10^{exponent}" if mantissa == "1" else digits
    return shown.replace("-", style.minus)


def _values(values: Nested, style: Style) -> str:
    if isinstance(values, str):
        return _numeral(values, style)
    if isinstance(style, LatexStyle) and _is_narrow_matrix(values):
        rows = " \\\\ ".join(" & ".join(_values(cell, style) for cell in row) for row in values)
        return f"\\begin{{pmatrix}} {rows} \\end{{pmatrix}}"
    separator = ", "
    if isinstance(style, LatexStyle) and all(isinstance(v, tuple) and _is_narrow_matrix(v) for v in values):
        return f"\\left({', '.join(_values(v, style) for v in values)}\\right)"
    if isinstance(style, LatexStyle):
        separator = ",\\allowbreak\\, " if len(values) > MANY or not isinstance(values[0], str) else ",\\, "
    return f"({separator.join(_values(v, style) for v in values)})"


def _is_narrow_matrix(values: tuple[Nested, ...]) -> bool:
    """Whether the values are lists of plain numbers, no wider than a page."""
    return all(isinstance(r, tuple) and r and all(isinstance(c, str) for c in r) for r in values) and all(
        sum(len(cell) + 1 for cell in row) <= WIDEST_ROW for row in values
    )
