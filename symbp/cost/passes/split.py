"""What doesn't depend on a summed index comes out of the sum's bracket.

    Σ_j y_j (z_j − c)  =  Σ_j y_j z_j − c Σ_j y_j,   Σ_j (z_j − c)  =  Σ_j z_j − n c

Where the sum may be empty, c has to have a value all the same.
It pays where Σ_j y_j is worked out anyway, is known by an assumption, or where c would be worked out for each j.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symbp.calculus import sets
from symbp.calculus.affine import Guard
from symbp.calculus.expression import ONE, Add, Expr, Mul, Position, Reduce, add, multiply, number
from symbp.calculus.indices import free_symbols
from symbp.cost.passes.defined import Defined
from symbp.cost.passes.draft import Change, Draft
from symbp.cost.passes.scopes import Scope, context_of
from symbp.cost.passes.sites import Site, put
from symbp.cost.passes.zeros import may_be_empty


def split(draft: Draft, name: str) -> Iterator[Change]:
    """A change for each sum of a definition whose bracket can be opened so."""
    d = draft.definitions[name]
    for site in draft.sites(name):
        opened = _opened(draft, site.part, site)
        if opened is not None:
            yield Change((put(d, site, opened),))


def _opened(draft: Draft, e: Expr, site: Site) -> Expr | None:
    if not isinstance(e, Reduce) or e.kind != "sum":
        return None
    factors = _factors(e.body)
    bound = {b.name for b in e.binders}
    for k, bracket in enumerate(factors):
        if not isinstance(bracket, Add):
            continue
        still = [t for t in bracket.terms if bound.isdisjoint(free_symbols(t))]
        moving = [t for t in bracket.terms if not bound.isdisjoint(free_symbols(t))]
        if not still or not moving:
            continue
        rest = (*factors[:k], *factors[k + 1:])
        outside = [*still, *(f for f in rest if bound.isdisjoint(free_symbols(f)))]
        if may_be_empty(e) and not _have_values(draft, outside, site.stated):
            continue
        first = multiply((*rest, add(moving)))
        return add((_sum(draft, e, first, site), multiply((add(still), _sum(draft, e, multiply(rest), site)))))
    return None


def _factors(e: Expr) -> tuple[Expr, ...]:
    return e.factors if isinstance(e, Mul) else (e,)


def _have_values(draft: Draft, formulas: Sequence[Expr], scope: Scope) -> bool:
    """Whether they are known to have values wherever the sum stands."""
    defined = Defined(draft.start.arrays, draft.definitions.values())
    return all(defined.everywhere(f, scope) for f in formulas)


def _sum(draft: Draft, e: Reduce, body: Expr, site: Site) -> Expr:
    """Σ body over the same indices: what is the same for all comes out, and Σ 1 is the number of them."""
    bound = {b.name for b in e.binders}
    factors = _factors(body)
    outside = [f for f in factors if bound.isdisjoint(free_symbols(f))]
    inside = multiply(f for f in factors if not bound.isdisjoint(free_symbols(f)))
    if inside != ONE:
        return multiply((*outside, Reduce("sum", e.binders, e.guards, inside)))
    number_of = _number(draft, e, site.stated)
    return multiply((*outside, number_of if number_of is not None else Reduce("sum", e.binders, e.guards, ONE)))


def _number(draft: Draft, e: Reduce, scope: Scope) -> Expr | None:
    """How many values a single index takes, where it takes all of its range."""
    if len(e.binders) > 1 or e.guards:
        return None
    extent = e.binders[0].range.extent
    if not sets.implies((*draft.known, *context_of(scope)), Guard("ge", extent)):
        return None
    return number(extent.constant) if extent.is_constant else Position(extent)
