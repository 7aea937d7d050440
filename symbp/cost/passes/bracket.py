"""A common factor stands in front of a bracket.

    a b + a c = a (b + c),   2 a + 2 b = 2 (a + b),   a/u + b/u = (a + b)/u,   a x² + b x = x (a x + b)
"""

from __future__ import annotations

from collections.abc import Iterator

from symbp.calculus.expression import ONE, Add, Expr, add, multiply
from symbp.calculus.matching import unordered
from symbp.calculus.model import Definition
from symbp.cost.passes.draft import Change, Draft
from symbp.cost.passes.units import factors_of, product


def bracket(draft: Draft, name: str) -> Iterator[Change]:
    """A change for each factor that two terms of some sum have."""
    d = draft.definitions[name]
    for site in draft.sites(name):
        if isinstance(site.node, Add):
            for grouped in _grouped(site.node):
                yield Change((Definition(name, d.indices, site.put(grouped)),))


def _grouped(e: Add) -> Iterator[Expr]:
    split = [factors_of(t) for t in e.terms]
    keys: list[list[object]] = [[unordered(f) for f in factors] for _, factors in split]
    shown: dict[object, Expr] = {}
    for (_, factors), of_factors in zip(split, keys, strict=True):
        shown.update((key, f) for key, f in zip(of_factors, factors, strict=True) if f != ONE and key not in shown)
    for key, f in shown.items():
        holders = [k for k, of_factors in enumerate(keys) if key in of_factors]
        if len(holders) < 2:
            continue
        inner = []
        for k in holders:
            sign, factors = split[k]
            place = keys[k].index(key)
            inner.append(product(sign, (*factors[:place], *factors[place + 1:])))
        group = multiply((f, add(inner)))
        yield add(group if k == holders[0] else t for k, t in enumerate(e.terms) if k == holders[0] or k not in holders)
