"""Lowering: exact models, exact messages, and the same numbers as a direct reading of the syntax tree."""

from __future__ import annotations

import contextlib
import math
import random
import time
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from symbp import derive
from symbp.calculus.affine import Affine, Index
from symbp.calculus.describe import form_text, guard_text, range_text, subscript_text
from symbp.calculus.expression import Access, Apply, Constant, Expr, Number, Position, Power, Select
from symbp.calculus.folding import display_equations, fold_inline
from symbp.calculus.model import Equation, Model, Role, Term
from symbp.calculus.validate import problems
from symbp.errors import LanguageError, SymbpError
from symbp.evaluate import evaluate
from symbp.language.lower import lower
from symbp.language.parse import parse
from tests.reading import Reading, keys

MODELS = sorted((Path(__file__).parent / "models").glob("*.bp"))


def model_of(text: str) -> Model:
    return lower(parse(text))


# A plain text for equations, one line for each piece


def shown(factor: Expr) -> str:
    match factor:
        case Access(name, subscripts):
            inside = ",".join(map(subscript_text, subscripts))
            return f"{name}[{inside}]" if subscripts else name
        case Number(value):
            return str(value)
        case Constant(name):
            return name
        case Position(value):
            return f"({form_text(value)})"
        case Power(base, exponent):
            return f"{shown(base)}^{shown(exponent)}"
        case Apply(function, arguments):
            return f"{function}({', '.join(map(shown, arguments))})"
        case Select(relation, left, right, yes, no):
            return f"select({shown(left)} {relation} {shown(right)}, {shown(yes)}, {shown(no)})"
    raise AssertionError(factor)


def term_text(term: Term) -> str:
    body = " * ".join(map(shown, term.factors)) or "1"
    guards = " and ".join(map(guard_text, term.guards))
    if term.binders:
        body = f"{term.kind}({','.join(b.name for b in term.binders)}{' if ' + guards if guards else ''}: {body})"
    elif guards:
        body = f"[{guards}] {body}"
    return body if term.coefficient == 1 else f"{term.coefficient} {body}"


def indices_text(indices: Iterable[Index]) -> str:
    return ", ".join(f"{i.name} in {range_text(i.range)}" for i in indices)


def equation_text(equation: Equation) -> list[str]:
    name = f"{equation.target}[{indices_text(equation.indices)}]" if equation.indices else equation.target
    lines = []
    for piece in equation.pieces:
        guards = " and ".join(map(guard_text, piece.guards))
        terms = " + ".join(map(term_text, piece.terms)) or "0"
        lines.append(f"{name}{' if ' + guards if guards else ''} = {terms}")
    return lines


def text_of(model: Model) -> list[str]:
    return [line for e in model.equations for line in equation_text(e)]


