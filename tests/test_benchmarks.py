"""The comparison compares like with like: a peer's formula has the values of the model that symbp derives."""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import symbp
from symbp.calculus.model import Model, Role
from symbp.evaluate import evaluate
from symbp.numeric.elements import box

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return {name: importlib.import_module(name) for name in ("texts", "operations", "peers.formulas")}


class Floats:
    """A system of scalars whose symbols are numbers, each by its name."""

    def symbol(self, name: str) -> float:
        return value(name)

    exp, log, tanh = math.exp, math.log, math.tanh


def value(name: str) -> float:
    """Some number for a name, about 1."""
    return 0.75 + sum((k + 1) * ord(c) for k, c in enumerate(name)) % 97 / 200


@dataclass(frozen=True)
class Array:
    """An array of a model as a peer spells it: its letter, and whether its two axes change places."""

    letter: str
    transposed: bool = False


SPELLED: dict[str, dict[str, Array]] = {
    "expression": {},
    "hidden 3-2-1": {"v": Array("v", True), "w": Array("w", True), "gamma": Array("c"), "theta": Array("t")},
    "hidden 10-10-10": {"v": Array("v", True), "w": Array("w", True), "gamma": Array("c"), "theta": Array("t")},
    "convolution": {},
    "softmax, label": {"W": Array("w")},
    "softmax, any target": {"W": Array("w")},
    "product of 1000": {},
}
"""Models whose arrays have other letters in the peers' formulas, and those letters."""


def given(model: Model, sizes: dict[str, int], spelled: dict[str, Array]) -> dict[str, dict[Any, Any]]:
    """The peers' numbers as the model's; an integer input is the first of its values, as the peers have it."""
    found: dict[str, dict[Any, Any]] = {}
    for name, array in model.arrays.items():
        if array.role in (Role.DEFINED, Role.CONST):
            continue
        as_peer = spelled.get(name, Array(name))
        lows = [axis.lower.evaluate(sizes) for axis in array.axes]
        found[name] = {}
        for key in box(array.axes, sizes):
            at = [k - low for k, low in zip(key, lows, strict=True)]
            spelling = "_".join([as_peer.letter, *map(str, reversed(at) if as_peer.transposed else at)])
            found[name][key] = 1 if array.values is not None else value(spelling)
    return found


@pytest.mark.parametrize("formula", SPELLED)
def test_a_peer_s_formula_is_the_model(formula: str, rooms: dict[str, ModuleType]) -> None:
    counted = next(c for c in rooms["operations"].MODELS if c.formula == formula)
    model = symbp.load(BENCHMARKS / "models" / counted.model)
    sizes = {**model.size_values, **counted.sizes}
    ours = evaluate(model, sizes, given(model, sizes, SPELLED[formula]))[model.loss][()]
    theirs = rooms["peers.formulas"].FORMULAS[formula](Floats())
    assert theirs.loss == pytest.approx(ours, rel=1e-11)
    assert len(theirs.by) == symbp.derive(symbp.with_sizes(model, counted.sizes)).cost().data.elements


def test_counts_of_symbp_are_those_of_its_report(rooms: dict[str, ModuleType]) -> None:
    operations = rooms["operations"]
    counted = next(c for c in operations.MODELS if c.formula == "hidden 3-2-1")
    assert operations.own(counted) == {"symbp, named": 48, "symbp, minimal": 42}
    assert operations.SymPy().operations(operations.FORMULAS["hidden 3-2-1"]) == 50
    assert operations.best_peer({"symbp, named": 1, "a": 1_200, "b": 1_300}) == "1,200 a"


def test_layers_written_out_are_the_network_with_a_layer_index(rooms: dict[str, ModuleType]) -> None:
    texts = rooms["texts"]
    written, indexed = (symbp.derive(text).cost() for text in (texts.layers(3, 2, "r1n"), texts.deep(3, 2, "r2n")))
    for way in ("forward", "shared", "expanded"):
        assert written.operations(way) == indexed.operations(way)
    hidden = symbp.derive(texts.hidden(10, 10, 10, "r3n")).cost()
    assert hidden.operations("shared") == 950
