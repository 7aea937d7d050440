"""One scalar expression in stages: the same values, one operation a line, each said once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symbp
from symbp.calculus.differentiate import differentiate
from symbp.calculus.expression import Access, Add, Apply, Expr, Mul, Number, Partial, Power, Select, accesses, walk
from symbp.calculus.model import Model, definition_of
from symbp.calculus.staging import MOST_STAGES, staged
from symbp.calculus.validate import problems
from tests.interpreter import Interpreter

EXPRESSION = "f(x, y) = (x + sigmoid(y)) / (sigmoid(x) + (x + y)^2)"

FUNCTIONS = {
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "sin": math.sin, "cos": math.cos, "atan": math.atan,
    "tanh": math.tanh, "exp": math.exp, "relu": lambda x: max(x, 0.0), "max": max, "min": min, "pow": pow,
    "constant": float, "pi": math.pi,
}


def in_text(model: Model) -> list[str]:
    """The forward equations as the document has them."""
    shown = symbp.derive(model).text().splitlines()
    return [line.partition("  ")[2].strip() for line in shown if line.startswith("(F")]


def values(model: Model, at: Mapping[str, float]) -> Interpreter:
    return Interpreter(model, {}, {name: {(): value} for name, value in at.items()}, FUNCTIONS)


def operations(e: Expr) -> int:
    """The operations of one line: a sum, a product, a power, a function or a choice; a sign isn't one."""
    inner = [n for n in walk(e) if isinstance(n, (Add, Mul, Power, Apply, Select))]
    return sum(1 for n in inner if not _is_signed(n))


def _is_signed(e: Expr) -> bool:
    return isinstance(e, Mul) and len(e.factors) == 2 and e.factors[0] == Number(Fraction(-1))


def test_the_courses_expression() -> None:
    assert in_text(symbp.parse(EXPRESSION)) == [
        "u1 = σ(y)", "u2 = x + u1", "u3 = x + y", "u4 = σ(x)", "u5 = u3^2", "u6 = u4 + u5", "u7 = 1/u6", "f = u2 · u7",
    ]


@pytest.mark.parametrize(("text", "lines"), [
    ("f(a, b) = exp(a*b)*exp(a*b) + a*b", ["u1 = a · b", "u2 = exp(u1)", "u3 = u2 · u2", "f = u3 + u1"]),
    ("f(x) = x - 3*sin(x)", ["u1 = sin(x)", "u2 = 3 · u1", "f = x − u2"]),
    ("f(x, y) = -(x*y)", ["f = −x · y"]),
    ("f(x) = -tanh(x)", ["u1 = tanh(x)", "f = −u1"]),
    ("f(x) = x", ["f = x"]),
    ("f(x, y, z) = (x + y)*z", ["u1 = x + y", "f = u1 · z"]),
    ("f(x) = where(x > 0, x*x, -x)^2", ["u1 = x · x", "u2 = −x", "u3 = { u1 if x > 0; u2 if x ≤ 0 }", "f = u3^2"]),
    ("f(u, v1) = (u + v1)^2", ["w1 = u + v1", "f = w1^2"]),
    ("param w\nloss L = 1/2*(w - 1)^2", ["u1 = w − 1", "u2 = u1^2", "L = u2/2"]),
])
def test_lines(text: str, lines: list[str]) -> None:
    assert in_text(symbp.parse(text)) == lines


@pytest.mark.parametrize("text", [
    "input x\na = x^2\nf = (a + 1)^2",
    "param w[n]\nloss L = sum(i in 1..n, w[i]^2 + 1)",
    "param w[3]\nloss L = (w[1]*w[2] + w[3])^2",
    "f(x, y) = x*y",
    "f(x) = " + "tanh(" * (MOST_STAGES + 2) + "x" + ")" * (MOST_STAGES + 2),
], ids=["two definitions", "an index", "elements", "one operation", "too deep"])
def test_what_stays_as_it_is(text: str) -> None:
    model = symbp.parse(text)
    assert staged(model) is model


def test_as_many_stages_as_fit() -> None:
    text = "f(x) = " + "tanh(" * (MOST_STAGES + 1) + "x" + ")" * (MOST_STAGES + 1)
    assert len(staged(symbp.parse(text)).stages) == MOST_STAGES + 1
    assert symbp.derive(text).verify(points=1).passed


