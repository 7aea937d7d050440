"""The equations of a derivation in matrix form: forward pass, error terms, gradients and updates, and what has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from symbp.calculus.affine import Affine, Guard, Index, Range
from symbp.calculus.contraction import NoMatrixForm, Obstacle, spread
from symbp.calculus.derivation import Derivation, EquationKind, Refusal
from symbp.calculus.expression import Access, Cases, Expr, Partial, PartialKind
from symbp.calculus.looks import read_look
from symbp.calculus.matrix import MatrixExpr, has_vectors, require
from symbp.calculus.matrix_form import Arrays, matrix_form, vector_indices
from symbp.calculus.model import Model, adjoint_base, step_base, step_name, whole_access
from symbp.calculus.stacking import Scope, stacked_axes

ONE_PLACE = Affine.of(1)


@dataclass(frozen=True)
class MatrixLine:
    """left = right for all layers and steps `indices`, where the guards hold; both sides have one shape.

    `along` are the indices of the equation that run along the rows and columns of both sides, in this order.
    """

    label: str
    subject: str
    kind: EquationKind
    left: MatrixExpr
    right: MatrixExpr
    indices: tuple[Index, ...] = ()
    along: tuple[Index, ...] = ()
    guards: tuple[Guard, ...] = ()

    def __post_init__(self) -> None:
        require(self.left.shape == self.right.shape, f"the two sides of {self.subject} have different shapes")


@dataclass(frozen=True)
class Unwritten:
    """Why the equation of `subject` (with this label) has no matrix form; `name` is the array that it is about."""

    label: str
    subject: str
    kind: EquationKind
    obstacle: Obstacle
    name: str = ""

    @property
    def refusal(self) -> Refusal:
        return Refusal(self.obstacle.value if not self.name else f"{self.name}: {self.obstacle.value}")


@dataclass(frozen=True)
class MatrixForms:
    """What can be written with whole arrays and what can't, in the order of the derivation."""

    lines: tuple[MatrixLine, ...]
    unwritten: tuple[Unwritten, ...]

    @property
    def refusals(self) -> Mapping[str, Refusal]:
        """Why, for each name whose equation has no matrix form."""
        return {u.subject: u.refusal for u in self.unwritten}


@dataclass(frozen=True)
class _Equation:
    """left[I] = right, one of those that a derivation shows."""

    label: str
    subject: str
    kind: EquationKind
    indices: tuple[Index, ...]
    left: Access | Partial
    right: Expr
    guards: tuple[Guard, ...] = ()


def matrix_forms(derivation: Derivation) -> MatrixForms:
    """Every equation of the forward pass, error term, gradient (with error terms) and update with whole arrays.

    There are no lines where the model has no vectors. A matrix whose look has its axes the other way round is taken so:
    w[h,j], shown as w_jh, has the rows j.
    """
    equations = list(_equations(derivation))
    axes = _axes(derivation)
    arrays = Arrays(axes, stacked_axes(_scopes(derivation, equations), axes), _orders(derivation, axes))
    lines: list[MatrixLine] = []
    unwritten: list[Unwritten] = []
    for equation in equations:
        try:
            lines.append(_line(equation, arrays))
        except NoMatrixForm as no:
            unwritten.append(Unwritten(equation.label, equation.subject, equation.kind, no.obstacle, no.name))
    if not any(has_vectors(line.left) or has_vectors(line.right) for line in lines):
        return MatrixForms((), tuple(unwritten))
    return MatrixForms(tuple(lines), tuple(dict.fromkeys(unwritten)))


