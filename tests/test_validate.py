"""Range and case checks, against every point of every small size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from symbp.calculus.affine import Affine, Guard, Index, Range
from symbp.calculus.describe import guard_text
from symbp.calculus.model import Model, Role
from symbp.calculus.sets import negation
from symbp.calculus.validate import problems
from tests.programs import access, define, equation, form, index, model, piece, term

SIZES = [{"n": n, "m": m} for n, m in product(range(1, 15), (1, 2, 3, 6))]
AXES = (Range.of(1, "n"), Range.of(0, form("n") - 1), Range.of(1, "m"), Range.of(0, form("n") * 2 + 1), Range.of(0, 4))

axes = st.sampled_from(AXES)
reads = st.builds(
    lambda i, r, n, c: Affine.build({"i": i, "r": r, "n": n}, c),
    st.sampled_from((1, 1, 2, -1, 0)), st.sampled_from((0, 1, 2)), st.sampled_from((0, 0, 0, 1)), st.integers(-3, 2),
)
conditions = st.lists(
    st.builds(
        Guard, st.sampled_from(("ge", "ge", "eq", "ne", "divides")),
        st.builds(
            lambda i, r, n, c: Affine.build({"i": i, "r": r, "n": n}, c),
            st.integers(-2, 2), st.integers(-1, 1), st.sampled_from((0, 0, 1)), st.integers(-2, 2),
        ),
        st.just(2),
    ),
    max_size=2,
).map(tuple)


def points(indices: list[Index], sizes: dict[str, int]) -> Iterator[dict[str, int]]:
    boxes = (range(i.range.lower.evaluate(sizes), i.range.upper.evaluate(sizes) + 1) for i in indices)
    for values in product(*boxes):
        yield {**sizes, **dict(zip((i.name for i in indices), values, strict=True))}


def violated(made: Model, sizes: dict[str, int]) -> bool:
    """Whether the first equation reads x outside its axis."""
    first = made.equations[0]
    (only,) = first.pieces[0].terms
    (factor,) = only.factors
    axis = made.arrays["x"].axes[0]
    subscript = factor.subscripts[0]  # type: ignore[union-attr]
    return any(
        not axis.lower.evaluate(p) <= subscript.evaluate(p) <= axis.upper.evaluate(p)
        for p in points([*first.indices, *only.binders], sizes)
        if all(g.holds(p) for g in only.guards)
    )


@settings(max_examples=400, deadline=None)
@given(axes, axes, reads, conditions)
def test_reads_outside_an_axis_are_found(of: Range, over: Range, read: Affine, where: tuple[Guard, ...]) -> None:
    summed = term(access("x", read), over=(Index("i", over), index("r", 2, 0)), where=where)
    made = model(("n", "m"), {"x": (Role.PARAM, (of,))}, (define("s", (), summed),), "s")
    found = problems(made)
    bad = [s for s in SIZES if violated(made, s)]
    assert bool(found) == bool(bad)
    requirements = tuple(p.requirement for p in found if p.requirement is not None)
    if len(requirements) == len(found):
        allowed = [s for s in SIZES if all(g.holds(s) for g in requirements)]
        assert not any(s in bad for s in allowed)
        assert problems(replace(made, requirements=requirements)) == ()


def test_requirements_that_no_size_satisfies_are_told() -> None:
    made = model(("n",), {}, (define("s", ()),), "s")
    contradictory = replace(made, requirements=(Guard("ge", form("n") - 2), Guard("ge", -form("n") + 1)))
    assert [p.message for p in problems(contradictory)] == ["no sizes satisfy n >= 2 and n <= 1"]


@settings(max_examples=300, deadline=None)
@given(axes, st.lists(conditions, min_size=1, max_size=4))
def test_cases_that_overlap_or_leave_a_gap_are_found(over: Range, cases: list[tuple[Guard, ...]]) -> None:
    cases = [tuple(replace(g, form=g.form.substitute({"r": Affine.of(0)})) for g in c) for c in cases]
    assume(all(cases))
    i = Index("i", over)
    made = model(("n", "m"), {}, (equation("a", (i,), *(piece(where=c) for c in cases)),), None)
    counts = [sum(all(g.holds(p) for g in c) for c in cases) for s in SIZES for p in points([i], s)]
    found = {p.kind for p in problems(made)}
    assert ("overlap" in found) == any(c > 1 for c in counts)
    assert ("uncovered" in found) == any(c == 0 for c in counts)


@settings(max_examples=200, deadline=None)
@given(conditions)
def test_a_negated_guard_is_the_rest(where: tuple[Guard, ...]) -> None:
    for g in where:
        for values in product(range(-3, 4), repeat=3):
            point = dict(zip(("i", "r", "n"), values, strict=True))
            assert negation(g).holds(point) != g.holds(point)


def test_guards_read_as_a_person_writes_them() -> None:
    k, m = form("K"), form("m")
    assert guard_text(Guard("ge", m - "n" - 1)) == "m >= n+1"
    assert guard_text(Guard("ge", -k + 3)) == "K <= 3"
    assert guard_text(Guard("eq", k - m)) == "K == m"
    assert guard_text(Guard("ne", k * 2 - 1)) == "2*K != 1"
    assert guard_text(Guard("divides", k - "r", 2)) == "(K-r) mod 2 == 0"
    assert guard_text(Guard("not_divides", k, 3)) == "(K) mod 3 != 0"
