"""Trees along a size that is too long to go through, beside going through it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, partial
from itertools import pairwise
from math import comb

import pytest

import symbp
from symbp.calculus.derivation import Derivation
from symbp.cost import counting, long
from symbp.cost.counting import tally_of
from symbp.cost.looked_at import MOST
from symbp.cost.passes.signs import signs
from symbp.cost.paths import has_union, paths_from, reads_of
from symbp.cost.printed import printed
from symbp.cost.program import Program
from symbp.cost.unfolded import Operations, Unfolded
from symbp.cost.written import met
from symbp.errors import Refused
from tests.many_models import many_models

MODELS = many_models(random=12)
LENGTH = 33
"""Beyond what a count along a size starts from, for most models."""

CHAIN = """
index t in 1..T
param w
input x[t]
h[0] = 0
h[t] = tanh(w*h[t-1] + x[t])
loss E = h[T]^2
"""
GATES = """
index t in 1..T
param u, w
input x[t]
h[0] = 0
c[0] = 0
c[t] = w*h[t-1] + c[t-1]*x[t]
h[t] = tanh(u*c[t] + h[t-1])
loss E = h[T]^2
"""


@cache
def derivation_of(name: str) -> Derivation:
    return symbp.derive(MODELS[name]).data


def sizes_of(program: Program) -> Iterator[dict[str, int]]:
    """Each size in turn is long."""
    for size in program.sizes:
        yield {s: LENGTH if s == size else 2 for s in program.sizes}


def distinct_and_depth(program: Program, sizes: Mapping[str, int]) -> tuple[int, int]:
    found = tally_of(Unfolded(program, sizes), program.outputs)
    assert found.depth is not None
    return found.distinct, found.depth


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes of more than 30 are long."""
    monkeypatch.setattr(long, "LONG", 30)


CLOSED: set[str] = set()


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("name", MODELS)
def test_trees_along_a_long_size_are_those_that_are_gone_through(name: str) -> None:
    program = signs(printed(derivation_of(name)))
    for sizes in sizes_of(program):
        names = program.outputs
        whole = tally_of(Unfolded(program, sizes), names)
        found = long.tally(program, names, sizes, frozenset(), None, partial(distinct_and_depth, program))
        if found is None:
            continue
        CLOSED.add(name)
        assert found == whole, sizes
        assert long.operations(program, names, sizes, frozenset(), None) == Operations(program, sizes).operations(names)
        trees = Unfolded(program, sizes)
        counted = trees.occurrences(trees.roots(names)[0])[1]
        closed = long.met(program, names, sizes, None) or {}
        inner = (trees.definitions.keys() | program.arrays.keys()) - set(names)
        assert {n: k for n, k in closed.items() if k and n in inner} == {n: k for n, k in counted.items() if n in inner}


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("name", MODELS)
def test_paths_along_a_long_size_are_those_that_are_gone_through(name: str) -> None:
    derivation = derivation_of(name)
    parameters = tuple(derivation.gradients)
    reads = reads_of(printed(derivation), derivation, parameters)
    for sizes in sizes_of(reads):
        closed = long.met(reads, (derivation.of,), sizes, None)
        if closed is not None and not has_union(reads):
            assert {p: closed.get(p, 0) for p in parameters} == paths_from(parameters, derivation, sizes), sizes


SHIFTS = """
index t in 1..T
param x[t]
a[t] = where(t > 9, x[t-9], 0)
b[t] = where(t > 9, a[t-9]*x[t], 0)
c[t] = where(t > 9, exp(b[t-9]) - 1, 0)
d[t] = where(t > 9, c[t-9]*x[t], 0)
loss E = sum(t, d[t])
"""
STEPS = """
index t in 1..T
param x[t]
a[t] = where(t > 20, exp(a[t-20]*x[t]), x[t])
loss E = sum(t, a[t])
"""


