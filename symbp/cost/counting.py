"""Exact counts at given sizes, of programs of any shape: each element once, or everything written out as trees.

Integers may be longer than Python prints (4300 digits): nothing here writes one as text. `given` are the values of
integer inputs; where there are none, their elements run through 1, 2, …, V, 1, …
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symbp.cost import long
from symbp.cost.convention import LEAF, Key, in_order
from symbp.cost.looked_at import FEW, TooMany
from symbp.cost.program import Program
from symbp.cost.reached import Reached, inputs_read
from symbp.cost.shared import Shared
from symbp.cost.tally import Tally
from symbp.cost.unfolded import Operations, Unfolded

Sizes = Mapping[str, int]
Given = Mapping[str, object]


def count(
    program: Program, sizes: Sizes, primitives: frozenset[str] = frozenset(), given: Given | None = None
) -> Tally[int]:
    """All elements of all definitions, each computed once; an access is a leaf.

    Raises Refused where there are too many to look at, and no closed form.
    """
    def small(at: Sizes) -> tuple[int, ...]:
        return _measured(_together(Shared(program, at, primitives, given, FEW)))

    try:
        shared = Shared(program, sizes, primitives, given, FEW)
    except TooMany:
        names = tuple(program.by_target)
        tally = long.tally(program, names, sizes, primitives, given, small, unfolded=False)
        if tally is not None:
            return tally
        shared = Shared(program, sizes, primitives, given)
    return _together(shared)


def _together(shared: Shared) -> Tally[int]:
    whole: dict[Key, int] = {}
    for cost in shared.costs.values():
        _add(whole, cost, 1)
    inputs = inputs_read(shared, shared.definitions)
    return _tally(whole, _own(whole) + inputs, max(shared.depths.values(), default=0))


def by_definition(
    program: Program, sizes: Sizes, primitives: frozenset[str] = frozenset(), given: Given | None = None
) -> dict[str, Tally[int]]:
    """The same for each definition: all its elements."""
    def small(at: Sizes) -> tuple[int, ...]:
        found = _apart(Shared(program, at, primitives, given, FEW))
        return tuple(n for tally in found.values() for n in _measured(tally))

    try:
        shared = Shared(program, sizes, primitives, given, FEW)
    except TooMany:
        tallies = long.by_definition(program, sizes, primitives, given, small)
        if tallies is not None:
            return tallies
        shared = Shared(program, sizes, primitives, given)
    return _apart(shared)


def _apart(shared: Shared) -> dict[str, Tally[int]]:
    found = {}
    for name, cost in shared.costs.items():
        found[name] = _tally(cost, _own(cost) + inputs_read(shared, (name,)), shared.depths[name])
    return found


def operations_by_definition(
    program: Program, sizes: Sizes, primitives: frozenset[str] = frozenset(), given: Given | None = None
) -> dict[str, int]:
    """The operations alone of each definition's elements."""
    try:
        costs = Shared(program, sizes, primitives, given, FEW).costs
    except TooMany:
        return {name: t.operations for name, t in by_definition(program, sizes, primitives, given).items()}
    return {name: _operations(cost) for name, cost in costs.items()}


def operations_of(
    program: Program, name: str, sizes: Sizes, primitives: frozenset[str] = frozenset(), given: Given | None = None
) -> int:
    """The operations of all elements of one definition, each computed once."""
    try:
        return _operations(Shared(program, sizes, primitives, given, FEW).costs[name])
    except TooMany:
        found = long.operations(program, (name,), sizes, primitives, given, unfolded=False)
        if found is not None:
            return found[name]
        return _operations(Shared(program, sizes, primitives, given).costs[name])


def _operations(cost: Mapping[Key, int]) -> int:
    return sum(in_order(cost).values())


def unfolded(
    program: Program, names: Sequence[str], sizes: Sizes, primitives: frozenset[str] = frozenset(),
    given: Given | None = None,
) -> Tally[int]:
    """All elements of the names as trees over inputs: every access replaced by its definition, nothing shared.

    Raises Refused where there are too many to look at, and no closed form.
    """
    def small(at: Sizes) -> tuple[int, ...]:
        return _measured(tally_of(Unfolded(program, at, primitives, given, FEW), names))

    try:
        return tally_of(Unfolded(program, sizes, primitives, given, FEW), names)
    except TooMany:
        tally = long.tally(program, names, sizes, primitives, given, small)
        if tally is not None:
            return tally
        known = long.extended(program, sizes, small)
        return tally_of(Unfolded(program, sizes, primitives, given), names, known[0] if known else None)


def tally_of(trees: Unfolded, names: Sequence[str], distinct: int | None = None) -> Tally[int]:
    """The trees of all elements of the names, by going through them; `distinct`, which takes longest, may be known."""
    wanted, negated, depth = trees.roots(names)
    found, met = trees.occurrences(wanted)
    leaves = sum(times for name, times in met.items() if name not in trees.definitions)
    if negated:
        found["negate"] = found.get("negate", 0) + negated
    found[LEAF] = found.get(LEAF, 0) + leaves
    if distinct is None:
        distinct = Reached(trees, names).distinct() + negated
    return _tally(found, distinct, depth)


def unfolded_operations(
    program: Program, names: Sequence[str], sizes: Sizes, primitives: frozenset[str] = frozenset(),
    given: Given | None = None,
) -> dict[str, int]:
    """The operations of `unfolded` for each name alone, for all names in one go."""
    try:
        return Operations(program, sizes, primitives, given, FEW).operations(names)
    except TooMany:
        found = long.operations(program, names, sizes, primitives, given)
        return Operations(program, sizes, primitives, given).operations(names) if found is None else found


def occurrences(program: Program, of: str, names: Sequence[str], sizes: Sizes, given: Given | None = None) -> int:
    """How often elements of `of` stand in the trees of all elements of the names; one that is asked for stands once."""
    trees = Unfolded(program, sizes, frozenset(), given)
    return trees.occurrences(trees.roots(names)[0])[1].get(of, 0)


def _measured(tally: Tally[int]) -> tuple[int, int]:
    """What is found at small sizes and goes on as a polynomial."""
    assert tally.depth is not None
    return tally.distinct, tally.depth


def _add(whole: dict[Key, int], cost: Mapping[Key, int], times: int) -> None:
    for key, n in cost.items():
        whole[key] = whole.get(key, 0) + n * times


def _own(cost: Mapping[Key, int]) -> int:
    """Operations, and leaves that read nothing."""
    return sum(n for key, n in cost.items() if isinstance(key, str))


def _tally(cost: Mapping[Key, int], distinct: int, depth: int) -> Tally[int]:
    kinds = in_order(cost)
    return Tally(kinds, sum(kinds.values()), sum(cost.values()), distinct, depth)
