"""Activations are defined and differentiated as they are evaluated: against mpmath, and against `verify`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import pykatex
import pytest

import symbp
from symbp.calculus.activations import ACTIVATIONS
from symbp.calculus.derivation import Derivation, FunctionFact
from symbp.calculus.expression import ONE, Access, Apply, Expr, add, number
from symbp.calculus.functions import FUNCTIONS, partials, unmarked
from symbp.calculus.to_sympy import to_sympy
from symbp.errors import Refused
from symbp.evaluate import Evaluator
from symbp.numeric.arithmetic import FLOAT, Arithmetic, multiprecision
from symbp.render.latex import latex
from symbp.render.printer import Vocabulary
from symbp.render.text import text
from symbp.verify import verify
from tests.interpreter import Interpreter

Real = Callable[[Any], Any]

BOOK: dict[str, Real] = {
    "sigmoid": lambda t: 1 / (1 + mpmath.exp(-t)),
    "tanh": mpmath.tanh,
    "softplus": lambda t: mpmath.log(1 + mpmath.exp(t)),
    "silu": lambda t: t / (1 + mpmath.exp(-t)),
    "gelu": lambda t: t * mpmath.ncdf(t),
    "relu": lambda t: max(t, mpmath.mpf(0)),
    "leaky_relu": lambda t: t if t > 0 else t / 100,
    "elu": lambda t: t if t > 0 else mpmath.expm1(t),
}
"""The activations, as mpmath has them."""

FUNCTIONS_OF_THE_TEST: dict[str, Callable[..., Any]] = {
    **BOOK, "exp": mpmath.exp, "log": mpmath.log, "sqrt": mpmath.sqrt, "erf": mpmath.erf,
    "max": max, "step": lambda t: int(t > 0),
    "constant": lambda v: mpmath.mpf(v.numerator) / v.denominator, "pi": lambda: +mpmath.pi,
}
PLACES = [mpmath.mpf(n) / 7 for n in (-30, -11, -3, -1, 1, 2, 9, 24)]


def derived(source: str) -> Derivation:
    return symbp.derive(source).data


def fact_of(function: str) -> tuple[Derivation, FunctionFact]:
    derivation = derived(f"param a\nloss L = {function}(a)\n")
    return derivation, derivation.functions[0]


def read(derivation: Derivation, fact: FunctionFact, e: Expr, t: mpmath.mpf) -> Any:
    """The formula's value at an argument, by the tests' own interpreter."""
    elements = {fact.argument.name: {(): t}}
    return Interpreter(derivation.model, {}, elements, FUNCTIONS_OF_THE_TEST).evaluate(e, {})


def test_the_book_has_every_activation() -> None:
    assert set(BOOK) == set(ACTIVATIONS)


@pytest.mark.parametrize("function", ACTIVATIONS)
def test_definitions_and_derivatives(function: str) -> None:
    derivation, fact = fact_of(function)
    with mpmath.workdps(40):
        for t in PLACES:
            assert mpmath.almosteq(read(derivation, fact, fact.definition, t), BOOK[function](t), 1e-30)
            slope = mpmath.diff(BOOK[function], t)
            for line in fact.derivative:
                assert mpmath.almosteq(read(derivation, fact, line, t), slope, 1e-15)


@pytest.mark.parametrize("function", ACTIVATIONS)
def test_verify_compares_every_line(function: str) -> None:
    derivation, fact = fact_of(function)
    compared = [c for c in verify(derivation).comparisons if c.what.startswith(f"fact {fact.label}, {function}: ")]
    assert len(compared) == 1 + len(fact.derivative)
    assert all(c.verdict.name == "AGREES" and c.elements >= 8 for c in compared)


@pytest.mark.parametrize("part", ["definition", "derivative"])
def test_verify_finds_a_wrong_line(part: str) -> None:
    derivation, fact = fact_of("sigmoid")
    wrong = (
        replace(fact, definition=add((fact.definition, ONE))) if part == "definition"
        else replace(fact, derivative=(*fact.derivative[:-1], add((fact.derivative[-1], ONE))))
    )
    certificate = verify(replace(derivation, functions=(wrong,)))
    failed = [c.what for c in certificate.comparisons if c.verdict.name == "DIFFERS"]
    assert failed == [f"fact D1, sigmoid: {part}" + (", line 3" if part == "derivative" else "")]


def test_each_activation_once_in_reading_order() -> None:
    derivation = derived("param a, b\nu = tanh(a)\nv = relu(b*u) + tanh(b)\nloss L = exp(v) * sigmoid(u)\n")
    assert [(f.label, f.function) for f in derivation.functions] == [("D1", "tanh"), ("D2", "relu"), ("D3", "sigmoid")]


def test_what_a_definition_reads_is_defined_as_well() -> None:
    assert [f.function for f in derived("param a\nloss L = silu(a)\n").functions] == ["silu", "sigmoid"]


def test_the_argument_has_a_letter_of_its_own() -> None:
    source = "index t in 1..T, z in 1..n\nparam u[t,z]\nconst s\nloss L = s * sum(t, z, sigmoid(u[t,z]))\n"
    assert derived(source).functions[0].argument == Access("r")


def test_no_activation_no_fact() -> None:
    assert not derived("param a\nloss L = exp(a) * log(1 + a^2)\n").functions


# f′(…) of a built-in function

ONE_ARGUMENT = sorted(f.name for f in FUNCTIONS.values() if f.arity == 1)
DERIVED = [*((name, (1,)) for name in ONE_ARGUMENT), *((n, o) for n in ("max", "min") for o in ((1, 0), (0, 1)))]


@pytest.mark.parametrize(("function", "orders"), DERIVED)
def test_a_marked_derivative_is_the_limit_of_differences(function: str, orders: tuple[int, ...]) -> None:
    """In floats, in many digits, and in SymPy's terms."""
    names = (Access("a"), Access("b"))[: len(orders)]
    value, marked = Apply(function, names), Apply(function, names, orders)
    h = Fraction(1, 10**10)
    shifts = {name.name: h * order for name, order in zip(names, orders, strict=True)}
    slope = (valued(value, shifts, 1) - valued(value, shifts, -1)) / (2 * valued(number(h), {}, 0))
    if function == "stop":
        slope = 0
    assert valued(marked, {}, 0) == pytest.approx(slope, abs=1e-15)
    assert float(valued(marked, {}, 0, FLOAT)) == pytest.approx(float(slope), abs=1e-12)
    formula = to_sympy(marked, MODEL)
    assert float(formula.subs({s: AT[s.name] for s in formula.free_symbols})) == pytest.approx(float(slope), abs=1e-12)


