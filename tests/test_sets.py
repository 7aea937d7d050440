"""Index-set decisions, against enumeration of every point of a small box."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Lookup
from symbp.errors import Refused

LETTERS = ("a", "b", "c")
BOX = 5
POINTS = [dict(zip(LETTERS, p, strict=True)) for p in product(range(-BOX, BOX + 1), repeat=len(LETTERS))]
BOUNDS = tuple(g for s in LETTERS for g in (Guard("ge", Affine.of(s) + BOX), Guard("ge", Affine.of(BOX) - s)))

forms = st.builds(
    lambda coefficients, c: Affine.build(dict(zip(LETTERS, coefficients, strict=True)), c),
    st.tuples(*[st.integers(-3, 3)] * 3),
    st.integers(-6, 6),
)
guards = st.builds(
    Guard, st.sampled_from(("ge", "ge", "eq", "ne", "divides", "not_divides")), forms, st.integers(2, 4)
)
guard_sets = st.lists(guards, max_size=4).map(tuple)


def holds(conditions: tuple[Guard, ...], point: dict[str, int]) -> bool:
    return all(g.holds(point) for g in conditions)


def members(conditions: tuple[Guard, ...]) -> list[dict[str, int]]:
    return [p for p in POINTS if holds(conditions, p)]


@settings(max_examples=150, deadline=None)
@given(guard_sets)
def test_empty_is_enumeration(chosen: tuple[Guard, ...]) -> None:
    assert sets.empty((*BOUNDS, *chosen)) == (not members(chosen))


@settings(max_examples=150, deadline=None)
@given(guard_sets, guards)
def test_implies_is_enumeration(chosen: tuple[Guard, ...], asked: Guard) -> None:
    assert sets.implies((*BOUNDS, *chosen), asked) == all(asked.holds(p) for p in members(chosen))


@settings(max_examples=100, deadline=None)
@given(guard_sets, guard_sets)
def test_redundant_dropped_keeps_the_set(chosen: tuple[Guard, ...], context: tuple[Guard, ...]) -> None:
    kept = sets.redundant_dropped(chosen, (*BOUNDS, *context))
    assert [g for g in chosen if g in kept] == list(kept) or len(set(chosen)) < len(chosen)
    assert members((*context, *kept)) == members((*context, *chosen))


@settings(max_examples=100, deadline=None)
@given(guard_sets, st.lists(guard_sets, max_size=3))
def test_covered_is_enumeration(context: tuple[Guard, ...], alternatives: list[tuple[Guard, ...]]) -> None:
    left = [p for p in members(context) if not any(holds(a, p) for a in alternatives)]
    assert sets.covered((*BOUNDS, *context), alternatives) == (not left)
    point = sets.uncovered_point((*BOUNDS, *context), alternatives)
    assert (point in left) if left else point is None


@settings(max_examples=150, deadline=None)
@given(guard_sets, st.sets(st.sampled_from(LETTERS), min_size=1, max_size=2))
def test_project_is_enumeration(chosen: tuple[Guard, ...], eliminate: set[str]) -> None:
    remaining = [s for s in LETTERS if s not in eliminate]
    disjuncts = sets.project((*BOUNDS, *chosen), eliminate)
    assert not any(s in eliminate for d in disjuncts for g in d for s in g.symbols)
    inside = {tuple(p[s] for s in remaining) for p in members(chosen)}
    for values in product(range(-BOX, BOX + 1), repeat=len(remaining)):
        point = dict(zip(remaining, values, strict=True))
        assert any(holds(d, point) for d in disjuncts) == (values in inside)


@settings(max_examples=100, deadline=None)
@given(guard_sets, st.lists(guard_sets, max_size=3))
def test_cells_say_which_sets_hold(context: tuple[Guard, ...], chosen: list[tuple[Guard, ...]]) -> None:
    cells = sets.cells((*BOUNDS, *context), chosen)
    for point in members(context):
        found = [held for inside, held in cells if holds(inside, point)]
        assert found == [tuple(k for k, g in enumerate(chosen) if holds(g, point))]


def ge(a: str | int | Affine, b: str | int | Affine = 0) -> Guard:
    return Guard("ge", Affine.of(a) - b)


def test_cells_of_layers_are_short() -> None:
    context = (ge("l", 1), ge("L", "l"), *sets.positive(["L"]))
    inner, last = (ge(Affine.of("L") - 1, "l"),), (Guard("eq", Affine.of("l") - "L"),)
    assert sets.cells(context, [inner, last]) == ((inner, (0,)), (last, (1,)))
    assert sets.cells(context, [inner]) == ((inner, (0,)), ((Guard("eq", Affine.of("l") - "L"),), ()))


def test_neighbours_are_joined() -> None:
    context = (ge("i", 1), ge("n", "i"), ge("j", 1), ge("n", "j"))
    below, above = (ge("i", Affine.of("j") + 1),), (ge("j", Affine.of("i") + 1),)
    assert sets.merged([below, above], context) == [(Guard("ne", Affine.of("j") - "i"),)]
    at = (Guard("eq", Affine.of("i") - "j"),)
    assert sets.merged([below, at], context) == [(ge("i", "j"),)]


def test_stride_two_projection_has_no_gap_when_the_kernel_covers_it() -> None:
    window = (
        Guard("eq", Affine.of("p") * 2 + "r" - "K"), ge("p"), ge(Affine.of("P") - 1, "p"), ge("r"), ge(2, "r"),
        *sets.positive(["P"]),
    )
    assert sets.project(window, ["p", "r"]) == ((ge("P", 1), ge("K"), ge(Affine.of("P") * 2, "K")),)


def test_distinct_lookups_are_distinct_integers() -> None:
    here, there = Lookup("tok", (Affine.of("t"),)), Lookup("tok", (Affine.of("s"),))
    at_v = Guard("eq", Affine.of("v"), lookup=here)
    assert sets.implies((at_v,), Guard("eq", Affine.of("v"), lookup=here))
    assert not sets.implies((at_v,), Guard("eq", Affine.of("v"), lookup=there))
    assert sets.disjoint((at_v,), (Guard("ne", Affine.of("v"), lookup=here),), ())
    assert sets.empty((at_v, Guard("eq", Affine.of("v") + 1, lookup=here)))


@given(st.permutations(("p", "q", "s")))
def test_answers_do_not_depend_on_letters(names: list[str]) -> None:
    letters = dict(zip(LETTERS, names, strict=True))
    renaming = {a: Affine.of(b) for a, b in letters.items()}
    window = (
        Guard("eq", Affine.of("a") * 4 + Affine.of("b") * 3 - "c"), ge("a"), ge(5, "a"), ge("b"), ge(2, "b"),
    )
    renamed = tuple(g.substitute(renaming) for g in window)
    expected = tuple(tuple(g.substitute(renaming) for g in d) for d in sets.project(window, ["a", "b"]))
    assert sets.project(renamed, [letters["a"], letters["b"]]) == expected


def entangled(count: int) -> tuple[Guard, ...]:
    """`count` different integers in 1..count−1."""
    names = [f"x{k}" for k in range(count)]
    ranges = [g for s in names for g in (ge(s, 1), ge(count - 1, s))]
    return (*ranges, *(Guard("ne", Affine.of(a) - b) for k, a in enumerate(names) for b in names[:k]))


def test_questions_that_take_too_long_are_refused() -> None:
    assert sets.empty(entangled(4))
    with pytest.raises(Refused, match="too many and too entangled"):
        sets.empty(entangled(12))
    assert not sets.empty(entangled(12)[:40])


def test_many_excluded_values_are_no_trouble() -> None:
    x = Affine.of("x")
    odd = tuple(Guard("ne", x - k) for k in range(1, 400, 2))
    assert not sets.empty((ge("x", 1), ge(399, "x"), *odd))
    assert sets.empty((ge("x", 1), ge(399, "x"), *odd, Guard("divides", x - 1, 2)))
    assert sets.empty((ge("x", 1), ge(399, "x"), *(Guard("ne", x - k) for k in range(1, 400))))
