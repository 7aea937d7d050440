"""A common factor stands in front of a bracket.

    a b + a c = a (b + c),   2 a + 2 b = 2 (a + b),   a/u + b/u = (a + b)/u,   a x² + b x = x (a x + b)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symbp.calculus.expression import ONE, Add, Expr, add, multiply
from symbp.calculus.matching import unordered
from symbp.cost.passes.draft import Change, Draft
from symbp.cost.passes.sites import put
from symbp.cost.passes.units import factors_of, product

Holder = tuple[int, int]
"""A term that has a factor, and where it has it."""


def bracket(draft: Draft, name: str) -> Iterator[Change]:
    """A change for each sum with all its brackets, then one for each factor that two of its terms have."""
    d = draft.definitions[name]
    for site in draft.sites(name):
        if isinstance(site.part, Add):
            for grouped in _grouped(site.part):
                yield Change((put(d, site, grouped),))


def _grouped(e: Add) -> Iterator[Expr]:
    split = [factors_of(t) for t in e.terms]
    groups = _holders(split)
    apart: list[list[Holder]] = []
    taken: set[int] = set()
    for holders in groups:
        left = [h for h in holders if h[0] not in taken]
        if len(left) > 1:
            apart.append(left)
            taken.update(k for k, _ in left)
    if len(apart) > 1:
        yield add(_in_brackets(e, split, apart))
    for holders in groups:
        yield add(_in_brackets(e, split, [holders]))


def _holders(split: Sequence[tuple[int, tuple[Expr, ...]]]) -> list[list[Holder]]:
    """For each factor that several terms have, where they have it first; factors in reading order."""
    found: dict[object, list[Holder]] = {}
    for k, (_, factors) in enumerate(split):
        places: dict[object, int] = {}
        for place, f in enumerate(factors):
            if f != ONE:
                places.setdefault(unordered(f), place)
        for key, place in places.items():
            found.setdefault(key, []).append((k, place))
    return [holders for holders in found.values() if len(holders) > 1]


def _in_brackets(
    e: Add, split: Sequence[tuple[int, tuple[Expr, ...]]], groups: Sequence[Sequence[Holder]]
) -> Iterator[Expr]:
    """The terms, those of each group as one product where the first of them stands."""
    first = {holders[0][0]: holders for holders in groups}
    held = {k for holders in groups for k, _ in holders}
    for k, term in enumerate(e.terms):
        if k in first:
            yield _product(split, first[k])
        elif k not in held:
            yield term


def _product(split: Sequence[tuple[int, tuple[Expr, ...]]], holders: Sequence[Holder]) -> Expr:
    """The factor that terms have, times a bracket of what else is in them."""
    inner = []
    for k, place in holders:
        sign, factors = split[k]
        inner.append(product(sign, (*factors[:place], *factors[place + 1:])))
    k, place = holders[0]
    return multiply((split[k][1][place], add(inner)))
