"""Where the parts of a definition stand, and the definition with one of them replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from symbp.calculus.affine import range_guards
from symbp.calculus.cases import Context
from symbp.calculus.expression import (
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
from symbp.calculus.local import Scope
from symbp.calculus.model import Definition
from symbp.cost.stages import within_cases

Put = Callable[[Expr], Expr]


@dataclass(frozen=True)
class Site:
    """A part of a body, the indices and conditions that it stands under, and the body with something else there."""

    node: Expr
    scope: Scope
    put: Put


def sites(d: Definition) -> Iterator[Site]:
    """Every part of a definition's body, whole ones before their parts, left to right."""
    yield from _sites(Site(d.body, Scope(d.indices), lambda e: e))


def _sites(site: Site) -> Iterator[Site]:
    yield site
    e, put = site.node, site.put
    match e:
        case Cases():
            for k, (_, body, scope) in enumerate(within_cases(e, site.scope)):
                yield from _sites(Site(body, scope, _part(e, k, put)))
        case Reduce(_, binders, guards, body):
            yield from _sites(Site(body, site.scope.under(binders, guards), _part(e, 0, put)))
        case _:
            for k, part in enumerate(children(e)):
                yield from _sites(Site(part, site.scope, _part(e, k, put)))


def _part(e: Expr, k: int, put: Put) -> Put:
    """Put something in the place of a node's k-th part; sums in sums and products in products are opened."""

    def replaced(new: Expr) -> Expr:
        parts = children(e)
        changed = (*parts[:k], new, *parts[k + 1:])
        if isinstance(e, Add):
            return put(add(changed))
        return put(multiply(changed) if isinstance(e, Mul) else with_children(e, changed))

    return replaced


def context_of(scope: Scope) -> Context:
    """What holds wherever a formula in the scope is worked out."""
    ranges = tuple(g for i in scope.indices for g in range_guards(i.name, i.range))
    return (*ranges, *scope.guards)


def factors_of(e: Expr) -> tuple[Expr, ...]:
    """The factors of a product, its number among them; of anything else, itself."""
    return e.factors if isinstance(e, Mul) else (e,)


def is_reciprocal(e: Expr) -> bool:
    return isinstance(e, Power) and isinstance(e.exponent, Number) and e.exponent.value == -1


def rewritten(d: Definition, replacement: Callable[[Expr, Scope], Expr | None]) -> Definition:
    """The definition with every part for which there is a replacement replaced, whole ones before their parts."""
    body = _rewritten(d.body, Scope(d.indices), replacement)
    return d if body == d.body else Definition(d.target, d.indices, body)


def _rewritten(e: Expr, scope: Scope, replacement: Callable[[Expr, Scope], Expr | None]) -> Expr:
    found = replacement(e, scope)
    if found is not None:
        return found
    match e:
        case Cases():
            return Cases(tuple((g, _rewritten(b, inner, replacement)) for g, b, inner in within_cases(e, scope)))
        case Reduce(_, binders, guards, body):
            return with_children(e, (_rewritten(body, scope.under(binders, guards), replacement),))
        case Add(terms):
            return add(_rewritten(t, scope, replacement) for t in terms)
        case Mul(factors):
            return multiply(_rewritten(f, scope, replacement) for f in factors)
        case _:
            parts = children(e)
            return with_children(e, tuple(_rewritten(p, scope, replacement) for p in parts)) if parts else e
