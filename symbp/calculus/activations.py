"""The activations as books define them: a definition in elementary functions, and the way to the derivative.

The last line of a derivative is what the rules of `functions` give; `verify` evaluates every one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from symbp.calculus.expression import (
    MINUS_ONE,
    ONE,
    ZERO,
    Constant,
    Expr,
    Mul,
    Power,
    Select,
    add,
    apply,
    divide,
    multiply,
    negate,
    number,
    power,
    reciprocal,
    subtract,
)
from symbp.calculus.functions import LEAK

TWO = number(2)
HALF = number(Fraction(1, 2))


@dataclass(frozen=True)
class Activation:
    """f(t) = definition(t), and f′(t) = each of derivative(t)."""

    definition: Callable[[Expr], Expr]
    derivative: Callable[[Expr], tuple[Expr, ...]]


def _decay(t: Expr) -> Expr:
    return apply("exp", negate(t))


def _sigmoid(t: Expr) -> Expr:
    """1/(1 + e^{−t})"""
    return reciprocal(add((ONE, _decay(t))))


def _sigmoid_slope(t: Expr) -> tuple[Expr, ...]:
    """e^{−t}/(1 + e^{−t})² = 1/(1 + e^{−t}) · e^{−t}/(1 + e^{−t}) = σ(t)(1 − σ(t))"""
    below = add((ONE, _decay(t)))
    value = apply("sigmoid", t)
    return (
        multiply((_decay(t), Power(below, number(-2)))),
        Mul((Mul((ONE, reciprocal(below))), divide(_decay(t), below))),
        multiply((value, subtract(ONE, value))),
    )


def _tanh(t: Expr) -> Expr:
    """(e^t − e^{−t})/(e^t + e^{−t})"""
    rise = apply("exp", t)
    return divide(subtract(rise, _decay(t)), add((rise, _decay(t))))


def _tanh_slope(t: Expr) -> tuple[Expr, ...]:
    """((e^t + e^{−t})² − (e^t − e^{−t})²)/(e^t + e^{−t})² = 1 − tanh²(t)"""
    rise = apply("exp", t)
    over, below = subtract(rise, _decay(t)), add((rise, _decay(t)))
    return (
        divide(subtract(power(below, TWO), power(over, TWO)), power(below, TWO)),
        subtract(ONE, power(apply("tanh", t), TWO)),
    )


def _softplus(t: Expr) -> Expr:
    """log(1 + e^t)"""
    return apply("log", add((ONE, apply("exp", t))))


def _softplus_slope(t: Expr) -> tuple[Expr, ...]:
    """e^t/(1 + e^t) = 1/(1 + e^{−t}) = σ(t)"""
    rise = apply("exp", t)
    return divide(rise, add((ONE, rise))), _sigmoid(t), apply("sigmoid", t)


def _silu(t: Expr) -> Expr:
    """t σ(t)"""
    return multiply((t, apply("sigmoid", t)))


def _silu_slope(t: Expr) -> tuple[Expr, ...]:
    """σ(t) + t σ(t)(1 − σ(t))"""
    s = apply("sigmoid", t)
    return (add((s, multiply((t, s, subtract(ONE, s))))),)


def _gelu(t: Expr) -> Expr:
    """½ t (1 + erf(t/√2))"""
    return multiply((HALF, t, _one_plus_erf(t)))


def _gelu_slope(t: Expr) -> tuple[Expr, ...]:
    """½ (1 + erf(t/√2)) + t e^{−t²/2}/√(2π)"""
    bell = apply("exp", negate(multiply((HALF, power(t, TWO)))))
    spread = apply("sqrt", multiply((TWO, Constant("pi"))))
    return (add((multiply((HALF, _one_plus_erf(t))), multiply((t, divide(bell, spread))))),)


def _one_plus_erf(t: Expr) -> Expr:
    return add((ONE, apply("erf", divide(t, apply("sqrt", TWO)))))


def _relu(t: Expr) -> Expr:
    """max(0, t)"""
    return apply("max", ZERO, t)


def _relu_slope(t: Expr) -> tuple[Expr, ...]:
    """0 where t ≤ 0 (at 0 by convention), else 1: [t > 0]"""
    return Select("<=", t, ZERO, ZERO, ONE), apply("step", t)


def _leaky_relu(t: Expr) -> Expr:
    """t where t > 0, else t/100"""
    return Select(">", t, ZERO, t, multiply((number(LEAK), t)))


def _leaky_relu_slope(t: Expr) -> tuple[Expr, ...]:
    """1 where t > 0, else 1/100 (at 0 by convention)"""
    return (Select(">", t, ZERO, ONE, number(LEAK)),)


def _elu(t: Expr) -> Expr:
    """t where t > 0, else e^t − 1"""
    return Select(">", t, ZERO, t, add((apply("exp", t), MINUS_ONE)))


def _elu_slope(t: Expr) -> tuple[Expr, ...]:
    """1 where t > 0, else e^t = elu(t) + 1"""
    return (
        Select(">", t, ZERO, ONE, apply("exp", t)),
        Select(">", t, ZERO, ONE, add((apply("elu", t), ONE))),
    )


ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": Activation(_sigmoid, _sigmoid_slope),
    "tanh": Activation(_tanh, _tanh_slope),
    "softplus": Activation(_softplus, _softplus_slope),
    "silu": Activation(_silu, _silu_slope),
    "gelu": Activation(_gelu, _gelu_slope),
    "relu": Activation(_relu, _relu_slope),
    "leaky_relu": Activation(_leaky_relu, _leaky_relu_slope),
    "elu": Activation(_elu, _elu_slope),
}
"""What a derivation explains where it uses it. Of exp, log, sin and the like the derivative is school knowledge."""
