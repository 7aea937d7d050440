"""A common factor stands in front of a bracket.

    a b + a c = a (b + c),   a + a b = a (1 + b),   2 a + 2 b = 2 (a + b),   a/u + b/u = (a + b)/u
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symbp.calculus.expression import ONE, Add, Expr, Number, add, multiply, split_coefficient
from symbp.calculus.matching import unordered
from symbp.calculus.model import Definition
from symbp.cost.passes.draft import Change, Draft

Factored = tuple[Fraction, list[tuple[object, Expr]]]


def bracket(draft: Draft, name: str) -> Iterator[Change]:
    """A change for each factor that two terms of some sum have."""
    d = draft.definitions[name]
    for site in draft.sites(name):
        if isinstance(site.node, Add):
            for grouped in _grouped(site.node):
                yield Change((Definition(name, d.indices, site.put(grouped)),))


def _grouped(e: Add) -> Iterator[Expr]:
    split = [_factored(t) for t in e.terms]
    seen: dict[object, Expr] = {}
    for _, factors in split:
        for key, f in factors:
            seen.setdefault(key, f)
    for key, f in seen.items():
        holders = [k for k, (_, factors) in enumerate(split) if any(key == other for other, _ in factors)]
        if len(holders) > 1:
            inner = add(_without(split[k], key) for k in holders)
            yield _with_group(e, holders, multiply((f, inner)))
    for size in dict.fromkeys(abs(c) for c, _ in split if abs(c) != 1):
        holders = [k for k, (c, factors) in enumerate(split) if abs(c) == size and factors]
        if len(holders) > 1:
            inner = add(multiply((Number(split[k][0] / size), *(f for _, f in split[k][1]))) for k in holders)
            yield _with_group(e, holders, multiply((Number(size), inner)))


def _with_group(e: Add, holders: list[int], group: Expr) -> Expr:
    return add(group if k == holders[0] else t for k, t in enumerate(e.terms) if k == holders[0] or k not in holders)


def _factored(term: Expr) -> Factored:
    c, factors = split_coefficient(term)
    return c, [(unordered(f), f) for f in factors]


def _without(term: Factored, key: object) -> Expr:
    """The term without one factor of that key."""
    c, factors = term
    place = next(k for k, (other, _) in enumerate(factors) if other == key)
    return multiply((Number(c), *(f for k, (_, f) in enumerate(factors) if k != place), ONE))
