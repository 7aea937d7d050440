"""Polynomials and closed forms against sums that are added up term by term."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from symbp.calculus.affine import Affine
from symbp.cost.symbolic.form import Form
from symbp.cost.symbolic.polynomial import Polynomial
from symbp.cost.symbolic.shapes import factored

N, M = Polynomial.of("n"), Polynomial.of("m")
AT = Affine.of("i")


def some_polynomial(seed: int, symbols: tuple[str, ...]) -> Polynomial:
    chance = random.Random(seed)
    total = Polynomial.of(0)
    for _ in range(chance.randint(1, 4)):
        part = Polynomial.of(Fraction(chance.randint(-5, 5), chance.choice([1, 1, 2, 3])))
        for s in symbols:
            part = part * Polynomial.of(s) ** chance.randint(0, 3)
        total = total + part
    return total


@pytest.mark.parametrize("seed", range(30))
def test_arithmetic_agrees_with_numbers(seed: int) -> None:
    p, q = some_polynomial(seed, ("n", "m")), some_polynomial(seed + 100, ("n", "i"))
    at = {"n": 3, "m": 5, "i": -2}
    assert (p + q).evaluate(at) == p.evaluate(at) + q.evaluate(at)
    assert (p * q).evaluate(at) == p.evaluate(at) * q.evaluate(at)
    assert (p - q).evaluate(at) == p.evaluate(at) - q.evaluate(at)
    moved = q.substitute({"i": Affine.of("m") * 2 - 1})
    assert moved.evaluate(at) == q.evaluate({**at, "i": 9})


@pytest.mark.parametrize("seed", range(30))
def test_a_product_is_divided_by_its_factor(seed: int) -> None:
    p, q = some_polynomial(seed, ("n", "m")), some_polynomial(seed + 100, ("n", "m"))
    if q:
        assert (p * q).divided(q) == p
    if q.constant is None:
        assert (p * q + 1).divided(q) is None


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("last", [-1, 0, 1, 6])
def test_faulhaber(seed: int, last: int) -> None:
    p = some_polynomial(seed, ("i", "n"))
    summed = p.summed("i", Affine.of(0), Affine.of("m"))
    assert "i" not in summed.symbols
    assert summed.evaluate({"n": 4, "m": last}) == sum(p.evaluate({"i": i, "n": 4}) for i in range(last + 1))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("base", [Polynomial.of(2), N, N * 2, N + M, N * N - 1])
@pytest.mark.parametrize("speed", [1, -1, 2])
def test_geometric_sums(seed: int, base: Polynomial, speed: int) -> None:
    p = some_polynomial(seed, ("i", "m"))
    form = Form.of(p).raised(base, AT * speed + "m")
    summed = form.summed("i", Affine.of(1), Affine.of("k"))
    for n, last in ((2, 0), (3, 1), (3, 5)):
        at = {"n": n, "m": 2, "k": last}
        value = Fraction(base.evaluate(at))
        wanted = sum(p.evaluate({**at, "i": i}) * value ** (speed * i + 2) for i in range(1, last + 1))
        assert summed.evaluate(at) == wanted


def test_what_doesnt_grow_is_summed_as_a_polynomial() -> None:
    form = Form.of(1).raised(N, AT).raised(N, -AT)
    assert form.summed("i", Affine.of(1), Affine.of("m")) == Form.of("m")
    half = Form.of(1).raised(N * 2, AT).raised(N, -AT)
    assert half.summed("i", Affine.of(0), Affine.of(3)).evaluate({"n": 7}) == 1 + 2 + 4 + 8


def test_sums_of_sums_resonate() -> None:
    """Σ_{i=1..k} Σ_{j=1..i} n^i = Σ i n^i."""
    inner = Form.of(1).raised(N, AT).summed("j", Affine.of(1), AT)
    total = inner.summed("i", Affine.of(1), Affine.of("k"))
    assert total.evaluate({"n": 3, "k": 4}) == sum(i * 3**i for i in range(1, 5))


def test_equal_forms_are_equal_when_normal() -> None:
    left = (Form.of(N * N) - 1).over(N - 1)
    assert left == Form.of(N + 1)
    split = Form.of(N).over(N - 1) - Form.of(1).over(N - 1)
    assert split.normal() == 1
    with pytest.raises(ZeroDivisionError):
        Form.of(1).over(N - 1).evaluate({"n": 1})


def test_factors() -> None:
    scale, factors = factored((N * N - 1) * N * 6)
    assert scale == 6
    assert dict(factors) == {N: 1, N - 1: 1, N + 1: 1}


@pytest.mark.parametrize("seed", range(20))
def test_the_polynomial_part_of_a_fraction_is_split_off(seed: int) -> None:
    form = Form.of(some_polynomial(seed, ("n", "m"))).over((N - 1) * (N - 1) * (N + 1))
    split = form.separated()
    at = {"n": 4, "m": 3}
    assert split.evaluate(at) == form.evaluate(at)


def test_a_polynomial_part() -> None:
    form = Form.of(N * N + N * 2 + 2).over(N - 1)
    assert form.separated() == Form.of(N + 3) + Form.of(5).over(N - 1)
