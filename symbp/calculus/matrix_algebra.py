"""Making formulas over whole arrays: scalars go in front, transposes move to the factors of a product."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from symbp.calculus.affine import Range
from symbp.calculus.expression import MINUS_ONE, ONE, Number, number
from symbp.calculus.matrix import (
    SCALAR,
    EntryPower,
    Hadamard,
    Literal,
    MatrixExpr,
    Ones,
    Product,
    Scaled,
    Shape,
    SquaredNorm,
    StackSum,
    Sum,
    Trace,
    Transposed,
    Zeros,
)

UNIT = Literal(ONE)
TWO = Literal(number(2))
INVERSE = Literal(MINUS_ONE)
LARGE = (Product, SquaredNorm, Trace, StackSum)
"""Scalars that stand behind the plain ones: ½ λ ‖w‖²."""


def transposed(m: MatrixExpr) -> MatrixExpr:
    """(AB)ᵀ = Bᵀ Aᵀ, (Aᵀ)ᵀ = A, (cA)ᵀ = c Aᵀ, (Σ A)ᵀ = Σ Aᵀ, and a scalar is its own."""
    match m:
        case _ if m.shape == SCALAR:
            return m
        case Transposed(of):
            return of
        case Product(factors):
            return Product(tuple(transposed(f) for f in reversed(factors)))
        case Scaled(coefficient, over, under, body) if body is not None:
            return Scaled(coefficient, over, under, transposed(body))
        case StackSum(over, body):
            return StackSum(over, transposed(body))
        case Zeros((rows, columns)):
            return Zeros((columns, rows))
        case _:
            return Transposed(m)


def scaled(factors: Sequence[MatrixExpr], body: MatrixExpr | None = None) -> MatrixExpr:
    """The product of scalars, in order, with at most one vector or matrix behind them."""
    coefficient = Fraction(1)
    over: list[MatrixExpr] = []
    under: list[MatrixExpr] = []
    shape = SCALAR if body is None else body.shape
    for factor in _opened((*factors, body) if body is not None else factors):
        match factor:
            case Literal(Number(value)):
                coefficient *= value
            case EntryPower(base, exponent) if exponent == INVERSE and base.shape == SCALAR:
                under.append(base)
            case Zeros():
                coefficient = Fraction(0)
            case _:
                over.append(factor)
    if coefficient == 0:
        return Literal(number(0)) if shape == SCALAR else Zeros(shape)
    last = next((f for f in over if f.shape != SCALAR), None)
    if last is None:
        last = next((f for f in reversed(over) if isinstance(f, LARGE)), None)
    if last is not None:
        over.remove(last)
    return _settled(coefficient, over, under, last)


def _opened(factors: Iterable[MatrixExpr]) -> Iterable[MatrixExpr]:
    for factor in factors:
        if isinstance(factor, Scaled):
            yield Literal(factor.coefficient)
            yield from factor.over
            yield from (EntryPower(u, INVERSE) for u in factor.under)
            if factor.body is not None:
                yield factor.body
        else:
            yield factor


def _settled(
    coefficient: Fraction, over: list[MatrixExpr], under: list[MatrixExpr], body: MatrixExpr | None
) -> MatrixExpr:
    if not under and not over:
        if body is None:
            return Literal(Number(coefficient))
        if coefficient == 1:
            return body
    if coefficient == 1 and not under and body is None and len(over) == 1:
        return over[0]
    return Scaled(Number(coefficient), tuple(over), tuple(under), body)


def split_scalars(m: MatrixExpr) -> tuple[tuple[MatrixExpr, ...], MatrixExpr]:
    """The scalars in front of a vector or matrix, and what they scale."""
    if isinstance(m, Scaled) and m.body is not None and m.shape != SCALAR:
        scalars = (Literal(m.coefficient), *m.over, *(EntryPower(u, INVERSE) for u in m.under))
        return scalars, m.body
    return (), m


def product(factors: Iterable[MatrixExpr]) -> MatrixExpr:
    """A B C …: products inside are opened, scalars go in front."""
    scalars: list[MatrixExpr] = []
    flat: list[MatrixExpr] = []
    for factor in factors:
        own, rest = split_scalars(factor)
        scalars.extend(own)
        flat.extend(rest.factors if isinstance(rest, Product) else (rest,))
    shape: Shape = (flat[0].shape[0], flat[-1].shape[1])
    if any(isinstance(f, Zeros) for f in flat):
        return Literal(number(0)) if shape == SCALAR else Zeros(shape)
    return scaled(scalars, flat[0] if len(flat) == 1 else Product(tuple(flat)))


def hadamard(factors: Iterable[MatrixExpr]) -> MatrixExpr:
    """A ⊙ B ⊙ …: inner ones opened, scalars in front, all-ones dropped, divisors last; Aᵀ ⊙ Bᵀ = (A ⊙ B)ᵀ."""
    scalars: list[MatrixExpr] = []
    flat: list[MatrixExpr] = []
    for factor in factors:
        own, rest = split_scalars(factor)
        scalars.extend(own)
        flat.extend(rest.factors if isinstance(rest, Hadamard) else (rest,))
    if any(isinstance(f, Zeros) for f in flat):
        return Zeros(flat[0].shape)
    kept = [f for f in flat if not is_all_ones(f)] or flat[:1]
    kept.sort(key=is_divisor)
    turned = [f.of for f in kept if isinstance(f, Transposed)]
    if len(kept) == 1:
        return scaled(scalars, kept[0])
    if len(turned) == len(kept):
        return scaled(scalars, Transposed(Hadamard(tuple(turned))))
    return scaled(scalars, Hadamard(tuple(kept)))


def is_divisor(m: MatrixExpr) -> bool:
    """Whether m has the inverses of something's entries."""
    return isinstance(m, EntryPower) and m.exponent == INVERSE