EXACT = [
    (
        "a squared error",
        "index j in 1..l\ninput y[j]\nparam yhat[j]\nloss E = 1/2 * sum(j, (yhat[j] - y[j])^2)\n",
        ["E#1[j in 1..l] = yhat[j] + -1 y[j]", "E = 1/2 sum(j: E#1[j]^2)"],
    ),
    (
        "a layer",
        "index h in 1..q, j in 1..l\ninput b[h]\nparam w[h,j], theta[j]\n"
        "beta[j] = sum(h, w[h,j]*b[h]) + theta[j]\nyhat[j] = sigmoid(beta[j] - theta[j])\nloss E = sum(j, yhat[j])\n",
        [
            "beta[j in 1..l] = sum(h: w[h,j] * b[h]) + theta[j]", "yhat#1[j in 1..l] = beta[j] + -1 theta[j]",
            "yhat[j in 1..l] = sigmoid(yhat#1[j])", "E = sum(j: yhat[j])",
        ],
    ),
    (
        "an activation of a sum gets a named inner equation",
        "index i in 1..n, j in 1..m\nparam W[j,i], x[i]\nh[j] = tanh(sum(i, W[j,i]*x[i]))\nloss E = sum(j, h[j])\n",
        ["h_s[j in 1..m] = sum(i: W[j,i] * x[i])", "h[j in 1..m] = tanh(h_s[j])", "E = sum(j: h[j])"],
    ),
    (
        "a reduction in a product stays one term, factors in the author's order",
        "index i in 1..n, d in 1..m\nparam Q[i,d], K[d]\nS[i] = sum(d, Q[i,d]*K[d])/sqrt(m)\nloss E = sum(i, S[i])\n",
        ["S#1 = sqrt((m))", "S[i in 1..n] = sum(d: Q[i,d] * K[d] * S#1^-1)", "E = sum(i: S[i])"],
    ),
    (
        "of two multiplied reductions each gets a name",
        "index i in 1..n\nparam x[i]\nloss E = sum(i, x[i]) * sum(i, x[i]^2) / sum(i, x[i])\n",
        ["E_s = sum(i: x[i])", "E_s2 = sum(i: x[i]^2)", "E = E_s * E_s2 * E_s^-1"],
    ),
    (
        "nested sums merge, a sum times something inside a sum does not",
        "index i in 1..n, j in 1..m\nparam A[i,j], x[i]\n"
        "loss E = sum(i, sum(j, A[i,j])) + sum(i, x[i]*sum(j, A[i,j]))\n",
        ["E_s[i in 1..n] = sum(j: A[i,j])", "E = sum(i,j: A[i,j]) + sum(i#2: x[i] * E_s[i])"],
    ),
    (
        "softmax under a condition",
        "index i in 1..n, j in 1..n\nparam S[i,j]\nP[i,j] = softmax(j if j <= i, S[i,j])\nloss L = sum(i, P[i,1])\n",
        [
            "P_s[i in 1..n] = sum(j if i >= j: exp(S[i,j]))",
            "P[i in 1..n, j in 1..n] = [i >= j] exp(S[i,j]) * P_s[i]^-1", "L = sum(i: P[i,1])",
        ],
    ),
    (
        "logsumexp and mean",
        "index i in 1..n, k in 1..3\nparam x[i,k]\nloss L = mean(i, logsumexp(k, x[i,k])) + mean(k, x[1,k])\n",
        [
            "L_s[i in 1..n] = sum(k: exp(x[i,k]))",
            "L = sum(i: (n)^-1 * log(L_s[i])) + 1/3 sum(k: x[1,k])",
        ],
    ),
    (
        "a mean under a condition divides by the count",
        "index i in 1..n, j in 1..n\nparam x[i]\nm[i] = mean(j if j <= i, x[j])\nloss L = m[n]\n",
        ["m_s[i in 1..n] = sum(j if i >= j: 1)", "m[i in 1..n] = sum(j if i >= j: m_s[i]^-1 * x[j])", "L = m[n]"],
    ),
    (
        "zero padding is a guard",
        "index p in 0..H-1, r in 0..2\ninput x[p]\nparam K[r]\nz[p] = sum(r, K[r]*pad(x[p+r-1], 0))\n"
        "loss L = sum(p, z[p])\n",
        ["z[p in 0..H-1] = sum(r if p+r >= 1 and H >= p+r: K[r] * x[p+r-1])", "L = sum(p: z[p])"],
    ),
    (
        "other padding is an inline equation with cases",
        "index t in 1..T\nparam x[t]\nloss L = sum(t, x[t]*pad(x[t-1], 7))\n",
        ["L#1[t in 1..T] if t >= 2 = x[t-1]", "L#1[t in 1..T] if t == 1 = 7 1", "L = sum(t: x[t] * L#1[t])"],
    ),
    (
        "where on an index gives cases",
        "index t in 1..T\nparam x[t]\ny[t] = where(t == 1, x[t], x[t] - x[t-1])\nloss L = sum(t, y[t])\n",
        ["y[t in 1..T] if t == 1 = x[t]", "y[t in 1..T] if t >= 2 = x[t] + -1 x[t-1]", "L = sum(t: y[t])"],
    ),
    (
        "where on numbers gives a selection",
        "index i in 1..n\nparam a[i]\nloss L = sum(i, where(a[i] > 0, a[i]^2, -a[i]))\n",
        [
            "L#1[i in 1..n] = a[i]^2", "L#2[i in 1..n] = -1 a[i]",
            "L = sum(i: select(a[i] > 0, L#1[i], L#2[i]))",
        ],
    ),
    (
        "a generated part that is safe only under the guards carries them",
        "index t in 1..T\nparam x[t]\nloss L = sum(t if t >= 2, (x[t] - x[t-1])^2)\n",
        ["L#1[t in 1..T] = [t >= 2] x[t] + -1 [t >= 2] x[t-1]", "L = sum(t if t >= 2: L#1[t]^2)"],
    ),
    (
        "a recurrence with a literal case",
        "index t in 1..T, j in 1..n\nparam x[t,j], w\nh[0,j] = 0\nh[t,j] = tanh(w*h[t-1,j] + x[t,j])\n"
        "loss L = sum(j, h[T,j])\n",
        [
            "h#1[t in 1..T, j in 1..n] = w * h[t-1,j] + x[t,j]",
            "h[t in 0..T, j in 1..n] if t == 0 = 0", "h[t in 0..T, j in 1..n] if t >= 1 = tanh(h#1[t,j])",
            "L = sum(j: h[T,j])",
        ],
    ),
    (
        "an or falls into disjoint sums",
        "index i in 1..n, j in 1..n\nparam x[i]\nloss L = sum(i, x[i]*sum(j if j < i or j == i + 1, x[j]))\n",
        [
            "L_s[i in 1..n] = sum(j if i >= j+1: x[j]) + sum(j#2 if j == i+1: x[j])",
            "L = sum(i: x[i] * L_s[i])",
        ],
    ),
    (
        "a lookup as subscript and in a condition",
        "index t in 1..T, k in 1..d, v in 1..V\ninput tok[t] in 1..V\nparam Emb[v,k]\n"
        "loss L = sum(t, k, Emb[tok[t],k]) + sum(t, v if v == tok[t], Emb[v,1])\n",
        ["L = sum(t,k: Emb[tok[t],k]) + sum(t#2,v if tok[t] == v: Emb[v,1])"],
    ),
    (
        "general powers, constants, sizes as numbers",
        "index i in 1..D\nparam x[i], w\nloss L = sum(i, x[i]^w) - D/2*log(2*pi) + (2*D-1)*w + 2^10*w\n",
        ["L#1 = 2 pi", "L = sum(i: x[i]^w) + -1/2 (D) * log(L#1) + (2*D-1) * w + 1024 w"],
    ),
    (
        "division inverts the factors of a plain product",
        "param a, b, c\nloss L = a / (2*b*c^2) / (a + b)\n",
        ["L#1 = a + b", "L = 1/2 a * b^-1 * c^-2 * L#1^-1"],
    ),
    (
        "bounds in outer indices become guards",
        "index i in 1..n\nparam x[i]\nloss L = sum(i, k in i..n, x[i]*x[k])\n",
        ["L = sum(i,k if k >= i: x[i] * x[k])"],
    ),
    (
        "concatenation",
        "index i in 1..n, k in n+1..n+m, j in 1..m\nparam a[i], b[j]\nc[i] = a[i]\nc[k] = b[k-n]\n"
        "loss L = sum(p in 1..n+m, c[p])\n",
        ["c[i in 1..m+n] if n >= i = a[i]", "c[i in 1..m+n] if i >= n+1 = b[i-n]", "L = sum(p: c[p])"],
    ),
    (
        "a max reads one array plainly, with others it gets a name",
        "index i in 1..n\nparam x[i]\nloss L = 2*max(i, x[i]^2) + max(x[1], 0)\n",
        ["L#1[i in 1..n] = x[i]^2", "L_s = max(i: L#1[i])", "L = 2 L_s + max(x[1], 0)"],
    ),
    (
        "a helper is expanded where it is called, equal calls once",
        "param w, x\nf(a) = a^2 + a\nloss L = f(w)*x + f(w)*f(x)\n",
        ["L#1 = w^2 + w", "L#2 = x^2 + x", "L = L#1 * x + L#1 * L#2"],
    ),
    (
        "elementwise max of three",
        "param a, b, c\nloss L = max(a, b, c)\n",
        ["L#1 = max(a, b)", "L = max(L#1, c)"],
    ),
]


