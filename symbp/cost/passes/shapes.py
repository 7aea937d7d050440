"""The shapes of formulas: a quick way to see which can't be equal."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from symbp.calculus.expression import (
    MINUS_ONE,
    Access,
    Add,
    Apply,
    Cases,
    Constant,
    Expr,
    Mul,
    Number,
    Position,
    Power,
    Reduce,
    children,
)
from symbp.calculus.node import node
from symbp.cost.passes.units import costs, factors_of, is_negative, is_product, turned

MOST_UNITS = 12
"""Factors or terms of which every two are looked at; of more, only neighbours."""

Pair = tuple[int, int]


@lru_cache(maxsize=256)
def pairs(count: int) -> tuple[Pair, ...]:
    """Positions of every two of so many; of many, of neighbours."""
    if count > MOST_UNITS:
        return tuple((k, k + 1) for k in range(count - 1))
    return tuple((i, j) for i in range(count) for j in range(i + 1, count))


def is_turned(e: Expr) -> bool:
    """Whether it is the negative of a part that stands in it: −(x²), but not −x y."""
    return isinstance(e, Mul) and len(e.factors) == 2 and e.factors[0] == MINUS_ONE


@lru_cache(maxsize=50_000)
def shapes(e: Expr) -> tuple[int, ...]:
    """The shapes of all parts that cost something, and of every two factors or terms of products and sums."""
    found = [s for p in children(e) for s in shapes(p)]
    if costs(e) and not is_turned(e):
        found.append(shape(e))
    if is_product(e):
        factors = factors_of(e)[1]
        if len(factors) > 2:
            found.extend(dict.fromkeys(joint_shape("·", (factors[i], factors[j])) for i, j in pairs(len(factors))))
    elif isinstance(e, Add) and len(e.terms) > 2:
        found.extend(joint_shape("+", (e.terms[i], e.terms[j])) for i, j in pairs(len(e.terms)))
    return tuple(found)


def joint_shape(kind: str, parts: Sequence[Expr]) -> int:
    """The shape of the product, or of the sum, of some parts; of a sum of negative ones, that of its magnitude."""
    return _together(kind, [turned(t) for t in parts] if kind == "+" and all(map(is_negative, parts)) else parts)


def _together(kind: str, parts: Sequence[Expr]) -> int:
    return hash((kind, sum(hash((shape(p),)) for p in parts)))


@lru_cache(maxsize=50_000)
def shape(e: Expr) -> int:
    """Equal for formulas that are equal up to letters, subscripts, and the order of factors and terms."""
    match e:
        case Access(name):
            return hash(name)
        case Number(value):
            return hash(value)
        case Position() | Constant():
            return hash(e)
        case Mul() | Power() if is_product(e):
            return _together("·", factors_of(e)[1])
        case Add(terms):
            return _together("+", terms)
        case Reduce(kind, binders, guards, body, component):
            return hash((kind, len(binders), len(guards), shape(body), component))
        case Apply(function, arguments, orders):
            return hash((function, orders, *(shape(a) for a in arguments)))
        case _:
            return hash((type(e).__name__, *(shape(p) for p in children(e))))


@node
class Skeleton:
    """What a formula is without the names that it reads."""

    kind: type
    own: object
    parts: tuple[Skeleton, ...]


@lru_cache(maxsize=50_000)
def skeleton(e: Expr) -> Skeleton:
    own: object = None
    match e:
        case Access(_, subscripts):
            own = subscripts
        case Number() | Constant() | Position():
            own = e
        case Reduce(kind, binders, guards, _, component):
            own = kind, binders, guards, component
        case Cases(branches):
            own = tuple(g for g, _ in branches)
        case Apply(function, _, orders):
            own = function, orders
    return Skeleton(type(e), own, tuple(skeleton(p) for p in children(e)))
