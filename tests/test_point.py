"""What a document says of the point that a file gives: kinks hit, undefined values, values of gradients."""

from __future__ import annotations

import json
import math
import re
from fractions import Fraction
from pathlib import Path

import pytest

import symbp
from symbp.calculus.expression import Access, Apply, Mul, Number, Power
from symbp.evaluate import Evaluator
from symbp.numeric.mixed import Mixed, mixed
from symbp.render.at_point import numeral
from symbp.render.document import text_document
from symbp.render.options import Options

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
HEADING = "The given point\n---------------\n\n"


def section(text: str, *wrt: str) -> str:
    """The section about the point, as text; empty where there is none."""
    derivation = symbp.derive(text, wrt=wrt)
    told = text_document(derivation.data, Options(max_width=1000), True, derivation.point)
    _, found, rest = told.partition(HEADING)
    return re.split(r"\n\n(?=[^\n]+\n---)", rest)[0].rstrip("\n") if found else ""


def said(text: str, *wrt: str) -> list[str]:
    """The first line, and the items."""
    head, _, items = section(text, *wrt).partition("\n\n")
    return [head, *(item.removeprefix("- ") for item in items.split("\n"))]


def test_a_kink_is_named_with_what_is_taken_there() -> None:
    assert said("param w\nloss L = relu(w)\nat w = 0") == [
        "At the given point w = 0:",
        "In (F1): w = 0 is a kink of relu(w); relu′(0) = 0 is taken there.",
        "L = 0", "∂L/∂w = 0",
    ]


def test_latex_says_the_same() -> None:
    found = symbp.derive("param w\nloss L = relu(w)\nat w = 0").latex()
    assert "\\subsection*{The given point}\n\nAt the given point $w = 0$:" in found
    kink = "\\item In (F1): $w = 0$ is a kink of $\\operatorname{relu}(w)$"
    assert kink + "; $\\operatorname{relu}'(0) = 0$ is taken there.\n" in found
    assert "\\item $\\partial L/\\partial w = 0$\n" in found


def test_json_says_the_same() -> None:
    point = json.loads(symbp.derive("param w\nloss L = relu(w)\nat w = 0").json())["point"]
    assert point["place"] == {"latex": "At the given point $w = 0$", "text": "At the given point w = 0"}
    events = [e["text"] for e in point["events"]]
    assert events == ["In (F1): w = 0 is a kink of relu(w); relu′(0) = 0 is taken there."]
    assert (point["of"], point["gradients"], point["left_out"]) == (0, {"w": [{"element": [], "value": 0}]}, 0)


@pytest.mark.parametrize(("formula", "at", "event"), [
    ("abs(w)", "0", "w = 0 is a kink of abs(w); abs′(0) = 0 is taken there."),
    ("step(w - 1/3)", "1/3", "u1 = 0 is a kink of [u1 > 0]; step(0) = 0, and step'(0) is taken as 0."),
    ("relu(0.1 + 0.2 - w)", "0.3", "u1 = 0 is a kink of relu(u1); relu′(0) = 0 is taken there."),
    ("min(max(w, 0), 1)", "1", "u1 = 1 is a kink of min(u1, 1); min follows its first argument there."),
    ("max(w, 2*w)", "0", "w = u1 is a kink of max(w, u1); max follows its first argument there."),
    ("sqrt(w^2)", "0", "u1 = 0 is a kink of sqrt(u1); sqrt has no derivative there."),
    ("where(w >= 1, w, 1)", "1", "w = 1 is a kink of { w if w ≥ 1; 1 if w < 1 }; "
     "its condition holds there, and the derivative is that of the branch taken."),
    ("log(w)", "0", "log(w) is not defined at w = 0: w > 0 is needed."),
    ("log(w)", "-1/2", "log(w) is not defined at w = −1/2: w > 0 is needed."),
    ("w/w", "0", "1/w is not defined at w = 0: w ≠ 0 is needed."),
    ("1/w^2", "0", "1/w^2 is not defined at w = 0: w ≠ 0 is needed."),
    ("asin(w)", "2", "asin(w) is not defined at w = 2: w ≤ 1 is needed."),
    ("sqrt(w - 2)", "1", "sqrt(u1) is not defined at u1 = −1: u1 ≥ 0 is needed."),
    ("w^w", "-1", "the derivatives of w^w need w > 0, and w = −1."),
])
def test_events(formula: str, at: str, event: str) -> None:
    line = "(F2)" if "u1" in event else "(F1)"
    assert said(f"param w\nloss L = {formula}\nat w = {at}")[1] == f"In {line}: {event}"


