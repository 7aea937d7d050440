"""Integers of any length: how many digits they have, and the first of these."""

from __future__ import annotations

from math import log10

_BITS = 64
_NEAR = 1e-6
"""What separates a logarithm from an integer at least, for its digits to be read off it."""


def logarithm(value: int) -> float:
    """log₁₀ of an integer ≥ 1, to about ten digits after the point."""
    spare = max(0, value.bit_length() - _BITS)
    return log10(value >> spare) + spare * log10(2)


def digits(value: int) -> int:
    """How many decimal digits an integer ≥ 1 has, exactly."""
    estimate = logarithm(value)
    whole = round(estimate)
    if abs(estimate - whole) < _NEAR:
        at_least: int = 10**whole
        return whole + 1 if value >= at_least else whole
    return int(estimate) + 1


def rounded(value: int, figures: int) -> tuple[int, int]:
    """(m, e) with value ≈ m · 10^e, where m has so many figures: 32 and 904 for 3.2 · 10^905."""
    spare = digits(value) - figures
    if spare <= 0:
        return value, 0
    mantissa = round(10 ** (logarithm(value) - spare))
    return (mantissa // 10, spare + 1) if mantissa == 10**figures else (mantissa, spare)
