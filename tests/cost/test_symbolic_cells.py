"""Cells against the points of their ranges, and the questions that go out."""

from __future__ import annotations

from itertools import product

import pytest

from symbp.calculus.affine import Affine, Guard
from symbp.cost.symbolic.cells import breakpoint_of, cells
from symbp.cost.symbolic.context import Context, NoClosedForm, Undecided
from symbp.cost.symbolic.form import Form
from symbp.cost.symbolic.poles import Pole, poles
from symbp.cost.symbolic.polynomial import Polynomial
from symbp.cost.symbolic.sizes import raised
from tests.programs import eq, ge, index

N = Affine.of("n")


def sizes(least: int) -> Context:
    return Context((ge("n", least),))


GUARDS = {
    "i <= j": ge("j", "i"),
    "i + j <= n": ge(N, Affine.of("i") + "j"),
    "i = j": eq("i", "j"),
    "i != j + 1": Guard("ne", Affine.of("i") - "j" - 1),
    "2 i >= 2 j - 3": ge(Affine.of("i") * 2, Affine.of("j") * 2 - 3),
    "j = n": eq("j", N),
    "i >= 3": ge("i", 3),
}


@pytest.mark.parametrize("guard", GUARDS.values(), ids=GUARDS)
def test_cells_are_the_points_and_guards_are_decided(guard: Guard) -> None:
    least = 3
    binders = (index("i", N), index("j", N))
    found = cells(binders, sizes(least), lambda inside: inside.decide(guard))
    for n in range(least, 7):
        points = {}
        for cell in found:
            (_, low, high), (_, inner_low, inner_high) = cell.ranges
            for i in range(low.evaluate({"n": n}), high.evaluate({"n": n}) + 1):
                at = {"n": n, "i": i}
                inner = range(inner_low.evaluate(at), inner_high.evaluate(at) + 1)
                assert not cell.certain or inner
                for j in inner:
                    assert (i, j) not in points
                    points[i, j] = cell.value
        assert points == {
            (i, j): guard.holds({"n": n, "i": i, "j": j}) for i, j in product(range(1, n + 1), repeat=2)
        }


def test_a_question_about_sizes_goes_out() -> None:
    with pytest.raises(Undecided) as asked:
        cells((index("i", N),), sizes(1), lambda inside: inside.decide(ge("i", 3)))
    assert asked.value.guard.symbols == ("n",)


def test_a_short_range_is_gone_through_one_by_one() -> None:
    even = Guard("divides", Affine.of("i"), 2)
    found = cells((index("i", 4),), Context(), lambda inside: inside.decide(even))
    assert [c.value for c in found] == [False, True, False, True]
    with pytest.raises(NoClosedForm):
        cells((index("i", N),), sizes(1), lambda inside: inside.decide(even))


@pytest.mark.parametrize("coefficient", [1, -1, 2, -2, 3, -3])
@pytest.mark.parametrize("constant", range(-4, 5))
def test_breakpoints(coefficient: int, constant: int) -> None:
    guard = Guard("ge", Affine.of("i") * coefficient + constant)
    at = breakpoint_of("i", guard)
    assert at is not None
    before, after = (guard.holds({"i": at.constant + k}) for k in (-1, 0))
    assert (before, after) == (coefficient < 0, coefficient > 0)


@pytest.mark.parametrize("guard", [ge("n", 4), ge(3, "n"), eq("n", 2), ge(N + "m", 7), ge(5, N * 2 + "m")])
def test_minima_are_raised_until_a_condition_is_decided(guard: Guard) -> None:
    least = raised({"n": 1, "m": 1}, guard)
    assert least is not None
    context = Context(tuple(ge(s, k) for s, k in least.items()))
    assert context.known(guard) is not None
    smaller = Context(tuple(ge(s, k - (s == "n")) for s, k in least.items()))
    assert smaller.known(guard) is None


def test_an_order_of_two_sizes_is_not_decided_by_their_being_large() -> None:
    assert raised({"n": 1, "m": 1}, ge("n", "m")) is None


def test_poles() -> None:
    n, m = Polynomial.of("n"), Polynomial.of("m")
    ones = {"n": 1, "m": 1}

    def of(divisor: Polynomial) -> tuple[Pole, ...] | None:
        return poles([Form.of(1).over(divisor)], ones)

    assert of(n + m) == ()
    assert of(n * n - 1) == (Pole("n", Affine.of(1)),)
    assert of(n * n - n * 7 + 12) == (Pole("n", Affine.of(3)), Pole("n", Affine.of(4)))
    assert of(n * m - 1) == (Pole("m", Affine.of(1)),)
    assert of(n - m) == (Pole("n", Affine.of("m")),)
    assert of(n * n - m * m * m) is None
