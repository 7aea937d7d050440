"""The built-in scalar functions: arity, derivative rule, domain, and the convention at each kink.

A rule is given the arguments x and the function's own value f, so that activations answer in terms of their output.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeGuard

from symbp.calculus.expression import (
    MINUS_ONE,
    ONE,
    ZERO,
    Access,
    Apply,
    Constant,
    Expr,
    Relation,
    Select,
    accesses,
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
from symbp.errors import Refused

Partials = Callable[[tuple[Expr, ...], Expr], tuple[Expr, ...]]


@dataclass(frozen=True)
class Kink:
    """A point without a derivative: the (first) argument equals `at`, or the second argument where `at` is None.

    `taken` is the value that the derivative is given there, where this is a convention about it alone.
    """

    at: Expr | None
    says: str
    taken: Expr | None = None


@dataclass(frozen=True)
class Domain:
    """The argument satisfies `relation` with `bound`, or the value isn't defined."""

    relation: Relation
    bound: Expr


@dataclass(frozen=True)
class Function:
    """A built-in scalar function. `partials(x, f)` gives ∂f/∂x_k for each argument."""

    name: str
    arity: int
    partials: Partials
    domain: tuple[Domain, ...] = ()
    kinks: tuple[Kink, ...] = ()
    """Where it isn't differentiable, and what the derivative is taken to be there."""


