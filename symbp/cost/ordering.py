"""Definitions in the order in which they are computed, and their letters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from symbp.calculus.expression import Expr
from symbp.calculus.graph import components
from symbp.calculus.indices import bound_once, free_symbols
from symbp.calculus.model import Definition
from symbp.cost.outlines import outlined


@lru_cache(maxsize=50_000)
def reads(body: Expr) -> frozenset[str]:
    """The names that a formula reads, in subscripts and conditions too."""
    outline, names = outlined(body)
    return frozenset((*names, *outline.fixed))


def in_order(definitions: Sequence[Definition]) -> tuple[Definition, ...]:
    """Each definition after those that it reads; those that read each other along an index together, as they stood."""
    return tuple(d for group in groups(definitions) for d in group)


def groups(definitions: Sequence[Definition]) -> list[tuple[Definition, ...]]:
    """The definitions that read each other, together; each group after those that it reads."""
    if _is_in_order(definitions):
        return [(d,) for d in definitions]
    made = {d.target: d for d in definitions}
    place = {name: k for k, name in enumerate(made)}
    read = {
        name: sorted((r for r in reads(d.body) if r in place), key=place.__getitem__) for name, d in made.items()
    }
    return [tuple(made[name] for name in group) for group in components(tuple(made), read)]


def _is_in_order(definitions: Sequence[Definition]) -> bool:
    """Whether each definition reads itself and what stands before it only."""
    place = {d.target: k for k, d in enumerate(definitions)}
    for k, d in enumerate(definitions):
        outline, names = outlined(d.body)
        for name in (*names, *outline.fixed) if outline.fixed else names:
            if place.get(name, k) > k:
                return False
    return True


def bound_apart(d: Definition) -> Definition:
    """The same definition with no name bound twice."""
    bound = outlined(d.body)[0].bound
    if not bound:
        return d
    names = [*[i.name for i in d.indices], *bound]
    if len(set(names)) == len(names):
        return d
    taken = {i.name for i in d.indices} | set(free_symbols(d.body))
    return Definition(d.target, d.indices, bound_once(d.body, taken))
