"""A model in double precision, whole arrays at a time: loops over recurrence axes only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from symbp.calculus.expression import Expr
from symbp.calculus.model import Equation, Model, Role, Term, term_body
from symbp.calculus.schedule import Group, schedule
from symbp.errors import DomainError, ModelError
from symbp.numeric.arithmetic import FLOAT, Undefined
from symbp.numeric.elements import box
from symbp.numeric.evaluator import Evaluator
from symbp.numeric.instances import Instance
from symbp.numeric.run import Elements
from symbp.numeric.vectors import Array, Grid, Integers, Mask, Store, Vectors

CHUNK = 1 << 20
"""Points that are evaluated at once, about."""

Fixed = dict[int, int]
"""Axes of an equation that the loops around it have set."""


def evaluate_arrays(
    model: Model,
    sizes: Mapping[str, int],
    values: Mapping[str, Any],
    *,
    instances: Mapping[str, Instance] | None = None,
) -> dict[str, Array]:
    """Every defined name of a model as an array; element 0 of an axis is its lower bound.

    `values` has an array (or a number) of the same kind for each input, parameter and constant. Raises DomainError with
    the equation and the indices where a value isn't defined; ModelError where a value is missing or misshapen.
    """
    program = _Program(model, dict(sizes), dict(instances or {}), _store(model, sizes, values))
    with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore"):
        for group in schedule(model):
            program.run(group, {})
    return {e.target: program.store.arrays[e.target] for e in model.equations}


def as_arrays(model: Model, sizes: Mapping[str, int], elements: Elements) -> dict[str, Array]:
    """Elements by index tuple as arrays."""
    result = {}
    for name, given in elements.items():
        array = model.arrays.get(name)
        shape, lower = _shape(model, name, sizes)
        kind = np.int64 if array is not None and array.role is Role.INTEGER else float
        made = np.zeros(shape, dtype=kind)
        for key, value in given.items():
            made[tuple(k - low for k, low in zip(key, lower, strict=True))] = kind(value)
        result[name] = made
    return result


def as_elements(model: Model, sizes: Mapping[str, int], arrays: Mapping[str, Array]) -> dict[str, dict[Any, Any]]:
    """Arrays as elements by index tuple."""
    result = {}
    for name, array in arrays.items():
        keys = box(model.arrays[name].axes, sizes) if name in model.arrays else [()]
        result[name] = dict(zip(keys, np.asarray(array).reshape(-1).tolist(), strict=True))
    return result


@dataclass
class _Program:
    model: Model
    sizes: dict[str, int]
    instances: dict[str, Instance]
    store: Store

    def run(self, group: Group, fixed: Mapping[str, Fixed]) -> None:
        """A group inside loops that have fixed some axes."""
        if not group.recurrent:
            for name in group.equations:
                self._equation(self.model.equation(name), fixed.get(name, {}))
            return
        for step in self._steps(group):
            inner = dict(fixed)
            for name, axis, shift in zip(group.equations, group.axes, group.shifts, strict=True):
                inner[name] = {**fixed.get(name, {}), axis: step - shift}
            for part in group.body:
                self.run(part, inner)

    def _steps(self, group: Group) -> range:
        """The union of the equations' shifted axes, in the group's direction."""
        lowest, highest = [], []
        for name, axis, shift in zip(group.equations, group.axes, group.shifts, strict=True):
            within = self.model.equation(name).indices[axis].range
            lowest.append(within.lower.evaluate(self.sizes) + shift)
            highest.append(within.upper.evaluate(self.sizes) + shift)
        if group.direction == 1:
            return range(min(lowest), max(highest) + 1)
        return range(max(highest), min(lowest) - 1, -1)

    def _equation(self, equation: Equation, fixed: Fixed) -> None:
        try:
            for grid in self._grids(equation, fixed):
                self._block(equation, grid)
        except (FloatingPointError, Undefined, ModelError) as error:
            self._explain(equation)
            if isinstance(error, ModelError):
                raise
            raise DomainError(f"overflow in {equation.target}") from None

    def _grids(self, equation: Equation, fixed: Fixed) -> Iterator[Grid]:
        """The box of the equation's indices, as blocks along its first free axis."""
        spans: list[Integers] = []
        for axis, index in enumerate(equation.indices):
            lower, upper = index.range.lower.evaluate(self.sizes), index.range.upper.evaluate(self.sizes)
            if axis in fixed:
                lower, upper = max(lower, fixed[axis]), min(upper, fixed[axis])
            spans.append(np.arange(lower, upper + 1))
        if any(not len(s) for s in spans):
            return
        free = next((k for k, s in enumerate(spans) if len(s) > 1), None)
        if free is None:
            yield _open_grid(equation, spans)
            return
        points = int(np.prod([len(s) for s in spans])) * self._inner_points(equation)
        block = max(1, len(spans[free]) * CHUNK // max(points, 1))
        for start in range(0, len(spans[free]), block):
            yield _open_grid(equation, [*spans[:free], spans[free][start : start + block], *spans[free + 1 :]])

    def _inner_points(self, equation: Equation) -> int:
        """How many index tuples the widest reduction has, about."""
        widest = 1
        for piece in equation.pieces:
            for term in piece.terms:
                count = 1
                for binder in term.binders:
                    extent = binder.range.extent
                    if set(extent.symbols) <= set(self.sizes):
                        count *= max(extent.evaluate(self.sizes), 1)
                widest = max(widest, count)
        return widest

    def _block(self, equation: Equation, grid: Grid) -> None:
        vectors = Vectors(self.sizes, self.store, self.instances)
        target = self.store.arrays[equation.target]
        lower = self.store.lower[equation.target]
        for piece in equation.pieces:
            here = grid
            mask: Mask = vectors.mask(piece.guards, grid)
            if not mask.all():
                if not mask.any():
                    continue
                here = grid.narrowed(mask)
            total = np.zeros(here.shape)
            for term in piece.terms:
                total = total + self._term(vectors, term, here)
            if not np.all(np.isfinite(total)):
                raise Undefined("overflow")
            place = tuple(here.at[i.name] - low for i, low in zip(equation.indices, lower, strict=True))
            target[place] = total

    def _term(self, vectors: Vectors, term: Term, grid: Grid) -> Array:
        if not term.binders and term.guards:
            return float(term.coefficient) * vectors.chosen(
                [(vectors.mask(term.guards, grid), _plain(term))], grid
            )
        return vectors.value(term_body(term), grid)

    def _explain(self, equation: Equation) -> None:
        """Raises what the elementwise evaluator says about the equation, if it says anything."""
        arrays = self.store.arrays
        given = {n: a for n, a in arrays.items() if n not in self.model.by_target}
        elements = as_elements(self.model, self.sizes, given)
        run = Evaluator.of_model(self.model, self.sizes, FLOAT, instances=self.instances).run(elements)
        run.table(equation.target)


def _plain(term: Term) -> Expr:
    """A term without its coefficient and guards."""
    return term_body(replace(term, coefficient=Fraction(1), guards=()))


def _open_grid(equation: Equation, spans: list[Integers]) -> Grid:
    rank = len(spans)
    at = {
        index.name: span.reshape([-1 if k == axis else 1 for k in range(rank)])
        for axis, (index, span) in enumerate(zip(equation.indices, spans, strict=True))
    }
    return Grid(tuple(len(s) for s in spans), at)


def _store(model: Model, sizes: Mapping[str, int], values: Mapping[str, Any]) -> Store:
    store = Store({}, {})
    for name, array in model.arrays.items():
        if array.role in (Role.DEFINED, Role.ADJOINT):
            continue
        if name not in values:
            raise ModelError(f"`{name}` has no value")
        shape, lower = _shape(model, name, sizes)
        given = np.asarray(values[name], dtype=np.int64 if array.role is Role.INTEGER else float)
        if given.shape != shape:
            raise ModelError(f"`{name}` has the shape {shape}, and was given {given.shape}")
        store.arrays[name], store.lower[name] = given, lower
    for equation in model.equations:
        shape = tuple(max(i.range.extent.evaluate(sizes), 0) for i in equation.indices)
        store.arrays[equation.target] = np.zeros(shape)
        store.lower[equation.target] = tuple(i.range.lower.evaluate(sizes) for i in equation.indices)
    return store


def _shape(model: Model, name: str, sizes: Mapping[str, int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    axes = model.arrays[name].axes if name in model.arrays else ()
    shape = tuple(max(a.extent.evaluate(sizes), 0) for a in axes)
    return shape, tuple(a.lower.evaluate(sizes) for a in axes)
