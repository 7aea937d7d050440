"""Derivation → Checks: what a reader can repeat by hand, worked out from the derivation and nothing else."""

from __future__ import annotations

from itertools import islice

from symbp.calculus.checks import Checks
from symbp.calculus.derivation import Derivation
from symbp.checks.numbers import numbers
from symbp.checks.shapes import shapes
from symbp.checks.signs import sign_statements
from symbp.checks.special import special_cases

MOST_SIGNS = 12
"""Statements about signs; more than these nobody reads."""


def checks_of(derivation: Derivation) -> Checks:
    """Signs, shapes, numbers, a step of gradient descent and special cases; each where there is something to say.

    The work is bounded by counts, so the result depends on the derivation alone.
    """
    found = numbers(derivation)
    told, refused = (None, found) if isinstance(found, str) else (found, None)
    signs = tuple(islice(sign_statements(derivation), MOST_SIGNS))
    return Checks(signs, tuple(shapes(derivation)), told, refused, special_cases(derivation))
