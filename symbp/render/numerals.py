"""Exact rationals as people write them."""

from __future__ import annotations

from fractions import Fraction

MOST_DIGITS = 12
"""Decimals with more digits than this, zeros in front not counted, are printed as fractions."""
MOST_PLACES = 16
"""So are decimals with more digits than this after the point."""


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
    """The decimal digits of an integer ≥ 0 of any length."""
    chunks: list[str] = []
    while value >= 10**1000:
        value, low = divmod(value, 10**1000)
        chunks.append(str(low).rjust(1000, "0"))
    return str(value) + "".join(reversed(chunks))
