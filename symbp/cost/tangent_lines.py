"""The tangent of one stage: linear in the tangents of the names that it reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from symbp.calculus.affine import Affine, Guard, Index, Lookup, Subscript
from symbp.calculus.expression import (
    ONE,
    ZERO,
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
    accesses,
    add,
    apply,
    multiply,
    number,
    power,
    split_coefficient,
    subtract,
)
from symbp.calculus.functions import partials
from symbp.calculus.indices import all_symbols, apart, substitute
from symbp.calculus.local import Scope
from symbp.cost.stages import is_simple, within_cases

TANGENT_MARK = "˙"

Moved = Mapping[str, int]
"""The names that have a tangent; 1 or −1 where that is what it is, 0 where it is a value of its own."""


def tangent_name(name: str) -> str:
    """The structured name of the tangent beside `name`; no author's name holds the mark."""
    return name + TANGENT_MARK


class Locals(Protocol):
    """Lines of local derivatives."""

    def local(self, owner: str, e: Expr, scope: Scope) -> Access:
        """A local derivative of `owner` as an element of its own line."""
        ...


@dataclass(frozen=True)
class Linear:
    """Turns the formula of a stage into that of its tangent."""

    slopes: Locals
    owner: str
    moved: Moved

    def of(self, e: Expr, scope: Scope, own: Access | None = None) -> Expr:
        """`own` is the element whose value the formula is, where it is one."""
        match e:
            case Access(name, subscripts):
                return self.element(name, subscripts)
            case Add(terms):
                return add(self.of(t, scope) for t in terms)
            case Mul(factors):
                return self.product(factors, scope)
            case Power() | Apply():
                assert own is not None or not self.moves(e), "a stage holds one function or power"
                return self.step(e, own, scope) if own is not None else ZERO
            case Reduce():
                return self.reduction(e, scope)
            case Cases():
                return self.cases(e, scope, own)
            case Select(relation, left, right, yes, no):
                up, down = self.of(yes, scope), self.of(no, scope)
                return ZERO if up == down == ZERO else Select(relation, left, right, up, down)
            case _:
                return ZERO

    def element(self, name: str, subscripts: tuple[Subscript, ...]) -> Expr:
        if name not in self.moved:
            return ZERO
        known = self.moved[name]
        return number(known) if known else Access(tangent_name(name), subscripts)

    def moves(self, e: Expr) -> bool:
        return any(a.name in self.moved for a in accesses(e))

    def product(self, factors: tuple[Expr, ...], scope: Scope) -> Expr:
        """(f g)˙ = f˙ g + f g˙."""
        inner = [self.of(f, scope) for f in factors]
        return add(
            self.scaled(multiply((*factors[:k], *factors[k + 1:])), slope, scope)
            for k, slope in enumerate(inner)
            if slope != ZERO
        )

    def step(self, e: Power | Apply, own: Access, scope: Scope) -> Expr:
        """f(u, v, …)˙ = Σ_k ∂f/∂u_k · u_k˙."""
        if isinstance(e, Power):
            parts: tuple[Expr, ...] = (e.base, e.exponent)
            slopes: tuple[Expr, ...] = _partials_of_power(e, own)
        else:
            parts = e.arguments
            slopes = tuple(_with_own_value(p, e, own) for p in partials(e))
        inner = [self.of(p, scope) for p in parts]
        return add(self.scaled(s, t, scope) for s, t in zip(slopes, inner, strict=True) if t != ZERO)

    def reduction(self, e: Reduce, scope: Scope) -> Expr:
        """(Σ f)˙ = Σ f˙;  (Π f)˙ = Σ_R f(R)˙ Π_{R′≠R} f(R′);  (max f)˙ = f˙ at the first extremal indices."""
        if e.kind in ("argmax", "argmin") or not self.moves(e):
            return ZERO
        if e.kind == "sum":
            inner = self.of(e.body, scope.under(e.binders, e.guards))
            return Reduce("sum", e.binders, e.guards, inner) if inner != ZERO else ZERO
        if e.kind == "prod":
            return self.product_over(e, scope)
        extremal = tuple(
            Guard("eq", Affine.of(b.name), lookup=self.place(e, k, scope)) for k, b in enumerate(e.binders)
        )
        return Reduce("sum", e.binders, (*e.guards, *extremal), self.of(e.body, scope))

    def product_over(self, e: Reduce, scope: Scope) -> Expr:
        own, renaming = apart(e.binders, {*all_symbols(e), *(i.name for i in scope.indices)})
        guards = tuple(g.substitute(renaming) for g in e.guards)
        inside = scope.under(own, guards)
        slope = self.of(substitute(e.body, renaming), inside)
        others = multiply(_product_without(e, own))
        return Reduce("sum", own, guards, self.scaled(others, slope, inside)) if slope != ZERO else ZERO

    def place(self, e: Reduce, component: int, scope: Scope) -> Lookup:
        """Where the first extremal value is, as a line of its own."""
        chosen = replace(e, kind="argmax" if e.kind == "max" else "argmin", component=component)
        element = self.slopes.local(self.owner, chosen, scope)
        return Lookup(element.name, tuple(s for s in element.subscripts if isinstance(s, Affine)))

    def cases(self, e: Cases, scope: Scope, own: Access | None) -> Expr:
        branches = tuple((guards, self.of(body, inner, own)) for guards, body, inner in within_cases(e, scope))
        return ZERO if all(body == ZERO for _, body in branches) else Cases(branches)

    def scaled(self, slope: Expr, inner: Expr, scope: Scope) -> Expr:
        """slope · inner; a slope of more than one factor is read from its own line, its sign apart."""
        c, factors = split_coefficient(slope)
        if is_simple(slope) or (abs(c) == 1 and len(factors) == 1 and is_simple(factors[0])):
            return multiply((slope, inner))
        sign = number(-1 if c < 0 else 1)
        return multiply((sign, self.slopes.local(self.owner, multiply((sign, slope)), scope), inner))