def outer(u: Sequence[MatrixExpr], v: Sequence[MatrixExpr], rows: Range, columns: Range) -> MatrixExpr:
    """(⊙ u) (⊙ v)ᵀ, with 𝟏 for what is missing; divisors divide: A ⊘ (𝟏 vᵀ)."""
    over = [[m for m in side if not is_divisor(m)] for side in (u, v)]
    under = [[m.base for m in side if isinstance(m, EntryPower) and is_divisor(m)] for side in (u, v)]
    factors = []
    for position, (left, right) in enumerate((over, under)):
        if left or right:
            made = product([
                hadamard(left) if left else Ones(rows), transposed(hadamard(right) if right else Ones(columns)),
            ])
            factors.append(EntryPower(made, INVERSE) if position else made)
    return hadamard(factors)


def is_all_ones(m: MatrixExpr) -> bool:
    """Whether m is 𝟏, 𝟏ᵀ or 𝟏 𝟏ᵀ."""
    match m:
        case Ones() | Transposed(Ones()):
            return True
        case Product((Ones(), Transposed(Ones()))):
            return True
        case _:
            return False


def total(terms: Sequence[MatrixExpr]) -> MatrixExpr:
    """A + B + …: inner sums opened, zeros dropped."""
    flat: list[MatrixExpr] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, Sum) else (term,))
    kept = [t for t in flat if not isinstance(t, Zeros) and t != Literal(number(0))] or flat[:1]
    return kept[0] if len(kept) == 1 else Sum(tuple(kept))


def entry_power(base: MatrixExpr, exponent: MatrixExpr) -> MatrixExpr:
    return base if exponent == UNIT else EntryPower(base, exponent)


def all_ones(rows: Range, columns: Range) -> MatrixExpr:
    """𝟏 𝟏ᵀ."""
    return Product((Ones(rows), Transposed(Ones(columns))))


def square_root_of(m: MatrixExpr) -> MatrixExpr | None:
    """B where m = B ⊙ B is written as a square."""
    return m.base if isinstance(m, EntryPower) and m.exponent == TWO else None
