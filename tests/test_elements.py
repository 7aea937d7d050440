"""Single elements of a gradient at given sizes: the formulas of the sources, and their check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import symbp
from symbp.calculus.derivation import Rule
from symbp.calculus.expression import ZERO

CONV = Path(__file__).resolve().parent.parent / "examples" / "conv.bp"


def conv() -> symbp.Model:
    return symbp.with_sizes(symbp.load(CONV), {"P": 2, "Q": 2})


def test_the_nine_formulas_of_a_strided_kernel() -> None:
    """∂L/∂w_rs = Σ_pq D_pq a_{2p+r, 2q+s}: at a 5 × 5 image, four products for each of the nine weights."""
    found = symbp.derive(conv(), wrt="w").gradients["w"].elements
    assert list(found) == [(r, s) for r in range(3) for s in range(3)]
    for (r, s), formula in found.items():
        products = {f"D[{p}, {q}]*a[{2 * p + r}, {2 * q + s}]" for p in range(2) for q in range(2)}
        assert {str(term) for term in formula.args} == products


def test_the_image_reads_each_kernel_weight_where_a_window_covers_it() -> None:
    found = symbp.derive(conv(), wrt="a").gradients["a"].elements
    for (i, j), formula in found.items():
        covering = [(p, q) for p in range(2) for q in range(2) if 0 <= i - 2 * p <= 2 and 0 <= j - 2 * q <= 2]
        products = {f"D[{p}, {q}]*w[{i - 2 * p}, {j - 2 * q}]" for p, q in covering}
        assert {str(term) for term in formula.as_ordered_terms()} == products


def test_the_steps_are_told_and_checked() -> None:
    derivation = symbp.derive(conv(), wrt="w").element_by_element()
    assert sum(step.rule is Rule.ELEMENT for step in derivation.steps) == 9
    assert "∂L/∂w[2,2] = D[0,0] · a[2,2] + D[0,1] · a[2,4] + D[1,0] · a[4,2] + D[1,1] · a[4,4]" in derivation.text()
    certificate = derivation.check()
    assert certificate.passed
    assert sum("write out an element" in c.what and c.elements > 0 for c in certificate.comparisons) == 9


def test_a_wrong_element_is_found() -> None:
    derivation = symbp.derive(conv(), wrt="w").element_by_element().data
    steps = [replace(s, after=ZERO) if s.rule is Rule.ELEMENT else s for s in derivation.steps]
    assert not symbp.Derivation(replace(derivation, steps=steps)).check().passed


@pytest.mark.parametrize(("model", "reason"), [
    (symbp.load(CONV), "size `P` has no value"),
    (symbp.with_sizes(symbp.load(CONV), {"P": 60, "Q": 60}), "more than 600 nodes"),
    (symbp.parse("param w[100]\nloss L = sum(i, w[i]^2)"), "w has 100 elements"),
])
def test_what_is_not_written_out_says_why(model: symbp.Model, reason: str) -> None:
    derivation = symbp.derive(model, wrt="w")
    with pytest.raises(symbp.Refused, match=reason):
        derivation.gradients["w"].elements  # noqa: B018
    assert derivation.element_by_element().steps == derivation.steps
