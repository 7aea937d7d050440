"""Concrete functions to put for a generic one, `function f(z)`: any differentiable function is meant, so try three.

Each takes s = Σ_k a_k x_k of its arguments, with a_1 = 1 and fixed other a_k, and answers with its derivative of every
order: ∂^o f = Π_k a_k^{o_k} · g^{(|o|)}(s).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from symbp.numeric.arithmetic import Arithmetic, Value

Polynomial = tuple[int, ...]
"""Coefficients by rising power."""

Profile = Callable[[Arithmetic, int, Value], Value]
"""g^{(n)}(s), given the arithmetic, n and s."""


def _tanh(arithmetic: Arithmetic, order: int, s: Value) -> Value:
    """tanh^{(n)} = P_n(tanh) with P_0 = t and P_{n+1} = P_n′ · (1 − t²)."""
    return _horner(_tower((0, 1), (1, 0, -1), order), arithmetic, arithmetic.call("tanh", (s,)))


def _sin(arithmetic: Arithmetic, order: int, s: Value) -> Value:
    """sin, cos, −sin, −cos, and again."""
    value = arithmetic.call("cos" if order % 2 else "sin", (s,))
    return -value if order % 4 >= 2 else value


def _softplus(arithmetic: Arithmetic, order: int, s: Value) -> Value:
    """log(1 + eˢ); from the first derivative on Q_n(σ) with Q_1 = σ and Q_{n+1} = Q_n′ · (σ − σ²)."""
    if order == 0:
        return arithmetic.call("softplus", (s,))
    return _horner(_tower((0, 1), (0, 1, -1), order - 1), arithmetic, arithmetic.call("sigmoid", (s,)))


@dataclass(frozen=True)
class Instance:
    """A concrete function of any number of arguments, with all its derivatives."""

    name: str
    profile: Profile

    def value(self, arithmetic: Arithmetic, arguments: tuple[Value, ...], orders: tuple[int, ...]) -> Value:
        """∂^orders f at the arguments; () means f itself."""
        s = arithmetic.number(0)
        for weight, argument in zip(weights(len(arguments)), arguments, strict=True):
            s = s + arithmetic.number(weight) * argument
        scale = Fraction(1)
        for weight, order in zip(weights(len(arguments)), orders, strict=False):
            scale *= weight**order
        value = self.profile(arithmetic, sum(orders), s)
        return value if scale == 1 else arithmetic.number(scale) * value


TANH = Instance("tanh", _tanh)
SIN = Instance("sin", _sin)
SOFTPLUS = Instance("softplus", _softplus)
INSTANCES: tuple[Instance, ...] = (TANH, SIN, SOFTPLUS)


def instances_for(functions: Mapping[str, int], turn: int) -> dict[str, Instance]:
    """An instance for each generic function; neighbouring functions get different ones, and so do successive turns."""
    return {name: INSTANCES[(turn + k) % len(INSTANCES)] for k, name in enumerate(sorted(functions))}


def weights(arity: int) -> tuple[Fraction, ...]:
    """1, −2/3, 3/4, −4/5, …: distinct, of both signs, near one in size."""
    return tuple(Fraction(k + 1, k + 2) * (-1) ** k if k else Fraction(1) for k in range(arity))


@lru_cache(maxsize=256)
def _tower(start: Polynomial, velocity: Polynomial, order: int) -> Polynomial:
    """P_n of P_{k+1} = P_k′ · velocity."""
    polynomial = start
    for _ in range(order):
        slope = tuple(k * c for k, c in enumerate(polynomial))[1:] or (0,)
        polynomial = _product(slope, velocity)
    return polynomial


def _product(p: Polynomial, q: Polynomial) -> Polynomial:
    result = [0] * (len(p) + len(q) - 1)
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            result[i + j] += a * b
    return tuple(result)


def _horner(polynomial: Polynomial, arithmetic: Arithmetic, x: Value) -> Value:
    total = arithmetic.number(0)
    for c in reversed(polynomial):
        total = total * x + c
    return total
