"""Trees along a size that is too long to go through step by step, such as a depth of a million.

Their operations and leaves are closed forms in that size (`symbolic`), which are exact from a stated minimum on. How
many distinct elements there are, and how many levels, is a polynomial in it as soon as the size is beyond all
constants that stand beside it on the way from one definition to the next: it is found at small values, and has to give
several further ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from symbp.calculus.affine import Affine, Index, Lookup
from symbp.calculus.expression import Access, Cases, Expr, Reduce, walk
from symbp.calculus.model import Definition, Role
from symbp.cost.ordering import groups, reads
from symbp.cost.program import Program
from symbp.cost.symbolic.closed import Case, Closed, polynomials, whole
from symbp.cost.tally import Tally
from symbp.errors import Refused
from symbp.numeric.elements import names_read

LONG = 2_000
"""A size above this stays a symbol."""

POINTS = 8
"""Values of a size at which a polynomial in it is looked at."""

MOST_DEGREE = 4
MOST_START = 200
SPARE = 4

Sizes = Mapping[str, int]
Given = Mapping[str, object]
Measure = Callable[[Sizes], tuple[int, ...]]
"""Several counts at some sizes; raises Refused."""


def tally(
    program: Program, names: Sequence[str], sizes: Sizes, primitives: frozenset[str], given: Given | None,
    small: Measure, unfolded: bool = True,
) -> Tally[int] | None:
    """The trees of all elements of the names, or these computed once each.

    `small` gives their distinct nodes and their depth at small sizes. None where there is no closed form.
    """
    case = case_at(program, names, sizes, primitives, given, unfolded)
    measured = None if case is None else extended(program, sizes, small)
    return None if case is None or measured is None else _tally(case, sizes, *measured)


def by_definition(
    program: Program, sizes: Sizes, primitives: frozenset[str], given: Given | None, small: Measure
) -> dict[str, Tally[int]] | None:
    """Each definition's elements, computed once each; `small` gives distinct nodes and depth of each in turn."""
    measured = extended(program, sizes, small)
    if measured is None:
        return None
    found = {}
    for k, d in enumerate(program.definitions):
        case = case_at(program, (d.target,), sizes, primitives, given, unfolded=False)
        if case is None:
            return None
        found[d.target] = _tally(case, sizes, *measured[2 * k : 2 * k + 2])
    return found


def _tally(case: Case, sizes: Sizes, distinct: int, depth: int) -> Tally[int]:
    kinds = {kind: n for kind, form in case.by_kind.items() if (n := whole(form, sizes))}
    return Tally(kinds, sum(kinds.values()), whole(case.nodes, sizes), distinct, depth)


def operations(
    program: Program, names: Sequence[str], sizes: Sizes, primitives: frozenset[str], given: Given | None,
    unfolded: bool = True,
) -> dict[str, int] | None:
    """The operations in the trees of each name, or in its elements computed once each."""
    found = {}
    for name in names:
        case = case_at(program, (name,), sizes, primitives, given, unfolded)
        if case is None:
            return None
        found[name] = whole(case.operations, sizes)
    return found


def met(program: Program, names: Sequence[str], sizes: Sizes, given: Given | None) -> dict[str, int] | None:
    """How often elements of each quantity stand in the trees of the names, literal ones aside."""
    case = case_at(program, names, sizes, frozenset(), given)
    return None if case is None else {name: whole(form, sizes) for name, form in case.met.items()}


def case_at(
    program: Program, names: Sequence[str], sizes: Sizes, primitives: frozenset[str], given: Given | None,
    unfolded: bool = True,
) -> Case | None:
    """Closed forms in the long sizes that hold at these sizes; None without any, or where integer inputs are given."""
    long = long_sizes(program, sizes)
    if not long or reads_given(program, given):
        return None
    others = {s: n for s, n in sizes.items() if s not in long}
    closed = polynomials(program, names, unfolded=unfolded, primitives=primitives, sizes=others, met=unfolded)
    return closed.case(sizes) if isinstance(closed, Closed) else None


def long_sizes(program: Program, sizes: Sizes) -> tuple[str, ...]:
    return tuple(s for s in program.sizes if sizes[s] > LONG)


def reads_given(program: Program, given: Given | None) -> bool:
    """Whether a line reads an integer input whose values are given."""
    integers = [name for name in given or () if name in program.arrays and program.arrays[name].role is Role.INTEGER]
    return any(name in names_read(d.body) for name in integers for d in program.definitions)


