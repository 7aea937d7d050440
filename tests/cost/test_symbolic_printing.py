"""Closed forms as text and as LaTeX."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symbp.calculus.affine import Affine
from symbp.cost.symbolic.form import Form
from symbp.cost.symbolic.polynomial import Polynomial
from symbp.cost.symbolic.printing import latex, text

D, Q, L, ONE = (Polynomial.of(s) for s in ("d", "q", "l", 1))
SIZES = ("d", "q", "l")
DEPTH = Affine.of("l")
PRINTED: list[tuple[Form, str, str]] = [
    (Form.of(0), "0", "0"),
    (Form.of(7), "7", "7"),
    (Form.of(-D), "-d", "-d"),
    (Form.of(Q * D * 4 + L * 11 + Q * 6 + Q * L * 6), "4 d q + 6 q l + 6 q + 11 l", "4 d q + 6 q l + 6 q + 11 l"),
    (Form.of(D * D * Fraction(1, 2) - D - 1), "1/2 d^2 - d - 1", r"\frac{1}{2} d^{2} - d - 1"),
    (Form.of(3).raised(ONE * 2, DEPTH) - 4, "3*2^l - 4", r"3 \cdot 2^{l} - 4"),
    (Form.of(-1).raised(ONE * 2, DEPTH * 2 + 1), "-2*2^(2 l)", r"-2 \cdot 2^{2 l}"),
    (Form.of(D).raised(D, DEPTH) + Form.of(1), "d^(l + 1) + 1", "d^{l + 1} + 1"),
    (Form.of(Q).raised(D, DEPTH - 1), "q d^(l - 1)", "q d^{l - 1}"),
    (Form.of(1).raised(D + 1, DEPTH), "(d + 1)^l", "(d + 1)^{l}"),
    (Form.of(D + Q).raised(D, DEPTH), "d^l (d + q)", "d^{l} (d + q)"),
    (Form.of(Q).over(D - 1), "q/(d - 1)", r"\frac{q}{d - 1}"),
    (Form.of(-Q).over((D - 1) * (D - 1)), "-q/(d - 1)^2", r"-\frac{q}{(d - 1)^{2}}"),
    (
        Form.of(Q + 1).over((D - 1) * (D + 1)).raised(D, DEPTH),
        "d^l (q + 1)/((d - 1) (d + 1))",
        r"\frac{q + 1}{(d - 1) (d + 1)} d^{l}",
    ),
    (
        Form.of(D).raised(D, DEPTH).over(D - 1) + Form.of(5).over(D - 1) + Form.of(Q),
        "d^(l + 1)/(d - 1) + q + 5/(d - 1)",
        r"\frac{d^{l + 1}}{d - 1} + q + \frac{5}{d - 1}",
    ),
]


@pytest.mark.parametrize(("form", "plain", "tex"), PRINTED, ids=[plain for _, plain, _ in PRINTED])
def test_forms(form: Form, plain: str, tex: str) -> None:
    assert text(form, SIZES) == plain
    assert latex(form, SIZES) == tex


def test_the_sizes_order_decides() -> None:
    form = Form.of(D * Q + Q * L)
    assert text(form, SIZES) == "d q + q l"
    assert text(form, ("l", "q", "d")) == "l q + q d"


def test_sizes_may_have_other_letters() -> None:
    form = Form.of(D * 2).raised(D, DEPTH)
    assert latex(form, SIZES, {"d": "d_1", "l": r"\ell"}) == r"2 d_1^{\ell + 1}"
