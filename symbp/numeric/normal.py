"""A normal form of formulas: two trees with the same one are equal wherever both are defined.

Names of bound indices, the order of terms and factors, and where numbers stand make no difference to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from symbp.calculus.affine import Affine, Guard, Lookup, Subscript
from symbp.calculus.expression import (
    Access,
    Add,
    Apply,
    Cases,
    Constant,
    Expr,
    Mul,
    Number,
    Partial,
    Position,
    Power,
    Reduce,
    Select,
)
from symbp.numeric.closures import height

Form = Any
"""Nested tuples of strings and exact numbers."""

TALLEST = 100


@dataclass(frozen=True)
class Scope:
    """The bound indices' places, by name, and how many binders there are, shadowed ones with them."""

    places: Mapping[str, str] = field(default_factory=dict)
    depth: int = 0

    def within(self, name: str) -> Scope:
        """The scope of one more binder, whose place is no other binder's around it."""
        return Scope({**self.places, name: f"#{self.depth}"}, self.depth + 1)


def same(left: Expr, right: Expr) -> bool:
    """Whether the two have one normal form, which proves them equal; False says nothing."""
    if left == right:
        return True
    if max(height(left, TALLEST), height(right, TALLEST)) >= TALLEST:
        return False
    return bool(normal_form(left, Scope()) == normal_form(right, Scope()))


def normal_form(e: Expr, scope: Scope) -> Form:
    """The normal form as (coefficient, the rest)."""
    match e:
        case Number(value):
            return value, ()
        case Constant(name):
            return Fraction(1), ("constant", name)
        case Position(form):
            return Fraction(1), ("position", _affine(form, scope))
        case Access():
            return Fraction(1), _access(e, scope)
        case Add(terms):
            return _sum(normal_form(t, scope) for t in terms)
        case Mul(factors):
            return _product(normal_form(f, scope) for f in factors)
        case Power(base, exponent):
            return _product([(Fraction(1), ("power", normal_form(base, scope), normal_form(exponent, scope)))])
        case Apply(function, arguments, orders):
            return Fraction(1), ("apply", function, orders, tuple(normal_form(a, scope) for a in arguments))
        case Reduce():
            return _reduction(e, scope)
        case Cases(branches):
            found = tuple((_guards(g, scope), normal_form(b, scope)) for g, b in branches)
            return Fraction(1), ("cases", found)
        case Select(relation, left, right, yes, no):
            parts = tuple(normal_form(p, scope) for p in (left, right, yes, no))
            return Fraction(1), ("select", relation, parts)
        case Partial(kind, of, wrt):
            return Fraction(1), ("partial", kind.value, _access(of, scope), _access(wrt, scope))


def _sum(terms: Iterable[Form]) -> Form:
    """Σ c·r with equal r together, in a fixed order; one term is that term."""
    together: dict[Form, Fraction] = {}
    for coefficient, rest in terms:
        for inner, within in _opened(coefficient, rest):
            together[within] = together.get(within, Fraction(0)) + inner
    left = [(c, r) for r, c in together.items() if c]
    if not left:
        return Fraction(0), ()
    if len(left) == 1:
        return left[0]
    return Fraction(1), ("sum", tuple(sorted(left, key=repr)))


def _opened(coefficient: Fraction, rest: Form) -> Iterable[Form]:
    if rest and rest[0] == "sum":
        return [(coefficient * c, r) for c, r in rest[1]]
    return [(coefficient, rest)]


def _product(factors: Iterable[Form]) -> Form:
    """Coefficients multiplied, equal factors counted, in a fixed order."""
    coefficient = Fraction(1)
    powers: dict[Form, int] = {}
    for c, rest in factors:
        coefficient *= c
        for factor, count in _factors(rest):
            powers[factor] = powers.get(factor, 0) + count
    if not powers:
        return coefficient, ()
    if not coefficient:
        return Fraction(0), ()
    if len(powers) == 1 and next(iter(powers.values())) == 1:
        return coefficient, next(iter(powers))
    return coefficient, ("product", tuple(sorted(powers.items(), key=repr)))


def _factors(rest: Form) -> Iterable[tuple[Form, int]]:
    """The factors of a form with their counts; a positive literal power counts its base."""
    if not rest:
        return []
    if rest[0] == "product":
        return list(rest[1])
    if rest[0] == "power":
        (coefficient, base), (exponent, none) = rest[1], rest[2]
        if not none and coefficient == 1 and base and exponent.denominator == 1 and exponent > 0:
            return [(base, int(exponent))]
    return [(rest, 1)]


def _reduction(e: Reduce, scope: Scope) -> Form:
    inner = scope
    binders = []
    for binder in e.binders:
        bounds = _affine(binder.range.lower, inner), _affine(binder.range.upper, inner)
        inner = inner.within(binder.name)
        binders.append((inner.places[binder.name], bounds))
    coefficient, rest = normal_form(e.body, inner)
    key = e.kind, e.component, tuple(binders), _guards(e.guards, inner)
    if e.kind == "sum":
        return coefficient, ("reduce", key, (Fraction(1), rest)) if coefficient else ()
    return Fraction(1), ("reduce", key, (coefficient, rest))


def _access(access: Access, scope: Scope) -> Form:
    return "access", access.name, tuple(_subscript(s, scope) for s in access.subscripts)


def _subscript(subscript: Subscript, scope: Scope) -> Form:
    if isinstance(subscript, Lookup):
        return "lookup", subscript.array, tuple(_affine(s, scope) for s in subscript.subscripts)
    return _affine(subscript, scope)


def _affine(form: Affine, scope: Scope) -> Form:
    return tuple(sorted((scope.places.get(s, s), c) for s, c in form.terms)), form.constant


def _guards(guards: tuple[Guard, ...], scope: Scope) -> Form:
    return tuple(sorted((_guard(g, scope) for g in guards), key=repr))


def _guard(guard: Guard, scope: Scope) -> Form:
    lookup = _subscript(guard.lookup, scope) if guard.lookup else ()
    return guard.kind, _affine(guard.form, scope), guard.modulus, lookup
