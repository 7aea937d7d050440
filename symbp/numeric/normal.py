"""A normal form of formulas: two trees with the same one are equal wherever both are defined.

Names of bound indices, the order of terms and factors, and where numbers stand make no difference to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
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
from symbp.calculus.node import node
from symbp.numeric.closures import height


@node
class Form:
    """What a formula is beside its coefficient: a kind of node, and what it is made of."""

    what: str
    parts: Any = ()


Product = tuple[int | Fraction, Form]
"""coefficient · form."""

NUMBER = Form("number")
"""The form of a number, which is all coefficient."""

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
    return bool(normal_form(left) == normal_form(right))


@lru_cache(maxsize=4096)
def normal_form(e: Expr) -> Product:
    """The normal form of a formula under no binder."""
    return _form(e, Scope())


def _form(e: Expr, scope: Scope) -> Product:
    match e:
        case Number(value):
            return _shortest(value), NUMBER
        case Constant(name):
            return 1, Form("constant", name)
        case Position(form):
            return 1, Form("position", _affine(form, scope))
        case Access():
            return 1, _access(e, scope)
        case Add(terms):
            return _sum(_inner(t, scope) for t in terms)
        case Mul(factors):
            return _product(_inner(f, scope) for f in factors)
        case Power(base, exponent):
            return _product([(1, Form("power", (_inner(base, scope), _inner(exponent, scope))))])
        case Apply(function, arguments, orders):
            return 1, Form("apply", (function, orders, tuple(_inner(a, scope) for a in arguments)))
        case Reduce():
            return _reduction(e, scope)
        case Cases(branches):
            return 1, Form("cases", tuple((_guards(g, scope), _inner(b, scope)) for g, b in branches))
        case Select(relation, left, right, yes, no):
            return 1, Form("select", (relation, tuple(_inner(p, scope) for p in (left, right, yes, no))))
        case Partial(kind, of, wrt):
            return 1, Form("partial", (kind.value, _access(of, scope), _access(wrt, scope)))


def _inner(e: Expr, scope: Scope) -> Product:
    """The form of a part; under no binder it is known where the same part has stood elsewhere."""
    return _form(e, scope) if scope.depth else normal_form(e)


def _shortest(value: int | Fraction) -> int | Fraction:
    """The same number, as an integer where it is one: its hash takes no division."""
    return value.numerator if value.denominator == 1 else value


def _sum(terms: Iterable[Product]) -> Product:
    """Σ c·r with equal r together, in no order; one term is that term."""
    together: dict[Form, int | Fraction] = {}
    for coefficient, rest in terms:
        for inner, within in _opened(coefficient, rest):
            together[within] = together.get(within, 0) + inner
    left = [(_shortest(c), r) for r, c in together.items() if c]
    if not left:
        return 0, NUMBER
    if len(left) == 1:
        return left[0]
    return 1, Form("sum", frozenset(left))


def _opened(coefficient: int | Fraction, rest: Form) -> Iterable[Product]:
    if rest.what == "sum":
        return [(coefficient * c, r) for c, r in rest.parts]
    return [(coefficient, rest)]


def _product(factors: Iterable[Product]) -> Product:
    """Coefficients multiplied, equal factors counted, in no order."""
    coefficient: int | Fraction = 1
    powers: dict[Form, int] = {}
    for c, rest in factors:
        coefficient *= c
        for factor, count in _factors(rest):
            powers[factor] = powers.get(factor, 0) + count
    coefficient = _shortest(coefficient)
    if not powers:
        return coefficient, NUMBER
    if not coefficient:
        return 0, NUMBER
    if len(powers) == 1 and next(iter(powers.values())) == 1:
        return coefficient, next(iter(powers))
    return coefficient, Form("product", frozenset(powers.items()))


def _factors(rest: Form) -> Iterable[tuple[Form, int]]:
    """The factors of a form with their counts; a positive literal power counts its base."""
    if rest is NUMBER:
        return ()
    if rest.what == "product":
        return tuple(rest.parts)
    if rest.what == "power":
        (coefficient, base), (exponent, inner) = rest.parts
        if inner is NUMBER and coefficient == 1 and base is not NUMBER and exponent.denominator == 1 and exponent > 0:
            return ((base, int(exponent)),)
    return ((rest, 1),)


def _reduction(e: Reduce, scope: Scope) -> Product:
    inner = scope
    binders = []
    for binder in e.binders:
        bounds = _affine(binder.range.lower, inner), _affine(binder.range.upper, inner)
        inner = inner.within(binder.name)
        binders.append((inner.places[binder.name], bounds))
    coefficient, rest = _form(e.body, inner)
    key = e.kind, e.component, tuple(binders), _guards(e.guards, inner)
    if e.kind == "sum":
        return (coefficient, Form("reduce", (key, (1, rest)))) if coefficient else (0, NUMBER)
    return 1, Form("reduce", (key, (coefficient, rest)))


def _access(access: Access, scope: Scope) -> Form:
    return Form("access", (access.name, tuple(_subscript(s, scope) for s in access.subscripts)))


def _subscript(subscript: Subscript, scope: Scope) -> Hashable:
    if isinstance(subscript, Lookup):
        return "lookup", subscript.array, tuple(_affine(s, scope) for s in subscript.subscripts)
    return _affine(subscript, scope)


def _affine(form: Affine, scope: Scope) -> Hashable:
    return tuple(sorted((scope.places.get(s, s), c) for s, c in form.terms)), form.constant


def _guards(guards: tuple[Guard, ...], scope: Scope) -> Hashable:
    return frozenset(Counter(_guard(g, scope) for g in guards).items())


def _guard(guard: Guard, scope: Scope) -> Hashable:
    lookup = _subscript(guard.lookup, scope) if guard.lookup else ()
    return guard.kind, _affine(guard.form, scope), guard.modulus, lookup