@pytest.mark.usefixtures("short")
def test_shifts_one_after_the_other_add_up() -> None:
    program = signs(printed(symbp.derive(SHIFTS).data))
    small = partial(distinct_and_depth, program)
    found = long.tally(program, program.outputs, {"T": 205}, frozenset(), None, small)
    assert found == tally_of(Unfolded(program, {"T": 205}), program.outputs)


@pytest.mark.usefixtures("short")
def test_a_depth_that_grows_now_and_then_is_no_polynomial() -> None:
    program = signs(printed(symbp.derive(STEPS).data))
    assert long.extended(program, {"T": 120}, partial(distinct_and_depth, program)) is None


@pytest.mark.usefixtures("short")
def test_a_multiple_of_an_index_is_beyond_small_values() -> None:
    model = """
    index i in 1..n, j in 1..n
    param w
    input x[i], y[j]
    a[i] = x[i]*w
    loss E = sum(i, j if i <= 40*j, exp(a[i]*y[j]))
    """
    program = signs(printed(symbp.derive(model).data))
    assert long.extended(program, {"n": 150}, partial(distinct_and_depth, program)) is None


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("condition", ["i <= 40*j", "i <= j + 30", "30*i >= j"])
def test_which_of_two_long_sizes_is_the_larger_matters(condition: str) -> None:
    model = f"""
    index i in 1..n, j in 1..m
    param w
    input x[i], y[j]
    a[i] = x[i]*w
    loss E = sum(i, j if {condition}, exp(a[i]*y[j]))
    """
    program = signs(printed(symbp.derive(model).data))
    small = partial(distinct_and_depth, program)
    for sizes in ({"n": 190, "m": 31}, {"n": 31, "m": 190}):
        assert long.extended(program, sizes, small) in (None, small(sizes))


def test_many_models_have_a_count_along_a_long_size() -> None:
    """To be run after the others of this file."""
    if len(CLOSED) > 1:
        assert len(CLOSED) > len(MODELS) // 3


def test_a_chain_of_a_million_steps_is_counted_at_once() -> None:
    """h[t] takes 3 operations, h[1] = tanh(x[1]) one, and the square one more."""
    steps = 10**6
    costs = symbp.derive(symbp.with_sizes(symbp.parse(CHAIN), {"T": steps})).cost()
    small = [symbp.derive(symbp.with_sizes(symbp.parse(CHAIN), {"T": k})).cost() for k in range(10, 16)]
    for measure in ("operations", "nodes", "distinct", "depth"):
        row = [getattr(c.tally("expanded"), measure) for c in small]
        assert getattr(costs.tally("expanded"), measure) == through(row, steps - 10), measure
    assert costs.tally("forward").operations == 3 * steps - 1
    assert costs.paths("w") == steps
    assert costs.operations("forward_mode") > 0


def through(row: list[int], at: int) -> int:
    """The polynomial through values at 0, 1, 2, …"""
    total = 0
    for k in range(len(row)):
        total += comb(at, k) * row[0]
        row = [b - a for a, b in pairwise(row)]
    return total


def test_what_has_no_closed_form_and_is_too_long_is_refused_with_its_size() -> None:
    """Two names that read each other in a circle."""
    costs = symbp.derive(symbp.with_sizes(symbp.parse(GATES), {"T": MOST})).cost()
    with pytest.raises(Refused, match=r"more than 100,000 elements one by one at T = 100,000"):
        costs.tally("expanded")
    assert costs.operations("shared") > MOST
    program = signs(printed(symbp.derive(GATES).data))
    with pytest.raises(Refused, match="one by one"):
        met(program, program.outputs, {"T": MOST})


def test_without_a_closed_form_a_length_that_can_be_gone_through_is(monkeypatch: pytest.MonkeyPatch) -> None:
    program = signs(printed(symbp.derive(GATES).data))
    usual = counting.unfolded(program, program.outputs, {"T": 50})
    monkeypatch.setattr(long, "LONG", 30)
    monkeypatch.setattr(counting, "FEW", 10)
    assert counting.unfolded(program, program.outputs, {"T": 50}) == usual