@pytest.mark.parametrize(("text", "lines"), [c[1:] for c in EXACT], ids=[c[0] for c in EXACT])
def test_exact_equations(text: str, lines: list[str]) -> None:
    assert text_of(model_of(text)) == lines


def test_generated_equations_know_their_owner() -> None:
    model = model_of("index j in 1..l\nparam y[j]\nloss E = exp(sum(j, (y[j] - 1)^2))\n")
    marks = [(e.target, e.inline, e.owner, e.line) for e in model.equations]
    assert marks == [("E#1", True, "E", 3), ("E_s", False, "E", 3), ("E", False, None, 3)]
    assert model.stages == ("E",)


# The same numbers as a direct reading


PROGRAMS = {
    **{p.stem: p.read_text(encoding="utf-8") for p in MODELS},
    **{c[0]: c[1] for c in EXACT},
    "grid": (
        "index i in 1..m, j in 1..n\nparam c[i,j]\ns[0,j] = 1\ns[i,0] = 2\ns[0,0] = 3\n"
        "s[i,j] = s[i-1,j]*c[i,j] + s[i,j-1]/2 + s[i-1,j-1]\nloss L = s[m,n]\n"
    ),
    "lag two, backwards": (
        "index t in 1..T\nparam x[t]\nb[T+1] = 1\nb[T+2] = 2\nb[t] = b[t+1]*x[t] + b[t+2]\nloss L = b[1]\n"
    ),
    "nested where": (
        "index i in 1..n, j in 1..m\nparam x[i,j]\n"
        "y[i,j] = where(i == 1, where(j <= 2 or j == m, x[i,j], 2), "
        "where(not i == j and j > 1, x[i-1,j-1]*x[i,j], 5))\n"
        "loss L = sum(i, j, y[i,j]^2) + sum(i, j, where(i > 1 and x[i,j] > 0, x[i-1,j], x[i,j])^2)\n"
    ),
    "where inside, next to sums": (
        "index i in 1..n, j in 1..m\nparam x[i,j], w\n"
        "loss L = w*sum(i, where(i < n, sum(j, x[i+1,j]), w))^2 + where(n > 2, w, 1)*prod(i, j if i != j, 1 + x[i,j])\n"
    ),
    "data conditions": (
        "index i in 1..n\nparam x[i], w\n"
        "loss L = sum(i, where(not (x[i] > 0 or x[i] < w) and w != 0, exp(x[i]), "
        "where(-1 < x[i] < 1, w*x[i], x[i]^2)))\n"
    ),
    "helpers in reductions": (
        "index i in 1..n, j in 1..n\nparam x[i], w\ng(a, b) = a*tanh(b) + w\nf(a) = g(a, g(a, a)) + sum(j, x[j]*a)\n"
        "loss L = sum(i, f(x[i]) * g(f(w), x[i])) + max(w, 0) + min(x[1], w, 1)\n"
    ),
    "conditional means and extrema": (
        "index i in 1..n, j in 1..n\nparam x[i]\n"
        "a[i] = mean(j if j >= i, x[j]^2)\nb[i] = max(j if j <= i, x[j]*x[i])\n"
        "c[i] = logsumexp(j if j != i or j == 1, x[j])\n"
        "d[i] = min(k in 1..i, x[k])\nloss L = sum(i, a[i]*b[i] + c[i]*d[i])\n"
    ),
    "softmax twice": (
        "index i in 1..n, j in 1..n\nparam x[i,j]\n"
        "p[i,j] = softmax(j if j <= i, softmax(i, x[i,j]) * 3) + softmax(j if j == 1 or j == i, x[j,i])\n"
        "loss L = sum(i, j, p[i,j]^2)\n"
    ),
    "counts and empty sums": (
        "index i in 1..n\nparam x[i]\n"
        "loss L = sum(i, 2) + sum(k in 3..2, x[k]) + sum(i, sum(k in 1..i-1, x[k])) + prod(i, 2)*x[1]\n"
    ),
    "negative and folded": (
        "param w, x\nloss L = -(w*x) - (-w)^2 * -x + 2*3*w - (1/2 + 1/3)*x - w^-2*x + (w*x)^0 + 4^(1/2)*w\n"
    ),
    "division under conditions": (
        "index i in 1..n, j in 1..n\nparam x[i], w\ninput c[i] in 1..n\n"
        "loss L = sum(i, j if j < i, exp(1/(x[i] - x[j])^2/9)*tanh(log(x[j+1]*w)/sqrt(n)))"
        " + sum(i if i > 1, exp(x[i-1]^2) * max(w/x[i-1], x[c[i]]/mean(j if j < i, x[j])))\n"
    ),
    "stride, dilation, padding": (
        "index p in 0..P-1, r in 0..2\nparam x[0..2*P+3], K[r]\nz[p] = sum(r, K[r]*pad(x[2*p+3*r-2], 0))\n"
        "loss L = sum(p, z[p]^2)\n"
    ),
}


