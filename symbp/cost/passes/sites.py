"""The parts of a definition, where they stand, and the definition with others in their places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from symbp.calculus.affine import Guard
from symbp.calculus.expression import (
    ZERO,
    Add,
    Cases,
    Expr,
    Mul,
    Number,
    Power,
    Reduce,
    add,
    children,
    multiply,
    with_children,
)
from symbp.calculus.model import Definition
from symbp.cost.passes.scopes import Scope, scopes_of_parts, shadow
from symbp.cost.passes.zeros import NEVER, Supports, is_conditional, may_be_empty, needed_for

Path = tuple[int, ...]
"""The way from a formula's root to a part: positions among `children`."""

NOTHING: Supports = {}


@dataclass(frozen=True)
class Site:
    """A part of a definition."""

    target: str
    path: Path
    part: Expr
    scope: Scope
    is_factor: bool = False
    """Whether it stands in a product."""
    zero: tuple[tuple[Path, tuple[Guard, ...]], ...] = ()
    """Products around it, and conditions of its scope that nothing states: where they don't hold the product is 0."""

    @property
    def stated(self) -> Scope:
        """The scope with those conditions alone that are stated around it."""
        if not self.zero:
            return self.scope
        unstated = {g for _, guards in self.zero for g in guards}
        return replace(self.scope, guards=tuple(g for g in self.scope.guards if g not in unstated))


def sites(d: Definition, known: Supports = NOTHING) -> Iterator[Site]:
    """Every part of a definition's body, wholes before their parts; `known` says where quantities are literally 0."""
    stack = [Site(d.target, (), d.body, Scope(d.indices))]
    while stack:
        site = stack.pop()
        yield site
        stack.extend(reversed(list(_parts(site, known))))


def wholes(d: Definition) -> Iterator[Site]:
    """What a definition says: its body, or that of each of its cases."""
    whole = Site(d.target, (), d.body, Scope(d.indices))
    yield from _parts(whole, NOTHING) if isinstance(d.body, Cases) else (whole,)


def _parts(site: Site, known: Supports) -> Iterator[Site]:
    e = site.part
    for k, (part, inside) in enumerate(zip(children(e), scopes_of_parts(e, site.scope), strict=True)):
        zero = site.zero
        if isinstance(e, Mul):
            for other in e.factors:
                if other is not part:
                    inside = _where_not_zero(other, inside, known)
            new = tuple(g for g in inside.guards if g not in site.scope.guards)
            zero = (*zero, (site.path, new)) if new else zero
        if NEVER not in inside.guards:
            yield Site(site.target, (*site.path, k), part, inside, isinstance(e, Mul), zero)


def _where_not_zero(e: Expr, scope: Scope, known: Supports) -> Scope:
    """A product isn't worked out where a factor is literally 0: outside of its cases, or as an empty sum."""
    if not known and not is_conditional(e):
        return scope
    if isinstance(e, Cases) and len(e.branches) > 1 and (e.branches[-1][0] or any(b == ZERO for _, b in e.branches)):
        scope = replace(scope, exact=False)
    if isinstance(e, Reduce) and e.kind == "sum" and may_be_empty(e):
        found = shadow(scope.inside(e), scope.indices)
        scope = scope.under(found[0]) if found and len(found) == 1 else replace(scope, exact=False)
    return scope.under(needed_for(e, known))


def replaced(e: Expr, new: Mapping[Path, Expr], where: Mapping[Path, tuple[Guard, ...]], path: Path = ()) -> Expr:
    """The formula with other parts at some places, and parts around these that are only there `where` guards hold."""
    if path in new:
        return new[path]
    heads = {p[len(path)] for p in new if p[:len(path)] == path}
    if not heads:
        return e
    parts = tuple(
        replaced(p, new, where, (*path, k)) if k in heads else p for k, p in enumerate(children(e))
    )
    made = with_children(e, parts)
    return Cases(((where[path], made),)) if path in where else made


def put(d: Definition, site: Site, new: Expr) -> Definition:
    """The definition with something else in a place; sums in sums and products in products are opened."""
    return Definition(d.target, d.indices, _put(d.body, site.path, new))


def _put(e: Expr, path: Path, new: Expr) -> Expr:
    if not path:
        return new
    parts = list(children(e))
    parts[path[0]] = _put(parts[path[0]], path[1:], new)
    return _opened(e, parts)


def _opened(e: Expr, parts: Sequence[Expr]) -> Expr:
    match e:
        case Add():
            return add(parts)
        case Mul():
            return multiply(parts)
        case _:
            return with_children(e, tuple(parts))


def rewritten(d: Definition, replacement: Callable[[Expr, Scope], Expr | None]) -> Definition:
    """The definition with every part for which there is a replacement replaced, whole ones before their parts."""
    body = _rewritten(d.body, Scope(d.indices), replacement)
    return d if body == d.body else Definition(d.target, d.indices, body)


def _rewritten(e: Expr, scope: Scope, replacement: Callable[[Expr, Scope], Expr | None]) -> Expr:
    found = replacement(e, scope)
    if found is not None:
        return found
    parts = children(e)
    within = zip(parts, scopes_of_parts(e, scope), strict=True)
    return _opened(e, [_rewritten(p, inside, replacement) for p, inside in within]) if parts else e


def is_reciprocal(e: Expr) -> bool:
    return isinstance(e, Power) and isinstance(e.exponent, Number) and e.exponent.value == -1