@pytest.mark.parametrize(("formula", "at"), [
    ("relu(w)", "1e-300"), ("log(w)", "1e-300"), ("relu(0.1 + 0.2 - w)", "0.30000000000000000000000000000000000001"),
    ("relu(tanh(100) - w)", "1"), ("relu(w - tanh(100))", "1"), ("relu(exp(-1000)*w)", "1"),
    ("where(w > 0, 1/w, w)", "-1"), ("sum(i in 0..2, w^i)", "-1"), ("abs(w) - max(w, 2)", "3"),
])
def test_near_a_kink_is_not_at_it(formula: str, at: str) -> None:
    assert said(f"param w\nloss L = {formula}\nat w = {at}")[1].startswith("L = ")


@pytest.mark.parametrize(("formula", "kinds", "lacks"), [
    ("relu(h[T])", [], "large"), ("1/h[T]", [], ""), ("log(-h[T])", ["domain"], "undefined"),
])
def test_values_of_any_size(formula: str, kinds: list[str], lacks: str) -> None:
    """h reaches (3/2) ^ 2 ^ 2000, of which no digit is known, but the sign."""
    text = f"size T = 2000\nindex t in 0..T\nparam w\nh[0] = w\nh[t] = h[t-1]*h[t-1]\nloss L = {formula}\nat w = 3/2"
    point = symbp.derive(text).point
    assert point is not None
    assert ([h.condition.kind for h in point.hits], point.of.lacks) == (kinds, lacks)


def test_what_overflows() -> None:
    assert said("param w\nloss L = exp(exp(exp(w)))\nat w = 20")[1].startswith(
        "L and its gradients are not defined: overflow in exp of "
    )


def test_a_kink_that_many_digits_tell_from_the_point() -> None:
    """1 − tanh(100) is about 2·10⁻⁸⁷: no kink, and on the side where the derivative is 1."""
    assert "∂L/∂w = 1" in said("param w\nloss L = relu(w - tanh(100))\nat w = 1")


def test_what_no_branch_reads_is_not_told() -> None:
    text = "param w\nloss L = where(w > 0, log(w), 2*w) + sum(i in 0..3 if i > 0, 1/i)*w\nat w = -1"
    assert said(text)[1].startswith("L = ")


def test_an_undefined_value_leaves_nothing_to_give() -> None:
    assert said("param w, v\nh = log(w)\nloss L = relu(h) + v\nat w = 0, v = 1") == [
        "At the given point w = 0 and v = 1:", "In (F1): log(w) is not defined at w = 0: w > 0 is needed.",
        "L and its gradients are not defined.",
    ]


def test_a_gradient_alone_can_be_undefined() -> None:
    assert said("param w, v\nloss L = sqrt(w) + v\nat w = 0, v = 2")[2:] == [
        "L = 2", "∂L/∂w is not defined.", "∂L/∂v = 1",
    ]


def test_each_element_by_itself() -> None:
    text = "param x[3]\nloss L = sum(i, relu(x[i] - 1)) + max(i, x[i])\nlet x = [1, 3, 3]"
    assert said(text) == [
        "At the given point x[1] = 1, x[2] = 3 and x[3] = 3:",
        "In (F1): x[2] = x[3] is a kink of max_{i=1..3} x[i]; "
        "where several are the largest, the first one is followed.",
        "In (F2): x[1] − 1 = 0 is a kink of relu(x[1] − 1); relu′(0) = 0 is taken there.",
        "L = 7", "∂L/∂x[1] = 0", "∂L/∂x[2] = 2", "∂L/∂x[3] = 1",
    ]


def test_a_kink_up_to_rounding() -> None:
    assert said("param w\nloss L = relu(sin(pi*w))\nat w = 1")[1:] == [
        "In (F3): u2 = 0 is a kink of relu(u2); relu′(0) = 0 is taken there.",
        "Some of this is so up to rounding, in 960 digits, so no values are worked out here.",
    ]


def test_an_assumption_that_the_values_break() -> None:
    text = """
index c in 1..2
target y[c]
param z[c]
assume sum(c, y[c]) = 1
p[c] = softmax(c, z[c])
loss L = -sum(c, y[c]*log(p[c]))
let y = [1/2, 1/4], z = [0, 0]
"""
    (found,) = [s for s in said(text) if "assumption" in s]
    assert found.endswith("doesn't hold, so the formulas that use it don't.")
    assert "assumption" not in section(text.replace("1/4", "1/2"))


