"""Products and sums of products of arrays with at most two axes each, as products of matrices.

Each factor joins the indices of its axes. A summed index is eliminated where it has at most two neighbours:
Σ_j A_kj v_j = A v,  Σ_j A_kj v_j B_jm = A ((v 𝟏ᵀ) ⊙ B),  Σ_j u_j v_j = uᵀ v,  Σ_ij A_ij B_ij = tr(Aᵀ B).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from symbp.calculus.affine import Range
from symbp.calculus.matrix import Literal, MatrixExpr, Ones, SquaredNorm, Trace, Transposed
from symbp.calculus.matrix_algebra import all_ones, hadamard, outer, product, scaled, square_root_of, transposed

Axes = tuple[str, ...]


class Obstacle(Enum):
    """Why an equation has no matrix form."""

    MANY_AXES = "more than two axes"
    MEETING = "three arrays meet at a summed index"
    MIXED_PLACE = "read at places that several indices or a stride make"
    GATHER = "read at a place that an integer input gives"
    MASK = "entries are left out of a sum or told apart by cases"
    DIAGONAL = "read along its diagonal"
    PART = "read over a part of an axis"
    EXTREMUM = "a maximum, a minimum or a product over an index"
    CHOICE = "each entry chooses between formulas"
    PLACE = "an index stands in it as a number"
    EXPONENT = "an exponent that differs from entry to entry"
    STEPS = "its indices only count layers or steps"
    DEEP = "nested too deeply"
    PARTIAL = "a partial derivative stands in it"
    UNKNOWN = "a name in it is no array of the model, or has another number of subscripts"


class NoMatrixForm(Exception):
    """An obstacle, and the array that it is about, if any."""

    def __init__(self, obstacle: Obstacle, name: str = "") -> None:
        super().__init__(obstacle.value)
        self.obstacle = obstacle
        self.name = name


@dataclass(frozen=True)
class Form:
    """An array with the names of the indices along its axes; one with a single index is a column."""

    value: MatrixExpr
    axes: Axes = ()

    def along(self, axes: Axes) -> MatrixExpr:
        """The array with its axes in this order."""
        return self.value if axes == self.axes else transposed(self.value)


def union(forms: Iterable[Form]) -> Axes:
    """All indices, in order of occurrence."""
    return tuple(dict.fromkeys(a for form in forms for a in form.axes))


def oriented(forms: Sequence[Form], wish: Axes) -> Axes:
    """The order of the axes of what is made of these: as wished, or the first matrix's own."""
    axes = union(forms)
    if len(axes) > 2:
        raise NoMatrixForm(Obstacle.MANY_AXES)
    wished = tuple(a for a in wish if a in axes)
    if len(wished) == len(axes):
        return wished
    return next((f.axes for f in forms if len(f.axes) == 2), axes)


def spread(form: Form, axes: Axes, ranges: Mapping[str, Range]) -> MatrixExpr:
    """The array repeated along the axes that it doesn't have: u 𝟏ᵀ, 𝟏 vᵀ, c 𝟏."""
    if len(form.axes) == len(axes):
        return form.along(axes)
    if not form.axes:
        ones = Ones(ranges[axes[0]]) if len(axes) == 1 else all_ones(ranges[axes[0]], ranges[axes[1]])
        return scaled([form.value], ones)
    other = Ones(ranges[axes[1] if form.axes[0] == axes[0] else axes[0]])
    if form.axes[0] == axes[0]:
        return product([form.value, Transposed(other)])
    return product([other, transposed(form.value)])


def combined(forms: Sequence[Form], ranges: Mapping[str, Range], wish: Axes = ()) -> Form:
    """The product entry by entry: u vᵀ of two vectors along different indices, else ⊙, scalars in front."""
    axes = oriented(forms, wish)
    scalars = [f.value for f in forms if not f.axes]
    if not axes:
        return Form(scaled(scalars))
    if len(axes) == 1:
        return Form(scaled(scalars, hadamard([f.value for f in forms if f.axes])), axes)
    rows, columns = ([f.value for f in forms if f.axes == (a,)] for a in axes)
    if not any(len(f.axes) == 2 for f in forms):
        return Form(scaled(scalars, outer(rows, columns, *(ranges[a] for a in axes))), axes)
    factors: dict[str, MatrixExpr] = {}
    for place, form in enumerate(forms):
        if len(form.axes) == 2:
            factors[f"matrix {place}"] = form.along(axes)
        elif form.axes and "vectors" not in factors:
            factors["vectors"] = outer(rows, columns, *(ranges[a] for a in axes))
    return Form(scaled(scalars, hadamard(factors.values())), axes)


