"""Leading terms: the whole count divided by them tends to 1 as all sizes grow."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

import symbp
from symbp.cost.report import Cost
from symbp.cost.symbolic.closed import Closed
from symbp.cost.symbolic.form import Form
from symbp.cost.symbolic.leading import leading, quotient
from symbp.cost.symbolic.polynomial import Polynomial
from symbp.cost.ways import CLOSED

MODELS = sorted(p for room in ("examples", "tests/models", "benchmarks/models") for p in Path(room).glob("*.bp"))


@cache
def cost(path: Path) -> Cost:
    return symbp.derive(symbp.load(path)).cost().data


@pytest.mark.parametrize("path", MODELS, ids=str)
def test_the_rest_vanishes(path: Path) -> None:
    """However the sizes grow together, one as fast as another or faster."""
    found = cost(path)
    for way in CLOSED:
        closed = found.closed(way)
        if not isinstance(closed, Closed) or not closed.sizes:
            continue
        whole = closed.cases[0].operations
        first = leading(whole)
        assert first is not None and first.length <= whole.length
        exponential = any(shape.powers for shape in whole.terms)
        for order in (closed.sizes, closed.sizes[::-1]):
            errors = []
            for scale in ((60, 240) if exponential else (10**4, 10**6)):
                at = {s: scale * (k + 1) for k, s in enumerate(order)}
                errors.append(abs(whole.evaluate(at) / first.evaluate(at) - 1))
            assert errors[1] <= errors[0] / 2 and errors[1] < Fraction(1, 10)


@pytest.mark.parametrize("path", MODELS, ids=str)
def test_quotients_have_the_values_of_both(path: Path) -> None:
    found = cost(path)
    forms = [c.cases[0].operations for way in CLOSED if isinstance(c := found.closed(way), Closed) and c.sizes]
    for over in forms:
        for under in forms:
            shown = leading(under)
            assert shown is not None
            made = quotient(over, shown)
            if made is not None:
                at = {s: 5 + k for k, s in enumerate(found.printed.sizes)}
                assert made.evaluate(at) == over.evaluate(at) / shown.evaluate(at)


def test_by_hand() -> None:
    n, m = Polynomial.of("n"), Polynomial.of("m")
    assert leading(Form.of(n * n * m * 3 + n * m * 7 + m * m - 5)) == Form.of(n * n * m * 3 + m * m)
    assert leading(Form.of(n - m) + Form.of(m)) == Form.of(n)
    assert leading(Form.of(n * n * n).over(n - 1)) == Form.of(n * n)
    assert quotient(Form.of(n * 6), Form.of(n * 4)) == Form.of(Fraction(3, 2))
