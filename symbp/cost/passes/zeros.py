"""Where values are literally 0, so that nothing that they are multiplied by is worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index
from symbp.calculus.expression import ZERO, Access, Add, Cases, Expr, Mul, Number, Power, Reduce, walk
from symbp.calculus.model import Definition
from symbp.cost.ordering import groups, reads

NEVER = Guard("ge", Affine.of(-1))
"""The condition of what is literally 0 everywhere."""

MOST_ROUNDS = 4
"""How often it is looked where quantities that read each other are literally 0."""


@dataclass(frozen=True)
class Support:
    """A quantity is literally 0 where not all of the guards on its indices hold."""

    indices: tuple[Index, ...]
    guards: tuple[Guard, ...]


Supports = Mapping[str, Support]


def supports(definitions: Sequence[Definition]) -> dict[str, Support]:
    """The quantities of which it can be told that they are literally 0 somewhere; in the order of the definitions."""
    found: dict[str, Support] = {}
    for group in groups(definitions):
        if any(is_conditional(d.body) or (found and not found.keys().isdisjoint(reads(d.body))) for d in group):
            found.update(_of_group(group, found))
    return found


def _of_group(group: Sequence[Definition], known: Supports) -> Supports:
    """Where definitions that read each other are literally 0: what is so if it is so of the elements before."""
    now = {d.target: Support(d.indices, (NEVER,)) for d in group if d.target in reads(d.body) or len(group) > 1}
    for _ in range(MOST_ROUNDS):
        before = now
        now = {d.target: Support(d.indices, needed_for(d.body, {**known, **before})) for d in group}
        if now == before or not before:
            return {name: support for name, support in now.items() if support.guards}
    return {}


@lru_cache(maxsize=50_000)
def is_conditional(e: Expr) -> bool:
    """Whether some part of the formula is there for some index values only."""
    return any(isinstance(n, Cases) or (isinstance(n, Reduce) and may_be_empty(n)) for n in walk(e))


@lru_cache(maxsize=50_000)
def may_be_empty(e: Reduce) -> bool:
    """Whether it may have no elements for some sizes and index values."""
    return bool(e.guards) or not all(has_values(b) for b in e.binders)


@lru_cache(maxsize=4096)
def has_values(i: Index) -> bool:
    """Whether the range isn't empty for any sizes, all of its symbols being sizes."""
    extent = i.range.extent
    return all(c > 0 for _, c in extent.terms) and extent.constant + sum(c for _, c in extent.terms) >= 1


def needed_for(e: Expr, known: Supports) -> tuple[Guard, ...]:
    """Conditions without which the formula is literally 0."""
    match e:
        case Access(name, subscripts) if name in known:
            support = known[name]
            at = {i.name: s for i, s in zip(support.indices, subscripts, strict=True) if isinstance(s, Affine)}
            return tuple(g.substitute(at) for g in support.guards) if len(at) == len(subscripts) else ()
        case Mul(factors):
            return tuple(dict.fromkeys(g for f in factors for g in needed_for(f, known)))
        case Add(terms):
            return _shared([needed_for(t, known) for t in terms])
        case Power(base, Number(n)) if n > 0:
            return needed_for(base, known)
        case Reduce("sum", binders, guards, body):
            inside = (*guards, *needed_for(body, known), *_lengths(binders))
            names = {b.name for b in binders}
            return tuple(dict.fromkeys(g for g in inside if not names.intersection(g.symbols)))
        case Cases(branches):
            return _shared([(*g, *needed_for(b, known)) for g, b in branches if b != ZERO])
        case _:
            return ()


def _lengths(binders: Sequence[Index]) -> list[Guard]:
    return [Guard("ge", b.range.extent - 1) for b in binders if not has_values(b)]


def _shared(alternatives: Sequence[tuple[Guard, ...]]) -> tuple[Guard, ...]:
    """What all alternatives that there may be demand."""
    possible = [a for a in alternatives if not _is_never(a)]
    return tuple(g for g in possible[0] if all(g in a for a in possible)) if possible else (NEVER,)


@lru_cache(maxsize=50_000)
def _is_never(guards: tuple[Guard, ...]) -> bool:
    return NEVER in guards or (len(guards) > 1 and sets.empty(guards))
