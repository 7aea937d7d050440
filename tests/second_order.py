"""Second derivatives by differentiating a gradient program again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from symbp.calculus.affine import Affine, Index
from symbp.calculus.expression import Access, Expr, children, with_children
from symbp.calculus.model import Array, Equation, Model, Piece, Role, Term, adjoint_base

ALONG = "along"


def along(program: Model, wrt: str, direction: str) -> Model:
    """The program with the scalar along = Σ_K direction[K] · ∂of/∂wrt[K] as its loss.

    ∂along/∂wrt is the Hessian of `of` times the direction. The program's adjoints ∂x are renamed grad_x, so that there
    is room for those of the second sweep.
    """
    plain = _with_plain_adjoints(program)
    gradient = plain.arrays[_plain_name(wrt)]
    indices = tuple(Index(f"k{axis}", within) for axis, within in enumerate(gradient.axes))
    subscripts = tuple(Affine.of(i.name) for i in indices)
    factors = (Access(direction, subscripts), Access(gradient.name, subscripts))
    scalar = Equation(ALONG, (), (Piece((), (Term(Fraction(1), factors, indices),)),))
    arrays = {
        **plain.arrays,
        direction: Array(direction, gradient.axes, Role.INPUT),
        ALONG: Array(ALONG, (), Role.DEFINED),
    }
    return replace(
        plain, arrays=arrays, equations=(*plain.equations, scalar), loss=ALONG, wrt=(wrt,), error_names=(), rate=None
    )


def _plain_name(name: str) -> str:
    return f"grad_{name}"


def _with_plain_adjoints(program: Model) -> Model:
    names = {name: _plain_name(base) for name in program.arrays if (base := adjoint_base(name)) is not None}
    arrays = {
        names.get(name, name): replace(array, name=names[name], role=Role.DEFINED) if name in names else array
        for name, array in program.arrays.items()
    }
    return replace(program, arrays=arrays, equations=tuple(_renamed(e, names) for e in program.equations))


def _renamed(equation: Equation, names: Mapping[str, str]) -> Equation:
    target = names.get(equation.target, equation.target)
    owner = names.get(equation.owner, equation.owner) if equation.owner is not None else None
    pieces = tuple(
        replace(piece, terms=tuple(
            replace(term, factors=tuple(_in(f, names) for f in term.factors)) for term in piece.terms
        ))
        for piece in equation.pieces
    )
    return replace(equation, target=target, owner=owner, pieces=pieces)


def _in(e: Expr, names: Mapping[str, str]) -> Expr:
    if isinstance(e, Access):
        return replace(e, name=names.get(e.name, e.name))
    return with_children(e, tuple(_in(part, names) for part in children(e)))
