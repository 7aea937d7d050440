"""Formulas over whole arrays: W g + θ for Σ_h w_jh g_h + θ_j. Every node knows its shape and is checked as it is made.

A vector is a column. Axes that only count layers or steps stay as subscripts of the array: h[t] is one vector for each
t. A shape is the ranges of rows and columns; None is an axis of one entry.
"""

from __future__ import annotations

from symbp.calculus.affine import Affine, Index, Range
from symbp.calculus.expression import Number, Reduce
from symbp.calculus.node import node

Shape = tuple[Range | None, Range | None]

SCALAR: Shape = (None, None)


class ShapeError(AssertionError):
    """Arrays that don't fit together: a mistake in symbp."""


def require(condition: bool, what: str) -> None:
    if not condition:
        raise ShapeError(what)


@node
class Whole:
    """An array with its layer and step subscripts; None stands at the axes of the vector or matrix.

    A matrix is `flipped` where its notation has the indices in the other order: w[h,j], shown as w_jh, has the rows j.
    """

    name: str
    subscripts: tuple[Affine | None, ...] = ()
    shape: Shape = SCALAR
    flipped: bool = False

    def __post_init__(self) -> None:
        axes = sum(s is None for s in self.subscripts)
        require(axes == sum(a is not None for a in self.shape), f"{self.name} has {axes} axes")


@node
class Slope:
    """∂of/∂wrt for a scalar `of`, entry by entry: it has the shape of `wrt`."""

    of: str
    wrt: Whole

    @property
    def shape(self) -> Shape:
        return self.wrt.shape


@node
class Literal:
    """A number, a named constant or a size: a scalar without an array."""

    value: Number | str | Affine

    @property
    def shape(self) -> Shape:
        return SCALAR


@node
class Ones:
    """The column 𝟏."""

    axis: Range

    @property
    def shape(self) -> Shape:
        return self.axis, None


@node
class Zeros:
    """0, of any shape."""

    shape: Shape


@node
class Transposed:
    """Aᵀ."""

    of: MatrixExpr

    @property
    def shape(self) -> Shape:
        rows, columns = self.of.shape
        return columns, rows


@node
class Product:
    """A B C …, the matrix product of two or more factors: uᵀ v is a scalar, u vᵀ a matrix."""

    factors: tuple[MatrixExpr, ...]

    def __post_init__(self) -> None:
        for left, right in zip(self.factors, self.factors[1:], strict=False):
            require(left.shape[1] == right.shape[0], "inner axes of a product differ")

    @property
    def shape(self) -> Shape:
        return self.factors[0].shape[0], self.factors[-1].shape[1]


@node
class Hadamard:
    """A ⊙ B ⊙ …, entry by entry."""

    factors: tuple[MatrixExpr, ...]

    def __post_init__(self) -> None:
        require(len({f.shape for f in self.factors}) == 1, "shapes of an entrywise product differ")

    @property
    def shape(self) -> Shape:
        return self.factors[0].shape


@node
class Sum:
    """A + B + …, in order."""

    terms: tuple[MatrixExpr, ...]

    def __post_init__(self) -> None:
        require(len({t.shape for t in self.terms}) == 1, "shapes of a sum differ")

    @property
    def shape(self) -> Shape:
        return self.terms[0].shape


@node
class Scaled:
    """(coefficient · over / under) · body, all but the body scalars; without a body it is a scalar itself."""

    coefficient: Number
    over: tuple[MatrixExpr, ...]
    under: tuple[MatrixExpr, ...]
    body: MatrixExpr | None

    def __post_init__(self) -> None:
        require(all(s.shape == SCALAR for s in (*self.over, *self.under)), "only scalars scale")

    @property
    def shape(self) -> Shape:
        return SCALAR if self.body is None else self.body.shape


@node
class Entrywise:
    """function(A, …) of each entry, or the derivative of these orders of a generic function."""

    function: str
    arguments: tuple[MatrixExpr, ...]
    orders: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        require(len({a.shape for a in self.arguments}) == 1, "shapes of a function's arguments differ")

    @property
    def shape(self) -> Shape:
        return self.arguments[0].shape


@node
class EntryPower:
    """Each entry of `base` to a scalar exponent."""

    base: MatrixExpr
    exponent: MatrixExpr

    def __post_init__(self) -> None:
        require(self.exponent.shape == SCALAR, "an exponent is a scalar")

    @property
    def shape(self) -> Shape:
        return self.base.shape


@node
class SquaredNorm:
    """‖A‖², the sum of the squares of all entries."""

    of: MatrixExpr

    @property
    def shape(self) -> Shape:
        return SCALAR


@node
class Trace:
    """tr A, the sum of the diagonal."""

    of: MatrixExpr

    def __post_init__(self) -> None:
        require(self.of.shape[0] == self.of.shape[1], "only a square matrix has a trace")

    @property
    def shape(self) -> Shape:
        return SCALAR


@node
class StackSum:
    """Σ over layers or steps, wherever the guards hold, of whole arrays. `over` has the binders and guards."""

    over: Reduce
    body: MatrixExpr

    @property
    def shape(self) -> Shape:
        return self.body.shape

    @property
    def binders(self) -> tuple[Index, ...]:
        return self.over.binders


MatrixExpr = (
    Whole | Slope | Literal | Ones | Zeros | Transposed | Product | Hadamard | Sum | Scaled | Entrywise | EntryPower
    | SquaredNorm | Trace | StackSum
)


def parts(m: MatrixExpr) -> tuple[MatrixExpr, ...]:
    """The direct sub-expressions, in order."""
    match m:
        case Slope(_, wrt):
            return (wrt,)
        case Transposed(of) | SquaredNorm(of) | Trace(of):
            return (of,)
        case Product(factors) | Hadamard(factors):
            return factors
        case Sum(terms):
            return terms
        case Scaled(_, over, under, body):
            return (*over, *under) if body is None else (*over, *under, body)
        case Entrywise(_, arguments):
            return arguments
        case EntryPower(base, exponent):
            return base, exponent
        case StackSum(_, body):
            return (body,)
        case _:
            return ()


def has_vectors(m: MatrixExpr) -> bool:
    """Whether some part isn't a scalar."""
    stack = [m]
    while stack:
        part = stack.pop()
        if part.shape != SCALAR:
            return True
        stack.extend(parts(part))
    return False