def box_of(model: Model, name: str, sizes: dict[str, int]) -> tuple[range, ...]:
    axes = model.arrays[name].axes
    return tuple(range(a.lower.evaluate(sizes), a.upper.evaluate(sizes) + 1) for a in axes)


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_of_a_direct_reading(name: str) -> None:
    program = parse(PROGRAMS[name])
    model = lower(program)
    assert problems(model) == ()
    rng = random.Random(name)
    for shift in (0, 1):
        sizes = {s: 2 + (k + shift) % 3 for k, s in enumerate(model.sizes)}
        values: dict[str, dict[tuple[int, ...], float]] = {}
        for array in model.arrays.values():
            if array.role is Role.INTEGER:
                assert array.values is not None
                low, high = array.values.lower.evaluate(sizes), array.values.upper.evaluate(sizes)
                values[array.name] = {k: rng.randint(low, high) for k in keys(box_of(model, array.name, sizes))}
            elif array.role is not Role.DEFINED:
                positive = array.name in ("s", "eps") or name.startswith(("general", "division", "negative"))
                values[array.name] = {
                    k: rng.uniform(0.2, 1.5) if positive else rng.uniform(-1.5, 1.5)
                    for k in keys(box_of(model, array.name, sizes))
                }
        instances = {"f": math.tanh} if model.functions else {}
        reading = Reading(program, sizes, values, instances)
        found = evaluate(closed(model), sizes, values)
        for stage in model.stages:
            for key in keys(box_of(model, stage, sizes)):
                expected = reading.element(stage, key)
                assert float(found[stage][key]) == pytest.approx(expected, rel=1e-9, abs=1e-9), (stage, key)


def closed(model: Model) -> Model:
    """The model with tanh for each generic function."""
    def factor(e: Expr) -> Expr:
        return Apply("tanh", e.arguments) if isinstance(e, Apply) and e.function in model.functions else e

    def term(t: Term) -> Term:
        return replace(t, factors=tuple(map(factor, t.factors)))

    def equation(e: Equation) -> Equation:
        return replace(e, pieces=tuple(replace(p, terms=tuple(map(term, p.terms))) for p in e.pieces))

    return replace(model, equations=tuple(map(equation, model.equations)), functions={})


# Names, ranges, roles, goals


def ranges_of(text: str) -> dict[str, str]:
    return {k: range_text(v) for k, v in model_of(text).index_ranges.items()}


def test_undeclared_letters_take_the_axis_that_they_subscript() -> None:
    assert ranges_of("input x[784]\nparam W[j,i]\nz[j] = sum(i, W[j,i]*x[i])\nloss L = sum(j, z[j])\n") == {
        "j": "1..n_j", "i": "1..784",
    }


def test_letters_that_nothing_uses_are_left_out() -> None:
    text = "index i in 1..n, q in 1..Q, k in 1..3\nparam w[i], v[k]\nloss L = sum(i, w[i]^2) + v[1]\n"
    assert ranges_of(text) == {"i": "1..n", "k": "1..3"}


def test_letters_that_only_formulas_use_are_their_own_in_each() -> None:
    text = "param W[2,3], V[2], x[3]\nh[i] = sum(j, W[i,j]*x[j])\nloss L = sum(j, V[j]*h[j])\n"
    model = model_of(text)
    assert text_of(model) == ["h[i in 1..2] = sum(j: W[i,j] * x[j])", "L = sum(j: V[j] * h[j])"]
    assert range_text(model.equations[1].pieces[0].terms[0].binders[0].range) == "1..2"


def test_two_undeclared_extents_that_meet_are_one() -> None:
    model = model_of("param x[i], y[j]\nloss L = sum(i, x[i]*y[i])\n")
    assert model.sizes == ("n_i",)
    assert [range_text(a) for n in "xy" for a in model.arrays[n].axes] == ["1..n_i", "1..n_i"]
    assert model.warnings == ("`j` and `i` have one range, since `i` subscripts `y`",) or model.warnings == (
        "`i` and `j` have one range, since `i` subscripts `y`",
    )


def test_a_size_that_inference_names_is_a_real_size() -> None:
    model = model_of("size n_i = 4\nparam x[i]\nloss L = sum(i, x[i])\n")
    assert model.sizes == ("n_i",) and model.size_values == {"n_i": 4}


def test_names_in_a_bracket_are_sizes_or_letters() -> None:
    model = model_of("index i in 1..d\nsize m\nparam x[d], y[m], z[0..4], u[k], v[2*d]\nloss L = sum(k, u[k])\n")
    axes = {n: range_text(model.arrays[n].axes[0]) for n in "xyzuv"}
    assert axes == {"x": "1..d", "y": "1..m", "z": "0..4", "u": "1..n_k", "v": "1..2*d"}
    assert [model.arrays[n].letters for n in "xu"] == [(), ("k",)]


def test_letters_for_printing_come_from_the_first_plain_read() -> None:
    model = model_of("param W[2,3], x[3]\nloss L = sum(a, b, W[a,b]*x[b]) + sum(c, x[c])\n")
    assert model.arrays["W"].letters == ("a", "b") and model.arrays["x"].letters == ("b",)


def test_one_line_helper_is_the_model() -> None:
    model = model_of("f(x, y) = (x + sigmoid(y)) / (sigmoid(x) + (x + y)^2)\nat x = 3, y = -4\n")
    assert (model.loss, model.wrt, model.values) == ("f", ("x", "y"), {"x": 3, "y": -4})
    assert text_of(model) == [
        "f#1 = x + sigmoid(y)", "f#2 = x + y", "f#3 = sigmoid(x) + f#2^2", "f = f#1 * f#3^-1",
    ]


