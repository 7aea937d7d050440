"""Whole documents: their parts, their order, the gate for commands, and JSON's schema."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from fractions import Fraction

import pykatex
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbp.calculus.affine import Index, Range
from symbp.calculus.derivation import Condition, Derivation, DisplayEquation, DisplayFact, ErrorTerm, Gradient
from symbp.calculus.expression import ONE, ZERO, Expr, Reduce, add, multiply
from symbp.calculus.model import adjoint_name
from symbp.render.document import (
    json_data,
    json_document,
    latex_document_fragment,
    latex_results,
    standalone,
    text_document,
)
from symbp.render.escape import LatexGuardError, checked_latex, escape_latex, escape_terminal
from symbp.render.options import Options
from symbp.render.prose import Prose
from tests.render_models import H, I, J, at, derivation, ge, network

HAND = derivation()


def displays(fragment: str) -> list[str]:
    return re.findall(r"\\\[\n(.*?)\n\\\]", fragment, re.DOTALL)


def katex(fragment: str) -> None:
    """KaTeX draws every display and every inline formula."""
    shown = displays(fragment)
    assert shown
    for formula in (*shown, *re.findall(r"(?<!\\)\$([^$]+)\$", fragment)):
        pykatex.renderToString(re.sub(r"\\tag\{[^}]*\}", "", formula))


def test_each_result_is_boxed_once_where_it_is_derived() -> None:
    fragment = latex_document_fragment(HAND)
    assert re.findall(r"\\boxed\{(.*)\}\n", fragment) == [
        "\\Delta w_{hj} = \\eta\\,g_j\\,b_h", "\\frac{\\partial E}{\\partial v_{ih}} = -e_h\\,x_i",
    ]
    nameless = fragment.partition("The same without names")[2]
    assert "(\\hat{y}_j - y_j)\\,\\hat{y}_j(1 - \\hat{y}_j)\\,b_h" in nameless
    katex(fragment)


def test_forms_that_are_asked_for_stand_first() -> None:
    fragment = latex_document_fragment(HAND, Options(("shared", "inlined")))
    results, _, _ = fragment.partition("\\subsection*{Setting}")
    assert re.findall(r"\\boxed\{\\begin\{aligned\}\n(\\Delta \w)", results) == ["\\Delta w", "\\Delta v"]
    assert "\\Delta w_{hj} &= \\eta\\,g_j\\,b_h" in results
    assert "\\sum_{j=1}^{l} (\\hat{y}_j - y_j)\\,\\hat{y}_j(1 - \\hat{y}_j)\\,w_{hj}" in results


def test_every_number_cited_stands_before() -> None:
    fragment = latex_document_fragment(HAND)
    for found in re.finditer(r"\(((?:F|L|E)[0-9]+)\)", fragment):
        assert f"\\tag{{{found[1]}}}" in fragment[: found.end() + 12]


def test_definitions_carry_the_sign_and_the_sign_of_definition() -> None:
    assert "g_j := -\\frac{\\partial E}{\\partial \\beta_j}" in latex_document_fragment(HAND)
    assert "e_h := -\\frac{\\partial E}{\\partial \\alpha_h}" in latex_document_fragment(HAND)


def test_a_gradient_without_an_update_is_boxed_itself() -> None:
    gradients = {n: replace(g, updates={}) for n, g in HAND.gradients.items()}
    fragment = latex_document_fragment(replace(HAND, gradients=gradients))
    assert fragment.count("\\boxed{\\frac{\\partial E}") == 2


def test_asked_forms_and_refusals() -> None:
    fragment = latex_document_fragment(HAND, Options(("chain", "expanded")))
    assert "\\frac{\\partial E}{\\partial \\hat{y}_j}\\,\\frac{\\partial \\hat{y}_j}{\\partial \\beta_j}" in fragment
    assert re.search(r"The expanded form of \$.*\$ is not written out: too long\.", fragment)
    assert "too long" not in latex_document_fragment(HAND)


@pytest.mark.parametrize("verified", [None, False])
def test_unverified_is_said(verified: bool | None) -> None:
    assert Prose().words("story.unverified") in latex_document_fragment(HAND, Options(), verified)
    assert Prose().words("story.unverified") in text_document(HAND, Options(), verified)
    assert json_data(HAND, Options(), verified)["verified"] is False


def test_a_certificate_is_quoted() -> None:
    line = "Verified at 12 points_{2} 100%"
    assert "Verified at 12 points\\_\\{2\\} 100\\%" in latex_document_fragment(HAND, Options(), line)
    assert line in text_document(HAND, Options(), line)
    assert "nverified" not in text_document(HAND, Options(), True)


def test_text_in_ascii() -> None:
    shown = text_document(HAND, Options(unicode=False))
    assert shown.isascii()
    assert "dE/dw[h,j] = dE/dbeta[j] * dbeta[j]/dw[h,j]\n                 = -g[j] * b[h]" in shown
    assert "(F3)  beta[j] = sum_{h=1..q} w[h,j] * b[h]" in shown


def test_json_schema() -> None:
    data = json.loads(json_document(HAND, Options(), True))
    assert data["schema"] == 1 and data["symbp"]
    assert {"name", "indices", "latex", "text", "kind"} <= set(data["equations"][0])
    assert [e["kind"] for e in data["equations"]] == [
        "definition", "definition", "definition", "definition", "loss", "error", "error", "gradient", "update",
        "gradient", "update",
    ]
    assert data["gradients"]["w"]["shared"] == {"latex": "-g_j\\,b_h", "text": "−g[j] · b[h]"}
    assert data["gradients"]["w"]["expanded"] == {"refused": "too long", "operations": 9}
    step = data["steps"][4]
    assert set(step) >= {"rule", "subject", "before", "after", "because", "label"}
    assert step["because"] == ["L1", "L2"] and step["rule"] == "substitute"
    for entry in data["equations"]:
        pykatex.renderToString(entry["latex"])


def test_notebook_results() -> None:
    shown = latex_results(HAND)
    assert shown.startswith("$$\\begin{aligned}") and shown.endswith("\\end{aligned}$$")
    pykatex.renderToString(shown.strip("$"))


def test_standalone_needs_amsmath_only() -> None:
    assert re.findall(r"\\usepackage\{(.*)\}", standalone(latex_document_fragment(HAND))) == ["amsmath"]


def special() -> Derivation:
    """Cases, a recurrence's range, adjoint names, long sums, facts, conditions."""
    model = network(rate=None, error_names=())
    t = Index("j", Range.of(0, "l"))
    delta = adjoint_name("beta")
    branches = (((ge("j", 1),), at("y", "j")), ((ge(0, "j"),), ZERO))
    product = multiply((at("x", "i"), at("gamma", "h"), at("b", "h"), at("alpha", "h"), at("b", "h")))
    long_sum = add(product for _ in range(9))
    total: Expr = Reduce("sum", (J,), (), at("y", "j"))
    return Derivation(
        model, "E",
        (DisplayEquation("F1", "definition", (t,), at("beta", "j"), at("y", "j"), (ge("j", 1),)),),
        (ErrorTerm(delta, "beta", 1, (t,), branches, "E1"),),
        {"v": Gradient("v", (I, H), {"shared": long_sum, "inlined": long_sum})},
        (), model, ("careful: `損` \u202e",),
        (
            DisplayFact("A1", (), total, "==", ONE),
            DisplayFact("A2", (J,), at("y", "j"), None, None, (Fraction(0), Fraction(1))),
            DisplayFact("S1", (), total, "==", ONE, (), ("F1",), "normalised"),
        ),
        (
            Condition("domain", (H,), at("b", "h"), ">", ZERO, "", "F1"),
            Condition("kink", (H,), at("b", "h"), "==", ZERO, "relu'(0) = 0", "F1"),
            Condition("kink", (H,), at("b", "h"), "==", at("b", "h"), "the first one is followed", "F1"),
        ),
    )


