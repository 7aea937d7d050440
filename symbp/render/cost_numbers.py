"""Counts in print: with their thousands set apart, or as a power of ten where they are very large."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from symbp.cost.large import digits, rounded
from symbp.render.blocks import Typeset
from symbp.render.latex import LatexStyle
from symbp.render.style import Style
from symbp.render.text import TextStyle

ROUNDED = 10**15
"""A count from here on is rounded to two figures."""
FIGURES = 2


@dataclass(frozen=True)
class Count(Typeset):
    """72,340; ≈ 3.2·10^905."""

    value: int

    @property
    def is_rounded(self) -> bool:
        return self.value >= ROUNDED

    @property
    def digits(self) -> int:
        return digits(self.value) if self.value else 1

    def printed(self, style: Style) -> str:
        if not self.is_rounded:
            return _grouped(self.value, style)
        mantissa, exponent = rounded(self.value, FIGURES)
        return _about(mantissa, exponent, style)


@dataclass(frozen=True)
class Ratio(Typeset):
    """How many times one count is another: 1.92, 37, 1,204, ≈ 2.1·10^30."""

    value: Fraction

    def printed(self, style: Style) -> str:
        if self.value >= 100:
            return Count(round(self.value)).printed(style)
        hundredths = round(self.value * 100)
        shown = f"{hundredths // 100}.{hundredths % 100:02}"
        return shown.removesuffix(".00")


def _grouped(value: int, style: Style) -> str:
    shown = f"{value:,}"
    return shown.replace(",", "{,}") if isinstance(style, LatexStyle) else shown


def _about(mantissa: int, exponent: int, style: Style) -> str:
    """≈ m.m · 10^e, for a mantissa of two figures."""
    shown, power = f"{mantissa // 10}.{mantissa % 10}", exponent + 1
    if isinstance(style, LatexStyle):
        return f"\\approx {shown}\\cdot 10^{{{power}}}"
    if isinstance(style, TextStyle) and style.unicode:
        return f"≈ {shown}·10^{power}"
    return f"~ {shown}*10^{power}"