def _exp(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """exp′ = exp."""
    return (f,)


def _log(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """log′ x = 1/x."""
    return (reciprocal(x[0]),)


def _sqrt(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """√′ x = 1/(2√x)."""
    return (reciprocal(multiply((number(2), f))),)


def _abs(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """|x|′ = sign x."""
    return (apply("sign", x[0]),)


def _flat(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """The derivative is 0."""
    return tuple(ZERO for _ in x)


def _sin(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """sin′ = cos."""
    return (apply("cos", x[0]),)


def _cos(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """cos′ = −sin."""
    return (negate(apply("sin", x[0])),)


def _tan(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """tan′ = 1 + tan²."""
    return (add((ONE, power(f, number(2)))),)


def _asin(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """asin′ x = 1/√(1 − x²)."""
    return (reciprocal(apply("sqrt", _one_minus_square(x[0]))),)


def _acos(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """acos′ x = −1/√(1 − x²)."""
    return (negate(reciprocal(apply("sqrt", _one_minus_square(x[0])))),)


def _atan(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """atan′ x = 1/(1 + x²)."""
    return (reciprocal(add((ONE, power(x[0], number(2))))),)


def _sinh(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """sinh′ = cosh."""
    return (apply("cosh", x[0]),)


def _cosh(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """cosh′ = sinh."""
    return (apply("sinh", x[0]),)


def _tanh(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """tanh′ = 1 − tanh²."""
    return (_one_minus_square(f),)


def _erf(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """erf′ x = (2/√π) exp(−x²)."""
    gaussian = apply("exp", negate(power(x[0], number(2))))
    return (multiply((divide(number(2), apply("sqrt", Constant("pi"))), gaussian)),)


def _sigmoid(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """σ′ = σ(1 − σ)."""
    return (multiply((f, subtract(ONE, f))),)


def _relu(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """relu′ x = [x > 0]."""
    return (apply("step", x[0]),)


def _leaky_relu(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """leaky_relu′ x = 1 where x > 0, else 1/100."""
    return (Select(">", x[0], ZERO, ONE, number(LEAK)),)


def _elu(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """elu′ x = 1 where x > 0, else elu(x) + 1 (= exp x)."""
    return (Select(">", x[0], ZERO, ONE, add((f, ONE))),)


def _softplus(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """softplus′ = σ."""
    return (apply("sigmoid", x[0]),)


def _gelu(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """gelu x = x Φ(x);  gelu′ x = Φ(x) + x φ(x), with Φ(x) = (1 + erf(x/√2))/2 and φ(x) = exp(−x²/2)/√(2π)."""
    scaled = divide(x[0], apply("sqrt", number(2)))
    cumulative = multiply((number(Fraction(1, 2)), add((ONE, apply("erf", scaled)))))
    density = divide(
        apply("exp", multiply((number(Fraction(-1, 2)), power(x[0], number(2))))),
        apply("sqrt", multiply((number(2), Constant("pi")))),
    )
    return (add((cumulative, multiply((x[0], density)))),)


def _silu(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """silu x = x σ(x);  silu′ x = σ(x) + x σ(x)(1 − σ(x))."""
    s = apply("sigmoid", x[0])
    return (add((s, multiply((x[0], s, subtract(ONE, s))))),)


def _max(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """∂max(a, b)/∂a = [a ≥ b],  ∂/∂b = [a < b]: at a tie the first argument is the one chosen."""
    return Select(">=", x[0], x[1], ONE, ZERO), Select(">=", x[0], x[1], ZERO, ONE)


def _min(x: tuple[Expr, ...], f: Expr) -> tuple[Expr, ...]:
    """∂min(a, b)/∂a = [a ≤ b],  ∂/∂b = [a > b]: at a tie the first argument is the one chosen."""
    return Select("<=", x[0], x[1], ONE, ZERO), Select("<=", x[0], x[1], ZERO, ONE)


def _one_minus_square(e: Expr) -> Expr:
    return subtract(ONE, power(e, number(2)))


LEAK = Fraction(1, 100)

_LEAKY_KINK = Kink(ZERO, "leaky_relu'(0) is taken as 1/100", number(LEAK))

UNIT_INTERVAL = (Domain(">=", MINUS_ONE), Domain("<=", ONE))

FUNCTIONS: dict[str, Function] = {
    f.name: f
    for f in (
        Function("exp", 1, _exp),
        Function("log", 1, _log, (Domain(">", ZERO),)),
        Function("sqrt", 1, _sqrt, (Domain(">=", ZERO),), (Kink(ZERO, "sqrt has no derivative there"),)),
        Function("abs", 1, _abs, kinks=(Kink(ZERO, "abs'(0) is taken as 0", ZERO),)),
        Function("sign", 1, _flat, kinks=(Kink(ZERO, "sign(0) = 0, and sign'(0) is taken as 0"),)),
        Function("sin", 1, _sin),
        Function("cos", 1, _cos),
        Function("tan", 1, _tan),
        Function("asin", 1, _asin, UNIT_INTERVAL),
        Function("acos", 1, _acos, UNIT_INTERVAL),
        Function("atan", 1, _atan),
        Function("sinh", 1, _sinh),
        Function("cosh", 1, _cosh),
        Function("tanh", 1, _tanh),
        Function("erf", 1, _erf),
        Function("sigmoid", 1, _sigmoid),
        Function("relu", 1, _relu, kinks=(Kink(ZERO, "relu'(0) is taken as 0", ZERO),)),
        Function("leaky_relu", 1, _leaky_relu, kinks=(_LEAKY_KINK,)),
        Function("elu", 1, _elu),
        Function("softplus", 1, _softplus),
        Function("gelu", 1, _gelu),
        Function("silu", 1, _silu),
        Function("step", 1, _flat, kinks=(Kink(ZERO, "step(0) = 0, and step'(0) is taken as 0"),)),
        Function("max", 2, _max, kinks=(Kink(None, "max follows its first argument there"),)),
        Function("min", 2, _min, kinks=(Kink(None, "min follows its first argument there"),)),
        Function("stop", 1, _flat),
    )
}

ALIASES = {"ln": "log"}

REDUCTIONS = ("sum", "prod", "max", "min", "mean", "logsumexp", "softmax")
"""Words that bind indices."""


def partials(call: Apply) -> tuple[Expr, ...]:
    """∂call/∂(argument k) for each k; a generic function answers with its derivative of one order more.

    Raises Refused for a built-in function's f′(…), which stands in displays only.
    """
    if is_marked(call):
        raise Refused(f"a formula that holds {call.function}′ is not differentiated again")
    function = FUNCTIONS.get(call.function)
    return marked_partials(call) if function is None else function.partials(call.arguments, call)


def answers_in_own_value(function: str) -> bool:
    """Whether the derivative is written with the function's value, as in exp′ = exp."""
    rule = FUNCTIONS.get(function)
    if rule is None:
        return False
    value = Access("f")
    places = tuple(Access(f"x{k}") for k in range(rule.arity))
    return any(value in accesses(d) for d in rule.partials(places, value))


def marked_partials(call: Apply) -> tuple[Apply, ...]:
    """∂call/∂(argument k) for each k as f′(…), whatever the function."""
    orders = call.orders or (0,) * len(call.arguments)
    raised = (tuple(o + (k == m) for m, o in enumerate(orders)) for k in range(len(orders)))
    return tuple(Apply(call.function, call.arguments, o) for o in raised)


def unmarked(call: Apply) -> Expr:
    """A built-in function's f′(…) as a formula; raises Refused beyond the first derivative, which nothing displays."""
    name = ALIASES.get(call.function, call.function)
    if sum(call.orders) != 1:
        raise Refused(f"no higher derivative of `{call.function}` is written with primes")
    value = Apply(name, call.arguments)
    return FUNCTIONS[name].partials(call.arguments, value)[call.orders.index(1)]


def is_marked(e: Expr) -> TypeGuard[Apply]:
    """Whether it is a built-in function's derivative, written f′(…)."""
    return isinstance(e, Apply) and any(e.orders) and ALIASES.get(e.function, e.function) in FUNCTIONS