def extended(program: Program, sizes: Sizes, small: Measure) -> tuple[int, ...] | None:
    """What a measure is, from its values at small values of one long size, or of two; None where these don't show it.

    The other sizes keep their values: most of them multiply, and nothing is gone through along them. Of two sizes that
    stand beside each other either may be the larger, which small values don't tell.
    """
    long = long_sizes(program, sizes)
    both = [long] if len(long) == 2 and not _is_compared(program, *long) else []
    for chosen in (*[(s,) for s in long], *both):
        found = _extended(small, sizes, chosen, _start(program, sizes, frozenset(chosen)))
        if found is not None:
            return found
    return None


def _extended(small: Measure, sizes: Sizes, long: tuple[str, ...], start: int) -> tuple[int, ...] | None:
    if not long:
        try:
            return small(sizes)
        except Refused:
            return None
    size, *others = long
    if start > min(MOST_START, sizes[size]):
        return None
    places = [*range(POINTS), start + 2 * POINTS]
    values = []
    for place in places:
        found = _extended(small, {**sizes, size: start + place}, tuple(others), start)
        if found is None:
            return None
        values.append(found)
    *near, far = values
    columns = list(zip(*near, strict=True))
    if tuple(_polynomial(column, places[-1]) for column in columns) != far:
        return None
    at = [_polynomial(column, sizes[size] - start) for column in columns]
    whole_numbers = tuple(n for n in at if n is not None)
    return whole_numbers if len(whole_numbers) == len(at) else None


def _polynomial(values: Sequence[int], at: int) -> int | None:
    """The polynomial through values at 0, 1, 2, … at a place: Σ_k C(at, k) Δ^k, where the differences end in time."""
    total, binomial = 0, 1
    for k in range(MOST_DEGREE + 2):
        if not any(values):
            return total
        total += binomial * values[0]
        binomial = binomial * (at - k) // (k + 1)
        values = [b - a for a, b in pairwise(values)]
    return None


def _start(program: Program, sizes: Sizes, long: frozenset[str]) -> int:
    """A value of long sizes beyond all constants, and other sizes, that stand beside them or their indices.

    A definition that reads a shifted one is shifted by both.
    """
    least = max((n for s, n in sizes.items() if s not in long), default=0)
    reach: dict[str, int] = {}
    for group in groups(program.definitions):
        before = max((reach.get(name, 0) for d in group for name in reads(d.body)), default=0)
        own = sum(_largest(d, sizes, long, least) for d in group)
        reach.update((d.target, before + own) for d in group)
    return 2 * max(reach.values(), default=0) + SPARE


def _largest(d: Definition, sizes: Sizes, long: frozenset[str], least: int) -> int:
    """The largest number that stands beside a long size or an index along one, or multiplies it."""
    indices = _indices(d)
    lengthy = _lengthy(indices, long)
    largest = 0
    for form in _forms(d.body, indices):
        if not lengthy.isdisjoint(form.symbols):
            beside = sum(
                abs(c) if s in lengthy else abs(c) * sizes.get(s, least) for s, c in form.terms
                if s not in lengthy or abs(c) > 1
            )
            largest = max(largest, abs(form.constant) + beside)
    return largest


def _is_compared(program: Program, one: str, other: str) -> bool:
    """Whether one size, or an index along it, stands beside the other."""
    for d in program.definitions:
        indices = _indices(d)
        sides = [_lengthy(indices, frozenset({size})) for size in (one, other)]
        if any(all(not side.isdisjoint(form.symbols) for side in sides) for form in _forms(d.body, indices)):
            return True
    return False


def _indices(d: Definition) -> list[Index]:
    return [*d.indices, *(b for e in walk(d.body) if isinstance(e, Reduce) for b in e.binders)]


def _lengthy(indices: Sequence[Index], long: frozenset[str]) -> frozenset[str]:
    """The long sizes, and indices that run up to one, or to another such index."""
    found = set(long)
    for index in indices:
        if not found.isdisjoint((*index.range.lower.symbols, *index.range.upper.symbols)):
            found.add(index.name)
    return frozenset(found)


def _forms(body: Expr, indices: Sequence[Index]) -> Iterator[Affine]:
    for index in indices:
        yield from (index.range.lower, index.range.upper)
    for e in walk(body):
        match e:
            case Access(_, subscripts):
                for subscript in subscripts:
                    yield from subscript.subscripts if isinstance(subscript, Lookup) else (subscript,)
            case Reduce(_, _, guards):
                yield from (g.form for g in guards)
            case Cases(branches):
                yield from (g.form for guards, _ in branches for g in guards)
