"""Equality by a precision ladder: two values are worked out at more and more digits until it is clear.

Where they are equal, what is between them is rounding (and the error of a central difference), and shrinks as the
precision grows. Where they differ, it settles on a number that isn't zero. Fixed precision can't tell the two apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from symbp.numeric.arithmetic import Value, multiprecision

Sides = Callable[[int], tuple[Value, Value]]
"""Both values at so many digits."""

EXACT_SHARE = 0.85
"""Two evaluated formulas that are equal agree to this share of the digits, unless much cancels."""
DIFFERENCE_SHARE = 0.6
"""Beside a central difference with h = 10^(−P/3), whose error is of the order of 10^(−2P/3)."""
SHRUNK_SHARE = 1 / 3
"""From P to 2P digits, the gap between equal values shrinks at least by 10^(−P/3)."""
SETTLED = 0.05
"""Gaps whose logarithms (base 10) are this close are one gap."""

FULL = (160, 320, 640)
QUICK = (50, 100, 200, 400)


class Verdict(Enum):
    """What is known about two values that should be equal."""

    PROVED = "proved"
    ABSENT = "no element"
    """At no sizes at all is there an element that it is about."""
    UNMET = "met nowhere"
    """There is something that it is about, at sizes or values that were not met."""
    AGREES = "agrees"
    COSTLY = "not compared"
    """It would take too much."""
    UNDECIDED = "cannot decide"
    DIFFERS = "differs"


@dataclass(frozen=True)
class Outcome:
    """The verdict on one pair, the relative error seen last, and the digits that it took."""

    verdict: Verdict
    error: float
    digits: int
    resolved: bool = True
    """False where both values are below what the precision can tell from 0."""


def decide(sides: Sides, rungs: tuple[int, ...], share: float, size: float = 0.0) -> Outcome:
    """Climbs the rungs until the two sides are seen to agree or to differ.

    `size` is log₁₀ of the quantity that is differentiated: rounding leaves about 10^(size − share·P) of it, and what is
    smaller than that can't settle.
    """
    before: float | None = None
    error, gap, noise = 0.0, -math.inf, 0.0
    for rung, digits in enumerate(rungs):
        left, right = sides(digits)
        arithmetic = multiprecision(digits)
        gap = arithmetic.magnitude(left - right)
        noise = max(size, 0.0) - share * digits
        scale = max(arithmetic.magnitude(left), arithmetic.magnitude(right))
        error = 0.0 if gap == -math.inf else 10 ** max(min(gap - scale, 300.0), -400.0)
        if gap == -math.inf or gap - scale <= -share * digits:
            return Outcome(Verdict.AGREES, error, digits)
        if before is not None:
            if gap - before <= -SHRUNK_SHARE * rungs[rung - 1]:
                return Outcome(Verdict.AGREES, 10 ** max(gap - max(scale, 0.0), -400.0), digits)
            if abs(gap - before) <= SETTLED and gap > noise:
                return Outcome(Verdict.DIFFERS, error, digits)
        before = gap
    return Outcome(Verdict.UNDECIDED, error, rungs[-1], resolved=gap > noise)
