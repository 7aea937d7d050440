"""Exact arithmetic of literals, within limits on what can be written out."""

from __future__ import annotations

from fractions import Fraction
from math import log10

POWER_DIGITS = 1000
"""A literal power of more digits is refused."""

BITS = 13_000
"""Any other literal is refused beyond this length, which is below what Python writes out."""


class PowerTooLarge(ArithmeticError):
    """A power of more than POWER_DIGITS digits."""


def too_long(value: Fraction) -> bool:
    return max(value.numerator.bit_length(), value.denominator.bit_length()) > BITS


def constant_power(base: Fraction, exponent: Fraction) -> Fraction | None:
    """base ^ exponent exactly; None where it is irrational.

    Raises PowerTooLarge, ZeroDivisionError for 0 to a negative power, ValueError for a negative number to a fraction.
    """
    if base == 0 and exponent < 0:
        raise ZeroDivisionError
    if exponent.denominator != 1:
        if base < 0:
            raise ValueError("not real")
        return base if base in (0, 1) else None
    if base in (0, 1, -1):
        return base if exponent.numerator % 2 else (base * base if exponent else Fraction(1))
    digits = max(_log10(abs(base.numerator)), _log10(base.denominator))
    if abs(exponent) > POWER_DIGITS * 4 or digits * abs(exponent.numerator) > POWER_DIGITS:
        raise PowerTooLarge
    return base ** int(exponent)


def _log10(n: int) -> float:
    return log10(n) if n.bit_length() < 1000 else n.bit_length() * log10(2)
