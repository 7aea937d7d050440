"""Formulas to the letter: as a person writes them, in LaTeX and in text; and KaTeX draws each."""

from __future__ import annotations

from fractions import Fraction

import pykatex
import pytest

from symbp.calculus.affine import Affine, Guard, Index, Lookup, Range
from symbp.calculus.expression import (
    MINUS_ONE,
    ONE,
    ZERO,
    Add,
    Apply,
    Cases,
    Constant,
    Expr,
    Mul,
    Number,
    Position,
    Power,
    Reduce,
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
from symbp.calculus.functions import FUNCTIONS
from symbp.render.escape import checked_latex
from symbp.render.latex import latex
from symbp.render.printer import Vocabulary
from symbp.render.text import text
from tests.render_models import HALF, RANGES, H, I, J, at, derivation, edge, ge, network, residual, slope, total

VOCABULARY = Vocabulary.of(network())
M = Index("m", RANGES["j"])
x, y = at("x", "i"), at("y", "j")
a, b = at("c1"), at("b", "h")
total_j = Reduce("sum", (J,), (), at("y", "j"))


def n(p: int, q: int = 1) -> Number:
    return number(Fraction(p, q))


def tok(index: str) -> Lookup:
    return Lookup("tok", (Affine.of(index),))


CASES: list[tuple[Expr, str, str]] = [
    (negate(multiply((at("eta"), residual("j"), *slope("yhat", "j"), b))),
     "-\\eta\\,(\\hat{y}_j - y_j)\\,\\hat{y}_j(1 - \\hat{y}_j)\\,b_h",
     "-eta * (yhat[j] - y[j]) * yhat[j] * (1 - yhat[j]) * b[h]"),
    (multiply((HALF, Reduce("sum", (J,), (), power(residual("j"), n(2))))),
     "\\frac{1}{2} \\sum_{j=1}^{l} (\\hat{y}_j - y_j)^2", "1/2 * sum_{j=1..l} (yhat[j] - y[j])^2"),
    (subtract(x, y), "x_i - y_j", "x[i] - y[j]"),
    (subtract(x, add((y, b))), "x_i - (y_j + b_h)", "x[i] - (y[j] + b[h])"),
    (Add((negate(x), y)), "-x_i + y_j", "-x[i] + y[j]"),
    (multiply((n(3), x, n(1, 2))), "\\frac{3x_i}{2}", "3 * x[i]/2"),
    (multiply((n(1, 2), x)), "\\frac{x_i}{2}", "x[i]/2"),
    (multiply((n(-1, 2), x, y)), "-\\frac{1}{2}\\,x_i\\,y_j", "-1/2 * x[i] * y[j]"),
    (multiply((n(2), x)), "2x_i", "2 * x[i]"),
    (multiply((n(2), add((x, y)))), "2(x_i + y_j)", "2 * (x[i] + y[j])"),
    (multiply((n(7, 10), x)), "0.7x_i", "0.7 * x[i]"),
    (n(8943, 200000), "0.044715", "0.044715"),
    (n(555938511, 1250000000000), "0.0004447508088", "0.0004447508088"),
    (n(1, 10**16), "0.0000000000000001", "0.0000000000000001"),
    (n(1, 10**17), "\\frac{1}{1" + "0" * 17 + "}", "1/1" + "0" * 17),
    (n(1234567890123, 10**13), "\\frac{1234567890123}{10000000000000}", "1234567890123/10000000000000"),
    (multiply((n(12, 10), Power(n(10), n(-7)))), "1.2 \\cdot 10^{-7}", "1.2 * 10^(-7)"),
    (negate(multiply((n(12, 10), Power(n(10), n(-7))))), "-1.2 \\cdot 10^{-7}", "-1.2 * 10^(-7)"),
    (Power(n(10), n(-1)), "\\frac{1}{10}", "1/10"),
    (n(-1, 3), "-\\frac{1}{3}", "-1/3"),
    (divide(x, y), "\\frac{x_i}{y_j}", "x[i]/y[j]"),
    (multiply((x, reciprocal(y), b)), "\\frac{x_i\\,b_h}{y_j}", "x[i] * b[h]/y[j]"),
    (divide(multiply((x, y)), multiply((b, a))), "\\frac{x_i\\,y_j}{b_h\\,c_1}", "x[i] * y[j]/(b[h] * c1)"),
    (reciprocal(x), "\\frac{1}{x_i}", "1/x[i]"),
    (Power(x, n(-2)), "\\frac{1}{x_i^2}", "1/x[i]^2"),
    (Power(ZERO, MINUS_ONE), "\\frac{1}{0}", "1/0"),
    (Power(x, n(1, 2)), "\\sqrt{x_i}", "sqrt(x[i])"),
    (multiply((HALF, reciprocal(apply("sqrt", x)))), "\\frac{1}{2\\sqrt{x_i}}", "1/(2 * sqrt(x[i]))"),
    (Power(add((x, ONE)), n(-1, 2)), "\\frac{1}{\\sqrt{x_i + 1}}", "1/sqrt(x[i] + 1)"),
    (Power(x, n(10)), "x_i^{10}", "x[i]^10"),
    (Power(n(2), x), "2^{x_i}", "2^x[i]"),
    (Power(n(-2), n(2)), "(-2)^2", "(-2)^2"),
    (Power(n(1, 3), n(2)), "\\left(\\frac{1}{3}\\right)^2", "(1/3)^2"),
    (Power(Power(x, n(2)), n(3)), "(x_i^2)^3", "(x[i]^2)^3"),
    (Power(at("W1", "i", "j"), n(2)), "(W^{(1)}_{ij})^2", "W1[i,j]^2"),
    (Mul((x, n(2), y)), "x_i \\cdot 2y_j", "x[i] * 2 * y[j]"),
    (multiply((n(2), at("num"), at("den"))), "2\\,\\mathrm{num} \\cdot \\mathrm{den}", "2 * num * den"),
    (multiply((at("den"), subtract(ONE, at("den")), x)), "\\mathrm{den} \\cdot (1 - \\mathrm{den})\\,x_i",
     "den * (1 - den) * x[i]"),
    (Mul((x, MINUS_ONE)), "x_i\\,(-1)", "x[i] * (-1)"),
    (Mul((x, negate(y))), "x_i\\,(-1)\\,y_j", "x[i] * (-1) * y[j]"),
    (Mul((total_j, x)), "\\left(\\sum_{j=1}^{l} y_j\\right)\\,x_i", "(sum_{j=1..l} y[j]) * x[i]"),
    (Mul((x, total_j)), "x_i \\sum_{j=1}^{l} y_j", "x[i] * sum_{j=1..l} y[j]"),
    (Add((total_j, x)), "\\sum_{j=1}^{l} y_j + x_i", "sum_{j=1..l} y[j] + x[i]"),
    (divide(total_j, Position(Affine.of("l"))), "\\frac{1}{l} \\sum_{j=1}^{l} y_j", "(sum_{j=1..l} y[j])/l"),
    (divide(add((total_j, a)), b), "\\frac{1}{b_h}\\,\\left(\\sum_{j=1}^{l} y_j + c_1\\right)",
     "(sum_{j=1..l} y[j] + c1)/b[h]"),
    (multiply((reciprocal(Position(Affine.of("l"))), total_j)), "\\frac{1}{l} \\sum_{j=1}^{l} y_j",
     "1/l * sum_{j=1..l} y[j]"),
    (multiply((n(1, 2), a, total_j)), "\\frac{c_1}{2} \\sum_{j=1}^{l} y_j", "c1/2 * sum_{j=1..l} y[j]"),
    (Reduce("sum", (J,), (), residual("j")), "\\sum_{j=1}^{l} (\\hat{y}_j - y_j)", "sum_{j=1..l} (yhat[j] - y[j])"),
    (Reduce("sum", (J,), (), negate(y)), "\\sum_{j=1}^{l} (-y_j)", "sum_{j=1..l} (-y[j])"),
    (Reduce("sum", (I, J), (), at("W1", "i", "j")), "\\sum_{i=1}^{d} \\sum_{j=1}^{l} W^{(1)}_{ij}",
     "sum_{i=1..d, j=1..l} W1[i,j]"),
    (Reduce("sum", (M,), (Guard("ne", Affine.of("m") - "j"),), at("y", "m")),
     "\\sum_{\\substack{m=1 \\\\ m \\ne j}}^{l} y_m", "sum_{m=1..l; m != j} y[m]"),
    (Reduce("prod", (M,), (), at("y", "m")), "\\prod_{m=1}^{l} y_m", "prod_{m=1..l} y[m]"),
    (Reduce("max", (I, H), (), at("v", "i", "h")), "\\max_{\\substack{1 \\le i \\le d \\\\ 1 \\le h \\le q}} v_{ih}",
     "max_{i=1..d, h=1..q} v[i,h]"),
    (Reduce("argmax", (M,), (), at("y", "m")), "\\operatorname*{argmax}_{1 \\le m \\le l} y_m", "argmax_{m=1..l} y[m]"),
    (at("w", tok("i"), "j"), "w_{\\mathrm{tok}_i,\\,j}", "w[tok[i],j]"),
    (at("w", Affine.of("p") * 2 + "r", Affine.of("q") - 1), "w_{2p+r,\\,q-1}", "w[2*p+r,q-1]"),
    (at("w", 1, 1), "w_{11}", "w[1,1]"),
    (at("w", 12, 1), "w_{12,\\,1}", "w[12,1]"),
    (Cases((((Guard("divides", Affine.of("i") - "h", 2),), x),)), "[2 \\mid i - h]\\,x_i", "[2 | (i - h)] * x[i]"),
    (Cases((((Guard("eq", Affine.of("i") - "h"),), ONE),)), "[i = h]", "[i = h]"),
    (Cases((((ge("i", Affine.of("h") * 2), ge(Affine.of("h") * 2 + 2, "i")), x),)),
     "[0 \\le i - 2h \\le 2]\\,x_i", "[0 <= i - 2*h <= 2] * x[i]"),
    (Cases((((Guard("eq", Affine.of("j"), lookup=tok("i")),), x),)), "[\\mathrm{tok}_i = j]\\,x_i",
     "[tok[i] = j] * x[i]"),
    (Cases((((ge(0, "i"),), x), ((), y))),
     "\\begin{cases} x_i & i \\le 0 \\\\ y_j & i \\ge 1 \\end{cases}",
     "{ x[i] if i <= 0; y[j] if i >= 1 }"),
    (Mul((a, Cases((((ge(0, "i"),), x), ((), y))))),
     "c_1\\,\\left(\\begin{cases} x_i & i \\le 0 \\\\ y_j & i \\ge 1 \\end{cases}\\right)",
     "c1 * { x[i] if i <= 0; y[j] if i >= 1 }"),
    (Select(">", x, ZERO, y, ZERO), "[x_i > 0]\\,y_j", "[x[i] > 0] * y[j]"),
    (Select(">=", x, y, ONE, ZERO), "[x_i \\ge y_j]", "[x[i] >= y[j]]"),
    (apply("step", x), "[x_i > 0]", "[x[i] > 0]"),
    (apply("sigmoid", subtract(x, y)), "\\sigma(x_i - y_j)", "sigmoid(x[i] - y[j])"),
    (Power(apply("tanh", x), n(2)), "\\tanh(x_i)^2", "tanh(x[i])^2"),
    (apply("log", x), "\\log x_i", "log(x[i])"),
    (multiply((y, apply("log", x))), "y_j\\,\\log x_i", "y[j] * log(x[i])"),
    (Mul((apply("log", x), y)), "\\log(x_i)\\,y_j", "log(x[i]) * y[j]"),
    (apply("log", divide(x, y)), "\\log\\left(\\frac{x_i}{y_j}\\right)", "log(x[i]/y[j])"),
    (apply("abs", subtract(x, y)), "|x_i - y_j|", "abs(x[i] - y[j])"),
    (apply("leaky_relu", x), "\\operatorname{leaky\\_relu}(x_i)", "leaky_relu(x[i])"),
    (apply("max", x, y), "\\max(x_i, y_j)", "max(x[i], y[j])"),
    (Apply("f", (x,), (1,)), "f'(x_i)", "f'(x[i])"),
    (Apply("f", (x,), (3,)), "f^{(3)}(x_i)", "f'''(x[i])"),
    (Apply("k", (x, y), (1, 0)), "k^{(1,0)}(x_i, y_j)", "k^(1,0)(x[i], y[j])"),
    (Constant("pi"), "\\pi", "pi"),
    (Position(Affine.of("d") - "q" + 1), "d - q + 1", "d - q + 1"),
    (divide(Position(Affine.of("d")), n(2)), "\\frac{d}{2}", "d/2"),
    (multiply((total("beta", "j"), edge(at("beta", "j"), at("w", "h", "j")))),
     "\\frac{\\partial E}{\\partial \\beta_j}\\,\\frac{\\partial \\beta_j}{\\partial w_{hj}}",
     "dE/dbeta[j] * dbeta[j]/dw[h,j]"),
]


@pytest.mark.parametrize(("e", "expected", "plain"), CASES, ids=[c[1] for c in CASES])
def test_to_the_letter(e: Expr, expected: str, plain: str) -> None:
    context = VOCABULARY.display((I, H, J), e)
    if isinstance(e, Reduce) or "\\sum_{j=" in expected:
        context = VOCABULARY.display((), e)
    shown = latex(e, context)
    assert shown == expected
    pykatex.renderToString(checked_latex(shown))
    if plain:
        assert text(e, context, unicode=False) == plain


def test_unicode_text() -> None:
    others = Reduce("sum", (M,), (Guard("ne", Affine.of("m") - "j"),), at("y", "m"))
    e = negate(multiply((at("eta"), residual("j"), others)))
    assert text(e, VOCABULARY.display((J,), e)) == "−η · (ŷ[j] − y[j]) · Σ_{m=1..l; m ≠ j} y[m]"


def test_every_built_in_function_prints() -> None:
    for function in FUNCTIONS.values():
        e = apply(function.name, *(x, y)[: function.arity])
        context = VOCABULARY.display((I, J), e)
        pykatex.renderToString(checked_latex(latex(e, context)))
        assert "x[i]" in text(e, context)


def test_exp_is_a_power_of_e_unless_e_is_taken() -> None:
    e = apply("exp", x)
    free = Vocabulary.of(network(error_names=()))
    assert latex(e, free.display((I,), e)) == "e^{x_i}"
    assert latex(e, VOCABULARY.display((I,), e)) == "\\exp(x_i)"


def test_sigma_stays_with_a_name_that_looks_like_it() -> None:
    model = network(functions={"sigma": 1})
    e = apply("sigmoid", x)
    assert latex(e, Vocabulary.of(model).display((I,), e)) == "\\operatorname{sigmoid}(x_i)"


GUARDS = [
    ((ge("i", 1),), "[i \\ge 1]"),
    ((ge("d", "i"),), "[i \\le d]"),
    ((ge(Affine.of("d") - 1, "i"),), "[i < d]"),
    ((ge("i", Affine.of("h") + 1),), "[i > h]"),
    ((ge(Affine.of("i") + 1, "h"),), "[i \\ge h - 1]"),
    ((ge("i", 1), ge("d", "i")), "[1 \\le i \\le d]"),
    ((ge("d", Affine.of("i") + "h"), ge(Affine.of("i") + "h", 2)), "[2 \\le h + i \\le d]"),
    ((Guard("eq", Affine.of("i")),), "[i = 0]"),
    ((Guard("eq", Affine.of("d") + 1 - "i"),), "[i = d + 1]"),
    ((Guard("not_divides", Affine.of("i") + 1, 3),), "[(i + 1) \\bmod 3 \\ne 0]"),
    ((Guard("ne", Affine.of("h"), lookup=tok("i")),), "[\\mathrm{tok}_i \\ne h]"),
    ((ge("i", 1), Guard("ne", Affine.of("i") - "h")), "[i \\ge 1,\\; i \\ne h]"),
]


@pytest.mark.parametrize(("guards", "expected"), GUARDS, ids=[g[1] for g in GUARDS])
def test_conditions(guards: tuple[Guard, ...], expected: str) -> None:
    e = Cases(((guards, ONE),))
    shown = latex(e, VOCABULARY.display((I, H), e))
    assert shown == expected
    pykatex.renderToString(checked_latex(shown))


def test_a_range_of_a_bound_index_may_read_the_outer_one() -> None:
    inner = Reduce("sum", (Index("m", Range(Affine.of("j"), Affine.of("l"))),), (), at("y", "m"))
    outer = Reduce("sum", (J,), (), inner)
    assert latex(outer, VOCABULARY.display((), outer)) == "\\sum_{j=1}^{l} \\sum_{m=j}^{l} y_m"


def test_equal_trees_print_equally() -> None:
    one, two = derivation(), derivation()
    for before, after in zip(one.steps, two.steps, strict=True):
        shown = [latex(s.after, VOCABULARY.display(s.indices, s.after)) for s in (before, after)]
        assert shown[0] == shown[1]