def test_the_scalar_that_nothing_uses_is_the_loss() -> None:
    model = model_of("input x, y\nsigy = sigmoid(y)\nnum = x + sigy\ninvden = 1/x\nf = num*invden\n")
    assert (model.loss, model.wrt) == ("f", ("x", "y"))


def test_wrt_is_every_parameter_else_every_input() -> None:
    assert model_of("input x\nparam a, b\nloss L = a*b*x\n").wrt == ("a", "b")
    assert model_of("input x, y\ntarget t\nconst c\nloss L = x*y*t*c\n").wrt == ("x", "y")


def test_an_unused_parameter_is_a_warning() -> None:
    assert model_of("param w, v\nloss L = w^2\n").warnings == ("the loss `L` doesn't depend on `v`: its gradient is 0",)


def test_of_replaces_the_loss() -> None:
    program = parse("param w\na = w\nb = w^2\n")
    with pytest.raises(LanguageError):
        lower(program)
    assert lower(program, of="a").loss == "a"


def test_requirements_on_sizes() -> None:
    model = model_of("index n in 1..N\nparam x[n]\nloss L = x[3]*x[N-1]\n")
    assert [guard_text(g) for g in model.requirements] == ["N >= 3", "N >= 2"]
    model = model_of("index j in 2..n\nparam x[n]\nloss L = max(j if j != 3, x[j])\n")
    assert [guard_text(g) for g in model.requirements] == ["n >= 2"]


BOUNDARY = "size T\nparam x[T]\nd[1] = x[1]\nd[T] = 2*x[T]\nd[t] = x[t-1]*x[t] + x[t+1]\nloss L = sum(t, d[t]^2)\n"


def test_cases_that_meet_at_small_sizes_require_larger_ones() -> None:
    model = model_of(BOUNDARY)
    assert [guard_text(g) for g in model.requirements] == ["T >= 2"]
    assert problems(model) == ()
    assert derive(BOUNDARY).verify(points=1).passed
    corners = (
        "index i in 1..n, j in 1..m\nparam a, x[i,j]\nu[1,j] = a\nu[n,j] = 2*a\nu[i,1] = 3\nu[1,1] = 5\nu[n,1] = 7\n"
        "u[i,j] = x[i,j]\nloss L = sum(i, j, u[i,j]^2)\n"
    )
    assert [guard_text(g) for g in model_of(corners).requirements] == ["n >= 2"]
    with pytest.raises(LanguageError, match="`d` needs T >= 2, and T = 1"):
        model_of("let T = 1\n" + BOUNDARY)


def test_a_letter_that_looks_like_a_size_is_a_warning() -> None:
    told = "`n` in `{}[…]` is read as an index letter: is it a size? declare `size n`"
    for text in ("param A[n,n]\nloss L = sum(i, j, A[i,j]^2)\n", "param A[n,n]\nloss L = sum(n, A[n,n])\n"):
        assert model_of(text).warnings == (told.format("A"),)
    assert model_of("param x[n]\nloss L = sum(i, x[i]^2)\n").warnings == (told.format("x"),)
    for text in (
        "size n\nparam x[n]\nloss L = sum(i, x[i]^2)\n", "param x[n]\nloss L = sum(n, x[n])\n",
        "index n in 1..3\nparam A[n,n]\nloss L = sum(i, j, A[i,j])\n", "param x[n]\nloss L = x[1]\n",
        "param x[n], s\nshow x[n] as x_n\nloss L = s*sum(j, x[j])\n",
    ):
        assert model_of(text).warnings == ()


def test_a_part_of_a_name_with_an_underline_has_one_underline() -> None:
    model = model_of("param x[i]\ny_ = exp(sum(i, x[i])^2)\nloss L = y_\n")
    assert [e.target for e in model.equations] == ["y_s", "y_#1", "y_", "L"]


def test_what_nobody_wrote_is_not_shown() -> None:
    model = model_of(
        "index p in 1..n, q in 1..n\nparam a\nh[0,q] = 0\nh[p,0] = a\nh[p,q] = where(q > 1, h[p-1,q-1]*a, 1)\n"
        "loss L = h[n,n]\n"
    )
    forward = display_equations(model, fold_inline(model))
    assert [e.target.subscripts[1] for e in forward if e.target.name == "h"][:2] == [Affine.of("q"), Affine.of(0)]
    assert not any(s == (Affine.of(0), Affine.of(0)) for s in (e.target.subscripts for e in forward))


def test_facts() -> None:
    model = model_of(
        "index n in 1..N, c in 1..C\ntarget y[n,c]\nparam s[c]\nassume sum(c, y[n,c]) = 1\n"
        "assume y[n,c] in {0, 1/2, 1}\n"
        "assume s[c] >= -0.5\nloss L = sum(n, c, y[n,c]*s[c])\n"
    )
    sums, members, bound = model.facts
    assert indices_text(sums.indices) == "n in 1..N" and sums.relation == "==" and sums.right == Number(Fraction(1))
    assert members.members == (0, Fraction(1, 2), 1) and indices_text(members.indices) == "n in 1..N, c in 1..C"
    assert (bound.relation, bound.right, bound.line) == (">=", Number(Fraction(-1, 2)), 6)


def test_values_fix_sizes() -> None:
    model = model_of(
        "param W[i,j], x[j]\nlet W = [[1, 2, 5], [3, -0.4, 1/3]], x = [1, 2, 3]\n"
        "loss L = sum(i, j, W[i,j]*x[j])\n"
    )
    assert model.size_values == {"n_i": 2, "n_j": 3}
    assert model.values["W"] == ((1, 2, 5), (3, Fraction(-2, 5), Fraction(1, 3)))