@pytest.mark.parametrize("text", [
    "param w\nloss L = relu(w)", "param w\ninput x\nloss L = relu(w*x)\nat w = 0",
    "param w[n]\nloss L = sum(i in 1..n, w[i]*i)", "function f(z)\nparam w\nloss L = f(w)\nat w = 0",
])
def test_without_all_values_nothing_is_said(text: str) -> None:
    derivation = symbp.derive(text)
    assert derivation.point is None
    assert HEADING not in derivation.text() and "{The given point}" not in derivation.latex()
    assert json.loads(derivation.json())["point"] is None


def test_conventions_are_stated_without_a_point_too() -> None:
    found = symbp.derive("param w\nloss L = relu(w)").text()
    assert "- In (F1): there is no derivative at w = 0; relu′(0) = 0 is taken there.\n" in found


def test_sizes_that_values_do_not_fit() -> None:
    model = symbp.parse("param w[d]\nloss L = sum(i in 1..d, w[i]^2)\nlet w = [1, 2]")
    found = symbp.derive(symbp.with_sizes(model, {"d": 3})).text()
    assert "Nothing is worked out at the point that is given: at these sizes the values given don't fit w." in found


def test_too_much_to_work_out() -> None:
    found = section("size n = 2000\nparam w\nloss L = sum(i in 1..n, j in 1..n, (w*i + j)^2)\nat w = 1")
    assert found.startswith("Nothing is worked out at the point that is given: it would take 16,000,001 terms")


def test_many_elements_are_left_out() -> None:
    ones = ", ".join(["1"] * 50)
    found = said(f"param w[50]\nloss L = sum(i, w[i]^2)\nlet w = [{ones}]")
    assert found[0] == "At the given values of w:"
    assert (len(found), found[-2], found[-1]) == (43, "∂L/∂w[40] = 2", "10 more elements are left out.")


def test_the_examples_numbers() -> None:
    """Worked by hand: (out − y)·w_h·a_i and (out − y)·hidden_h at out − y = −0.22."""
    values = json.loads(symbp.derive(symbp.load(EXAMPLES / "linear321.bp")).json())["point"]
    u = {tuple(e["element"]): e["value"] for e in values["gradients"]["u"]}
    w = [e["value"] for e in values["gradients"]["w"]]
    a, top, hidden = (1, 2, 3), (0.7, 0.8), (2.2, 1.8)
    assert values["of"] == 0.0242
    assert u == {(i, h): pytest.approx(-0.22 * top[h - 1] * a[i - 1], rel=1e-15) for i in (1, 2, 3) for h in (1, 2)}
    assert w == [pytest.approx(-0.22 * h, rel=1e-15) for h in hidden]


def test_the_staged_example() -> None:
    """The numbers of the course that it comes from, at x = 3, y = −4."""
    derivation = symbp.derive(symbp.load(EXAMPLES / "staged.bp"))
    found = text_document(derivation.data, point=derivation.point)
    assert "- f = 1.545644884\n- ∂f/∂x = 2.059569796\n- ∂f/∂y = 1.592232751\n" in found
    assert HEADING not in derivation.text() and "2.0595697956        2.0595697956" in derivation.text()


@pytest.mark.parametrize(("value", "expected"), [
    (Fraction(1, 3), Number(Fraction(1, 3))), (Fraction(-154, 1000), Number(Fraction(-154, 1000))),
    (Fraction(math.pi), Number(Fraction("3.141592654"))), (Fraction(0), Number(Fraction(0))),
    (Fraction(10**20, -3), Mul((Number(Fraction("-3.333333333")), Power(Number(Fraction(10)), Number(Fraction(19)))))),
])
def test_numerals(value: Fraction, expected: object) -> None:
    assert numeral(value) == expected


def test_mixed_numbers() -> None:
    run = Evaluator((), {}, mixed(60)).run({"x": {(): Fraction(1, 3)}})
    x = run.value("x")
    assert isinstance(x, Mixed)
    assert (x * 3).exact == 1
    assert (x - x).exact == 0
    assert x > 0
    assert abs(-x) == x
    root = run.expression(Apply("sqrt", (Access("x"),)))
    assert root.exact is None
    assert float(root.real) == pytest.approx(3**-0.5, rel=1e-15)
    assert (root * 0).exact == 0
    grown = x
    for _ in range(20):
        grown = grown * grown
    assert grown.exact is None
