"""Formulas read as linear: rational coefficients over indices and sizes, for subscripts, bounds and conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from symbp.calculus.affine import Affine
from symbp.language import syntax

DIGITS = 1000
"""Longer integers are refused."""

Resolve = Callable[[str], Affine | None]
"""A name as an affine form, or None where it is neither index nor size."""


@dataclass(frozen=True)
class Linear:
    """c + Σ aₖ·sₖ with rational coefficients."""

    coefficients: Mapping[str, Fraction]
    constant: Fraction

    def plus(self, other: Linear, factor: Fraction) -> Linear:
        total = dict(self.coefficients)
        for symbol, c in other.coefficients.items():
            total[symbol] = total.get(symbol, Fraction(0)) + c * factor
        return Linear({s: c for s, c in total.items() if c}, self.constant + other.constant * factor)

    def times(self, factor: Fraction) -> Linear:
        return Linear({s: c * factor for s, c in self.coefficients.items() if c * factor}, self.constant * factor)

    @property
    def is_constant(self) -> bool:
        return not self.coefficients

    @property
    def denominator(self) -> int:
        return lcm(self.constant.denominator, *(c.denominator for c in self.coefficients.values()))

    def affine(self) -> Affine | None:
        """The integer form; None where a coefficient is no integer, or is longer than a subscript may be."""
        if self.denominator != 1 or abs(self.constant) >= 10**DIGITS:
            return None
        return Affine.build({s: int(c) for s, c in self.coefficients.items()}, int(self.constant))


def of_affine(form: Affine) -> Linear:
    return Linear({s: Fraction(c) for s, c in form.terms}, Fraction(form.constant))


def linear(e: syntax.Expression, resolve: Resolve) -> Linear | None:
    """The formula as a linear one; None where it isn't (a product of two names, a name that resolves to nothing)."""
    match e:
        case syntax.Numeral(value=value):
            return Linear({}, value)
        case syntax.Name(name=name):
            form = resolve(name)
            return None if form is None else of_affine(form)
        case syntax.Negative(operand=operand):
            inner = linear(operand, resolve)
            return None if inner is None else inner.times(Fraction(-1))
        case syntax.Sum(terms=terms):
            total = Linear({}, Fraction(0))
            for sign, term in terms:
                part = linear(term, resolve)
                if part is None:
                    return None
                total = total.plus(part, Fraction(sign))
            return total
        case syntax.Product(factors=factors):
            return _product(factors, resolve)
    return None


def _product(factors: tuple[tuple[int, syntax.Expression], ...], resolve: Resolve) -> Linear | None:
    total = Linear({}, Fraction(1))
    for exponent, factor in factors:
        part = linear(factor, resolve)
        if part is None:
            return None
        if exponent == -1:
            if not part.is_constant or part.constant == 0:
                return None
            part = Linear({}, 1 / part.constant)
        if part.is_constant:
            total = total.times(part.constant)
        elif total.is_constant:
            total = part.times(total.constant)
        else:
            return None
    return total


def integer_form(e: syntax.Expression, resolve: Resolve) -> Affine | None:
    """The formula as an integer affine form, or None."""
    form = linear(e, resolve)
    return None if form is None else form.affine()


def names_in(e: syntax.Expression) -> tuple[syntax.Name, ...]:
    """The bare names of a formula, left to right, those inside subscripts included."""
    found: list[syntax.Name] = []
    stack: list[syntax.Expression] = [e]
    while stack:
        node = stack.pop()
        if isinstance(node, syntax.Name):
            found.append(node)
        stack.extend(reversed(parts(node)))
    return tuple(found)


def parts(e: syntax.Expression) -> tuple[syntax.Expression, ...]:
    """The direct sub-formulas, conditions' operands and binders' bounds included, left to right."""
    match e:
        case syntax.Subscripted(subscripts=subscripts):
            return subscripts
        case syntax.Sum(terms=terms):
            return tuple(t for _, t in terms)
        case syntax.Product(factors=factors):
            return tuple(f for _, f in factors)
        case syntax.Negative(operand=operand):
            return (operand,)
        case syntax.PowerOf(base=base, exponent=exponent):
            return base, exponent
        case syntax.Call(arguments=arguments):
            return arguments
        case syntax.Reduction(binders=binders, body=body):
            inner: list[syntax.Expression] = []
            for b in binders:
                inner.extend(x for x in (b.lower, b.upper) if x is not None)
                if b.condition is not None:
                    inner.extend(operands(b.condition))
            return (*inner, body)
        case syntax.Where(condition=condition, yes=yes, no=no):
            return (*operands(condition), yes, no)
    return ()


def operands(condition: syntax.Condition) -> tuple[syntax.Expression, ...]:
    """The formulas that a condition compares, left to right."""
    found: list[syntax.Expression] = []
    stack = [condition]
    while stack:
        node = stack.pop()
        match node:
            case syntax.Comparison(operands=compared):
                found.extend(compared)
            case syntax.Not(operand=operand):
                stack.append(operand)
            case syntax.And(operands=several) | syntax.Or(operands=several):
                stack.extend(reversed(several))
    return tuple(found)


def free_names(e: syntax.Expression) -> Iterator[str]:
    """The bare names of a bound or subscript, in order."""
    return (n.name for n in names_in(e))
