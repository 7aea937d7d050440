"""Three arithmetics behind one set of operations: double precision, exact rationals, and mpmath at any precision.

Every operation either answers with a finite real number or raises `Undefined` (no value there) or `Irrational`
(no exact rational value). Nothing here knows where in a model it stands; the evaluator adds the equation's name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Protocol

from symbp.calculus.functions import LEAK
from symbp.errors import SymbpError

Value = Any
"""A float, a Fraction or an mpf: whatever the arithmetic computes with."""

GUARD_DIGITS = 10
LARGEST_MAGNITUDE = 4096
"""|x| beyond 2 to this is overflow to mpmath's functions, which would take time and memory without bound there."""
LARGEST_EXACT = 1 << 20
"""Bits of an exact power beyond which it is not worked out."""


class Undefined(ArithmeticError):
    """An operation without a value at its arguments; the message says which."""


class Irrational(SymbpError):
    """An operation without an exact rational value, met in exact arithmetic."""


@dataclass(frozen=True)
class Arithmetic:
    """Numbers of one kind, and what can be done with them besides + - * and comparison."""

    name: str
    number: Callable[[Fraction | int], Value]
    functions: Mapping[str, Callable[..., Value]]
    branches: Mapping[str, Callable[..., Value]]
    """Functions with a kink, given their arguments at rest and then as they are: on the branch taken at rest."""
    constants: Mapping[str, Callable[[], Value]]
    raise_to: Callable[[Value, Value], Value]
    """base ^ exponent for any exponent."""
    raise_to_integer: Callable[[Value, int], Value]
    """base ^ n for a literal integer; 0^0 = 1."""
    is_finite: Callable[[Value], bool]
    show: Callable[[Value], str]
    magnitude: Callable[[Value], float]
    """log₁₀ |x|; −∞ at 0."""
    digits: int | None = None
    """Decimal digits of precision, or None where exact."""

    def power(self, base: Value, exponent: Fraction) -> Value:
        """base ^ a literal rational."""
        if exponent.denominator == 1:
            return self.raise_to_integer(base, exponent.numerator)
        return self.raise_to(base, self.number(exponent))

    def call(self, function: str, arguments: tuple[Value, ...]) -> Value:
        """function(arguments), with everything that Python raises for it told as `Undefined`."""
        try:
            return self.functions[function](*arguments)
        except (OverflowError, ZeroDivisionError):
            shown = ", ".join(self.show(a) for a in arguments)
            raise Undefined(f"overflow in {function} of {shown}") from None


class Primitives(Protocol):
    """The transcendental functions that the others are made of; `math` and mpmath's contexts both have them."""

    exp: Callable[[Value], Value]
    expm1: Callable[[Value], Value]
    log: Callable[[Value], Value]
    log1p: Callable[[Value], Value]
    sqrt: Callable[[Value], Value]
    sin: Callable[[Value], Value]
    cos: Callable[[Value], Value]
    tan: Callable[[Value], Value]
    asin: Callable[[Value], Value]
    acos: Callable[[Value], Value]
    atan: Callable[[Value], Value]
    sinh: Callable[[Value], Value]
    cosh: Callable[[Value], Value]
    tanh: Callable[[Value], Value]
    erf: Callable[[Value], Value]
    erfc: Callable[[Value], Value]


def rational_functions(number: Callable[[Fraction | int], Value]) -> dict[str, Callable[..., Value]]:
    """The built-ins with a rational value at a rational point."""
    zero, one, minus_one, leak = number(0), number(1), number(-1), number(LEAK)
    return {
        "abs": abs,
        "sign": lambda x: one if x > 0 else minus_one if x < 0 else zero,
        "step": lambda x: one if x > 0 else zero,
        "relu": lambda x: x if x > 0 else zero,
        "leaky_relu": lambda x: x if x > 0 else leak * x,
        "max": lambda x, y: x if x >= y else y,
        "min": lambda x, y: x if x <= y else y,
        "stop": lambda x: x,
    }


