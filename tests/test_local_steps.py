"""Local derivatives and why they are so: what is said of an equation holds for the equation written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import mpmath
import pytest

import symbp
from symbp.calculus.derivation import Derivation, DisplayEquation, HeldFixed, Identity, OneTerm, Rule, Solved, Step
from symbp.calculus.differentiate import differentiate
from symbp.calculus.expression import Expr, Partial, PartialKind, Reduce, children
from symbp.render.printer import Vocabulary
from symbp.render.text import text
from symbp.verify import certify_quickly
from tests.instances import Element, Instance, small_sizes
from tests.interpreter import Interpreter, keys
from tests.many_models import EXAMPLES, many_models
from tests.test_function_facts import FUNCTIONS_OF_THE_TEST

RANDOM = 60
MODELS = many_models(RANDOM)
LOCAL_RULES = (Rule.LOCAL, Rule.FIXED, Rule.IDENTITY)
POINTS = 30
"""Places of a step, about, that are looked at."""


def local_steps_of(derivation: Derivation) -> list[Step]:
    return [
        s for s in derivation.steps
        if s.rule in LOCAL_RULES and isinstance(s.before, Partial) and s.before.kind is PartialKind.EDGE
    ]


def lines(source: str) -> list[str]:
    """Label, rule, formula and reasons of each local step."""
    derivation = symbp.derive(source).data
    told = []
    for s in local_steps_of(derivation):
        context = Vocabulary.of(derivation.model, derivation.program).display(s.indices, s.before, s.after)
        formula = f"{text(s.before, context)} = {text(s.after, context)}"
        told.append(f"{s.label or '-'} {s.rule.value}: {formula} by {', '.join(s.because)}")
    return told


# As books say it


def test_zhou() -> None:
    assert lines((EXAMPLES / "watermelon.bp").read_text()) == [
        "L1 local derivative: ∂E/∂ŷ[j] = ŷ[j] − y[j] by F5",
        "- local derivative: ∂ŷ[j]/∂β[j] = σ′(β[j] − θ[j]) by F4",
        "L2 identity: ∂ŷ[j]/∂β[j] = ŷ[j] · (1 − ŷ[j]) by F4, D1",
        "- local derivative: ∂ŷ[j]/∂θ[j] = −σ′(β[j] − θ[j]) by F4",
        "L3 identity: ∂ŷ[j]/∂θ[j] = −ŷ[j] · (1 − ŷ[j]) by F4, D1",
        "L4 held fixed: ∂β[j]/∂w[h,j] = b[h] by F3",
        "L5 held fixed: ∂β[j]/∂b[h] = w[h,j] by F3",
        "- local derivative: ∂b[h]/∂α[h] = σ′(α[h] − γ[h]) by F2",
        "L6 identity: ∂b[h]/∂α[h] = b[h] · (1 − b[h]) by F2, D1",
        "- local derivative: ∂b[h]/∂γ[h] = −σ′(α[h] − γ[h]) by F2",
        "L7 identity: ∂b[h]/∂γ[h] = −b[h] · (1 − b[h]) by F2, D1",
        "L8 held fixed: ∂α[h]/∂v[i,h] = x[i] by F1",
    ]


@pytest.mark.parametrize(("function", "marked", "value"), [
    ("tanh", "tanh′(z)", "1 − a^2"),
    ("relu", "relu′(z)", "[z > 0]"),
    ("softplus", "softplus′(z)", "σ(z)"),
    ("elu", "elu′(z)", "{ 1 if z > 0; a + 1 if z ≤ 0 }"),
])
def test_each_activation_by_its_identity(function: str, marked: str, value: str) -> None:
    told = lines(f"param z\na = {function}(z)\nloss L = a^2\n")
    assert told[1:] == [f"- local derivative: ∂a/∂z = {marked} by F1", f"L2 identity: ∂a/∂z = {value} by F1, D1"]


def test_any_function_has_its_derivative_alone() -> None:
    told = lines("function f(t)\nparam z\na = f(z)\nloss L = a^2\n")
    assert told[1:] == ["L2 local derivative: ∂a/∂z = f′(z) by F1"]


@pytest.mark.parametrize(("formula", "notes"), [
    ("exp(z)", (Identity("exp"),)), ("sqrt(z)", (Identity("sqrt"),)), ("tan(z)", (Identity("tan"),)),
    ("log(z)", ()), ("sin(z)", ()),
])
def test_school_functions_in_terms_of_their_value(formula: str, notes: tuple[Identity, ...]) -> None:
    derivation = symbp.derive(f"param z\na = {formula}\nloss L = a^3\n").data
    _, *steps = local_steps_of(derivation)
    assert steps[-1].notes == notes
    assert len(steps) == (2 if notes else 1)


def test_what_is_written_by_its_name_again_says_by_which_equation() -> None:
    told = lines((EXAMPLES / "softmax.bp").read_text())
    assert told[1:4] == [
        "- local derivative: ∂p[j]/∂Z = −exp(z[j])/Z^2 by F3",
        "L2 identity: ∂p[j]/∂Z = −p[j]/Z by F3",
        "- local derivative: ∂p[j]/∂z[j] = exp(z[j])/Z by F3",
    ]


def test_an_edge_that_exists_at_one_place_is_stated_there() -> None:
    told = lines((EXAMPLES / "deep.bp").read_text())
    assert told[0] == "L1 local derivative: ∂C/∂a[L,j] = a[L,j] − y[j] by F4"


def test_an_activation_within_a_formula() -> None:
    told = lines("input x\nparam z\na = x * tanh(x * z) + 1\nloss L = a^2\n")
    assert told[1:] == [
        "- local derivative: ∂a/∂z = x^2 · tanh′(x · z) by F1",
        "L2 identity: ∂a/∂z = x^2 · (1 − tanh(x · z)^2) by F1, D1",
    ]


def test_only_the_case_that_holds_is_cited() -> None:
    told = [line.partition(" ")[2] for line in lines((EXAMPLES / "bptt.bp").read_text())]
    assert "identity: ∂h[t,j]/∂s[t,j] = 1 − h[t,j]^2 by F3, D1" in told


def notes_of(source: str, of: str, wrt: str) -> list[tuple[type, str]]:
    derivation = symbp.derive(source).data
    steps = [s for s in local_steps_of(derivation) if isinstance(s.before, Partial)]
    step = next(s for s in steps if (s.before.of.name, s.before.wrt.name) == (of, wrt))  # type: ignore[union-attr]
    found = []
    for note in step.notes:
        assert isinstance(note, OneTerm | HeldFixed)
        found.append((type(note), "" if note.binder is None else note.binder.letter))
    return found


SUMS = "index i in 1..n, k in 1..n\nparam u[i]\ninput x[i]\n"


@pytest.mark.parametrize(("formula", "notes"), [
    ("sum(i, u[i] * x[i])", [(HeldFixed, "i")]),
    ("sum(i, u[i]^2)", [(OneTerm, "i")]),
    ("sum(i, (u[i] - x[i])^2)/2 + 3", [(OneTerm, "i")]),
    ("sum(i, exp(u[i])) * x[1]", [(OneTerm, "i")]),
    ("sum(i, k, u[i] * x[k])", [(HeldFixed, "i")]),
    ("sum(i, x[i] * u[1])", [(HeldFixed, "")]),
    ("sum(i, u[i] * u[n+1-i])", [(HeldFixed, "")]),
    ("prod(i, u[i])", [(HeldFixed, "")]),
    ("max(i, u[i])", [(HeldFixed, "")]),
    ("u[1] * u[1]", []),
    ("u[1] + sum(i, u[i] * x[i])", [(HeldFixed, "i")]),
    ("u[1]^2 + sum(i, u[i] * x[i])", [(OneTerm, "i")]),
    ("u[1] * u[2]", [(HeldFixed, "")]),
    ("u[1] / x[1]", [(HeldFixed, "")]),
    ("x[1] / u[1]", [(HeldFixed, "")]),
])
def test_what_is_said_of_sums(formula: str, notes: list[tuple[type, str]]) -> None:
    assert notes_of(f"{SUMS}z = {formula}\nloss L = z^2\n", "z", "u") == notes


# Against the equations written out


def places(step: Step, instance: Instance) -> Iterator[dict[str, int]]:
    """The values of a step's indices where it says something."""
    assert isinstance(step.before, Partial)
    points = list(instance.tuples(step.indices, step.guards))
    points = points[:: 1 + len(points) // POINTS]
    for p in points:
        if all(
            instance.element(a, p)[1] in keys(instance.model, a.name, instance.sizes)
            for a in (step.before.of, step.before.wrt)
        ):
            yield p


def equation_at(equation: DisplayEquation, element: Element, instance: Instance) -> dict[str, int] | None:
    """The values of a displayed equation's indices at which it defines the element."""
    points = instance.tuples(equation.indices, equation.guards)
    return next((p for p in points if instance.element(equation.target, p) == element), None)


Place = tuple[tuple[int, ...], int]


def terms_with(
    e: Expr, wrt: Element, at: Mapping[str, int], instance: Instance, path: tuple[int, ...] = ()
) -> Iterator[tuple[Place, str, set[int]]]:
    """For each sum and each binder of it, at each value of what is around: its letter, and where a term reads wrt."""
    if not isinstance(e, Reduce):
        for k, part in enumerate(children(e)):
            yield from terms_with(part, wrt, at, instance, (*path, k))
        return
    points = list(instance.points(e, at))
    if e.kind == "sum":
        for k, b in enumerate(e.binders):
            reading = {p[b.name] for p in points if wrt in instance.accessed(e.body, p)}
            yield (path, k), b.letter, reading
    for p in points:
        yield from terms_with(e.body, wrt, p, instance, (*path, 0))


@pytest.mark.parametrize("name", MODELS)
def test_notes_hold_in_every_equation_written_out(name: str) -> None:
    """Of the terms of some sum only the one named reads the quantity; outside of sums, none does."""
    model = MODELS[name]
    derivation = differentiate(model)
    equations = {e.label: e for e in derivation.forward}
    notes = ((s, n) for s in local_steps_of(derivation) for n in s.notes if not isinstance(n, Identity | Solved))
    for step, note in notes:
        assert isinstance(note, OneTerm | HeldFixed)
        assert isinstance(step.before, Partial)
        seen: set[Place] = set()
        wrong: set[Place] = set()
        for sizes in small_sizes(model, 3):
            instance = Instance(model, sizes)
            for p in places(step, instance):
                at = equation_at(equations[note.label], instance.element(step.before.of, p), instance)
                if at is None:
                    continue
                wrt = instance.element(step.before.wrt, p)
                found = list(terms_with(equations[note.label].body, wrt, at, instance))
                if isinstance(note, HeldFixed) and not note.linear:
                    continue
                if note.binder is None:
                    assert not any(reading for _, _, reading in found), (name, step, note)
                    continue
                assert note.at is not None
                only = {note.at.evaluate({**sizes, **p})}
                seen |= {place for place, letter, _ in found if letter == note.binder.letter}
                wrong |= {place for place, _, reading in found if not reading <= only}
        assert not seen or seen - wrong, (name, step, note)


ELEMENTARY = {
    "abs": abs, "sin": mpmath.sin, "cos": mpmath.cos, "atan": mpmath.atan, "max": max, "min": min,
    "stop": lambda x: x, "sign": mpmath.sign,
}


def drawn_values(derivation: Derivation, sizes: Mapping[str, int]) -> dict[str, dict[tuple[int, ...], Any]]:
    """A number for every element, defined ones too: an equation by itself."""
    random = Random(str(sorted(sizes.items())))
    found: dict[str, dict[tuple[int, ...], Any]] = {}
    for name, array in derivation.model.arrays.items():
        if array.values is not None:
            lower = array.values.lower.evaluate(sizes)
            found[name] = dict.fromkeys(keys(derivation.model, name, sizes), lower)
        else:
            found[name] = {k: mpmath.mpf(random.randint(100, 900)) / 1000 for k in keys(derivation.model, name, sizes)}
    return found


@pytest.mark.parametrize("name", MODELS)
def test_held_fixed_means_linear(name: str) -> None:
    """The second difference of a FIXED line's equation is 0, and its first one is the local derivative."""
    model = MODELS[name]
    derivation = differentiate(model)
    fixed = [s for s in local_steps_of(derivation) if s.rule is Rule.FIXED]
    functions = {**FUNCTIONS_OF_THE_TEST, **ELEMENTARY, **dict.fromkeys(model.functions, mpmath.cosh)}
    for sizes in small_sizes(model, 3)[-2:]:
        instance = Instance(model, sizes)
        values = drawn_values(derivation, sizes)
        for step in fixed:
            assert isinstance(step.before, Partial)
            for p in list(places(step, instance))[:5]:
                name_, key = instance.element(step.before.wrt, p)
                of = instance.element(step.before.of, p)
                own = (e for e in derivation.forward if e.target.name == of[0])
                equation, at = next((e, at) for e in own if (at := equation_at(e, of, instance)) is not None)
                y = []
                for k in range(3):
                    moved = {**values, name_: {**values[name_], key: values[name_][key] + k}}
                    y.append(Interpreter(model, sizes, moved, functions).evaluate(equation.body, at))
                slope = Interpreter(model, sizes, values, functions).evaluate(step.after, p)
                assert y[1] - y[0] == pytest.approx(y[2] - y[1], abs=1e-9), (name, step)
                assert y[1] - y[0] == pytest.approx(slope, abs=1e-9), (name, step)


@pytest.mark.parametrize("name", MODELS)
def test_marked_lines_come_before_their_identities(name: str) -> None:
    steps = local_steps_of(differentiate(MODELS[name]))
    assert all(s.label for s in steps if s.rule is Rule.IDENTITY)
    for before, step in zip([None, *steps], steps, strict=False):
        if step.rule is Rule.IDENTITY:
            assert before is not None
            assert (before.rule, before.label, before.before, before.guards) == (
                before.rule, "", step.before, step.guards
            )
    labels = [s.label for s in steps if s.label]
    assert labels == [f"L{k}" for k in range(1, len(labels) + 1)]


@pytest.mark.parametrize("function", ["tanh", "gelu", "silu", "relu", "sigmoid"])
def test_local_lines_are_verified(function: str) -> None:
    derivation = symbp.derive(f"param z, w\na = {function}(w*z)\nloss L = a^2\n").data
    compared = {c.what: c.verdict.name for c in certify_quickly(derivation).comparisons if c.what.startswith("step")}
    told = [w for w in compared if "local derivative" in w or "identity" in w]
    assert len(told) >= 5
    assert {compared[w] for w in told} <= {"AGREES", "PROVED"}
