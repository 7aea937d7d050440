"""Formulas over many index tuples at once: double-precision NumPy arrays in place of numbers.

A formula is evaluated at the points of a `Grid`. What a guard, a case or a `Select` leaves out isn't evaluated there:
the grid is narrowed to the points that remain, so nothing outside a domain is ever computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symbp.calculus.affine import Affine, Guard, Index, Lookup, Subscript
from symbp.calculus.expression import (
    Access,
    Add,
    Apply,
    Cases,
    Constant,
    Expr,
    Mul,
    Number,
    Partial,
    Position,
    Power,
    Reduce,
    ReductionKind,
    Select,
)
from symbp.calculus.functions import ALIASES, FUNCTIONS, LEAK, is_marked, unmarked
from symbp.errors import ModelError
from symbp.numeric.arithmetic import Arithmetic, Undefined
from symbp.numeric.closures import RELATIONS
from symbp.numeric.instances import Instance

Array = NDArray[Any]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Grid:
    """Points: for each index its value there, as arrays that broadcast to `shape`."""

    shape: tuple[int, ...]
    at: Mapping[str, Integers]

    def narrowed(self, mask: Mask) -> Grid:
        """The points where the mask holds, in a row."""
        at = {name: np.broadcast_to(values, self.shape)[mask] for name, values in self.at.items()}
        return Grid((int(np.count_nonzero(mask)),), at)

    def extended(self, name: str, values: Integers) -> Grid:
        """Every point with every value of one more index, which becomes the last axis."""
        at = {n: v[..., np.newaxis] if v.ndim else v for n, v in self.at.items()}
        return Grid((*self.shape, len(values)), {**at, name: values})


@dataclass(frozen=True)
class Store:
    """Arrays by name, and the lower bound of each of their axes."""

    arrays: dict[str, Array]
    lower: dict[str, tuple[int, ...]]

    def gather(self, name: str, subscripts: list[Integers]) -> Array:
        """The elements at the subscripts' values. ModelError where one is out of range."""
        if name not in self.arrays:
            raise ModelError(f"`{name}` has no value and no definition")
        array = self.arrays[name]
        if not subscripts:
            return array
        offsets = []
        for axis, (subscript, lower) in enumerate(zip(subscripts, self.lower[name], strict=True)):
            offset = subscript - lower
            if offset.size and (offset.min() < 0 or offset.max() >= array.shape[axis]):
                raise ModelError(f"`{name}` is read out of range in its axis {axis + 1}")
            offsets.append(offset)
        found: Array = array[tuple(offsets)]
        return found


