"""Π over the other values of an index: written as Π_{r′≠r}, computed from a prefix and a suffix, never as P/u."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symbp.calculus.affine import Affine, Guard, Index
from symbp.calculus.expression import Access
from symbp.calculus.indices import substitute
from symbp.calculus.model import Equation, Piece, Term, whole_access


def running_products(
    equation: Equation, piece: Piece, indices: Sequence[Index], access: Access, names: tuple[str, str]
) -> tuple[Equation, Equation]:
    """before[I, r] = Π_{r′<r} u[r′] and after[I, r] = Π_{r′>r} u[r′] as recurrences along the last index.

    before[lo] = 1, before[r] = before[r−1] u[r−1];  after[hi] = 1, after[r] = after[r+1] u[r+1]
    (Griewank and Walther, Evaluating Derivatives, 2nd ed. 2008, section 3.3: Speelpenning's product).
    """
    own = tuple(indices)
    r = own[-1]
    start, goes_on = r.range.lower, Guard("ge", Affine.of(r.name) - r.range.lower - 1)
    before = _running(equation, piece, own, access, names[0], start, goes_on, -1)
    end, comes_from = r.range.upper, Guard("ge", r.range.upper - r.name - 1)
    return before, _running(equation, piece, own, access, names[1], end, comes_from, 1)


def _running(
    equation: Equation,
    piece: Piece,
    indices: tuple[Index, ...],
    access: Access,
    name: str,
    first: Affine,
    further: Guard,
    step: int,
) -> Equation:
    r = indices[-1].name
    shifted = {r: Affine.of(r) + step}
    own = substitute(whole_access(indices, name), shifted)
    pieces: list[Piece] = []
    for p in equation.pieces:
        if p is not piece:
            pieces.append(Piece(p.guards, ()))
            continue
        pieces.append(Piece((*p.guards, Guard("eq", Affine.of(r) - first)), (Term(Fraction(1), ()),)))
        pieces.append(Piece((*p.guards, further), (Term(Fraction(1), (own, substitute(access, shifted))),)))
    return Equation(name, indices, tuple(pieces), True, equation.target, equation.line)
