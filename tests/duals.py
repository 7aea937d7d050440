"""Dual numbers v + d·ε over mpmath floats: derivatives by arithmetic alone, for tests of everything symbolic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

import mpmath

from symbp.calculus.model import Model, Role
from tests.interpreter import Interpreter, Key, keys


@dataclass(frozen=True)
class Dual:
    """value + slope·ε with ε² = 0."""

    value: Any
    slope: Any = 0

    def __add__(self, other: Any) -> Dual:
        b = dual(other)
        return Dual(self.value + b.value, self.slope + b.slope)

    __radd__ = __add__

    def __mul__(self, other: Any) -> Dual:
        b = dual(other)
        return Dual(self.value * b.value, self.slope * b.value + self.value * b.slope)

    __rmul__ = __mul__

    def __pow__(self, other: Any) -> Dual:
        b = dual(other)
        value = self.value**b.value
        slope = 0
        if self.slope:
            slope += b.value * self.value ** (b.value - 1) * self.slope
        if b.slope:
            slope += value * mpmath.log(self.value) * b.slope
        return Dual(value, slope)

    def __lt__(self, other: Any) -> bool:
        return bool(self.value < dual(other).value)

    def __le__(self, other: Any) -> bool:
        return bool(self.value <= dual(other).value)

    def __gt__(self, other: Any) -> bool:
        return bool(self.value > dual(other).value)

    def __ge__(self, other: Any) -> bool:
        return bool(self.value >= dual(other).value)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == dual(other).value)

    def __hash__(self) -> int:
        return hash(self.value)

    def __int__(self) -> int:
        return int(self.value)


def dual(value: Any) -> Dual:
    return value if isinstance(value, Dual) else Dual(value)


def lifted(f: Callable[[Any], Any], slope: Callable[[Any], Any]) -> Callable[[Any], Dual]:
    """A smooth function with its derivative."""
    return lambda x: Dual(f(dual(x).value), slope(dual(x).value) * dual(x).slope)


def _logistic(z: Any) -> Any:
    return 1 / (1 + mpmath.exp(-z))


def _constant(value: Fraction) -> Dual:
    return Dual(mpmath.mpf(value.numerator) / value.denominator)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "constant": _constant,
    "pi": lambda: Dual(mpmath.pi),
    "exp": lifted(mpmath.exp, mpmath.exp),
    "log": lifted(mpmath.log, lambda v: 1 / v),
    "sqrt": lifted(mpmath.sqrt, lambda v: 1 / (2 * mpmath.sqrt(v))),
    "sin": lifted(mpmath.sin, mpmath.cos),
    "cos": lifted(mpmath.cos, lambda v: -mpmath.sin(v)),
    "tanh": lifted(mpmath.tanh, lambda v: mpmath.sech(v) ** 2),
    "erf": lifted(mpmath.erf, lambda v: 2 * mpmath.exp(-v * v) / mpmath.sqrt(mpmath.pi)),
    "sigmoid": lifted(_logistic, lambda v: _logistic(v) * _logistic(-v)),
    "tan": lifted(mpmath.tan, lambda v: 1 + mpmath.tan(v) ** 2),
    "asin": lifted(mpmath.asin, lambda v: 1 / mpmath.sqrt(1 - v * v)),
    "acos": lifted(mpmath.acos, lambda v: -1 / mpmath.sqrt(1 - v * v)),
    "atan": lifted(mpmath.atan, lambda v: 1 / (1 + v * v)),
    "sinh": lifted(mpmath.sinh, mpmath.cosh),
    "cosh": lifted(mpmath.cosh, mpmath.sinh),
    "softplus": lifted(lambda v: mpmath.log(1 + mpmath.exp(v)), _logistic),
    "silu": lifted(lambda v: v * _logistic(v), lambda v: _logistic(v) * (1 + v * _logistic(-v))),
    "gelu": lifted(lambda v: v * mpmath.ncdf(v), lambda v: mpmath.ncdf(v) + v * mpmath.npdf(v)),
    "elu": lifted(lambda v: v if v > 0 else mpmath.expm1(v), lambda v: 1 if v > 0 else mpmath.exp(v)),
    "leaky_relu": lifted(lambda v: v if v > 0 else v / 100, lambda v: 1 if v > 0 else mpmath.mpf(1) / 100),
    "relu": lifted(lambda v: max(v, 0), lambda v: int(v > 0)),
    "step": lifted(lambda v: int(v > 0), lambda v: 0),
    "abs": lifted(abs, mpmath.sign),
    "sign": lifted(mpmath.sign, lambda v: 0),
    "max": lambda a, b: a if a >= b else b,
    "min": lambda a, b: a if a <= b else b,
    "stop": lambda a: Dual(dual(a).value),
    "f": lifted(mpmath.atan, lambda v: 1 / (1 + v * v)),
    "phi": lifted(mpmath.atan, lambda v: 1 / (1 + v * v)),
}


class Point:
    """Random values for everything that a model is given, drawn from `seed`."""

    def __init__(self, model: Model, sizes: Mapping[str, int], seed: int) -> None:
        dice = Random(seed)
        self.model = model
        self.sizes = dict(sizes)
        self.elements: dict[str, dict[Key, Any]] = {}
        for name, array in model.arrays.items():
            if name in model.by_target:
                continue
            if array.role is Role.INTEGER and array.values is not None:
                low, high = (b.evaluate(sizes) for b in (array.values.lower, array.values.upper))
                self.elements[name] = {k: dice.randint(low, high) for k in keys(model, name, sizes)}
            else:
                self.elements[name] = {k: Dual(mpmath.mpf(dice.randint(4, 28)) / 16) for k in keys(model, name, sizes)}

    def interpreter(self, elements: Mapping[str, Mapping[Key, Any]] | None = None) -> Interpreter:
        return Interpreter(self.model, self.sizes, elements or self.elements, FUNCTIONS)

    def slope(self, of: str, name: str, key: Key) -> Any:
        """∂of/∂name[key] of the forward model, by dual numbers."""
        return self.moved(name, key).value(of).slope

    def moved(self, name: str, key: Key) -> Interpreter:
        if name in self.elements:
            row = {**self.elements[name], key: Dual(self.elements[name][key].value, 1)}
            return self.interpreter({**self.elements, name: row})
        return _Shifted(self.model, self.sizes, self.elements, name, key)

    def elements_of(self, name: str) -> Iterator[Key]:
        return iter(keys(self.model, name, self.sizes))


class _Shifted(Interpreter):
    """Adds ε to one element of a defined name."""

    def __init__(
        self, model: Model, sizes: Mapping[str, int], elements: Mapping[str, Mapping[Key, Any]], name: str, key: Key
    ) -> None:
        super().__init__(model, sizes, elements, FUNCTIONS)
        self.element = name, key

    def value(self, name: str, key: Key = ()) -> Any:
        known = (name, key) in self.memo
        found = super().value(name, key)
        if (name, key) == self.element and not known:
            found = self.memo[name, key] = found + Dual(mpmath.mpf(0), 1)
        return found
