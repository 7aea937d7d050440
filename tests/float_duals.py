"""Slopes of a forward model in double precision, by dual numbers: what the numbers of a printed program are held to."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from random import Random
from typing import Any

from symbp.calculus.model import Model, Role
from symbp.numeric.arithmetic import FLOAT
from symbp.numeric.instances import SIN
from symbp.numeric.points import Sampler
from tests.duals import Dual, dual, lifted
from tests.interpreter import Interpreter, Key, keys

Values = dict[str, dict[Key, Any]]


def _logistic(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def _bell(v: float) -> float:
    return math.exp(-v * v / 2) / math.sqrt(2 * math.pi)


def _below(v: float) -> float:
    return math.erfc(-v / math.sqrt(2)) / 2


def _phi(a: Any, b: Any) -> Dual:
    x, y = dual(a), dual(b)
    return Dual(math.sin(x.value) * y.value, math.cos(x.value) * y.value * x.slope + math.sin(x.value) * y.slope)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "constant": lambda value: Dual(float(Fraction(value))),
    "pi": lambda: Dual(math.pi),
    "exp": lifted(math.exp, math.exp),
    "log": lifted(math.log, lambda v: 1 / v),
    "sqrt": lifted(math.sqrt, lambda v: 1 / (2 * math.sqrt(v))),
    "sin": lifted(math.sin, math.cos),
    "cos": lifted(math.cos, lambda v: -math.sin(v)),
    "tan": lifted(math.tan, lambda v: 1 + math.tan(v) ** 2),
    "tanh": lifted(math.tanh, lambda v: 1 / math.cosh(v) ** 2),
    "erf": lifted(math.erf, lambda v: 2 * math.exp(-v * v) / math.sqrt(math.pi)),
    "sigmoid": lifted(_logistic, lambda v: _logistic(v) * _logistic(-v)),
    "asin": lifted(math.asin, lambda v: 1 / math.sqrt(1 - v * v)),
    "acos": lifted(math.acos, lambda v: -1 / math.sqrt(1 - v * v)),
    "atan": lifted(math.atan, lambda v: 1 / (1 + v * v)),
    "sinh": lifted(math.sinh, math.cosh),
    "cosh": lifted(math.cosh, math.sinh),
    "softplus": lifted(lambda v: math.log(1 + math.exp(v)), _logistic),
    "silu": lifted(lambda v: v * _logistic(v), lambda v: _logistic(v) * (1 + v * _logistic(-v))),
    "gelu": lifted(lambda v: v * _below(v), lambda v: _below(v) + v * _bell(v)),
    "elu": lifted(lambda v: v if v > 0 else math.expm1(v), lambda v: 1 if v > 0 else math.exp(v)),
    "leaky_relu": lifted(lambda v: v if v > 0 else v / 100, lambda v: 1 if v > 0 else 1 / 100),
    "relu": lifted(lambda v: max(v, 0), lambda v: int(v > 0)),
    "step": lifted(lambda v: int(v > 0), lambda v: 0),
    "abs": lifted(abs, lambda v: (v > 0) - (v < 0)),
    "sign": lifted(lambda v: (v > 0) - (v < 0), lambda v: 0),
    "max": lambda a, b: a if a >= b else b,
    "min": lambda a, b: a if a <= b else b,
    "stop": lambda a: Dual(dual(a).value),
    "f": lifted(math.sin, math.cos),
    "phi": _phi,
}
"""Every function that a forward model may apply, f and φ standing for any."""


def plain(name: str) -> Callable[..., float]:
    """A function's value alone."""
    return lambda *arguments: float(dual(FUNCTIONS[name](*arguments)).value)


SCALARS: Mapping[str, Any] = {
    **{name: plain(name) for name in FUNCTIONS if name not in ("constant", "pi", "max", "min")},
    "max": max, "min": min, "pi": math.pi, "one": 1.0, "marked": lambda x: x,
    "argmax": lambda *values: values.index(max(values)), "argmin": lambda *values: values.index(min(values)),
    "f_orders_1": math.cos,
    "phi_orders_1_0": lambda a, b: math.cos(a) * b,
    "phi_orders_0_1": lambda a, b: math.sin(a),
}
"""What a printed formula's words for functions mean."""


class FloatPoint:
    """Values for everything that a model is given, its facts met; integer inputs as `integers` has them."""

    def __init__(
        self, model: Model, sizes: Mapping[str, int], seed: int, integers: Callable[[str, Key], int]
    ) -> None:
        instances = dict.fromkeys(model.functions, SIN)
        sampler = Sampler(model, sizes, instances)
        drawn = sampler.at(sampler.draw(Random(seed), 0), FLOAT)
        self.model = model
        self.sizes = dict(sizes)
        self.values: Values = {}
        for name, array in model.arrays.items():
            if name not in model.by_target and (name in drawn or array.role is Role.INTEGER):
                given = keys(model, name, sizes)
                if array.role is Role.INTEGER:
                    self.values[name] = {k: integers(name, k) for k in given}
                else:
                    self.values[name] = {k: float(drawn[name][k]) for k in given}

    def forward(self, parameter: str | None = None, direction: Mapping[Key, float] | None = None) -> Interpreter:
        """The forward model over dual numbers; a parameter moves in a direction."""
        elements: Values = {
            name: {k: v if isinstance(v, int) else Dual(v) for k, v in row.items()} for name, row in self.values.items()
        }
        if parameter is not None and direction is not None:
            elements[parameter] = {k: Dual(v, direction[k]) for k, v in self.values[parameter].items()}
        return Interpreter(self.model, self.sizes, elements, FUNCTIONS)
