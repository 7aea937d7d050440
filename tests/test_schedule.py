"""Schedules are carried out on small grids: every value is there when it is read; and none is missed that exists."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from symbp.calculus.affine import Affine, Guard
from symbp.calculus.model import Equation, Model
from symbp.calculus.schedule import Group, Unschedulable, schedule
from tests.programs import access, equation, form, ge, index, model, piece, term

SIZE = 4
LETTERS = ("i", "j")
Point = tuple[str, tuple[int, ...]]
Distance = tuple[int, int]
Edge = tuple[str, Distance]

distances = st.tuples(st.integers(-2, 2), st.integers(-2, 2))


def grid(reads: dict[str, list[Edge]], turned: frozenset[str]) -> Model:
    """name[i,j] reads source[i − a, j − b] where that is on the grid; a turned array has its axes exchanged."""

    def at(name: str, i: Affine, j: Affine) -> tuple[Affine, Affine]:
        return (j, i) if name in turned else (i, j)

    def one(name: str, edges: list[Edge]) -> Equation:
        terms = []
        for source, (a, b) in edges:
            i, j = form("i") - a, form("j") - b
            inside = tuple(g for s in (i, j) for g in (ge(s, 1), ge("n", s)))
            terms.append(term(access(source, *at(source, i, j)), where=inside))
        letters = reversed(LETTERS) if name in turned else LETTERS
        return equation(name, (index(s, "n") for s in letters), piece(*terms))

    return model(("n",), {}, (one(name, edges) for name, edges in reads.items()), None)


def carried_out(group: Group, fixed: dict[str, dict[int, int]]) -> Iterator[Point]:
    """The points of a group in the order of evaluation; `fixed` are the values of each equation's looped axes."""
    if not group.recurrent:
        (name,) = group.equations
        axes = fixed.get(name, {})
        for p in product(range(1, SIZE + 1), repeat=2):
            if all(p[axis] == value for axis, value in axes.items()):
                yield name, p
        return
    steps = range(1 - 2 * SIZE, 3 * SIZE)
    for step in steps if group.direction == 1 else reversed(steps):
        inner = {
            name: {**fixed.get(name, {}), axis: step - shift}
            for name, axis, shift in zip(group.equations, group.axes, group.shifts, strict=True)
        }
        for part in group.body:
            yield from carried_out(part, inner)


def check(made: Model, reads: dict[str, list[Edge]], turned: frozenset[str]) -> None:
    done: set[Point] = set()
    for group in schedule(made):
        for name, p in carried_out(group, {}):
            i, j = (p[1], p[0]) if name in turned else p
            for source, (a, b) in reads[name]:
                where = (j - b, i - a) if source in turned else (i - a, j - b)
                if all(1 <= k <= SIZE for k in where):
                    assert (source, where) in done
            assert (name, p) not in done
            done.add((name, p))
    assert len(done) == len(reads) * SIZE**2


@settings(max_examples=300, deadline=None)
@given(st.lists(distances, min_size=1, max_size=4))
def test_one_equation_is_scheduled_whenever_some_order_of_its_indices_works(vectors: list[Distance]) -> None:
    reads = {"a": [("a", v) for v in vectors]}
    possible = any(
        all((s * v[p], t * v[q]) > (0, 0) for v in vectors)
        for p, q in permutations(range(2))
        for s, t in product((1, -1), repeat=2)
    )
    made = grid(reads, frozenset())
    try:
        check(made, reads, frozenset())
    except Unschedulable:
        assert not possible
    else:
        assert possible


@st.composite
def systems(draw: st.DrawFn) -> tuple[dict[str, list[Edge]], frozenset[str]]:
    names = "abc"[: draw(st.integers(2, 3))]
    edges = st.lists(st.tuples(st.sampled_from(names), distances), min_size=1, max_size=2)
    return {name: draw(edges) for name in names}, draw(st.frozensets(st.sampled_from(names)))


@settings(max_examples=400, deadline=None)
@given(systems())
def test_coupled_equations_are_evaluated_before_they_are_read(
    system: tuple[dict[str, list[Edge]], frozenset[str]],
) -> None:
    reads, turned = system
    try:
        check(grid(reads, turned), reads, turned)
    except Unschedulable as error:
        assert set(error.names) <= set(reads)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 3), min_size=2, max_size=4), st.integers(0, 3))
def test_a_ring_of_lags_is_scheduled(lags: list[int], start: int) -> None:
    """A cycle whose distances add up to something positive has an order, whatever they are one by one."""
    names = "abcd"[: len(lags)]
    offsets = [(start * (k + 1)) % 4 for k in range(len(lags))]
    reads = {}
    for k, name in enumerate(names):
        following = (k + 1) % len(names)
        reads[name] = [(names[following], (lags[k] + offsets[k] - offsets[following], 0))]
    check(grid(reads, frozenset()), reads, frozenset())


def test_guards_decide_the_direction_of_a_distance_that_is_no_constant() -> None:
    s = index("s", "n")
    later = term(access("a", "s"), over=(s,), where=(Guard("ge", form("s") - "i" - 1),))
    (group,) = schedule(model(("n",), {}, (equation("a", (index("i", "n"),), piece(later)),), None))
    assert group.direction == -1
