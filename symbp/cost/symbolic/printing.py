"""Closed forms as plain text and as LaTeX: 4 d q + 6 q l + 6 q + 11 l; n^(L + 1)/(n - 1) - n/(n - 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from symbp.calculus.affine import Affine
from symbp.cost.symbolic.form import Form
from symbp.cost.symbolic.polynomial import Monomial, Polynomial, Scalar
from symbp.cost.symbolic.shapes import Divisors, Shape, folded


def text(form: Form, sizes: Sequence[str], letters: Mapping[str, str] | None = None) -> str:
    """The form in one line: what grows fastest first, sizes in the given order.

    `letters` holds how a size is written where it isn't its name.
    """
    return _Text(sizes, letters or {}).form(form)


def latex(form: Form, sizes: Sequence[str], letters: Mapping[str, str] | None = None) -> str:
    """The same as LaTeX for mathematics."""
    return _Latex(sizes, letters or {}).form(form)


class _Text:
    """Signed terms, each a pair of a sign ("" or "-") and the rest."""

    times = "*"

    def __init__(self, sizes: Sequence[str], letters: Mapping[str, str]) -> None:
        self._rank = {s: k for k, s in enumerate(sizes)}
        self._letters = letters

    def form(self, form: Form) -> str:
        """Products of powers first, then the polynomial, then fractions."""
        shapes = sorted(form.terms.items(), key=lambda item: self._shape_order(item[0]))
        return self._joined([term for shape, p in shapes for term in self._shape(shape, p)])

    def _shape(self, shape: Shape, p: Polynomial) -> list[tuple[str, str]]:
        if not shape.powers and not shape.divisors:
            return self._terms(p)
        sign, numerator, powers, divisors = folded(shape, p)
        raised = [self.raised(base, exponent) for base, exponent in powers]
        return [("-" if sign < 0 else "", self.fraction(raised, numerator, divisors))]

    def fraction(self, raised: Sequence[str], numerator: Polynomial, divisors: Divisors) -> str:
        """Π powers · numerator / Π divisors."""
        above = self.product(raised, numerator)
        if not divisors:
            return above
        below = [self.raised(q, Affine.of(k)) for q, k in divisors]
        return f"{above}/{below[0]}" if len(below) == 1 else f"{above}/({' '.join(below)})"

    def product(self, raised: Sequence[str], numerator: Polynomial) -> str:
        number = numerator.constant
        if number is not None and (not raised or number == 1):
            return " ".join(raised) or self.number(Fraction(number))
        if number is not None:
            separator = self.times if raised[0][0].isdigit() else " "
            return separator.join((self.number(Fraction(number)), " ".join(raised)))
        inside = self._joined(self._terms(numerator))
        if len(numerator.terms) > 1:
            inside = f"({inside})"
            return " ".join((*raised, inside))
        return " ".join((inside, *raised))

    def raised(self, base: Polynomial, exponent: Affine) -> str:
        written = self.polynomial(base)
        if len(base.terms) > 1:
            written = f"({written})"
        return written if exponent == Affine.of(1) else self.power(written, exponent)

    def power(self, base: str, exponent: Affine) -> str:
        above = self.polynomial(Polynomial.of(exponent))
        simple = exponent.is_constant or exponent.as_symbol is not None
        return f"{base}^{above}" if simple else f"{base}^({above})"

    def number(self, value: Fraction) -> str:
        return str(value)

    def polynomial(self, p: Polynomial) -> str:
        return self._joined(self._terms(p))

    def _terms(self, p: Polynomial) -> list[tuple[str, str]]:
        ordered = sorted(p.terms.items(), key=lambda term: self._monomial_order(term[0]))
        return [self._term(m, c) for m, c in ordered]

    def _term(self, monomial: Monomial, coefficient: Scalar) -> tuple[str, str]:
        sign = "-" if coefficient < 0 else ""
        size = abs(Fraction(coefficient))
        factors = [self._symbol(s, k) for s, k in sorted(monomial, key=lambda power: self._place(power[0]))]
        if size != 1 or not factors:
            factors.insert(0, self.number(size))
        return sign, " ".join(factors)

    def _symbol(self, name: str, exponent: int) -> str:
        letter = self._letters.get(name, name)
        return letter if exponent == 1 else self.power(letter, Affine.of(exponent))

    def _joined(self, terms: Sequence[tuple[str, str]]) -> str:
        if not terms:
            return "0"
        (sign, first), *others = terms
        return sign + first + "".join(f" {sign or '+'} {written}" for sign, written in others)

    def _monomial_order(self, monomial: Monomial) -> tuple[object, ...]:
        """Higher degrees first, then the sizes in order."""
        return -sum(k for _, k in monomial), sorted((self._place(s), -k) for s, k in monomial)

    def _shape_order(self, shape: Shape) -> tuple[object, ...]:
        exponents = [(-sum(c for _, c in e.terms), e.terms, sorted(base.terms.items())) for base, e in shape.powers]
        return not exponents, exponents, shape.divisors != ()

    def _place(self, symbol: str) -> tuple[int, str]:
        return self._rank.get(symbol, len(self._rank)), symbol


class _Latex(_Text):
    times = r" \cdot "

    def fraction(self, raised: Sequence[str], numerator: Polynomial, divisors: Divisors) -> str:
        if not divisors:
            return self.product(raised, numerator)
        (q, k), *others = divisors
        alone = not others and k == 1
        below = self.polynomial(q) if alone else " ".join(self.raised(q, Affine.of(k)) for q, k in divisors)
        if numerator.constant is not None or len(numerator.terms) == 1:
            return rf"\frac{{{self.product(raised, numerator)}}}{{{below}}}"
        return " ".join((rf"\frac{{{self.polynomial(numerator)}}}{{{below}}}", *raised))

    def power(self, base: str, exponent: Affine) -> str:
        return f"{base}^{{{self.polynomial(Polynomial.of(exponent))}}}"

    def number(self, value: Fraction) -> str:
        return str(value) if value.denominator == 1 else rf"\frac{{{value.numerator}}}{{{value.denominator}}}"
