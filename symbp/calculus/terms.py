"""Sums and products without their context: equal factors merged, like terms collected, common factors found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import product as choices

from symbp.calculus.affine import Affine
from symbp.calculus.expression import (
    Add,
    Apply,
    Cases,
    Expr,
    Mul,
    Number,
    Position,
    Power,
    Reduce,
    accesses,
    add,
    children,
    multiply,
    negate,
    power,
    split_coefficient,
    walk,
    with_children,
)
from symbp.calculus.functions import FUNCTIONS
from symbp.calculus.indices import canonical
from symbp.calculus.matching import has_sum, unordered

EXPANSION_LIMIT = 24
"""Terms that a bracket may open into while looking for a shorter form."""


def power_of(base: Expr, exponent: Expr) -> Expr:
    """base^exponent with literal powers of literals, of powers and of products worked out for integer exponents."""
    if isinstance(exponent, Number) and exponent.value.denominator == 1:
        n = int(exponent.value)
        match base:
            case Number(value) if (value != 0 or n > 0) and abs(n) <= 64:
                return Number(value**n)
            case Power(inner, Number(m)) if m.denominator == 1:
                return power(inner, Number(m * n))
            case Mul(factors):
                return multiply(power_of(f, exponent) for f in factors)
    return power(base, exponent)


def merge_powers(factors: Sequence[Expr]) -> tuple[Fraction, list[Expr]]:
    """The literal coefficient, and the factors with powers of equal bases merged at the first one's place."""
    coefficient, flat = split_coefficient(multiply(factors))
    exponents: dict[Expr, Fraction] = {}
    bases: dict[Expr, Expr] = {}
    for f in flat:
        base, n = power_parts(f)
        key = canonical(base)
        bases.setdefault(key, base)
        exponents[key] = exponents.get(key, Fraction(0)) + n
    merged = [power_of(bases[key], Number(n)) for key, n in exponents.items() if n != 0]
    return coefficient, merged


def power_parts(f: Expr) -> tuple[Expr, Fraction]:
    match f:
        case Power(base, Number(n)):
            return base, n
        case _:
            return f, Fraction(1)


def divisors_of(e: Expr) -> list[Expr]:
    """The quantities that some term of a bracket divides by."""
    match e:
        case Add(terms):
            return [d for t in terms for d in divisors_of(t)]
        case Cases(branches):
            return [d for _, b in branches for d in divisors_of(b)]
        case _:
            factors = split_coefficient(e)[1]
            found = [base for base, n in map(power_parts, factors) if n < 0]
            return found + [d for f in factors if isinstance(f, Cases) for d in divisors_of(f)]


def polished(e: Expr) -> Expr:
    """√u² as u: what recognising definitions had to leave standing."""
    return _polished(e) if any(isinstance(n, Apply) and n.function == "sqrt" for n in walk(e)) else e


def _polished(e: Expr) -> Expr:
    match e:
        case Power(Apply("sqrt", (inner,)), Number(n)) if n.denominator == 1 and n % 2 == 0:
            return power_of(_polished(inner), Number(n / 2))
        case Mul(factors):
            return multiply(_polished(f) for f in factors)
        case _:
            parts = children(e)
            return with_children(e, tuple(_polished(p) for p in parts)) if parts else e


def gathered(e: Expr) -> Expr:
    """x · x/(s s) as x²/s², and Σ −f as −Σ f: products put together from several formulas; nothing cancels."""
    parts = children(e)
    if not parts:
        return e
    e = with_children(e, tuple(gathered(p) for p in parts))
    match e:
        case Mul(factors):
            coefficient, flat = split_coefficient(multiply(factors))
            return multiply((Number(coefficient), *_as_powers(flat)))
        case Reduce("sum", binders, guards, body) if split_coefficient(body)[0] < 0:
            return negate(Reduce("sum", binders, guards, negate(body)))
        case _:
            return e


def _as_powers(factors: Iterable[Expr]) -> list[Expr]:
    """Equal factors as one power at the first one's place, those above a fraction's line and those below apart."""
    exponents: dict[tuple[Expr, bool], Fraction] = {}
    shown: dict[tuple[Expr, bool], tuple[Expr, Expr, int]] = {}
    for f in factors:
        base, n = power_parts(f)
        key = canonical(base), n > 0
        first, _, count = shown.get(key, (base, f, 0))
        shown[key] = first, f, count + 1
        exponents[key] = exponents.get(key, Fraction(0)) + n
    return [
        f if count == 1 else power(base, Number(exponents[key])) for key, (base, f, count) in shown.items()
    ]


def short_first(e: Expr) -> Expr:
    """A sum of terms, those without a Σ in front; with a minus they would lead, and stay behind."""
    match e:
        case Add(terms):
            return add(sorted(terms, key=lambda t: has_sum(t) or split_coefficient(t)[0] < 0))
        case Mul(factors):
            return multiply(short_first(f) for f in factors)
        case _:
            return e


