"""What a polynomial of a closed form is multiplied by: powers and divisors, and the algebra of fractions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from symbp.calculus.affine import Affine
from symbp.cost.symbolic.polynomial import ONE, ZERO, Polynomial

Powers = tuple[tuple[Polynomial, Affine], ...]
"""Bases with exponents that have no constant part and aren't 0, in a fixed order."""
Divisors = tuple[tuple[Polynomial, int], ...]
"""Primitive polynomials in sizes with positive exponents, in a fixed order."""


class Shape(NamedTuple):
    """What a polynomial is multiplied by: Π base^exponent / Π divisor^k."""

    powers: Powers = ()
    divisors: Divisors = ()


PLAIN = Shape()


@lru_cache(maxsize=4096)
def factored(p: Polynomial) -> tuple[Fraction, tuple[tuple[Polynomial, int], ...]]:
    """A polynomial as a number times symbols, linear factors x − c of small integers c, and one primitive rest."""
    scale = p.content()
    rest = p * (1 / scale)
    factors: dict[Polynomial, int] = {}
    candidates = [Polynomial.of(s) for s in rest.symbols]
    candidates += [Polynomial.of(s) + c for s in rest.symbols for c in (-1, 1, -2, 2)] if len(rest.symbols) == 1 else []
    for candidate in candidates:
        while (quotient := rest.divided(candidate)) is not None:
            factors[candidate] = factors.get(candidate, 0) + 1
            rest = quotient
    number = rest.constant
    if number is None:
        factors[rest] = factors.get(rest, 0) + 1
    else:
        scale = scale * number
    return Fraction(scale), ordered(factors)


def ratio(shape: Shape, symbol: str) -> tuple[Polynomial, Polynomial]:
    """ρ as numerator and denominator, where the shape's dependence on the symbol is ρ^symbol."""
    numerator, denominator = ONE, ONE
    for base, exponent in shape.powers:
        k = exponent.coefficient(symbol)
        if k > 0:
            numerator = numerator * base**k
        elif k < 0:
            denominator = denominator * base**-k
    return numerator, denominator


def product(a: Shape, b: Shape) -> Shape:
    powers = dict(a.powers)
    for base, exponent in b.powers:
        powers[base] = powers[base] + exponent if base in powers else exponent
    divisors = dict(a.divisors)
    for q, k in b.divisors:
        divisors[q] = divisors.get(q, 0) + k
    kept = {base: exponent for base, exponent in powers.items() if exponent.terms}
    return Shape(ordered_powers(kept), ordered(divisors))


def common(parts: list[tuple[Divisors, Polynomial]]) -> tuple[dict[Polynomial, int], Polynomial]:
    """A sum of fractions as one."""
    divisors: dict[Polynomial, int] = {}
    for own, _ in parts:
        for q, k in own:
            divisors[q] = max(divisors.get(q, 0), k)
    numerator = ZERO
    for own, p in parts:
        known = dict(own)
        for q, k in divisors.items():
            p = p * q ** (k - known.get(q, 0))
        numerator = numerator + p
    return divisors, numerator


def cancelled(divisors: dict[Polynomial, int], numerator: Polynomial) -> tuple[Divisors, Polynomial]:
    for q in tuple(divisors):
        while divisors[q] and (quotient := numerator.divided(q)) is not None and numerator:
            numerator = quotient
            divisors[q] -= 1
    return ordered({q: k for q, k in divisors.items() if k}), numerator


def separated(shape: Shape, p: Polynomial) -> tuple[Polynomial, Polynomial]:
    """p over the divisors as a polynomial and what stays above them, of a lower degree in the divisors' symbol."""
    symbols = {s for q, _ in shape.divisors for s in q.symbols}
    if shape.powers or len(symbols) != 1:
        return ZERO, p
    (symbol,) = symbols
    divisor = ONE
    for q, k in shape.divisors:
        divisor = divisor * q**k
    return p.divided_in(divisor, symbol)


def folded(shape: Shape, p: Polynomial) -> tuple[int, Polynomial, Powers, Divisors]:
    """−n^L (n² + n) / n³ as −, n + 1, n^(L − 2): sign, numerator, powers and divisors as a reader wants them."""
    divisors = dict(shape.divisors)
    powers = []
    for base, exponent in shape.powers:
        extra = -divisors.pop(base, 0)
        if base.constant is None:
            while (quotient := p.divided(base)) is not None:
                p, extra = quotient, extra + 1
        powers.append((base, exponent + extra))
    sign = -1 if p.content() < 0 else 1
    return sign, p.times(sign), tuple(powers), tuple(divisors.items())


def ordered(factors: Mapping[Polynomial, int]) -> Divisors:
    return tuple(sorted(factors.items(), key=lambda f: _key(f[0])))


def ordered_powers(powers: Mapping[Polynomial, Affine]) -> Powers:
    return tuple(sorted(powers.items(), key=lambda f: _key(f[0])))


def _key(p: Polynomial) -> tuple[object, ...]:
    return tuple(sorted(p.terms.items()))


def primes(value: Fraction) -> list[tuple[int, int]]:
    """|value| as primes with exponents."""
    found: dict[int, int] = {}
    for number, sign in ((abs(value.numerator), 1), (value.denominator, -1)):
        d = 2
        while number > 1:
            if d * d > number:
                d = number
            while number % d == 0:
                found[d] = found.get(d, 0) + sign
                number //= d
            d += 1
    return list(found.items())