def test_the_rarer_parts() -> None:
    fragment = latex_document_fragment(special())
    katex(fragment)
    assert "\\beta_j = y_j \\tag{F1}" in fragment
    cases = "\\begin{cases} y_j & j \\ge 1 \\\\ 0 & j \\le 0 \\end{cases}"
    assert f"\\delta^{{(\\beta)}}_j = {cases}" in fragment
    assert "Assumed: (A1) $\\sum_{j=1}^{l} y_j = 1$ and (A2) $y_j \\in \\{0, 1\\}$." in fragment
    assert "\\item In (F1): $b_h > 0$ is needed." in fragment
    assert "\\item In (F1): there is no derivative at $b_h = 0$; relu'(0) = 0." in fragment
    assert "\\item In (F1): the first one is followed." in fragment
    assert "careful: 'U+640D' U+202E" in fragment
    assert "&\\quad + x_i" in fragment
    shown = text_document(special())
    assert "careful: `損` \\u{202E}" in shown
    assert "(E1)  δ_β[j] = { y[j] if j ≥ 1; 0 if j ≤ 0 }" in shown


@given(st.text(max_size=40))
def test_no_text_gets_through_raw(text: str) -> None:
    checked_latex(escape_latex(text))
    assert escape_latex(text).isprintable()
    assert escape_terminal(text).isprintable()


@pytest.mark.parametrize("bad", ["\\input{x}", "\\write18", "{", "}{", "é", "\\begin{verbatim}\\end{verbatim}", "a\\"])
def test_the_gate(bad: str) -> None:
    with pytest.raises(LatexGuardError):
        checked_latex(bad)


@given(st.text(max_size=30), st.text(max_size=30))
def test_names_and_messages_are_harmless(name: str, message: str) -> None:
    """Whatever stands in a warning or a reason, the document passes the gate."""
    latex_document_fragment(replace(HAND, warnings=(name, message)), Options(), message or None)
