"""The part of a closed form that decides when all sizes are large: 6 d² q² l of a sum of nine terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from symbp.calculus.affine import Affine
from symbp.cost.symbolic.form import Form
from symbp.cost.symbolic.polynomial import Monomial, Polynomial, Scalar
from symbp.cost.symbolic.shapes import Divisors, Powers, Shape


@dataclass(frozen=True)
class _Term:
    """Π size^exponent · Π base^exponent / Π divisor^k, with exponents of sizes that may be negative."""

    exponents: Monomial
    powers: Powers
    divisors: Divisors

    def is_below(self, other: _Term) -> bool:
        """Whether other / self grows beyond all bounds when every size does, as far as that shows at once."""
        if self == other or self.divisors != other.divisors:
            return False
        steps = _difference(dict(other.powers), dict(self.powers))
        if any(c < 0 for step in steps.values() for _, c in step.terms):
            return False
        growing = {s for base, step in steps.items() if step.terms for s in (*base.symbols, *step.symbols)}
        rest = dict(other.exponents)
        for s, k in self.exponents:
            rest[s] = rest.get(s, 0) - k
        return all(k >= 0 or s in growing for s, k in rest.items()) and (bool(growing) or any(rest.values()))


def leading(form: Form) -> Form | None:
    """The terms beside which the others vanish when all sizes grow; None where they cancel each other."""
    coefficients: dict[_Term, Scalar] = {}
    for shape, p in form.terms.items():
        scale, down, divisors = _below(shape.divisors)
        for m, c in p.terms.items():
            up = dict(m)
            for s, k in down.items():
                up[s] = up.get(s, 0) - k
            exponents = tuple(sorted((s, k) for s, k in up.items() if k))
            term = _Term(exponents, shape.powers, divisors)
            coefficients[term] = coefficients.get(term, 0) + Fraction(c) / scale
    kept = {t: c for t, c in coefficients.items() if not any(t.is_below(other) for other in coefficients)}
    if not all(kept.values()):
        return None
    return sum((_form(t, c) for t, c in kept.items()), Form({}))


def quotient(over: Form, under: Form) -> Form | None:
    """over / under, where `under` is a polynomial or a single term."""
    plain = under.polynomial
    if plain is not None:
        return over.over(plain) if plain else None
    if len(under.terms) != 1:
        return None
    ((shape, p),) = under.terms.items()
    inverse = over
    for base, exponent in shape.powers:
        inverse = inverse.raised(base, -exponent)
    for divisor, k in shape.divisors:
        inverse = inverse * divisor**k
    return inverse.over(p)


def _below(divisors: Divisors) -> tuple[Fraction, Mapping[str, int], Divisors]:
    """What divides for large sizes: (n − 1)³ as n³; a divisor of several leading terms as it is."""
    scale = Fraction(1)
    down: dict[str, int] = {}
    kept = []
    for divisor, k in divisors:
        highest = leading(Form.of(divisor))
        terms = highest.polynomial.terms if highest is not None and highest.polynomial is not None else {}
        if len(terms) != 1:
            kept.append((divisor, k))
            continue
        ((monomial, c),) = terms.items()
        scale *= Fraction(c) ** k
        for s, e in monomial:
            down[s] = down.get(s, 0) + e * k
    return scale, down, tuple(kept)


def _difference(a: Mapping[Polynomial, Affine], b: Mapping[Polynomial, Affine]) -> dict[Polynomial, Affine]:
    return {base: a.get(base, Affine()) - b.get(base, Affine()) for base in dict.fromkeys((*a, *b))}


def _form(t: _Term, c: Scalar) -> Form:
    above = Polynomial({tuple((s, k) for s, k in t.exponents if k > 0): c})
    below = tuple((Polynomial.of(s), -k) for s, k in t.exponents if k < 0)
    made = Form({Shape(t.powers, t.divisors): above})
    for divisor, k in below:
        made = made.over(divisor**k)
    return made
