"""Gradients over a common denominator.

    x̄ = a r − b r,  ȳ = c r + b r,  r = 1/u   →   b is kept without r, and x̄ = (a − b)/u, ȳ = (c + b)/u

A factor that quantities share is left out of all of them on the way, and the outputs take it once, at the end.
"""

from __future__ import annotations

from collections.abc import Iterator

from symbp.calculus.expression import (
    ONE,
    Access,
    Add,
    Apply,
    Cases,
    Expr,
    Mul,
    Number,
    Power,
    Reduce,
    Select,
    add,
    children,
    multiply,
    number,
    power,
    with_children,
)
from symbp.calculus.indices import replace_accesses
from symbp.calculus.model import Definition
from symbp.cost.ordering import groups
from symbp.cost.passes.draft import Change, Draft
from symbp.numeric.elements import names_read

Degree = tuple[int, Expr]
"""How often the factor stands in front of a formula, and what stands behind it."""


def denominators(draft: Draft, name: str) -> Iterator[Change]:
    """One change for a scalar reciprocal that products read, over the whole program."""
    d = draft.definitions[name]
    if d.indices or not _is_reciprocal(d.body) or not draft.is_inner(name):
        return
    factor = _Factor(draft, name)
    changed = factor.stripped()
    if changed:
        yield Change(tuple(changed))


def _is_reciprocal(e: Expr) -> bool:
    return isinstance(e, Power) and isinstance(e.exponent, Number) and e.exponent.value < 0


class _Factor:
    """The factor f, and of what degree in it each definition is that leaves it out."""

    def __init__(self, draft: Draft, name: str) -> None:
        self.draft = draft
        self.name = name
        self.degrees: dict[str, int] = {name: 1}

    def stripped(self) -> list[Definition]:
        """The definitions that change; an inner one of degree n is stored divided by f^n."""
        changed: list[Definition] = []
        for group in groups(tuple(self.draft.definitions.values())):
            d = group[0]
            if d.target == self.name or not any(self.degrees.get(n) for g in group for n in names_read(g.body)):
                continue
            if len(group) > 1 or d.target in names_read(d.body):
                changed.extend(Definition(g.target, g.indices, self.whole(g.body)) for g in group)
                continue
            degree, body = self.of(d.body)
            if self.draft.is_inner(d.target):
                self.degrees[d.target] = degree
            else:
                body = multiply((body, self.power(degree)))
            changed.append(Definition(d.target, d.indices, body))
        return [c for c in changed if c.body != self.draft.definitions[c.target].body]

    def power(self, n: int) -> Expr:
        return power(Access(self.name), number(n)) if n else ONE

    def of(self, e: Expr) -> Degree:
        match e:
            case Access(name):
                return (1, ONE) if name == self.name else (self.degrees.get(name, 0), e)
            case Mul(factors):
                parts = [self.of(f) for f in factors]
                return sum(n for n, _ in parts), multiply(p for _, p in parts)
            case Power(base, Number(n)) if n.denominator == 1 and n > 0:
                degree, inner = self.of(base)
                return degree * int(n), inner if inner == ONE else Power(inner, e.exponent)
            case Add(terms):
                parts = [self.of(t) for t in terms]
                least = min(n for n, _ in parts)
                return least, add(multiply((p, self.power(n - least))) for n, p in parts)
            case Reduce("sum", binders, guards, body):
                degree, inner = self.of(body)
                return degree, Reduce("sum", binders, guards, inner)
            case Cases(branches):
                parts = [self.of(b) for _, b in branches]
                least = min(n for n, _ in parts)
                bodies = [multiply((p, self.power(n - least))) for n, p in parts]
                return least, Cases(tuple((g, b) for (g, _), b in zip(branches, bodies, strict=True)))
            case Power() | Apply() | Reduce() | Select():
                return 0, with_children(e, tuple(self.whole(p) for p in children(e)))
            case _:
                return 0, e

    def whole(self, e: Expr) -> Expr:
        """The formula as it was: what it reads without the factor is multiplied by it."""

        def complete(a: Access) -> Expr | None:
            degree = self.degrees.get(a.name, 0)
            return multiply((a, self.power(degree))) if degree and a.name != self.name else None

        return replace_accesses(e, complete)