def branch_functions(number: Callable[[Fraction | int], Value]) -> dict[str, Callable[..., Value]]:
    """The built-ins that have a kink, on one side of it: the side where the first arguments are, or the one stated.

    relu, leaky_relu and step follow x ≤ 0 at 0; abs and sign are flat at 0; max and min follow their first argument.
    """
    zero, one, minus_one, leak = number(0), number(1), number(-1), number(LEAK)

    def sign(rest: Value) -> Value:
        return one if rest > 0 else minus_one if rest < 0 else zero

    return {
        "abs": lambda rest, x: sign(rest) * x,
        "sign": lambda rest, x: sign(rest),
        "step": lambda rest, x: one if rest > 0 else zero,
        "relu": lambda rest, x: x if rest > 0 else zero,
        "leaky_relu": lambda rest, x: x if rest > 0 else leak * x,
        "max": lambda rest_x, rest_y, x, y: x if rest_x >= rest_y else y,
        "min": lambda rest_x, rest_y, x, y: x if rest_x <= rest_y else y,
    }


def real_functions(
    p: Primitives, number: Callable[[Fraction | int], Value], show: Callable[[Value], str]
) -> dict[str, Callable[..., Value]]:
    """Every built-in over `p`, each raising `Undefined` outside its domain; stable at large arguments."""
    one, half = number(1), number(Fraction(1, 2))

    def within(name: str, holds: Callable[[Value], bool], f: Callable[[Value], Value]) -> Callable[[Value], Value]:
        def checked(x: Value) -> Value:
            if not holds(x):
                raise Undefined(f"{name} of {show(x)}")
            return f(x)

        return checked

    def sigmoid(x: Value) -> Value:
        if x >= 0:
            return one / (one + p.exp(-x))
        e = p.exp(x)
        return e / (one + e)

    def softplus(x: Value) -> Value:
        return (x if x > 0 else number(0)) + p.log1p(p.exp(-abs(x)))

    return {
        **rational_functions(number),
        "exp": p.exp,
        "log": within("log", lambda x: bool(x > 0), p.log),
        "sqrt": within("sqrt", lambda x: bool(x >= 0), p.sqrt),
        "sin": p.sin,
        "cos": p.cos,
        "tan": p.tan,
        "asin": within("asin", lambda x: bool(-1 <= x <= 1), p.asin),
        "acos": within("acos", lambda x: bool(-1 <= x <= 1), p.acos),
        "atan": p.atan,
        "sinh": p.sinh,
        "cosh": p.cosh,
        "tanh": p.tanh,
        "erf": p.erf,
        "sigmoid": sigmoid,
        "elu": lambda x: x if x > 0 else p.expm1(x),
        "softplus": softplus,
        "gelu": lambda x: half * x * p.erfc(-x / p.sqrt(number(2))),
        "silu": lambda x: x * sigmoid(x),
    }


def check_power(base: Value, exponent: Value, whole: bool, show: Callable[[Value], str]) -> None:
    """Raises `Undefined` where base ^ exponent is no real number; `whole` says whether the exponent is an integer."""
    if base == 0 and exponent < 0:
        raise Undefined("division by zero" if exponent == -1 else f"0 to the power {show(exponent)}")
    if base < 0 and not whole:
        raise Undefined(f"{show(base)} to the power {show(exponent)}")


def _show_float(x: Value) -> str:
    return f"{x:.6g}"


def _magnitude(x: Value) -> float:
    return math.log10(abs(x)) if x else -math.inf


