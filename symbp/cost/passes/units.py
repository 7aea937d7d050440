"""Products as factors and divisors, sums as terms: what can be taken out of them together."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from symbp.calculus.expression import (
    MINUS_ONE,
    ONE,
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
    multiply,
    power,
    split_coefficient,
    with_children,
)
from symbp.calculus.matching import signature, unit_powers
from symbp.calculus.terms import power_parts

STAND_IN = Access("")
"""In the place of a part that is read from a line."""


def is_product(e: Expr) -> bool:
    """Whether it multiplies, divides or squares."""
    return isinstance(e, Mul) or (isinstance(e, Power) and len(unit_powers((e,))) > 1)


@lru_cache(maxsize=50_000)
def factors_of(e: Expr) -> tuple[int, tuple[Expr, ...]]:
    """The sign of a product, and its factors: small powers written out, a literal coefficient among them."""
    coefficient, factors = split_coefficient(e)
    units = unit_powers(factors)
    size = abs(coefficient)
    return (-1 if coefficient < 0 else 1), (units if size == 1 and units else (Number(size), *units))


def divides(factor: Expr) -> bool:
    """Whether it stands below a fraction's line."""
    return isinstance(factor, Power) and isinstance(factor.exponent, Number) and factor.exponent.value < 0


def divisor(factor: Expr) -> Expr:
    """What a factor divides by."""
    base, n = power_parts(factor)
    return power(base, Number(-n))


def product(sign: int, factors: Sequence[Expr]) -> Expr:
    """The product of a sign and factors, equal ones as powers."""
    coefficient, flat = split_coefficient(multiply(factors))
    exponents: dict[tuple[Expr, bool], Fraction] = {}
    for f in flat:
        base, n = power_parts(f)
        exponents[base, n > 0] = exponents.get((base, n > 0), Fraction(0)) + n
    return multiply((Number(coefficient * sign), *(power(base, Number(n)) for (base, _), n in exponents.items())))


def product_cost(factors: Sequence[Expr]) -> int:
    """Operations that join the factors."""
    e = product(1, factors)
    coefficient, flat = split_coefficient(e)
    above = sum(power_parts(f)[1] > 0 for f in flat) + (coefficient != 1)
    powers = sum(abs(power_parts(f)[1]) != 1 for f in flat)
    below = len(flat) + (coefficient != 1) - above
    return powers + max(above - 1, 0) + below


@lru_cache(maxsize=50_000)
def terms_of(e: Expr) -> tuple[Expr, ...]:
    return e.terms if isinstance(e, Add) else (e,)


def is_negative(term: Expr) -> bool:
    return split_coefficient(term)[0] < 0


def turned(term: Expr) -> Expr:
    return multiply((MINUS_ONE, term))


@lru_cache(maxsize=50_000)
def costs(e: Expr) -> bool:
    """Whether the formula has an operation at all, at the most index values; positions of maxima stay as they are."""
    match e:
        case Reduce("argmax" | "argmin"):
            return False
        case Number() | Constant() | Position() | Access():
            return False
        case Mul():
            units = factors_of(e)[1]
            return len(units) > 1 or costs(units[0])
        case Cases(branches):
            return any(costs(b) for _, b in branches)
        case Power(exponent=exponent):
            return exponent != ONE
        case Apply("stop", (argument,)):
            return costs(argument)
        case _:
            return True


@lru_cache(maxsize=50_000)
def arranged(e: Expr) -> Expr:
    """The formula with factors and terms in an order of their own, whatever the author's."""
    parts = tuple(arranged(p) for p in children(e))
    if isinstance(e, Mul | Add):
        parts = tuple(sorted(parts, key=signature))
    return with_children(e, parts) if parts else e
