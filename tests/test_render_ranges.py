"""Conditions that become ends of ranges, and cases that need no `otherwise`: against enumeration at small sizes."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symbp
from symbp.calculus.affine import Affine, Guard, Index, Range
from symbp.calculus.expression import ONE, ZERO, Access, Cases, Expr, Reduce, multiply
from symbp.render.document import json_data, text_document
from symbp.render.lines import Lines
from symbp.render.printer import Vocabulary
from symbp.render.ranges import narrowed, never_negative, pinned_within
from symbp.render.text import text
from tests.render_models import at, derivation, ge, network

ENDS = st.sampled_from([Affine.of(-1), Affine.of(1), Affine.of(2), Affine.of("n"), Affine.of("n") - 1])
SYMBOLS = ("f", "g", "k", "m")


@st.composite
def guards(draw: st.DrawFn) -> Guard:
    chosen = draw(st.lists(st.sampled_from((*SYMBOLS, "n")), min_size=1, max_size=2, unique=True))
    form = Affine.of(draw(st.integers(-2, 2)))
    for s in chosen:
        form = form + Affine.of(s) * draw(st.sampled_from([1, -1, 1, -1, 2]))
    return Guard(draw(st.sampled_from(["ge", "ge", "ge", "eq", "ne"])), form)


def points(indices: tuple[Index, ...], conditions: tuple[Guard, ...], values: dict[str, int]) -> set[tuple[int, ...]]:
    """The values of indices, whose ranges may read those before, where the conditions hold."""
    found = set()
    box = range(-4, 7)
    for point in product(box, repeat=len(indices)):
        here = {**values, **{i.name: p for i, p in zip(indices, point, strict=True)}}
        inside = (i.range.lower.evaluate(here) <= here[i.name] <= i.range.upper.evaluate(here) for i in indices)
        if all(inside) and all(g.holds(here) for g in conditions):
            found.add(point)
    return found


@settings(max_examples=150, deadline=None)
@given(st.tuples(ENDS, ENDS, ENDS, ENDS), st.lists(guards(), max_size=4).map(tuple))
def test_narrowed_ranges_hold_the_same_points(ends: tuple[Affine, ...], conditions: tuple[Guard, ...]) -> None:
    free = {"f": Range.of(1, "n"), "g": Range(Affine.of("f"), Affine.of("n"))}
    indices = (Index("k", Range(ends[0], ends[1])), Index("m", Range(ends[2], ends[3])))
    shown, left = narrowed(indices, conditions, free, ("n",))
    for n in (1, 2, 4):
        for f in range(1, n + 1):
            for g in range(f, n + 1):
                values = {"n": n, "f": f, "g": g}
                assert points(indices, conditions, values) == points(shown, left, values)


@settings(max_examples=150, deadline=None)
@given(guards())
def test_what_is_never_negative_is_not(guard: Guard) -> None:
    ranges = {"f": Range.of(1, "n"), "g": Range.of("f", "n"), "k": Range.of(0, Affine.of("g") + 1)}
    ranges["m"] = Range.of(-1, 2)
    if never_negative(guard.form, ranges, ("n",)):
        for n in (1, 2, 3):
            for f, g, k, m in product(range(-1, 6), repeat=4):
                if 1 <= f <= n and f <= g <= n and 0 <= k <= g + 1 and -1 <= m <= 2:
                    assert guard.form.evaluate({"n": n, "f": f, "g": g, "k": k, "m": m}) >= 0


VOCABULARY = Vocabulary.of(network())


def shown(binders: tuple[Index, ...], conditions: tuple[Guard, ...], free: tuple[Index, ...] = ()) -> str:
    e: Expr = Reduce("sum", binders, conditions, Access("c1"))
    return text(e, VOCABULARY.display(free, e), unicode=False)


P, R = Index("p", Range.of(1, "d")), Index("r", Range.of(1, "d"))


@pytest.mark.parametrize(("binders", "conditions", "expected"), [
    ((Index("t", Range.of(-1, "d")),), (ge("t", 1),), "sum_{t=1..d} c1"),
    ((Index("t", Range.of(0, "d")),), (ge("t", 1), ge(Affine.of("d") - 1, "t")), "sum_{t=1..d-1} c1"),
    ((Index("t", Range.of(1, "d")),), (ge("t", "p"), ge("r", "t")), "sum_{t=p..r} c1"),
    ((Index("t", Range.of(1, "d")),), (ge("t", "p"), ge("t", 1)), "sum_{t=p..d} c1"),
    ((Index("t", Range.of(1, "d")),), (ge("t", "p"), ge("t", "r")), "sum_{t=p..d; t >= r} c1"),
    ((Index("t", Range.of(2, "d")),), (ge("t", "p"),), "sum_{t=2..d; t >= p} c1"),
    ((Index("t", Range.of(1, "d")), Index("s", Range.of(1, "d"))), (ge("s", "t"),), "sum_{t=1..d, s=t..d} c1"),
    ((Index("t", Range.of(1, "d")), Index("s", Range.of(1, "d"))), (ge("t", "s"),), "sum_{t=1..d, s=1..t} c1"),
    ((Index("t", Range.of(1, "d")),), (ge(Affine.of("t") * 2, "p"),), "sum_{t=1..d; 2*t >= p} c1"),
])
def test_a_bound_is_an_end(binders: tuple[Index, ...], conditions: tuple[Guard, ...], expected: str) -> None:
    assert shown(binders, conditions, (P, R)) == expected


def test_an_outer_binder_is_an_end_of_an_inner_sum() -> None:
    inner = Reduce("sum", (Index("s", Range.of(1, "d")),), (ge("s", Affine.of("t")),), at("c1"))
    outer = Reduce("sum", (Index("t", Range.of(0, "d")),), (ge("t", 1),), inner)
    assert text(outer, VOCABULARY.display((), outer), unicode=False) == "sum_{t=1..d} sum_{s=t..d} c1"


def test_the_model_of_partial_sums() -> None:
    model = (
        "size n\nindex i in 1..n\nindex j in 1..n\nparam x[i]\n"
        "c[i,j] = sum(k in j..i, x[k])\nloss L = sum(i, sum(j, c[i,j]^2))\n"
    )
    document = text_document(symbp.derive(symbp.parse(model)).data)
    assert "c[i,j] = Σ_{k=j..i} x[k]" in document


def test_an_index_with_one_value_needs_no_range() -> None:
    t = Index("t", Range.of(0, "T"))
    lines = Lines(derivation())
    assert pinned_within(t, (Guard("eq", Affine.of("t") - "T"),), {}, ("T",))
    assert not pinned_within(t, (Guard("eq", Affine.of("t") - "T" - 1),), {}, ("T",))
    assert not pinned_within(t, (ge("t", 1),), {}, ("T",))
    d = Index("t", Range.of(0, "d"))
    assert lines.where((d,), (Guard("eq", Affine.of("t") - "d"),))[1] == ()
    assert lines.where((d,), ())[1] == (d,)


def test_otherwise_stands_where_something_is_left_only() -> None:
    t = (Index("t", Range.of(1, "d")),)
    first, last = (Guard("eq", Affine.of("t") - 1),), (ge("t", 2),)
    whole, partly = Cases(((first, ONE), (last, ZERO))), Cases(((first, ONE), ((ge("t", 3),), ZERO)))
    context = Lines(derivation()).vocabulary.display(t)
    assert context.covers(whole) and not context.covers(partly)
    assert context.where((Guard("ne", Affine.of("t") - 2),)).covers(partly)
    assert not context.covers(Cases(((first, ONE),)))


def test_nor_within_a_formula() -> None:
    """A choice under a sum, in a product or in a case of another choice: the sums and cases around it hold there."""
    t = Index("t", Range.of(1, "d"))
    first, last = (Guard("eq", Affine.of("t") - 1),), (ge("t", 2),)
    whole, partly = Cases(((first, at("c1")), (last, at("E")))), Cases(((first, at("c1")), ((ge("t", 3),), at("E"))))
    vocabulary = Lines(derivation()).vocabulary

    def says_otherwise(e: Expr, *free: Index) -> bool:
        return "otherwise" in text(e, vocabulary.display(free, e))

    assert not says_otherwise(multiply((at("E"), whole)), t) and says_otherwise(multiply((at("E"), partly)), t)
    assert not says_otherwise(Reduce("sum", (t,), (), whole)) and says_otherwise(Reduce("sum", (t,), (), partly))
    assert not says_otherwise(Reduce("sum", (t,), (Guard("ne", Affine.of("t") - 2),), partly))
    second = (Guard("eq", Affine.of("t") - 2),)
    inside = multiply((at("E"), Cases(((first, partly), ((ge("t", 3),), partly), (second, ONE)))))
    assert not says_otherwise(inside, t)


CASES = """size n
index i in 1..n
param x[i], a
y[i] = where(i == 1, a*x[i], x[i]^2)
loss L = sum(i, y[i]^2)
"""


def test_a_document_says_otherwise_where_it_means_it() -> None:
    data = symbp.derive(symbp.parse(CASES)).data
    document = text_document(data)
    assert "∂L/∂x[i] = { 2 · y[i] · a if i = 1; 4 · y[i] · x[i] if i ≥ 2 }" in document
    steps = json_data(data)["steps"]
    told = [s["after"]["text"] for s in steps if s["rule"] == "collect"]  # type: ignore[attr-defined]
    assert told and all("otherwise" not in s for s in told)


def test_a_condition_stands_under_the_sign_of_the_index_that_it_bounds() -> None:
    """Σ_{p; 0 ≤ i − 2p ≤ 2} Σ_{q; 0 ≤ j − 2q ≤ 2}: of two indices, the inner one where both are in it."""
    told = symbp.derive(symbp.load("examples/conv.bp"), wrt="a")
    below = r"\\sum_\{\\substack\{p=0 \\\\ 0 \\le i - 2p \\le 2\}\}\^\{P-1\} \\sum_\{\\substack\{q=0 \\\\ 0 \\le j - 2q"
    assert re.search(below, told.latex())
    assert "Σ_{p=0..P−1; 0 ≤ i − 2·p ≤ 2} Σ_{q=0..Q−1; 0 ≤ j − 2·q ≤ 2}" in told.text()