def _partials_of_power(e: Power, own: Access) -> tuple[Expr, Expr]:
    """∂(a^n)/∂a = n a^(n−1), ∂(a^b)/∂b = a^b log a."""
    if isinstance(e.exponent, Number):
        n = e.exponent.value
        if n == 0:
            return ZERO, ZERO
        if n == -1:
            return multiply((number(-1), power(own, number(2)))), ZERO
        return multiply((e.exponent, power(e.base, Number(n - 1)) if n != 1 else ONE)), ZERO
    lower = Power(e.base, subtract(e.exponent, ONE))
    return multiply((e.exponent, lower)), multiply((own, apply("log", e.base)))


def _with_own_value(e: Expr, call: Apply, own: Access) -> Expr:
    """The formula with the call's value read where the call stands in it."""
    if e == call:
        return own
    match e:
        case Add(terms):
            return add(_with_own_value(t, call, own) for t in terms)
        case Mul(factors):
            return multiply(_with_own_value(f, call, own) for f in factors)
        case Power(base, exponent):
            return Power(_with_own_value(base, call, own), exponent)
        case Apply(function, arguments, orders):
            return Apply(function, tuple(_with_own_value(a, call, own) for a in arguments), orders)
        case _:
            return e


def _product_without(e: Reduce, own: tuple[Index, ...]) -> Iterable[Expr]:
    """Π_{R ≠ R′} f(R) = Π_k Π_{R_k ≠ R_k′, later binders} f(R_1′, …, R_{k−1}′, R_k, …)."""
    for k, (binder, excluded) in enumerate(zip(e.binders, own, strict=True)):
        fixed = {b.name: Affine.of(o.name) for b, o in zip(e.binders[:k], own[:k], strict=True)}
        differs = Guard("ne", Affine.of(binder.name) - Affine.of(excluded.name))
        yield substitute(Reduce("prod", e.binders[k:], (differs, *e.guards), e.body), fixed)
