"""Long formulas in lines: tables of cases branch by branch, inside brackets that stretch, beside a fraction's line."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pykatex
import pytest

import symbp
from symbp.calculus.affine import Affine, Guard
from symbp.calculus.derivation import Derivation, DisplayEquation
from symbp.calculus.expression import Cases, Expr, Reduce, add, apply, divide, multiply, number, power, subtract
from symbp.render.breaking import LATEX, broken
from symbp.render.document import latex_document_fragment, standalone, text_document
from symbp.render.width import latex_width
from tests.render_models import H, I, J, at, derivation, ge

SLOPE = apply("tanh", subtract(at("alpha", "h"), at("gamma", "h")))
TERM = multiply((at("x", "i"), at("gamma", "h"), at("b", "h"), SLOPE))
LONG = add([TERM] * 5)
TOTAL = Reduce("sum", (J,), (), at("y", "j"))
LAGS = """size T
index t in 1..T
param a, b, c
input x[t], q[t]
h[0] = 0
h[-1] = 0
h[-2] = 0
h[t] = tanh(a*h[t-1]*x[t] + b*h[t-2]*q[t] + c*h[t-3] + x[t])
loss L = sum(t, (h[t] - q[t])^2)
"""


def document_of(body: Expr, label: str = "F1") -> Derivation:
    """A document with one equation z[i,h] = body."""
    model = derivation().model
    equation = DisplayEquation(label, "definition", (I, H), at("v", "i", "h"), body)
    return Derivation(model, "E", (equation,), (), {}, (), model)


def lines_of(body: Expr) -> list[str]:
    fragment = latex_document_fragment(document_of(body))
    display = re.findall(r"\\\[\n(.*?)\n\\\]", fragment, re.DOTALL)[0]
    pykatex.renderToString(re.sub(r"\\tag\{[^}]*\}", "", display))
    return [line for line in display.splitlines() if line.startswith(("&", "v_"))]


def test_each_branch_of_a_wide_table_is_broken_like_an_equation() -> None:
    where, first = (ge("i", 2),), (Guard("eq", Affine.of("i") - 1),)
    for e in (Cases(((where, LONG), (first, TERM))), Cases(((where, LONG),))):
        lines = lines_of(e)
        assert not any("cases" in line for line in lines)
        assert sum(line.startswith("v_") for line in lines) == 2
        assert max(latex_width(line) for line in lines) <= 70
        text = text_document(document_of(e))
        assert max(map(len, text.splitlines())) <= 110
        assert "   if i ≥ 2" in text


def test_a_narrow_table_stays_a_table() -> None:
    assert "\\begin{cases}" in latex_document_fragment(document_of(Cases((((ge("i", 2),), TERM),))))


def test_a_stretched_bracket_is_cut_at_a_sum() -> None:
    lines = lines_of(multiply((at("c1"), add((LONG, TOTAL)))))
    assert len(lines) > 2
    assert "\\left(" in lines[0] and lines[0].rstrip("\\ ").endswith("\\right.")
    assert all(line.startswith("&\\quad \\left. {}+ ") for line in lines[1:])
    assert lines[-1].endswith("\\right)")
    assert max(latex_width(line) for line in lines) <= 70


def test_a_line_is_not_cut_inside_a_bracket_where_it_needn_t_be() -> None:
    shown = "a\\,\\left(\\sum_{j=1}^{l} y_j + x\\right) + bbbbbbbbbbbbbbbbbbbbb"
    assert broken(shown, 24, LATEX) == ["a\\,\\left(\\sum_{j=1}^{l} y_j + x\\right)", "+ bbbbbbbbbbbbbbbbbbbbb"]


def test_a_wide_numerator_stands_beside_its_fraction() -> None:
    lines = lines_of(divide(LONG, power(at("c1"), number(2))))
    assert "\\frac{1}{c_1^2}\\,(x_i" in lines[0]
    assert max(latex_width(line) for line in lines) <= 70
    assert "\\frac{x_i" in latex_document_fragment(document_of(divide(TERM, at("c1"))))


MEASURED = [
    ("abcdefghijk", 54.3),
    ("w_{ijk}^{(2)} + b_{j}", 39.3),
    ("\\frac{abcdef}{d}", 32.1),
    ("\\left(\\sum_{i=1}^{d} v_{ih}\\,x_i - \\gamma_h\\right)", 78.1),
    ("a + b - c", 38.3),
    ("\\hat{y}_j(1 - \\hat{y}_j)", 43.2),
    ("\\begin{cases} x_i & j \\le l \\\\ y_j + 1 & j = m \\end{cases}", 72.4),
    ("\\sqrt{x^2 + y^2}", 42.2),
    ("\\operatorname*{argmax}_{1 \\le i \\le n} \\exp(x_i)", 66.3),
    ("\\frac{\\partial E}{\\partial w_{hj}} = -\\eta\\,\\mathrm{rate}", 69.7),
]
"""Formulas with their widths in points, as pdflatex sets them."""


@pytest.mark.parametrize(("latex", "points"), MEASURED)
def test_widths_are_those_that_pdflatex_measures(latex: str, points: float) -> None:
    assert latex_width(latex) * 5 == pytest.approx(points, rel=0.08)


def test_a_wider_formula_is_seen_to_be_wider() -> None:
    shown = [" + ".join(["x_i\\,y_j"] * k) for k in range(1, 9)]
    widths = [latex_width(s) for s in shown]
    assert widths == sorted(widths) and len(set(widths)) == len(widths)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_pdflatex_sets_a_recurrence_of_three_lags_within_the_margins(tmp_path: Path) -> None:
    data = symbp.derive(symbp.parse(LAGS)).data
    bodies = (LONG, Cases((((ge("i", 2),), LONG),)), multiply((at("c1"), add((LONG, TOTAL)))), divide(LONG, at("c1")))
    fragments = [latex_document_fragment(replace(data, warnings=()))]
    fragments += [latex_document_fragment(document_of(body)) for body in bodies]
    (tmp_path / "x.tex").write_text(standalone("\n".join(fragments)), encoding="ascii")
    command = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "x.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in (tmp_path / "x.log").read_text(encoding="latin-1")


@pytest.mark.parametrize("level", ["\\frac{1}{x + %s}", "\\left(%s\\right)", "\\sqrt{%s}", "x_{%s}", "e^{%s}"])
def test_formulas_of_any_depth_have_a_width(level: str) -> None:
    shown = "x"
    for _ in range(400):
        shown = level.replace("%s", shown)
    assert latex_width(shown) > 60
    assert "".join(broken(f"a + {shown} + b", 1000, LATEX))
