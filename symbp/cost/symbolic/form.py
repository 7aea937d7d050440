"""Closed forms: Σ polynomial · Π base^exponent / divisors, e.g. (n^L − 1)/(n − 1); a base is a polynomial in sizes.

A count is such a sum. It is added, multiplied by polynomials and by powers, summed over an index, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from math import comb, lcm

from symbp.calculus.affine import Affine
from symbp.cost.symbolic.polynomial import ONE as ONE_POLYNOMIAL
from symbp.cost.symbolic.polynomial import Polynomial, Scalar
from symbp.cost.symbolic.shapes import (
    PLAIN,
    Divisors,
    Powers,
    Shape,
    cancelled,
    common,
    factored,
    ordered,
    ordered_powers,
    primes,
    product,
    ratio,
    separated,
)


class Form:
    """Σ over shapes of polynomial · shape; immutable. `normal` brings equal sums to the same terms."""

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[Shape, Polynomial]) -> None:
        self.terms = {shape: p for shape, p in terms.items() if p}

    @staticmethod
    def of(value: Form | Polynomial | Affine | str | Scalar) -> Form:
        return value if isinstance(value, Form) else Form({PLAIN: Polynomial.of(value)})

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int):
            other = Form.of(other)
        return isinstance(other, Form) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __repr__(self) -> str:
        return f"Form({self.terms})"

    def __add__(self, other: Form | int) -> Form:
        other = Form.of(other)
        if not other.terms:
            return self
        total = dict(self.terms)
        for shape, p in other.terms.items():
            known = total.get(shape)
            total[shape] = p if known is None else known + p
        return Form(total)

    __radd__ = __add__

    def __sub__(self, other: Form | int) -> Form:
        return self + Form.of(other) * -1

    def __mul__(self, factor: Polynomial | Scalar) -> Form:
        return Form({shape: p * factor for shape, p in self.terms.items()})

    def raised(self, base: Polynomial, exponent: Affine) -> Form:
        """The form times base^exponent."""
        extra = power(base, exponent)
        terms: dict[Shape, Polynomial] = {}
        for shape, p in self.terms.items():
            for other, q in extra.terms.items():
                made = product(shape, other)
                terms[made] = terms.get(made, ZERO_POLYNOMIAL) + p * q
        return Form(terms)

    def over(self, divisor: Polynomial) -> Form:
        """The form divided by a polynomial in sizes."""
        scale, factors = factored(divisor)
        terms: dict[Shape, Polynomial] = {}
        for shape, p in self.terms.items():
            divisors = dict(shape.divisors)
            for q, k in factors:
                divisors[q] = divisors.get(q, 0) + k
            made = Shape(shape.powers, ordered(divisors))
            terms[made] = terms.get(made, ZERO_POLYNOMIAL) + p * (1 / Fraction(scale))
        return Form(terms).normal()

    @property
    def polynomial(self) -> Polynomial | None:
        """The polynomial that it is, or None."""
        if not self.terms:
            return ZERO_POLYNOMIAL
        return self.terms.get(PLAIN) if len(self.terms) == 1 else None

    @property
    def length(self) -> int:
        """How many terms it has, each polynomial's counted."""
        return sum(len(p.terms) for p in self.terms.values())

    @property
    def symbols(self) -> tuple[str, ...]:
        found = {s for p in self.terms.values() for s in p.symbols}
        for shape in self.terms:
            found.update(s for base, exponent in shape.powers for s in (*base.symbols, *exponent.symbols))
            found.update(s for divisor, _ in shape.divisors for s in divisor.symbols)
        return tuple(sorted(found))

    @property
    def in_bases(self) -> set[str]:
        """The symbols of bases and divisors, for which nothing can be substituted."""
        powers = {s for shape in self.terms for base, _ in shape.powers for s in base.symbols}
        return powers | {s for shape in self.terms for divisor, _ in shape.divisors for s in divisor.symbols}

    def substitute(self, values: Mapping[str, Affine]) -> Form:
        """Simultaneous replacement of indices, or of sizes that no base or divisor holds, by affine forms."""
        if not values or not any(s in values for s in self.symbols):
            return self
        total = ZERO
        for shape, p in self.terms.items():
            part = Form({Shape((), shape.divisors): p.substitute(values)})
            for base, exponent in shape.powers:
                part = part.raised(base, exponent.substitute(values))
            total = total + part
        return total

    def summed(self, symbol: str, lower: Affine, upper: Affine) -> Form:
        """Σ over symbol = lower … upper, which holds for upper ≥ lower − 1."""
        total = ZERO
        for shape, p in self.terms.items():
            if any(symbol in exponent.symbols for _, exponent in shape.powers):
                total = total + _geometric(shape, p, symbol, lower, upper)
            else:
                total = total + Form({shape: p.summed(symbol, lower, upper)})
        return total

    def evaluate(self, values: Mapping[str, int]) -> Fraction:
        """The number at integer values; raises ZeroDivisionError where a divisor vanishes."""
        parts: list[tuple[Fraction, int]] = []
        for shape, p in self.terms.items():
            small, large = Fraction(p.evaluate(values)), 1
            for base, exponent in shape.powers:
                b, n = Fraction(base.evaluate(values)), exponent.evaluate(values)
                if b.denominator == 1 and n >= 0:
                    large *= _raised(b.numerator, n)
                else:
                    small *= b**n
            for divisor, k in shape.divisors:
                small /= divisor.evaluate(values) ** k
            parts.append((small, large))
        over = lcm(*(small.denominator for small, _ in parts))
        return Fraction(sum(small.numerator * (over // small.denominator) * large for small, large in parts), over)

    def normal(self) -> Form:
        """An equal form: for each product of powers one fraction, without a divisor that divides its numerator."""
        if all(not shape.divisors for shape in self.terms):
            return self
        groups: dict[Powers, list[tuple[Divisors, Polynomial]]] = {}
        for shape, p in self.terms.items():
            groups.setdefault(shape.powers, []).append((shape.divisors, p))
        terms: dict[Shape, Polynomial] = {}
        for powers, parts in groups.items():
            divisors, numerator = cancelled(*common(parts))
            if numerator:
                terms[Shape(powers, divisors)] = numerator
        return Form(terms)

    def separated(self) -> Form:
        """An equal form: a fraction's polynomial part stands alone, unless it has powers or that takes more terms."""
        terms: dict[Shape, Polynomial] = {}
        for shape, p in self.normal().terms.items():
            whole, rest = separated(shape, p)
            if len(whole.terms) + len(rest.terms) > len(p.terms):
                whole, rest = ZERO_POLYNOMIAL, p
            terms[PLAIN] = terms.get(PLAIN, ZERO_POLYNOMIAL) + whole
            terms[shape] = terms.get(shape, ZERO_POLYNOMIAL) + rest
        return Form(terms)


ZERO_POLYNOMIAL = Polynomial({})
ZERO = Form({})
ONE = Form({PLAIN: ONE_POLYNOMIAL})


@lru_cache(maxsize=4096)
def power(base: Polynomial, exponent: Affine) -> Form:
    """base^exponent as one term, the base taken apart into primes, symbols and the rest."""
    scale, factors = factored(base)
    fraction = Fraction(scale)
    powers: dict[Polynomial, Affine] = {}
    numerator = ONE_POLYNOMIAL
    divisors: dict[Polynomial, int] = {}
    sign = -1 if fraction < 0 else 1
    if sign < 0 and exponent.terms:
        raise ValueError("a negative base with a symbolic exponent has no place in a count")
    parts = [(Polynomial.of(p), k) for p, k in primes(fraction)]
    for q, k in (*parts, *factors):
        symbolic, constant = Affine(exponent.terms) * k, exponent.constant * k
        if symbolic.terms:
            powers[q] = symbolic
        if constant > 0:
            numerator = numerator * q**constant
        elif constant < 0:
            divisors[q] = -constant
    if sign < 0 and exponent.constant % 2:
        numerator = -numerator
    numbers = {q: k for q, k in divisors.items() if q.constant is not None}
    for q, k in numbers.items():
        number = q.constant
        assert number is not None
        numerator = numerator * (1 / Fraction(number) ** k)
        del divisors[q]
    return Form({Shape(ordered_powers(powers), ordered(divisors)): numerator})


@lru_cache(maxsize=8)
def _raised(base: int, exponent: int) -> int:
    """base^exponent: of numbers with a million digits, which the forms of one count share."""
    found: int = base**exponent
    return found


def _geometric(shape: Shape, p: Polynomial, symbol: str, lower: Affine, upper: Affine) -> Form:
    """Σ_u p(u) ρ^u = F(upper+1) ρ^{upper+1} − F(lower) ρ^lower with ρ F(u+1) − F(u) = p(u).

    From the highest power down, (ρ − 1) f_d = p_d − ρ Σ_{e>d} C(e, d) f_e; where ρ = 1, Faulhaber's sum.
    """
    numerator, denominator = ratio(shape, symbol)
    difference = numerator - denominator
    if not difference:
        free = Form({Shape((), shape.divisors): p})
        for base, exponent in shape.powers:
            free = free.raised(base, exponent - Affine.of(symbol) * exponent.coefficient(symbol))
        return free.summed(symbol, lower, upper)
    parts = p.by_powers(symbol)
    solved: dict[int, Form] = {}
    for d in range(max(parts), -1, -1):
        right = Form.of(parts.get(d, ZERO_POLYNOMIAL) * denominator)
        for e, f in solved.items():
            right = right - f * (numerator * comb(e, d))
        solved[d] = right.over(difference)
    antiderivative = ZERO
    for d, f in solved.items():
        antiderivative = antiderivative + f * Polynomial.of(symbol) ** d
    for base, exponent in shape.powers:
        antiderivative = antiderivative.raised(base, exponent)
    for divisor, k in shape.divisors:
        for _ in range(k):
            antiderivative = antiderivative.over(divisor)
    until = antiderivative.substitute({symbol: upper + 1})
    return (until - antiderivative.substitute({symbol: lower})).normal()
