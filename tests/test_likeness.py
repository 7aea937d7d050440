"""Equations alike share their treatment. The oracle is the same model derived without any sharing."""

from __future__ import annotations

from random import Random

import pytest

import symbp
from symbp.calculus import likeness
from symbp.calculus.adjoints import Adjoints
from symbp.calculus.affine import Affine, Lookup
from symbp.calculus.derivation import FormName
from symbp.calculus.expression import Access, Apply, Expr, Mul
from symbp.calculus.likeness import Numbers, Unlike, under_names
from symbp.calculus.staging import differentiate_by_stages
from symbp.errors import SymbpError
from tests.layered import layered
from tests.strategies import example

DENSE = "param W{k}[i,j]\nz{k}[i] = sum(j, W{k}[i,j]*{a}[j])\na{k}[i] = {f}(z{k}[i])"
ACTIVATIONS = ("tanh", "sigmoid", "relu", "softplus")


def network(layers: list[str], name: str = "a") -> str:
    """A dense network with these activations."""
    lines = ["index i in 1..n, j in 1..n\ninput x[i]\ntarget y[i]"]
    before = "x"
    for k, function in enumerate(layers, start=1):
        lines.append(DENSE.format(k=k, a=before, f=function))
        before = f"a{k}"
    return "\n".join((*lines, f"loss E = 1/2*sum(i, ({before}[i]-y[i])^2)"))


FORMS: tuple[FormName, ...] = ("chain", "shared", "inlined")


def told(source: str) -> str:
    """What a derivation has, as text; or the message that the file gets."""
    try:
        d = differentiate_by_stages(symbp.parse(source))
        forms = [(name, [g.forms[form] for form in FORMS], dict(g.updates)) for name, g in d.gradients.items()]
        steps, facts = list(d.steps), list(d.facts)
    except SymbpError as error:
        return str(error)
    return repr((d.forward, d.errors, forms, steps, d.order, facts, d.conditions, d.program.equations))


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nothing is compared, so that nothing is shared; `undo` ends it."""

    def refuse(*_: object) -> None:
        raise Unlike

    monkeypatch.setattr(likeness.Numbers, "equation", refuse)
    monkeypatch.setattr(likeness.Numbers, "spelled", refuse)
    return monkeypatch


@pytest.mark.parametrize("seed", range(40))
def test_layers_alike_are_as_derived_one_by_one(seed: int, alone: pytest.MonkeyPatch) -> None:
    source = layered(Random(seed))
    expected = told(source)
    alone.undo()
    assert told(source) == expected


@pytest.mark.parametrize("number", range(40))
def test_random_models_are_as_derived_one_by_one(number: int, alone: pytest.MonkeyPatch) -> None:
    source = example(number).text
    expected = told(source)
    alone.undo()
    assert told(source) == expected


@pytest.mark.parametrize("seed", range(6))
def test_mixed_activations_are_as_derived_one_by_one(seed: int, alone: pytest.MonkeyPatch) -> None:
    source = network(Random(seed).choices(ACTIVATIONS, k=9))
    expected = told(source)
    alone.undo()
    assert told(source) == expected


UNLIKE = {
    "a definition to recognise": (
        "index i in 1..n\nparam u1[i], u2[i]\n"
        "s1 = sum(i, exp(u1[i]))\ns2 = sum(i, exp(u2[i]))\np2[i] = exp(u2[i])/s2\nloss E = log(s1) + log(s2)"
    ),
    "no definition to recognise": (
        "index i in 1..n\nparam u1[i], u2[i]\n"
        "s1 = sum(i, exp(u1[i]))\ns2 = sum(i, exp(u2[i]))\np1[i] = exp(u1[i])/s1\nloss E = log(s1) + log(s2)"
    ),
    "a target": (
        "index i in 1..n\nparam u1[i], u2[i]\ninput c[i]\ntarget t[i]\n"
        "loss E = 1/2*sum(i, (c[i] - u1[i])^2) + 1/2*sum(i, (t[i] - u2[i])^2)"
    ),
    "an assumption": (
        "index i in 1..n\nparam u1, u2\ninput c[i], t[i]\nassume sum(i, t[i]) == 1\n"
        "loss E = sum(i, c[i]*u1) + sum(i, t[i]*u2)"
    ),
}
"""Pairs of equations that differ in names only, but not in what is known of the names."""


@pytest.mark.parametrize("source", UNLIKE.values(), ids=UNLIKE.keys())
def test_what_is_known_of_names_tells_them_apart(source: str, alone: pytest.MonkeyPatch) -> None:
    expected = told(source)
    alone.undo()
    assert told(source) == expected


def test_a_deeper_network_resolves_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved: list[str] = []
    work = Adjoints._resolved
    monkeypatch.setattr(Adjoints, "_resolved", lambda self, base: (resolved.append(base), work(self, base))[1])
    told(network(["tanh"] * 6))
    few = len(resolved)
    told(network(["tanh"] * 30))
    assert len(resolved) == 2 * few


def f(*parts: Expr) -> Expr:
    return Apply("f", (Mul(parts),))


def test_a_spelling_numbers_names_by_first_occurrence() -> None:
    a, b, c = (Access(name, (Affine.of("i"),)) for name in "abc")
    assert Numbers().spelled(f(a, b, a)) == Numbers().spelled(f(c, a, c))
    assert Numbers().spelled(f(a, b, a)) != Numbers().spelled(f(a, b, b))
    assert Numbers().spelled(f(a, b)) != Numbers().spelled(Mul((f(a), b)))
    assert under_names(f(a, b, a), {"a": "c", "b": "a"}) == f(c, a, c)


def test_what_reads_integer_inputs_is_not_compared() -> None:
    with pytest.raises(Unlike):
        Numbers().spelled(Access("p", (Lookup("lab"),)))
