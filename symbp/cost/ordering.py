"""Definitions in the order in which they are computed, and their letters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from symbp.calculus.expression import Expr, Reduce, walk
from symbp.calculus.graph import components
from symbp.calculus.indices import bound_once, free_symbols
from symbp.calculus.model import Definition
from symbp.numeric.elements import names_read


@lru_cache(maxsize=50_000)
def reads(body: Expr) -> frozenset[str]:
    """The names that a formula reads, in subscripts and conditions too."""
    return names_read(body)


def in_order(definitions: Sequence[Definition]) -> tuple[Definition, ...]:
    """Each definition after those that it reads; those that read each other along an index together, as they stood."""
    return tuple(d for group in groups(definitions) for d in group)


def groups(definitions: Sequence[Definition]) -> list[tuple[Definition, ...]]:
    """The definitions that read each other, together; each group after those that it reads."""
    made = {d.target: d for d in definitions}
    place = {name: k for k, name in enumerate(made)}
    read = {
        name: sorted((r for r in reads(d.body) if r in place), key=place.__getitem__) for name, d in made.items()
    }
    return [tuple(made[name] for name in group) for group in components(tuple(made), read)]


@lru_cache(maxsize=50_000)
def bound(body: Expr) -> tuple[str, ...]:
    """The names that a formula binds, those twice that it binds twice."""
    return tuple(b.name for n in walk(body) if isinstance(n, Reduce) for b in n.binders)


def bound_apart(d: Definition) -> Definition:
    """The same definition with no name bound twice."""
    names = [*(i.name for i in d.indices), *bound(d.body)]
    if len(set(names)) == len(names):
        return d
    taken = {i.name for i in d.indices} | set(free_symbols(d.body))
    return Definition(d.target, d.indices, bound_once(d.body, taken))