@dataclass(frozen=True)
class Vectors:
    """Evaluates formulas on grids."""

    sizes: Mapping[str, int]
    store: Store
    instances: Mapping[str, Instance]

    def affine(self, form: Affine, grid: Grid) -> Integers:
        total: Integers = np.asarray(form.constant)
        for symbol, c in form.terms:
            value = grid.at[symbol] if symbol in grid.at else self.sizes[symbol]
            total = total + c * value
        return total

    def subscript(self, subscript: Subscript, grid: Grid) -> Integers:
        return self.lookup(subscript, grid) if isinstance(subscript, Lookup) else self.affine(subscript, grid)

    def lookup(self, lookup: Lookup, grid: Grid) -> Integers:
        return self.store.gather(lookup.array, [self.affine(s, grid) for s in lookup.subscripts]).astype(np.int64)

    def mask(self, guards: tuple[Guard, ...], grid: Grid) -> Mask:
        """Where all the guards hold; each is looked at only where those before it hold."""
        result = np.ones(grid.shape, dtype=bool)
        for guard in guards:
            if guard.lookup is None:
                result &= _holds(guard, self.affine(guard.form, grid))
            elif result.any():
                inside = grid.narrowed(result)
                looked = self.lookup(guard.lookup, inside) - self.affine(guard.form, inside)
                result[result] = np.broadcast_to(_holds(guard, looked), inside.shape)
        return result

    def value(self, e: Expr, grid: Grid) -> Array:
        """The formula's values, an array that broadcasts to the grid's shape."""
        match e:
            case Number(value):
                return np.asarray(float(value))
            case Constant("pi"):
                return np.asarray(math.pi)
            case Position(form):
                return self.affine(form, grid).astype(float)
            case Access(name, subscripts):
                return self.store.gather(name, [self.subscript(s, grid) for s in subscripts]).astype(float, copy=False)
            case Add(terms):
                total = self.value(terms[0], grid)
                for term in terms[1:]:
                    total = total + self.value(term, grid)
                return total
            case Mul(factors):
                product = self.value(factors[0], grid)
                for factor in factors[1:]:
                    product = product * self.value(factor, grid)
                return product
            case Power(base, exponent):
                return np.power(self.value(base, grid), self.value(exponent, grid))
            case Apply() if is_marked(e):
                return self.value(unmarked(e), grid)
            case Apply(function, arguments, orders):
                return self._apply(function, tuple(self.value(a, grid) for a in arguments), orders)
            case Reduce(kind, binders, guards, body, component):
                return self.reduced(kind, binders, guards, body, component, grid)
            case Cases(branches):
                return self._cases(branches, grid)
            case Select(relation, left, right, yes, no):
                holds = RELATIONS[relation](self.value(left, grid), self.value(right, grid))
                mask = np.broadcast_to(np.asarray(holds, dtype=bool), grid.shape)
                return self.chosen([(mask, yes), (~mask, no)], grid)
            case Partial() | Constant():
                raise ModelError("a partial derivative has a value in a verification only")

    def chosen(self, parts: list[tuple[Mask, Expr]], grid: Grid) -> Array:
        """Each formula where its mask holds, 0 elsewhere; the masks are disjoint."""
        for mask, body in parts:
            if mask.all():
                return self.value(body, grid)
        result = np.zeros(grid.shape)
        for mask, body in parts:
            if mask.any():
                result[mask] = self.value(body, grid.narrowed(mask))
        return result

    def _cases(self, branches: tuple[tuple[tuple[Guard, ...], Expr], ...], grid: Grid) -> Array:
        open_ = np.ones(grid.shape, dtype=bool)
        parts = []
        for guards, body in branches:
            here = open_.copy()
            here[open_] = self.mask(guards, grid.narrowed(open_))
            open_ &= ~here
            parts.append((here, body))
        return self.chosen(parts, grid)

    def _apply(self, function: str, arguments: tuple[Array, ...], orders: tuple[int, ...]) -> Array:
        if function in self.instances:
            found: Array = self.instances[function].value(NUMPY, arguments, orders)
            return found
        name = ALIASES.get(function, function)
        if name not in FUNCTIONS:
            raise ModelError(f"`{function}` stands for any function: give a concrete one")
        result: Array = NUMPY.functions[name](*arguments)
        return result

    def reduced(
        self, kind: ReductionKind, binders: tuple[Index, ...], guards: tuple[Guard, ...], body: Expr, component: int,
        grid: Grid,
    ) -> Array:
        """⊕ over the binders, the last axes of a larger grid, at the points where ranges and guards hold."""
        inner, bounds = self.with_binders(binders, grid)
        mask = self.mask((*bounds, *guards), inner)
        axes = tuple(range(len(grid.shape), len(inner.shape)))
        if mask.all() and mask.size:
            values = np.broadcast_to(self.value(body, inner), inner.shape)
        else:
            values = np.full(inner.shape, _NEUTRAL[kind])
            if mask.any():
                values[mask] = self.value(body, inner.narrowed(mask))
        match kind:
            case "sum":
                return np.asarray(values.sum(axis=axes))
            case "prod":
                return np.asarray(values.prod(axis=axes))
        if not np.all(mask.any(axis=axes)):
            raise Undefined("an empty maximum or minimum")
        if kind in ("max", "min"):
            return np.asarray(values.max(axis=axes) if kind == "max" else values.min(axis=axes))
        flat = values.reshape((*grid.shape, -1))
        where = flat.argmax(axis=-1) if kind == "argmax" else flat.argmin(axis=-1)
        position = np.unravel_index(where, inner.shape[len(grid.shape) :])[component]
        return np.asarray(inner.at[binders[component].name][position])

    def with_binders(self, binders: tuple[Index, ...], grid: Grid) -> tuple[Grid, tuple[Guard, ...]]:
        """The grid with an axis for each binder, and guards for those whose range depends on other indices."""
        guards: list[Guard] = []
        for binder in binders:
            lower, upper = self.affine(binder.range.lower, grid), self.affine(binder.range.upper, grid)
            some = bool(lower.size and upper.size)
            values = np.arange(lower.min(), upper.max() + 1) if some else np.arange(0)
            for bound, form in (
                (lower, Affine.of(binder.name) - binder.range.lower), (upper, binder.range.upper - binder.name),
            ):
                if bound.ndim:
                    guards.append(Guard("ge", form))
            grid = grid.extended(binder.name, values)
        return grid, tuple(guards)