def test_error_names_looks_and_rate() -> None:
    model = model_of(
        "index i in 1..n, j in 1..m\nparam w[i,j]\nz[i,j] = w[i,j]^2\nloss L = sum(i, j, z[i,j])\nupdate eta\n"
        "let eta = 0.1\n"
        "name g[j,i] = -grad(z[i,j])\nshow w[i,j] as w^{i}_j, g[j,i] as g_ji\n"
    )
    (name,) = model.error_names
    assert (name.name, name.sign, name.of, name.letters, name.order) == ("g", -1, "z", ("i", "j"), (1, 0))
    assert model.looks == {"w": "w^{i}_j", "g": "g_ji"} and model.look_letters == {"w": ("i", "j"), "g": ("j", "i")}
    assert model.rate == "eta" and model.values == {"eta": Fraction(1, 10)}


def test_roles() -> None:
    text = "param w, v\ns = w*v\nloss L = s^2\nrole w = weight, s = pre-activation\n"
    assert model_of(text).roles == {"w": "weight", "s": "pre-activation"}
    with pytest.raises(LanguageError) as caught:
        model_of("index i in 1..n\nparam w\nloss L = w^2\nrole w = wieght, i = bias, W = bias, L = loss, L = loss\n")
    assert [(d.message, d.hint) for d in caught.value.diagnostics] == [
        ("`wieght` is no role", "did you mean `weight`?"),
        ("`i` is an index, so it has no role", ""),
        ("`W` is not defined", "did you mean `w`?"),
        ("`L` gets a role twice", ""),
    ]


def test_generic_functions() -> None:
    model = model_of("function f(z)\nparam w\nloss L = f(w)*f(w + 1)\n")
    assert model.functions == {"f": 1} and text_of(model) == ["L#1 = w + 1", "L = f(w) * f(L#1)"]


# Mistakes


