"""Display algebra: formulas put together from several keep their values and become shorter."""

from __future__ import annotations

from fractions import Fraction

import symbp
from symbp.calculus.affine import Index
from symbp.calculus.expression import ONE, Access, Expr, Reduce, add, divide, multiply, negate, number
from symbp.calculus.terms import gathered, short_first
from symbp.render.printer import Vocabulary
from symbp.render.text import text
from symbp.verify import verify
from tests.render_models import RANGES, H, at, network

S, X = Access("E"), at("x", "i")


def shown(e: Expr) -> str:
    indices = (Index("i", RANGES["i"]),)
    return text(e, Vocabulary.of(network()).display(indices, e))


def over(body: Expr) -> Reduce:
    return Reduce("sum", (H,), (), body)


def test_equal_factors_are_one_power() -> None:
    assert shown(gathered(multiply((X, divide(X, S), divide(ONE, S))))) == "x[i]^2/E^2"


def test_nothing_cancels() -> None:
    assert shown(gathered(multiply((X, divide(S, X))))) == "x[i] · E/x[i]"


def test_numbers_meet_in_front() -> None:
    half = number(Fraction(1, 2))
    assert shown(gathered(multiply((X, multiply((half, S)), number(6))))) == "3 · x[i] · E"


def test_a_sum_of_negative_terms_is_subtracted() -> None:
    assert shown(gathered(add((X, over(negate(at("b", "h"))))))) == "x[i] − Σ_{h=1..q} b[h]"


def test_terms_without_a_sum_come_first() -> None:
    assert shown(short_first(multiply((S, add((over(at("b", "h")), X)))))) == "E · (x[i] + Σ_{h=1..q} b[h])"


def test_every_line_that_is_put_together_is_certified() -> None:
    """σ² n², and no Σ of −f: the lines of a layer norm hold at random points."""
    derivation = symbp.derive(symbp.load("examples/layernorm.bp"))
    assert verify(derivation.data).ok
    told = derivation.latex()
    assert "\\sigma^2\\,n^2" in told and "\\sigma\\,\\sigma" not in told and "\\left(-\\frac{\\rho" not in told
    assert "-\\frac{\\eta\\,x_i}{\\sigma}\\," in told


def test_a_number_stands_apart_from_a_derivative() -> None:
    assert "2\\,du_5\\,u_3" in symbp.derive(symbp.load("examples/expression.bp"), notation="cs231n").latex()
    told = symbp.derive(symbp.load("examples/expression.bp")).latex()
    assert "2\\,\\frac{\\partial f}{\\partial u_5}\\,u_3" in told