def _float_number(value: Fraction | int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise Undefined("overflow in a literal number") from None


def _float_power(base: Value, exponent: Value) -> Value:
    check_power(base, exponent, float(exponent).is_integer(), _show_float)
    try:
        return math.pow(base, exponent)
    except OverflowError:
        raise Undefined(f"overflow in {_show_float(base)} to the power {_show_float(exponent)}") from None


_MATH: Any = math

FLOAT = Arithmetic(
    name="double precision",
    number=_float_number,
    functions=real_functions(_MATH, _float_number, _show_float),
    branches=branch_functions(_float_number),
    constants={"pi": lambda: math.pi},
    raise_to=_float_power,
    raise_to_integer=_float_power,
    is_finite=math.isfinite,
    show=_show_float,
    magnitude=_magnitude,
    digits=15,
)


def _show_exact(x: Value) -> str:
    text = str(x)
    return text if len(text) <= 20 else f"about {float(x):.6g}" if abs(x) < 10**300 else "a huge number"


def _exact_power(base: Value, exponent: Value) -> Value:
    check_power(base, exponent, exponent.denominator == 1, _show_exact)
    if exponent.denominator == 1:
        return _exact_integer_power(base, exponent.numerator)
    if base in (0, 1):
        return base
    raise Irrational(f"{_show_exact(base)} to the power {exponent} has no exact rational value")


def _exact_integer_power(base: Value, n: int) -> Value:
    check_power(base, n, True, _show_exact)
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if bits > 1 and bits * abs(n) > LARGEST_EXACT:
        raise Undefined(f"overflow in {_show_exact(base)} to the power {n}")
    return Fraction(base) ** n


def _no_rational_value(name: str) -> Callable[..., Value]:
    def refuse(*arguments: Value) -> Value:
        shown = ", ".join(_show_exact(a) for a in arguments)
        raise Irrational(f"{name}({shown}) has no exact rational value" if arguments else f"{name} is irrational")

    return refuse


EXACT = Arithmetic(
    name="exact rationals",
    number=Fraction,
    functions={
        **{name: _no_rational_value(name) for name in FLOAT.functions},
        **rational_functions(Fraction),
    },
    branches=branch_functions(Fraction),
    constants={"pi": _no_rational_value("pi")},
    raise_to=_exact_power,
    raise_to_integer=_exact_integer_power,
    is_finite=lambda x: True,
    show=_show_exact,
    magnitude=lambda x: _magnitude(x.numerator) - _magnitude(x.denominator),
)


class _Bounded:
    """mpmath's functions, refusing the arguments at which they would take memory and time without bound."""

    def __init__(self, context: Any) -> None:
        for name in Primitives.__annotations__:
            setattr(self, name, self._bounded(context, getattr(context, name)))

    @staticmethod
    def _bounded(context: Any, f: Callable[[Value], Value]) -> Callable[[Value], Value]:
        def checked(x: Value) -> Value:
            if x != 0 and context.mag(x) > LARGEST_MAGNITUDE:
                raise OverflowError
            return f(x)

        return checked


@lru_cache(maxsize=32)
def multiprecision(digits: int) -> Arithmetic:
    """mpmath at `digits` decimal digits and a few to spare, in a context of its own."""
    from mpmath import MPContext

    context = MPContext()
    context.dps = digits + GUARD_DIGITS
    mpf = context.mpf

    def number(value: Fraction | int) -> Value:
        return mpf(value.numerator) / value.denominator

    def show(x: Value) -> str:
        return str(context.nstr(mpf(x), 6)).removesuffix(".0")

    def magnitude(x: Value) -> float:
        if x == 0:
            return -math.inf
        bits = context.mag(x)
        return float(math.log10(abs(float(context.ldexp(x, -bits)))) + bits * math.log10(2))

    def power(base: Value, exponent: Value) -> Value:
        if exponent != 0 and context.mag(exponent) > LARGEST_MAGNITUDE:
            raise Undefined(f"overflow in {show(base)} to the power {show(exponent)}")
        check_power(base, exponent, context.isint(exponent), show)
        if context.isint(exponent):
            return base ** int(exponent)
        return context.power(base, exponent)

    def integer_power(base: Value, n: int) -> Value:
        check_power(base, n, True, show)
        return base**n

    primitives: Any = _Bounded(context)
    return Arithmetic(
        name=f"{digits} digits",
        number=number,
        functions=real_functions(primitives, number, show),
        branches=branch_functions(number),
        constants={"pi": lambda: +context.pi},
        raise_to=power,
        raise_to_integer=integer_power,
        is_finite=lambda x: bool(context.isfinite(x)),
        show=show,
        magnitude=magnitude,
        digits=digits,
    )