ERRORS = [
    ("param w[3]\nloss L = sum(i, w[i]*y[i])\n", [(2, 22, "`y` is not defined")]),
    ("param W[2,3], x[3]\nloss L = sum(i, W[i]*x[i])\n", [(2, 17, "`W` needs 2 subscripts, 1 given")]),
    ("param w[3]\nloss L = w[1,2]\n", [(2, 10, "`w` needs 1 subscript, 2 given")]),
    ("param b\nloss L = b[1]\n", [(2, 10, "`b` is a single number: it has no subscripts")]),
    ("param w[3]\nloss L = w\n", [(2, 10, "`w` needs 1 subscript, none is given")]),
    (
        "param w\na = b*w\nb = a + 1\nL = a\n",
        [(2, 1, "`a` and `b` are defined through each other, and no order of the indices computes each value before it "
                "is read")],
    ),
    ("param w\nh[i] = w\nL = h[1]\n", [(2, 3, "the range of `i` is not known: no array is subscripted by it alone")]),
    ("param w\nw = 3\nL = w\n", [(2, 1, "`w` is a parameter, so it can't be defined")]),
    ("param w, x[3]\nL = sum(w, x[w])\n", [(2, 9, "`w` is a parameter, not an index")]),
    ("param w[3]\nL = w[-1]\n", [(2, 7, "`-1` is out of range: this axis of `w` is 1..3")]),
    ("param w[3]\nL = w[4]\n", [(2, 7, "`4` is out of range: this axis of `w` is 1..3")]),
    ("param w[3]\nL = sum(i, w[i/2])\n", [(2, 14, "`i/2` can't be a subscript")]),
    ("param w[3]\nL = sum(i, w[i]*w[i*i])\n", [(2, 19, "`i*i` can't be a subscript")]),
    (
        "param w[3], y[3]\nL = sum(i, w[y[i]])\n",
        [(2, 14, "`y[i]` can't be a subscript: `y` is a parameter, not an integer input")],
    ),
    ("param a, b\nL = exp(a, b)\n", [(2, 5, "`exp` takes 1 argument, not 2")]),
    ("param w\nf(a) = a^2\nL = f*w\n", [(3, 5, "`f` is a function: it stands here without arguments")]),
    ("param w\nf(a) = a^2\nL = f(w, w)\n", [(3, 5, "`f` takes 1 argument, not 2")]),
    ("param w\nL = w*open(w)\n", [(2, 7, "there is no function `open`")]),
    ("param w\nL = w(2)\n", [(2, 5, "`w` is a parameter, not a function")]),
    (
        "param w[3], x[3]\ny[i] = w[i] + sum(i, w[i]*x[i])\nL = y[1]\n",
        [(2, 19, "`i` is an index that is in use here, so `sum` can't bind it")],
    ),
    ("param w[0]\nL = sum(i, w[i])\n", [(1, 9, "an axis of `w` is empty: its size can't be `0`")]),
    ("size n = 0\nparam w[n]\nL = sum(i, w[i])\n", [(1, 6, "the size `n` can't be 0")]),
    ("param w\nL = w*log(-1)\n", [(2, 10, "`log` of -1 is not a real number")]),
    ("param w\nL = w*sqrt(-4)\n", [(2, 11, "`sqrt` of -4 is not a real number")]),
    ("param w\nL = w/(1 - 1)\n", [(2, 8, "`1 - 1` is 0: nothing can be divided by it")]),
    ("param w\nL = w^(9^9^9^9)\n", [(2, 10, "`9^9^9` is too large to write out: it has more than 1,000 digits")]),
    ("param w\nL = w*(-2)^(1/2)\n", [(2, 7, "`(-2)^(1/2)` is not a real number")]),
    ("param alpha, α\nL = alpha*α\n", [(1, 14, "`α` and `alpha` look alike in print")]),
    ("param yhat, ŷ\nL = yhat*ŷ\n", [(1, 13, "`ŷ` and `yhat` look alike in print")]),
    ("index w in 1..3\nparam w\nL = 1\n", [(2, 7, "`w` is an index, so it can't be a parameter too")]),
    ("param w, w\nL = w\n", [(1, 10, "`w` is declared twice")]),
    ("param w\na = w\na = w^2\nL = a\n", [(3, 1, "`a` is defined twice")]),
    ("param W[2,3]\nL = sum(i, W[i,i])\n", [(2, 16, "`i` runs over 1..2 elsewhere, but this axis of `W` is 1..3")]),
    (
        "index i in 1..n, k in 1..m\nparam x[i]\nL = sum(k, x[k])\n",
        [(3, 14, "`k` runs over 1..m, out of range: this axis of `x` is 1..n")],
    ),
    (
        "index t in 1..T\nparam w\nh[t] = w*h[t-1]\nloss L = h[T]\n",
        [(3, 12, "`t-1` runs over 0..T-1, out of range: the cases of `h` give 1..T only")],
    ),
    (
        "index i in 1..m, j in 1..n\nparam w\ns[0,j] = 0\ns[i,0] = 0\ns[i,j] = w*s[i-1,j-1]\nloss L = s[m,n]\n",
        [(5, 12, "`s[i-1,j-1]` reads a case of `s` that is missing: the one where subscript 1 == 0 and "
                 "subscript 2 == 0")],
    ),
    (
        "index n in 1..N\nparam x[n]\nl[0] = 1\nl[n+1] = l[n]*x[n+1] + n\nloss E = l[N]\n",
        [(4, 3, "`n+1` can't stand on the left: the left side is `l[n]`, for every n")],
    ),
    ("param w\nf(a) = g(a)\ng(a) = f(a) + 1\nloss L = f(w)\n", [(3, 8, "`f` calls itself: f → g → f")]),
    ("param w\na = w\nb = w\n", [(3, 1, "which of `a`, `b` is the loss? nothing else uses any of them")]),
    ("param w\n", [(1, 1, "there is no loss: the file defines nothing")]),
    ("param w[3]\nh[i] = w[i]\n", [(2, 1, "there is no loss: no single number that nothing else uses")]),
    ("param w[3]\nloss h[i] = w[i]\n", [(2, 6, "the loss `h` must be a single number, without subscripts")]),
    ("param w\nloss a = w\nloss b = w\n", [(3, 6, "a file has one `loss`")]),
    ("index i in 1..n\nparam x[i]\nloss L = x[i]\n", [(3, 12, "`i` is an index, and nothing binds it here")]),
    ("index i in 1..n\nparam x[i]\nloss L = i[1]*x[1]\n", [(3, 10, "`i` is an index, not an array")]),
    ("param x[3]\nL = softmax(i, x[i])\n", [(2, 13, "`softmax` leaves `i` free, and nothing binds `i` here")]),
    (
        "index i in 1..n, j in 1..n\nparam x[i]\np[i] = max(j if j < i or j > i, x[j])\nloss L = p[1]\n",
        [(3, 8, "the condition of `max` falls into several cases")],
    ),
    ("param x[3]\nL = sum(i if j > 0, x[i])\n", [(2, 14, "`j` is not defined")]),
    (
        "index i in 1..2, j in 1..2\nparam x[i]\np[i] = softmax(i if i <= q, x[i])\nL = p[j]\n",
        [(3, 26, "`q` is not defined"), (4, 7, "`j` is an index, and nothing binds it here")],
    ),
    ("param w[3]\nL = L[1]\n", [(2, 5, "`L` is a single number: it has no subscripts")]),
    (
        "param x[3]\nL = sum(i if x[i] > 0, x[i])\n",
        [(2, 14, "a condition of `sum` compares indices and sizes, and integer inputs by `==` and `!=`")],
    ),
    ("param W[i,j]\nlet W = [[1, 2], [3]]\nL = sum(i, j, W[i,j])\n", [(2, 9, "the rows of `W` are not equally long")]),
    ("param x[2]\nlet x = [1, 2, 3]\n"
     "L = sum(i, x[i])\n", [(2, 9, "axis 1 of `x` is 1..2, but its value has 3 entries")]),
    ("param x[i], y[i]\nlet x = [1, 2], y = [1]\n"
     "L = sum(i, x[i]*y[i])\n", [(2, 21, "the size `n_i` is 1 here and 2 elsewhere")]),
    ("param x[2]\nlet x = 1\nL = sum(i, x[i])\n", [(2, 9, "`x` has 1 axis, but its value has a single number")]),
    ("param w\nlet w = [1]\nL = w\n", [(2, 9, "`w` is a single number, but its value has 1 level of brackets")]),
    (
        "size n, m\nparam x[n], y[m]\nd[n,j] = x[j]\nd[i,m] = y[i]\nd[i,j] = 1\nL = d[1,1]\n",
        [(4, 1, "two cases of `d` overlap")],
    ),
    ("param w\nlet q = 3\nL = w\n", [(2, 5, "`q` is not defined")]),
    ("param w\nlet L = 3\nL = w\n", [(2, 5, "`L` is computed by its definition, so it can't be given a value")]),
    (
        "size N = 2\nindex n in 1..N\nparam x[n]\nloss L = x[3]\n",
        [(4, 12, "`3` needs N >= 3, and N = 2")],
    ),
    ("param w\nassume w*w > 0\nL = w\n", [(2, 8, "`w*w` is no fact that can be assumed")]),
    (
        "param w\nL = w\nassume L > 0\n",
        [(3, 8, "`L` is computed: facts are about inputs, targets, parameters and constants")],
    ),
    ("param w\nL = w\nname g = grad(q)\n", [(3, 15, "`q` is not defined")]),
    ("param w[i]\nL = sum(i, w[i])\nshow w as w\n", [(3, 6, "`w` has 1 subscript, 0 given")]),
    ("input y in 1..4\nparam p[3]\nL = p[y]\n", [(3, 7, "`y` takes the values 1..4, out of the range 1..3 of `p`")]),
]


