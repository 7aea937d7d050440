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
from symbp.render.local_reasons import LOCAL_RULES
from symbp.render.options import Options
from symbp.render.prose import Prose
from tests.instances import AuthorsGraph, Element, small_sizes
from tests.many_models import EXAMPLES as EXAMPLE_FILES
from tests.render_models import derivation as zhou

EXAMPLES = ("bptt", "deep", "layernorm", "residual", "softmax", "watermelon")

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


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_mark_stands_where_another_way_leads_through_single_elements(name: str) -> None:
    """Of each local derivative of a quantity besides the loss, against all elements at small sizes."""
    derivation = symbp.derive(symbp.load(EXAMPLE_FILES / f"{name}.bp")).data
    direct = DirectPartials(derivation)
    graphs = [AuthorsGraph(derivation, sizes) for sizes in small_sizes(derivation.model)]
    for step in derivation.steps:
        partial = step.before
        if step.rule in LOCAL_RULES and isinstance(partial, Typed) and partial.of.name != derivation.of:
            elsewhere = any(
                another_way(graph, graph.instance.element(partial.of, at), graph.instance.element(partial.wrt, at))
                for graph in graphs for at in graph.instance.tuples(step.indices, step.guards)
            )
            assert direct.is_marked(partial) is elsewhere, partial


def another_way(graph: AuthorsGraph, of: Element, wrt: Element) -> bool:
    """Whether what `of` reads, but for `wrt` itself, depends on `wrt`."""
    waiting = [x for x in graph.reads(of) if x != wrt]
    seen = set(waiting)
    while waiting:
        further = graph.reads(waiting.pop()) - seen
        if wrt in further:
            return True
        seen |= further
        waiting.extend(further)
    return False