def test_every_letter_taken() -> None:
    """Names that begin with every letter: the stages step over the numbers that are taken."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    text = f"f({', '.join(f'{c}9' for c in letters)}, u_2) = tanh(a9 + u_2)^2"
    assert staged(symbp.parse(text)).stages == ("u1", "u3", "f")


def test_the_names_of_sizes_functions_and_error_terms_are_avoided() -> None:
    text = "size v = 2\nfunction u(z)\nparam x\nloss L = u(x*x)^v\nname w = grad(L)"
    assert staged(symbp.parse(text)).stages == ("z1", "z2", "L")


def test_stages_are_not_names_that_can_be_asked_for() -> None:
    with pytest.raises(symbp.ModelError, match="`u1` is not defined"):
        symbp.derive(EXPRESSION, wrt="u1")


def test_results_end_in_the_authors_names() -> None:
    derivation = symbp.derive(EXPRESSION).data
    whole = differentiate(symbp.parse(EXPRESSION))
    for name, gradient in derivation.gradients.items():
        inlined, last = gradient.forms["inlined"], [s for s in derivation.steps if s.subject == name][-1]
        assert inlined == whole.gradients[name].forms["inlined"] == last.after
        assert last.before == Partial(last.before.kind, Access("f"), Access(name))  # type: ignore[union-attr]
        for form in ("inlined", "expanded"):
            body = gradient.forms[form]  # type: ignore[index]
            assert not isinstance(body, type(None)) and {a.name for a in accesses(body)} == {"x", "y"}
        assert last.because == tuple(f"F{k}" for k in range(1, 8))


def test_what_one_line_cannot_hold_stays_in_stages() -> None:
    """x ↦ sin(x)(x + y), five times over: 14 stages, and a formula that doubles with each."""
    formula = "x"
    for _ in range(5):
        formula = f"(sin({formula})*({formula} + y))"
    derivation = symbp.derive(f"f(x, y) = {formula}")
    assert derivation.data.stated is None
    assert not any("#" in a.name for e in derivation.data.forward for a in accesses(e.body))
    assert derivation.verify(points=1).passed


def test_the_whole_expression_is_stated_first() -> None:
    text = symbp.derive(EXPRESSION).text()
    assert text.index("f = (x + σ(y))/(σ(x) + (x + y)^2)") < text.index("(F1)  u1 = σ(y)")


def test_an_update_ends_in_the_authors_names_too() -> None:
    data = symbp.derive("param w\nconst c\nloss L = 1/2*(w*c - 1)^2\nupdate eta").data
    updates = [s.after for s in data.steps if s.rule.value == "update"]
    assert updates == [data.gradients["w"].updates["shared"], data.gradients["w"].updates["inlined"]]
    assert {a.name for a in accesses(updates[-1])} == {"w", "c", "eta"}


LEAVES = st.sampled_from(("x", "y", "z", "2", "1/3", "x", "y"))


def grown(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Formulas that are defined everywhere."""
    both = st.tuples(part, part)
    return st.one_of(
        both.map(lambda p: f"({p[0]} + {p[1]})"), both.map(lambda p: f"({p[0]} - {p[1]})"),
        both.map(lambda p: f"{p[0]}*{p[1]}"), both.map(lambda p: f"{p[0]}/(1 + {p[1]}^2)"),
        st.tuples(st.sampled_from(("sigmoid", "tanh", "sin", "cos", "atan")), part).map(lambda p: f"{p[0]}({p[1]})"),
        part.map(lambda p: f"(-{p})"), both.map(lambda p: f"max({p[0]}, {p[1]})"),
        both.map(lambda p: f"where({p[0]} > 1/7, {p[1]}, x)"), part.map(lambda p: f"({p})^2"),
    )


FORMULAS = st.recursive(LEAVES, grown, max_leaves=9)
NUMBERS = st.floats(-2, 2, allow_subnormal=False)


@settings(max_examples=150, deadline=None)
@given(FORMULAS, NUMBERS, NUMBERS, NUMBERS)
def test_the_stages_compute_the_same(formula: str, x: float, y: float, z: float) -> None:
    """Against plain arithmetic on both models, and Python's own reading of the formula."""
    model = symbp.parse(f"input x, y, z\nloss f = x + {formula}")
    stages = staged(model)
    at = {"x": x, "y": y, "z": z}
    assert problems(stages) == problems(model)
    expected = values(model, at).value("f")
    assert values(stages, at).value("f") == pytest.approx(expected, rel=1e-9, abs=1e-9)
    if stages is not model:
        assert all(operations(definition_of(e).body) <= 1 or _is_scaled(e.target, stages) for e in stages.equations)
        bodies = [definition_of(e).body for e in stages.equations]
        assert len(set(bodies)) == len(bodies)


def _is_scaled(name: str, model: Model) -> bool:
    """Whether the line is one product with a sign, or a sum of signed values: one operation, several nodes."""
    body = definition_of(model.by_target[name]).body
    terms = body.terms if isinstance(body, Add) else (body,)
    return all(not isinstance(f, (Add, Mul, Apply, Power, Select)) for t in terms for f in _factors(t))


def _factors(e: Expr) -> tuple[Expr, ...]:
    return e.factors if isinstance(e, Mul) else (e,)


@settings(max_examples=12, deadline=None)
@given(FORMULAS)
def test_what_is_told_by_stages_is_verified(formula: str) -> None:
    assert symbp.derive(f"input x, y, z\nloss f = x + {formula}", wrt=("x", "y")).verify(points=1).passed