@pytest.mark.parametrize(("text", "expected"), ERRORS, ids=[e[1][0][2][:40] for e in ERRORS])
def test_exact_messages(text: str, expected: list[tuple[int, int, str]]) -> None:
    with pytest.raises(LanguageError) as caught:
        model_of(text)
    found = [(d.span.line, d.span.column, d.message) for d in caught.value.diagnostics]
    assert found == expected


def test_a_file_tells_all_its_mistakes() -> None:
    with pytest.raises(LanguageError) as caught:
        model_of("param w[3]\na = foo(w[1])\nb = bar + w[5]\nc = exp(a, b)\nloss L = a + b + c + w\n")
    found = [(d.span.line, d.span.column) for d in caught.value.diagnostics]
    assert found == [(2, 5), (3, 5), (3, 13), (4, 5), (5, 22)]


def hint_of(text: str) -> str:
    with pytest.raises(LanguageError) as caught:
        model_of(text)
    return caught.value.diagnostics[0].hint


def test_hints() -> None:
    assert hint_of("param w, eta\nloss L = wo*eta\n") == "did you mean `w`?"
    assert hint_of("param w\nloss L = sigmod(w)\n") == "did you mean `sigmoid`?"
    assert "pad(" in hint_of("param w[3]\nloss L = w[-1]\n")
    assert hint_of("param beta, w\nlet bta = 2\nloss L = beta*w\n") == "did you mean `beta`?"
    assert hint_of("param beta, w\nname g = grad(bta)\nloss L = beta*w\n") == "did you mean `beta`?"
    assert hint_of("param w[i]\nloss L = Σ(i, w[i])\n") == "write `sum(i, …)`"
    assert "`max(i, …)` is the greatest value itself" in hint_of("param w[i]\nloss L = argmax(i, w[i])\n")
    shifted = "index n in 1..N\nparam x[n]\nl[0] = 1\nl[n+1] = l[n]*x[n+1] + n\nloss E = l[N]\n"
    assert hint_of(shifted) == "write `l[n] = l[n-1]*x[n] + (n-1)`"
    missing = "index t in 1..T\nparam w\nh[t] = w*h[t-1]\nloss L = h[T]\n"
    assert hint_of(missing) == "write the missing case on a line of its own: `h[0] = …`"


def test_a_clash_points_at_both_places() -> None:
    with pytest.raises(LanguageError) as caught:
        model_of("index w in 1..3\nparam w\nL = 1\n")
    ((span, label),) = caught.value.diagnostics[0].also
    assert (span.line, span.column, label) == (1, 7, "an index here")


# Size


def test_helpers_upon_helpers_stay_small() -> None:
    helpers = "".join(f"f{q + 1}(a) = " + " + ".join([f"f{q}(a)"] * 10) + "\n" for q in range(12))
    model = model_of("param w, x\nf0(a) = a*w\n" + helpers + "L = f12(x)\n")
    assert len(model.equations) <= 20


def test_many_statements_and_deep_helpers_are_quick() -> None:
    start = time.perf_counter()
    flat = "".join(f"a{q} = w*x + {q}\n" for q in range(5000))
    model_of("param w, x\n" + flat + "loss L = a4999\n")
    deep = "".join(f"f{q + 1}(a) = sin(f{q}(a) + 1)*2\n" for q in range(2000))
    model_of("param w\nf0(a) = sin(a)\n" + deep + "loss L = f2000(w)\n")
    assert time.perf_counter() - start < 20


def test_nesting_needs_no_stack() -> None:
    model = model_of("param w\nloss L = " + "sin(-(1 + 2*" * 48 + "w" + "))" * 48 + "\n")
    assert len(model.equations) > 48


def test_every_mistake_is_a_symbp_error() -> None:
    """Programs with one token changed either lower or fail with a mistake, never with anything else."""
    rng = random.Random(7)
    texts = [PROGRAMS[k] for k in PROGRAMS]
    pieces = ["i", "j", "w", "0", "-1", "n", "sum", "(", "[", "x", "pi", "+", "2", ",", "max", "h", "L"]
    for _ in range(300):
        text = rng.choice(texts)
        at = rng.randrange(len(text))
        changed = text[:at] + rng.choice(pieces) + text[at + rng.randrange(3):]
        with contextlib.suppress(SymbpError):
            assert problems(model_of(changed)) == ()


def test_generated_sums_print_as_capitals_that_nothing_else_has() -> None:
    """Z for a normaliser, S for other sums, then with numbers; not an author's letter, nor what looks like a power."""
    model = lower(parse(
        "index i in 1..n, j in 1..n\ninput x[i,j]\nparam S, w\n"
        "p[i,j] = softmax(j, w*x[i,j])\nq[i,j] = softmax(i, S*x[i,j])\n"
        "r[i] = log(sum(j, x[i,j]^2))\nu[i] = log(sum(j, w*x[i,j]))\nv[i] = log(sum(j, S*x[i,j]))\n"
        "loss L = sum(i, j, p[i,j]*q[i,j]*r[i]*u[i]*v[i])\n"
    ))
    found = {name: text for name, text in model.looks.items() if name not in ("L",)}
    assert found == {
        "p_s": "Z_{a}", "q_s": "R_{a}", "r_s": "Q_{a}", "u_s": "R^{(2)}_{a}", "v_s": "Q^{(2)}_{a}",
    }
