"""The axes of a plot of integers of any size: linear or logarithmic, their ends and ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, log10

from symbp.cost.large import logarithm

EXPLODES = 30
"""How many times larger the highest curve is than the lowest where a linear axis would leave that one no height."""
MOST_TICKS = 8


@dataclass(frozen=True)
class Tick:
    """A place on an axis, from 0 to 1, and what stands there: mantissa · 10^exponent."""

    place: float
    mantissa: int
    exponent: int = 0


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high`, of numbers or of their logarithms to base 10."""

    low: Fraction
    high: Fraction
    step: Fraction
    logarithmic: bool = False
    from_low: bool = False
    """Whether a tick stands at its beginning, however odd."""

    def place(self, value: int) -> float:
        """Where a number stands, from 0 to 1."""
        return self.part(logarithm(max(1, value)) if self.logarithmic else value)

    def part(self, at: float | int | Fraction) -> float:
        """Where a number, or a logarithm, stands."""
        shifted = Fraction(at) - self.low
        return float(shifted / (self.high - self.low))

    @property
    def marks(self) -> tuple[Fraction, ...]:
        """The numbers, or logarithms, at which ticks stand."""
        first, last = ceil(self.low / self.step), floor(self.high / self.step)
        found = tuple(k * self.step for k in range(first, last + 1))
        return (self.low, *found) if self.from_low and found[:1] != (self.low,) else found

    @property
    def ticks(self) -> tuple[Tick, ...]:
        if self.logarithmic:
            return tuple(Tick(self.part(m), 1, int(m)) for m in self.marks)
        return tuple(Tick(self.part(m), *_without_zeros(int(m))) for m in self.marks)


def along(values: Sequence[int]) -> Axis:
    """The axis of the sizes: from the first to the last, with ticks at round ones."""
    low, high = min(values), max(values)
    if low == high:
        return Axis(Fraction(low - 1), Fraction(high + 1), Fraction(1))
    return Axis(Fraction(low), Fraction(high), max(Fraction(1), _step(high - low)), from_low=True)


def upwards(curves: Sequence[Sequence[int]]) -> Axis:
    """The axis of the counts: logarithmic where a linear one would squash the lowest curve."""
    tops = [max(c) for c in curves]
    if min(tops) > 0 and max(tops) > EXPLODES * min(tops):
        bottom = floor(logarithm(max(1, min(min(c) for c in curves))))
        top = ceil(logarithm(max(tops)))
        step = max(Fraction(1), _step(max(1, top - bottom)))
        return Axis(floor(bottom / step) * step, ceil(Fraction(top) / step) * step, step, True)
    highest = max(1, *tops)
    step = max(Fraction(1), _step(highest))
    return Axis(Fraction(0), ceil(highest / step) * step, step)


def _step(length: int) -> Fraction:
    """1, 2 or 5 times a power of ten, so that a length has few steps."""
    least = Fraction(length, MOST_TICKS - 1)
    power = Fraction(10) ** floor(logarithm(length) - log10(MOST_TICKS - 1))
    return next(s for k in (1, 2, 5, 10, 20) if (s := k * power) >= least)


def _without_zeros(value: int) -> tuple[int, int]:
    """(m, e) with value = m · 10^e; numbers up to seven digits stay as they are."""
    exponent = 0
    if abs(value) < 10**7:
        return value, 0
    while value % 10 == 0:
        value, exponent = value // 10, exponent + 1
    return value, exponent
