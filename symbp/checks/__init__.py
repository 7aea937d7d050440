"""Derivation → Checks: what a reader can repeat by hand, worked out from the derivation and nothing else."""

from __future__ import annotations

from symbp.calculus.checks import Checks
from symbp.calculus.derivation import Derivation
from symbp.checks.numbers import numbers
from symbp.checks.shapes import shapes
from symbp.checks.signs import told_signs
from symbp.checks.special import special_cases


def checks_of(derivation: Derivation) -> Checks:
    """Signs, shapes, numbers, a step of gradient descent and special cases; each where there is something to say.

    The work is bounded by counts, so the result depends on the derivation alone.
    """
    found = numbers(derivation)
    told, refused = (None, found) if isinstance(found, str) else (found, None)
    return Checks(told_signs(derivation), tuple(shapes(derivation)), told, refused, special_cases(derivation))
