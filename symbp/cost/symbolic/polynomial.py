"""Polynomials in sizes and indices with rational coefficients, sparse and exact.

A ring of our own: counts are sums of products of a few short forms, so a dictionary does, and importing SymPy would
take longer than counting a network.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from math import comb, gcd, lcm

from symbp.calculus.affine import Affine

Monomial = tuple[tuple[str, int], ...]
"""Symbols with positive exponents, sorted by name."""
Scalar = int | Fraction


class Polynomial:
    """Σ coefficient · monomial; immutable, zero coefficients left out, so equal polynomials compare equal."""

    __slots__ = ("_hash", "terms")

    def __init__(self, terms: Mapping[Monomial, Scalar]) -> None:
        self.terms: dict[Monomial, Scalar] = {
            m: c if isinstance(c, int) else _plain(c) for m, c in terms.items() if c
        }
        self._hash: int | None = None

    @staticmethod
    def of(value: Polynomial | Affine | str | Scalar) -> Polynomial:
        if isinstance(value, Polynomial):
            return value
        if isinstance(value, Affine):
            terms: dict[Monomial, Scalar] = {((s, 1),): c for s, c in value.terms}
            terms[()] = value.constant
            return Polynomial(terms)
        if isinstance(value, str):
            return Polynomial({((value, 1),): 1})
        return Polynomial({(): value})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polynomial) and self.terms == other.terms

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __repr__(self) -> str:
        return f"Polynomial({dict(sorted(self.terms.items()))})"

    @property
    def constant(self) -> Scalar | None:
        """The number that it is, or None."""
        if not self.terms:
            return 0
        return self.terms.get(()) if len(self.terms) == 1 else None

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(sorted({s for m in self.terms for s, _ in m}))

    def __add__(self, other: Polynomial | Scalar) -> Polynomial:
        other = Polynomial.of(other)
        total = dict(self.terms)
        for m, c in other.terms.items():
            total[m] = total.get(m, 0) + c
        return Polynomial(total)

    def __neg__(self) -> Polynomial:
        return self.times(-1)

    def __sub__(self, other: Polynomial | Scalar) -> Polynomial:
        return self + -Polynomial.of(other)

    def times(self, factor: Scalar) -> Polynomial:
        if factor == 1:
            return self
        return Polynomial({m: c * factor for m, c in self.terms.items()})

    def __mul__(self, other: Polynomial | Scalar) -> Polynomial:
        other = Polynomial.of(other)
        number = other.constant
        if number is not None:
            return self.times(number)
        total: dict[Monomial, Scalar] = {}
        for m, c in self.terms.items():
            for n, d in other.terms.items():
                product = _monomial_product(m, n)
                total[product] = total.get(product, 0) + c * d
        return Polynomial(total)

    def __pow__(self, exponent: int) -> Polynomial:
        result = ONE
        for _ in range(exponent):
            result = result * self
        return result

    def by_powers(self, symbol: str) -> dict[int, Polynomial]:
        """The coefficients of the powers of a symbol."""
        parts: dict[int, dict[Monomial, Scalar]] = {}
        for m, c in self.terms.items():
            power = next((e for s, e in m if s == symbol), 0)
            rest = tuple(p for p in m if p[0] != symbol) if power else m
            parts.setdefault(power, {})[rest] = c
        return {power: Polynomial(terms) for power, terms in parts.items()}

    def substitute(self, values: Mapping[str, Affine]) -> Polynomial:
        """Simultaneous replacement of symbols by affine forms."""
        if not any(s in values for m in self.terms for s, _ in m):
            return self
        replaced = {s: Polynomial.of(f) for s, f in values.items()}
        total = ZERO
        for m, c in self.terms.items():
            part = Polynomial({tuple(p for p in m if p[0] not in replaced): c})
            for s, e in m:
                if s in replaced:
                    part = part * replaced[s] ** e
            total = total + part
        return total

    def evaluate(self, values: Mapping[str, int]) -> Fraction:
        total = Fraction(0)
        for m, c in self.terms.items():
            product = Fraction(c)
            for s, e in m:
                product *= values[s] ** e
            total += product
        return total

    def summed(self, symbol: str, lower: Affine, upper: Affine) -> Polynomial:
        """Σ over symbol = lower … upper, which holds for upper ≥ lower − 1 (Faulhaber)."""
        total = ZERO
        for power, coefficient in self.by_powers(symbol).items():
            if power == 0:
                total = total + coefficient * Polynomial.of(upper - lower + 1)
                continue
            faulhaber = power_sum(power, symbol)
            until = faulhaber.substitute({symbol: upper})
            before = faulhaber.substitute({symbol: lower - 1})
            total = total + coefficient * (until - before)
        return total

    def divided(self, divisor: Polynomial) -> Polynomial | None:
        """The quotient where the divisor divides it without remainder, else None."""
        symbols = divisor.symbols
        if len(symbols) == 1:
            whole, rest = self.divided_in(divisor, symbols[0])
            return None if rest else whole
        lead = max(divisor.terms, key=_lexicographic)
        left = self
        quotient: dict[Monomial, Scalar] = {}
        while left:
            top = max(left.terms, key=_lexicographic)
            monomial = _monomial_quotient(top, lead)
            if monomial is None:
                return None
            coefficient = Fraction(left.terms[top]) / divisor.terms[lead]
            quotient[monomial] = coefficient
            left = left - divisor * Polynomial({monomial: coefficient})
        return Polynomial(quotient)

    def divided_in(self, divisor: Polynomial, symbol: str) -> tuple[Polynomial, Polynomial]:
        """Quotient and remainder, of lower degree in the symbol, by a polynomial in that symbol alone."""
        below = divisor.by_powers(symbol)
        degree = max(below)
        coefficients = {k: c.terms.get((), 0) for k, c in below.items()}
        parts = self.by_powers(symbol)
        quotient = ZERO
        for top in range(max(parts, default=0), degree - 1, -1):
            part = parts.pop(top, ZERO) * (1 / Fraction(coefficients[degree]))
            if not part:
                continue
            quotient = quotient + part * _power(symbol, top - degree)
            for k, c in coefficients.items():
                if k < degree:
                    at = top - degree + k
                    parts[at] = parts.get(at, ZERO) - part * c
        rest = ZERO
        for k, p in parts.items():
            rest = rest + p * _power(symbol, k)
        return quotient, rest

    def content(self) -> Fraction:
        """The positive rational that leaves integers without a common factor; the sign is that of the first term."""
        if not self.terms:
            return Fraction(1)
        fractions = [Fraction(c) for c in self.terms.values()]
        size = Fraction(gcd(*(f.numerator for f in fractions)), lcm(*(f.denominator for f in fractions)))
        return size if self.terms[max(self.terms, key=_lexicographic)] > 0 else -size


def _power(symbol: str, exponent: int) -> Polynomial:
    return Polynomial({((symbol, exponent),) if exponent else (): 1})


def _plain(c: Fraction) -> Scalar:
    return c.numerator if c.denominator == 1 else c


def _monomial_product(m: Monomial, n: Monomial) -> Monomial:
    if not m:
        return n
    if not n:
        return m
    total = dict(m)
    for s, e in n:
        total[s] = total.get(s, 0) + e
    return tuple(sorted(total.items()))


def _monomial_quotient(m: Monomial, n: Monomial) -> Monomial | None:
    left = dict(m)
    for s, e in n:
        rest = left.get(s, 0) - e
        if rest < 0:
            return None
        left[s] = rest
    return tuple(sorted((s, e) for s, e in left.items() if e))


def _lexicographic(m: Monomial) -> tuple[tuple[_Later, int], ...]:
    """A key of a monomial order: symbols in alphabetic order, higher powers larger."""
    return tuple((_Later(s), e) for s, e in m)


class _Later(str):
    """A symbol that compares larger the earlier it stands in the alphabet."""

    def __lt__(self, other: str) -> bool:
        return str.__gt__(self, other)

    def __gt__(self, other: str) -> bool:
        return str.__lt__(self, other)


@cache
def power_sum(power: int, symbol: str) -> Polynomial:
    """Σ_{u=1..x} u^power as a polynomial in x: (x+1)^{p+1} − 1 = Σ_k C(p+1, k) S_k(x), solved for S_p."""
    total = (Polynomial.of(symbol) + 1) ** (power + 1) - 1
    for k in range(power):
        total = total - power_sum(k, symbol) * comb(power + 1, k)
    return total * Fraction(1, power + 1)


ZERO = Polynomial({})
ONE = Polynomial({(): 1})