def _line(equation: _Equation, arrays: Arrays) -> MatrixLine:
    free = {i.name: i.range for i in equation.indices}
    left = matrix_form(equation.left, equation.indices, arrays)
    if any(s in left.axes for g in equation.guards for s in g.symbols):
        raise NoMatrixForm(Obstacle.MASK)
    right = matrix_form(equation.right, equation.indices, arrays, left.axes)
    if not set(right.axes) <= set(left.axes) or vector_indices(equation.right, free, arrays) - set(left.axes):
        raise NoMatrixForm(Obstacle.MIXED_PLACE)
    stack = tuple(i for i in equation.indices if i.name not in left.axes)
    several = any(i.range.extent != ONE_PLACE for i in stack)
    if several and not has_vectors(left.value) and not has_vectors(right.value):
        raise NoMatrixForm(Obstacle.STEPS)
    value = right.value if right.axes == left.axes else spread(right, left.axes, free)
    return MatrixLine(
        equation.label, equation.subject, equation.kind, left.value, value, stack,
        tuple(i for a in left.axes for i in equation.indices if i.name == a), equation.guards,
    )


def _equations(derivation: Derivation) -> Iterator[_Equation]:
    for shown in derivation.forward:
        yield from _branches(_Equation(
            shown.label, shown.target.name, shown.kind, shown.indices, shown.target, shown.body, shown.guards,
        ))
    for error in derivation.errors:
        target = whole_access(error.indices, error.name)
        for guards, body in error.branches:
            yield _Equation(error.label, error.name, "error", error.indices, target, body, guards)
    for name, gradient in derivation.gradients.items():
        shared, own = gradient.forms.get("shared"), whole_access(gradient.indices, name)
        if shared is not None and not isinstance(shared, Refusal):
            slope = Partial(PartialKind.TOTAL, Access(derivation.of), own)
            yield from _branches(_Equation(gradient.label, name, "gradient", gradient.indices, slope, shared))
        if "shared" in gradient.updates:
            target = whole_access(gradient.indices, step_name(name))
            update = gradient.updates["shared"]
            yield from _branches(_Equation("", name, "update", gradient.indices, target, update))


def _branches(equation: _Equation) -> Iterator[_Equation]:
    """One equation for each of the cases at its top, which exclude each other."""
    if isinstance(equation.right, Cases):
        for guards, body in equation.right.branches:
            yield replace(equation, right=body, guards=(*equation.guards, *guards))
    else:
        yield equation


def _scopes(derivation: Derivation, equations: list[_Equation]) -> Iterator[Scope]:
    for equation in equations:
        yield Scope(equation.indices, (equation.left, equation.right))
    for error in derivation.errors:
        own, of = whole_access(error.indices, error.name), whole_access(error.indices, error.of)
        yield Scope(error.indices, (own, of))
    for name, gradient in derivation.gradients.items():
        yield Scope(gradient.indices, tuple(whole_access(gradient.indices, n) for n in (name, step_name(name))))


def _axes(derivation: Derivation) -> dict[str, tuple[Range, ...]]:
    """The axes of every name that a display may show."""
    axes = {name: array.axes for name, array in derivation.model.arrays.items()}
    for equation in derivation.program.equations:
        axes.setdefault(equation.target, tuple(i.range for i in equation.indices))
    for error in derivation.errors:
        axes[error.name] = tuple(i.range for i in error.indices)
    for name, gradient in derivation.gradients.items():
        axes[step_name(name)] = tuple(i.range for i in gradient.indices)
    if derivation.model.rate is not None:
        axes.setdefault(derivation.model.rate, ())
    return axes


def _orders(derivation: Derivation, axes: Mapping[str, Sequence[Range]]) -> dict[str, tuple[int, ...]]:
    """The axes of each matrix in the order in which its look has them."""
    looks, named = _looks(derivation.model), {e.name: e.order for e in derivation.model.error_names}
    found: dict[str, tuple[int, ...]] = {}
    for name, own in axes.items():
        base = step_base(name) or (adjoint_base(name) if derivation.model.differential else None) or name
        order = named.get(base) or tuple(range(len(own)))
        shown = looks.get(base, ())
        found[name] = tuple(order[axis] for axis in shown) if len(shown) == len(own) else order
    return found


def _looks(model: Model) -> dict[str, tuple[int, ...]]:
    """The axes of each name with a look, in the order in which that shows them."""
    read = {name: read_look(text, model.look_letters.get(name, ())) for name, text in model.looks.items()}
    return {name: groups.order for name, groups in read.items() if groups is not None}
