"""The logarithm of a product, a quotient, a power or an exponential.

    log(a b/c) = log a + log b − log c,  log(aⁿ) = n log a,  log(exp z) = z      (for positive a, b, c)

A name is looked through: log p_j with p_j = exp(z_j)/S is z_j − log S.
"""

from __future__ import annotations

from collections.abc import Iterator

from symbp.calculus.affine import Affine
from symbp.calculus.expression import Access, Add, Apply, Expr, Mul, Number, Power, Reduce, add, apply, multiply
from symbp.calculus.indices import rename_binders, substitute
from symbp.calculus.signs import POSITIVE_FUNCTIONS
from symbp.cost.passes.draft import Change, Draft
from symbp.cost.passes.scopes import Scope
from symbp.cost.passes.sites import rewritten

Seen = frozenset[str]
"""Names that have been looked through."""


def logarithm(draft: Draft, name: str) -> Iterator[Change]:
    """One change where a definition takes the logarithm of something that is put together."""

    def opened(e: Expr, scope: Scope) -> Expr | None:
        match e:
            case Apply("log", (x,), ()):
                found = _log(draft, x, frozenset())
                return None if found is None else rename_binders(found, {i.name for i in scope.indices})
            case _:
                return None

    before = draft.definitions[name]
    after = rewritten(before, opened)
    if after is not before:
        yield Change((after,))


def _log(draft: Draft, x: Expr, seen: Seen) -> Expr | None:
    """log x in parts; None where it isn't put together of positive ones."""
    match x:
        case Apply("exp", (z,), ()):
            return z
        case Power(base, Number(n)) if _is_positive(draft, base, seen):
            return multiply((Number(n), _log_or_whole(draft, base, seen)))
        case Mul(factors) if all(_is_positive(draft, f, seen) for f in factors):
            return add(_log_or_whole(draft, f, seen) for f in factors)
        case Access(name) if (body := _formula(draft, x, seen)) is not None:
            return _log(draft, body, seen | {name})
        case _:
            return None


def _log_or_whole(draft: Draft, x: Expr, seen: Seen) -> Expr:
    found = _log(draft, x, seen)
    return apply("log", x) if found is None else found


def _formula(draft: Draft, a: Access, seen: Seen) -> Expr | None:
    """What an element is by its definition."""
    d = draft.definitions.get(a.name)
    if d is None or a.name in seen or not all(isinstance(s, Affine) for s in a.subscripts):
        return None
    at = {i.name: s for i, s in zip(d.indices, a.subscripts, strict=True) if isinstance(s, Affine)}
    return substitute(d.body, at)


def _is_positive(draft: Draft, e: Expr, seen: Seen) -> bool:
    """Whether it is positive wherever it is defined and something else is divided by it or multiplied with it."""
    match e:
        case Number(value):
            return value > 0
        case Apply(function, _, ()):
            return function in POSITIVE_FUNCTIONS
        case Mul(parts) | Add(parts):
            return all(_is_positive(draft, p, seen) for p in parts)
        case Power(base, _):
            return _is_positive(draft, base, seen)
        case Reduce("sum" | "prod" | "max" | "min", _, _, body):
            return _is_positive(draft, body, seen)
        case Access(name) if (inner := _formula(draft, e, seen)) is not None:
            return _is_positive(draft, inner, seen | {name})
        case _:
            return False