def contracted(
    forms: Sequence[Form], summed: Sequence[str], ranges: Mapping[str, Range], wish: Axes = ()
) -> Form:
    """Σ over the summed indices of the product of the forms."""
    work = _Work(list(forms), list(summed), ranges, wish)
    while work.summed:
        work.eliminate()
    return combined(work.forms, ranges, wish)


@dataclass
class _Work:
    """What is left of a sum of products."""

    forms: list[Form]
    summed: list[str]
    ranges: Mapping[str, Range]
    wish: Axes

    def neighbours(self, index: str) -> Axes:
        return tuple(a for a in union(f for f in self.forms if index in f.axes) if a != index)

    def eliminate(self) -> None:
        """Takes away one summed index: of those with the fewest neighbours the innermost."""
        index = min(reversed(self.summed), key=lambda i: len(self.neighbours(i)))
        others = self.neighbours(index)
        if len(others) > 2:
            raise NoMatrixForm(Obstacle.MEETING)
        places = [p for p, f in enumerate(self.forms) if index in f.axes]
        touching = [self.forms[p] for p in places]
        self.summed.remove(index)
        if len(others) == 1 and self._is_double(index, others[0], touching):
            self.summed.remove(others[0])
            both = (others[0], index)
            value = double_sum([f.along(both) for f in touching], (self.ranges[both[0]], self.ranges[index]))
            self._replace(places, Form(value))
        elif not others:
            self._replace(places, Form(self._single(index, touching)))
        else:
            self._replace(places, self._passed(index, others, touching))

    def _is_double(self, index: str, other: str, touching: Sequence[Form]) -> bool:
        """Whether matrices over this index and another summed one are all that has either."""
        alone = all(len(f.axes) == 2 for f in touching)
        return alone and other in self.summed and self.neighbours(other) == (index,) and not any(
            f.axes == (other,) for f in self.forms
        )

    def _replace(self, places: Sequence[int], form: Form) -> None:
        first = places[0] if places else 0
        self.forms = [f for p, f in enumerate(self.forms) if p not in places]
        self.forms.insert(first, form)

    def _single(self, index: str, vectors: Sequence[Form]) -> MatrixExpr:
        if not vectors:
            return Literal(self.ranges[index].extent)
        return inner([f.value for f in vectors], self.ranges[index])

    def _passed(self, index: str, others: Axes, touching: Sequence[Form]) -> Form:
        """A v over one neighbour, A diag(v) B between two."""
        vectors = [f.value for f in touching if len(f.axes) == 1]
        if len(others) == 1:
            left = hadamard(f.along((others[0], index)) for f in touching if len(f.axes) == 2)
            return Form(product([left, hadamard(vectors) if vectors else Ones(self.ranges[index])]), others)
        rows, columns = oriented([Form(Ones(self.ranges[a]), (a,)) for a in others], self.wish)
        left = hadamard(f.along((rows, index)) for f in touching if rows in f.axes)
        right = [f.along((index, columns)) for f in touching if columns in f.axes]
        if vectors:
            right.insert(0, product([hadamard(vectors), Transposed(Ones(self.ranges[columns]))]))
        return Form(product([left, hadamard(right)]), (rows, columns))


def inner(vectors: Sequence[MatrixExpr], axis: Range) -> MatrixExpr:
    """Σ of the products of the entries of columns: 𝟏ᵀ u, ‖u‖², uᵀ v, uᵀ (v ⊙ w)."""
    first, *rest = vectors
    if not rest:
        root = square_root_of(first)
        return SquaredNorm(root) if root is not None else product([Transposed(Ones(axis)), first])
    if rest == [first]:
        return SquaredNorm(first)
    return product([transposed(first), hadamard(rest)])


def double_sum(matrices: Sequence[MatrixExpr], axes: tuple[Range, Range]) -> MatrixExpr:
    """Σ over all entries of ⊙ of matrices: 𝟏ᵀ A 𝟏, ‖A‖², tr(Aᵀ B)."""
    first, *rest = matrices
    if not rest:
        root = square_root_of(first)
        if root is not None:
            return SquaredNorm(root)
        return product([Transposed(Ones(axes[0])), first, Ones(axes[1])])
    if rest == [first]:
        return SquaredNorm(first)
    return Trace(product([transposed(first), hadamard(rest)]))
