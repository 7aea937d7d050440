"""Which elements of a gradient are checked, and their formulas with numbers in the place of indices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import prod

from symbp.calculus.affine import Affine, Guard, Index, Lookup
from symbp.calculus.expression import (
    ZERO,
    Access,
    Add,
    Cases,
    Expr,
    Mul,
    Number,
    Reduce,
    add,
    children,
    multiply,
    walk,
    with_children,
)
from symbp.calculus.indices import substitute
from symbp.calculus.matching import size_of
from symbp.numeric.elements import box, first_tuples
from symbp.numeric.loops import Key

CANDIDATES = 64
"""Elements among which the one to check is chosen."""
MOST_SPELLED = 6
"""Terms that a sum under conditions may have at an element, where it is written out."""
LONGEST_FORMULA = 60

Integers = Callable[[str, Key], int]
"""The elements of integer arrays."""


@dataclass(frozen=True)
class Place:
    """Sizes and integer arrays, by which conditions are decided."""

    sizes: Mapping[str, int]
    integers: Integers

    def holds(self, guard: Guard, at: Mapping[str, int]) -> bool | None:
        """Whether a condition holds; None where it reads an index that has no value."""
        env = {**self.sizes, **at}
        if any(s not in env for s in guard.symbols):
            return None
        looked_up = None if guard.lookup is None else self.looked_up(guard.lookup, env)
        return guard.holds(env, looked_up)

    def looked_up(self, lookup: Lookup, env: Mapping[str, int]) -> int:
        return self.integers(lookup.array, tuple(s.evaluate(env) for s in lookup.subscripts))

    def branch(self, cases: Cases, at: Mapping[str, int]) -> int | None:
        """Which branch holds; None where none does, or nobody can tell."""
        for place, (guards, _) in enumerate(cases.branches):
            held = [self.holds(g, at) for g in guards]
            if None in held:
                return None
            if all(held):
                return place
        return None

    def admitted(self, e: Reduce, at: Mapping[str, int]) -> Iterator[dict[str, int]]:
        """The values of the binders that a reduction runs over; conditions that can't be told are taken to hold."""
        names = tuple(b.name for b in e.binders)
        for key in box(tuple(b.range for b in e.binders), {**self.sizes, **at}, names):
            inside = {**at, **dict(zip(names, key, strict=True))}
            if all(self.holds(g, inside) is not False for g in e.guards):
                yield inside

    def terms(self, e: Expr, at: Mapping[str, int]) -> int:
        """How many terms a formula has at an element, its sums written out."""
        match e:
            case Number(value):
                return int(value != 0)
            case Add(terms):
                return sum(self.terms(t, at) for t in terms)
            case Mul(factors):
                return prod(self.terms(f, at) for f in factors)
            case Reduce("sum"):
                return sum(self.terms(e.body, inside) for inside in self.admitted(e, at))
            case Cases(branches):
                holding = self.branch(e, at)
                return 0 if holding is None else self.terms(branches[holding][1], at)
            case _:
                return 1


def telling_elements(
    e: Expr, indices: tuple[Index, ...], stepped: frozenset[str], place: Place
) -> list[list[Key]]:
    """Groups of elements, of each of which one is to be checked: each case of a formula, and each value of an index
    along which quantities depend on each other. The most telling come first: those with most terms, and of these the
    ones whose subscripts differ, so that a factor that is left out or has its subscripts exchanged shows."""
    names = tuple(i.name for i in indices)
    along = [i for i in indices if stepped & {*i.range.lower.symbols, *i.range.upper.symbols}]
    groups: dict[tuple[object, ...], list[Key]] = {}
    for key in first_tuples(indices, place.sizes, CANDIDATES):
        at = dict(zip(names, key, strict=True))
        case = place.branch(e, at) if isinstance(e, Cases) else None
        groups.setdefault((case, tuple(v for i, v in zip(indices, key, strict=True) if i in along)), []).append(key)

    def rank(key: Key) -> tuple[int, int, Key]:
        units = {v for i, v in zip(indices, key, strict=True) if i not in along}
        return -place.terms(e, dict(zip(names, key, strict=True))), -len(units), key

    return [sorted(keys, key=rank) for keys in groups.values()]


def element_formula(e: Expr, names: tuple[str, ...], key: Key, place: Place) -> Expr | None:
    """The formula at numbers for its indices: the case that holds there, a sum under conditions term by term; None
    where it is long."""
    found = _spelled_out(e, dict(zip(names, key, strict=True)), place)
    if found is None or size_of(found) > LONGEST_FORMULA or any(isinstance(n, Cases) for n in walk(found)):
        return None
    return substitute(found, {n: Affine.of(k) for n, k in zip(names, key, strict=True)})


def _spelled_out(e: Expr, at: Mapping[str, int], place: Place) -> Expr | None:
    """The formula with those sums written out, and those cases chosen, that hang on the element; None where that is
    too much, or can't be told."""
    match e:
        case Cases(branches):
            holding = place.branch(e, at)
            if holding is None:
                decided = all(place.holds(g, at) is not None for guards, _ in branches for g in guards)
                return ZERO if decided else None
            return _spelled_out(branches[holding][1], at, place)
        case Reduce("sum") if e.guards:
            places = list(place.admitted(e, at))
            if len(places) > MOST_SPELLED:
                return None
            terms = [_at(e, inside, place) for inside in places]
            return None if None in terms else add(t for t in terms if t is not None)
        case Access() | Number():
            return e
    parts = [_spelled_out(p, at, place) for p in children(e)]
    made = tuple(p for p in parts if p is not None)
    if len(made) < len(parts):
        return None
    match e:
        case Add():
            return add(made)
        case Mul():
            return multiply(made)
        case _:
            return with_children(e, made) if made else e


def _at(e: Reduce, inside: Mapping[str, int], place: Place) -> Expr | None:
    """One term of a sum."""
    body = _spelled_out(e.body, inside, place)
    if body is None:
        return None
    return substitute(body, {b.name: Affine.of(inside[b.name]) for b in e.binders})