MODEL = symbp.parse("param a, b\nloss L = a * b\n")
MANY = multiprecision(40)
AT = {"a": Fraction(3, 7), "b": Fraction(-2, 5)}


def valued(e: Expr, shifts: dict[str, Fraction], sign: int, arithmetic: Arithmetic = MANY) -> Any:
    values = {name: {(): at + sign * shifts.get(name, 0)} for name, at in AT.items()}
    run = Evaluator.of_model(MODEL, {}, arithmetic).run(values)
    return run.closure(run.evaluator.prepare(e, ()), ())


@pytest.mark.parametrize(("function", "orders"), DERIVED)
def test_a_marked_derivative_prints_with_its_mark(function: str, orders: tuple[int, ...]) -> None:
    context = Vocabulary.of(symbp.parse("param a, b\nloss L = a * b\n")).display(())
    marked = Apply(function, (Access("a"), Access("b"))[: len(orders)], orders)
    shown, plain = latex(marked, context), text(marked, context)
    mark = "'(a)" if len(orders) == 1 else f"^{{({orders[0]},{orders[1]})}}(a, b)"
    assert shown.endswith(mark)
    pykatex.renderToString(shown)
    assert plain.endswith("′(a)" if len(orders) == 1 else f"^({orders[0]},{orders[1]})(a, b)")


def test_no_second_mark() -> None:
    with pytest.raises(Refused, match="not differentiated again"):
        partials(Apply("tanh", (Access("a"),), (1,)))
    with pytest.raises(Refused, match="no higher derivative"):
        unmarked(Apply("tanh", (Access("a"),), (2,)))
