"""Exact rationals as people write them."""

from __future__ import annotations

from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from fractions import Fraction

MOST_DIGITS = 12
"""Decimals with more digits than this, zeros in front not counted, are printed as fractions."""
MOST_PLACES = 16
"""So are decimals with more digits than this after the point."""

FEW_BITS = 4_000
"""Integers of fewer bits are turned into digits by themselves."""


def decimal(value: Fraction) -> str | None:
    """0.7, 0.044715 for a terminating decimal with a 5 in its denominator; None for 2, 1/2, 1/3."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0 and fives <= MOST_PLACES:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    if rest != 1 or fives == 0 or places > MOST_PLACES:
        return None
    shown = digits_of(value.numerator * 10**places // value.denominator)
    if min(places, len(shown)) > MOST_DIGITS:
        return None
    digits = shown.rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"


def digits_of(value: int) -> str:
    """The decimal digits of an integer ≥ 0 of any length.

    Halves of its bits become decimals, whose product takes hardly longer than it is long: high · 2^bits + low.
    """
    if value.bit_length() <= FEW_BITS:
        return str(value)
    exact = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
    powers: dict[int, Decimal] = {}

    def power(bits: int) -> Decimal:
        if bits not in powers:
            half = bits // 2
            powers[bits] = Decimal(1 << bits) if bits <= FEW_BITS else exact.multiply(power(half), power(bits - half))
        return powers[bits]

    def converted(n: int, bits: int) -> Decimal:
        if bits <= FEW_BITS:
            return Decimal(n)
        half = bits // 2
        high, low = n >> half, n & ((1 << half) - 1)
        return exact.add(exact.multiply(converted(high, bits - half), power(half)), converted(low, half))

    return format(converted(value, value.bit_length()), "f")