_NEUTRAL: dict[ReductionKind, float] = {
    "sum": 0.0, "prod": 1.0, "max": -math.inf, "min": math.inf, "argmax": -math.inf, "argmin": math.inf,
}


def _holds(guard: Guard, e: Integers) -> Mask:
    match guard.kind:
        case "ge":
            return np.asarray(e >= 0)
        case "eq":
            return np.asarray(e == 0)
        case "ne":
            return np.asarray(e != 0)
        case "divides":
            return np.asarray(e % guard.modulus == 0)
        case "not_divides":
            return np.asarray(e % guard.modulus != 0)


def _within(name: str, holds: Callable[[Array], Mask], f: Callable[[Array], Array]) -> Callable[[Array], Array]:
    def checked(x: Array) -> Array:
        if not np.all(holds(x)):
            raise Undefined(f"{name} outside its domain")
        return f(x)

    return checked


def _elementwise(f: Callable[[float], float]) -> Callable[[Array], Array]:
    each = np.frompyfunc(f, 1, 1)
    return lambda x: np.asarray(each(x), dtype=float)


def _sigmoid(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


_erfc = _elementwise(math.erfc)

_FUNCTIONS: dict[str, Callable[..., Array]] = {
    "exp": np.exp,
    "log": _within("log", lambda x: x > 0, np.log),
    "sqrt": _within("sqrt", lambda x: x >= 0, np.sqrt),
    "abs": np.abs,
    "sign": np.sign,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": _within("asin", lambda x: np.abs(x) <= 1, np.arcsin),
    "acos": _within("acos", lambda x: np.abs(x) <= 1, np.arccos),
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "erf": _elementwise(math.erf),
    "sigmoid": _sigmoid,
    "relu": lambda x: np.maximum(x, 0.0),
    "leaky_relu": lambda x: np.maximum(x, float(LEAK) * x),
    "elu": lambda x: np.maximum(x, 0.0) + np.expm1(np.minimum(x, 0.0)),
    "softplus": lambda x: np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x))),
    "gelu": lambda x: 0.5 * x * _erfc(-x / math.sqrt(2)),
    "silu": lambda x: x * _sigmoid(x),
    "step": lambda x: np.asarray(x > 0, dtype=float),
    "max": np.maximum,
    "min": np.minimum,
    "stop": lambda x: x,
}

NUMPY = Arithmetic(
    name="double precision arrays",
    number=float,
    functions=_FUNCTIONS,
    branches={},
    constants={"pi": lambda: math.pi},
    raise_to=np.power,
    raise_to_integer=np.power,
    is_finite=lambda x: bool(np.all(np.isfinite(x))),
    show=str,
    magnitude=lambda x: float(np.log10(np.max(np.abs(x)))),
    digits=15,
)
