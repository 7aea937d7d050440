"""Direct and total partial derivatives of one pair of names look different where they are."""

from __future__ import annotations

import re

import pykatex
import pytest

import symbp
from symbp.calculus.affine import Affine
from symbp.calculus.expression import Access, PartialKind
from symbp.calculus.expression import Partial as Typed
from symbp.render.direct import DirectPartials
from symbp.render.document import json_data, latex_document_fragment, text_document
from symbp.render.options import Options
from symbp.render.prose import Prose
from tests.render_models import derivation as zhou

COSINE = """size n
index i in 1..n
param u[i], v[i]
loss L = 1 - sum(i, u[i]*v[i]) / (sqrt(sum(i, u[i]^2)) * sqrt(sum(i, v[i]^2)))
"""
TWICE = "param a\nz = a^2\nloss L = z + a\n"
ONCE = "param a\nz = a^2\nloss L = z^2\n"
RECURRENT = """size T
index t in 1..T
param a, h0
h[0] = h0
h[t] = tanh(a*h[t-1])
loss L = sum(t, h[t]^2)
"""


DEEP = """size L
index l in 1..L
param w[l]
input x
a[0] = x
z[l] = w[l]*a[l-1]
a[l] = tanh(z[l])
loss C = a[L]^2
"""


def edge(of: str, wrt: str) -> Typed:
    return Typed(PartialKind.EDGE, Access(of), Access(wrt))


def test_the_chain_rule_doesn_t_contradict_itself() -> None:
    shown = text_document(symbp.derive(symbp.parse(COSINE)).data)
    assert "∂L/∂u[i] = ∂L/∂S · ∂S/∂u[i] + ∂⁺L/∂u[i]\n" in shown
    assert re.search(r"^\(L\d\)  ∂⁺L/∂u\[i\] = ", shown, re.MULTILINE)


def test_what_direct_means_is_said_once_where_it_is_first_used() -> None:
    for shown in (text_document(symbp.derive(symbp.parse(COSINE)).data),
                  latex_document_fragment(symbp.derive(symbp.parse(COSINE)).data)):
        says = Prose().words("setting.direct").partition("{partial}")[2][:20]
        assert shown.count(says) == 1
        first, inside, second, *_ = (m.start() for m in re.finditer(r"∂⁺|partial\^\{\+\}", shown))
        assert first < inside < shown.index(says) < second


def test_in_latex_and_in_data() -> None:
    mark = "\\frac{\\partial^{+} L}{\\partial a}"
    data = symbp.derive(symbp.parse(TWICE)).data
    fragment = latex_document_fragment(data)
    assert f"\\frac{{\\partial z}}{{\\partial a}} + {mark}" in fragment
    pykatex.renderToString(mark)
    steps = json_data(data)["steps"]
    assert any(s["before"]["latex"] == mark for s in steps)  # type: ignore[attr-defined]
    assert "d+L/da" in text_document(data, Options(unicode=False))


@pytest.mark.parametrize("model", [ONCE, "f(x, y) = y*sigmoid(x)\n"])
def test_no_mark_without_another_way(model: str) -> None:
    assert "∂⁺" not in text_document(symbp.derive(symbp.parse(model)).data, Options(("chain",)))


def test_no_mark_in_the_book() -> None:
    assert "^{+}" not in latex_document_fragment(zhou(), Options(("chain", "shared")))


def test_a_recurrence_reads_itself() -> None:
    direct = DirectPartials(symbp.derive(symbp.parse(RECURRENT)).data)
    assert direct.is_marked(edge("L", "h"))
    t, before = Affine.of("t"), Affine.of("t") - 1
    assert not direct.is_marked(Typed(PartialKind.EDGE, Access("h", (t,)), Access("h", (before,))))
    assert direct.is_marked(Typed(PartialKind.EDGE, Access("h", (t,)), Access("a")))
    assert not direct.is_marked(Typed(PartialKind.TOTAL, Access("L"), Access("h")))


def test_the_last_layer_reads_as_other_layers_do() -> None:
    """Under a sum over layers an unmarked ∂C/∂a[m] is the total, so that every path would count twice."""
    shown = text_document(symbp.derive(symbp.parse(DEEP)).data)
    assert "∂⁺C/∂a[" in shown
    assert "∂C/∂a[" not in shown