def signed(sign: int, e: Expr) -> Expr:
    """sign · e, where a minus turns a sum that it stands before: −c(−a − b) is c(a + b), −c(a − b) is c(b − a)."""
    if sign > 0:
        return e
    factors = e.factors if isinstance(e, Mul) else (e,)
    turned = next((k for turns in (_is_negative, _is_difference) for k, f in enumerate(factors) if turns(f)), None)
    if turned is None:
        return negate(e)
    opposite = positive_first(add(negate(t) for t in children(factors[turned])))
    return multiply((*factors[:turned], opposite, *factors[turned + 1:]))


def _is_negative(e: Expr) -> bool:
    return isinstance(e, Add) and all(split_coefficient(t)[0] < 0 for t in e.terms)


def _is_difference(e: Expr) -> bool:
    """a − b of two quantities; 1 − a keeps its order."""
    if not isinstance(e, Add) or any(isinstance(t, Number) for t in e.terms):
        return False
    return [split_coefficient(t)[0] > 0 for t in e.terms] == [True, False]


def collect_terms(terms: Sequence[Expr]) -> Expr:
    """The sum with equal terms collected, each at its first place."""
    coefficients: dict[frozenset[tuple[object, int]], Fraction] = {}
    shown: dict[frozenset[tuple[object, int]], tuple[Expr, ...]] = {}
    flat = add(terms)
    for term in flat.terms if isinstance(flat, Add) else (flat,):
        c, factors = split_coefficient(term)
        key = frozenset(Counter(unordered(f) for f in factors).items())
        shown.setdefault(key, factors)
        coefficients[key] = coefficients.get(key, Fraction(0)) + c
    return add(multiply((Number(c), *shown[key])) for key, c in coefficients.items())


def common_factors(e: Expr) -> tuple[list[Expr], Expr]:
    """Factors that every term of a sum has, a number among them, and the sum without them."""
    if not isinstance(e, Add):
        return [], e
    split = [split_coefficient(t) for t in e.terms]
    powers = [_exponents(factors) for _, factors in split]
    content = {abs(c) for c, _ in split}
    scale = content.pop() if len(content) == 1 else Fraction(1)
    common: list[Expr] = []
    taken: dict[Expr, Fraction] = {}
    for key, (base, n) in powers[0].items():
        exponents = [p[key][1] if key in p else Fraction(0) for p in powers]
        shared = min(exponents) if n > 0 else max(exponents)
        if shared * n > 0 and all(m.denominator == 1 for m in exponents):
            common.append(power(base, Number(shared)))
            taken[key] = shared
    if not common and scale == 1:
        return [], e
    if scale != 1:
        common.insert(0, Number(scale))
    rest = []
    for (c, _), held in zip(split, powers, strict=True):
        left = [power(base, Number(m)) for key, (base, n) in held.items() if (m := n - taken.get(key, 0)) != 0]
        rest.append(multiply((Number(c / scale), *left)))
    return common, add(rest)


def _exponents(factors: Iterable[Expr]) -> dict[Expr, tuple[Expr, Fraction]]:
    """Each base, however often it occurs, with its exponent altogether; by its form up to letters."""
    found: dict[Expr, tuple[Expr, Fraction]] = {}
    for base, n in map(power_parts, factors):
        key = canonical(base)
        first, before = found.get(key, (base, Fraction(0)))
        found[key] = first, before + n
    return found


def positive_first(e: Expr) -> Expr:
    """−a + b is b − a."""
    if isinstance(e, Add) and split_coefficient(e.terms[0])[0] < 0:
        for position, term in enumerate(e.terms):
            if split_coefficient(term)[0] > 0:
                return Add((term, *e.terms[:position], *e.terms[position + 1:]))
    return e


def multiplied_out(e: Add) -> list[Expr] | None:
    """The terms of the sum with every bracket opened; None beyond EXPANSION_LIMIT."""
    opened: list[Expr] = []
    for term in e.terms:
        c, factors = split_coefficient(term)
        ways = [f.terms if isinstance(f, Add) else (f,) for f in factors]
        count = 1
        for way in ways:
            count *= len(way)
        if len(opened) + count > EXPANSION_LIMIT:
            return None
        opened.extend(multiply((Number(c), *choice)) for choice in choices(*ways))
    return opened


@lru_cache(maxsize=50_000)
def is_shifted(f: Expr) -> bool:
    """Whether the formula reads at a computed or a fixed place, or asks something of a number made of an index.

    It perhaps has a value only where a sum around it has a term.
    """
    forms = (s for a in accesses(f) for s in a.subscripts if isinstance(s, Affine))
    return any(s.as_symbol is None for s in forms) or any(
        isinstance(n, Position) and n.value.as_symbol is None for part in walk(f) if _may_fail(part) for n in walk(part)
    )


def _may_fail(e: Expr) -> bool:
    match e:
        case Power(_, Number(n)):
            return n < 0 or n.denominator != 1
        case Apply(function):
            return function in FUNCTIONS and bool(FUNCTIONS[function].domain)
        case _:
            return isinstance(e, Power)
