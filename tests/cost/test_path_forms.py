"""The number of paths as formulas, beside the numbers at sizes."""

from __future__ import annotations

from pathlib import Path

import pytest

import symbp
from symbp.cost.path_forms import path_forms
from symbp.cost.paths import paths_from
from symbp.shipped import example_text

MODELS = sorted(p for room in ("examples", "tests/models", "benchmarks/models") for p in Path(room).glob("*.bp"))


@pytest.mark.parametrize("path", MODELS, ids=str)
def test_formulas_give_the_numbers(path: Path) -> None:
    derivation = symbp.derive(symbp.load(path)).data
    names = tuple(derivation.gradients)
    found = path_forms(names, derivation)
    for size in (1, 2, 5):
        sizes = {s: size + k for k, s in enumerate(derivation.model.sizes)} | dict(derivation.model.size_values)
        told = None if found is None else found.operations(sizes)
        if told is not None and all(g.holds(sizes) for g in derivation.model.requirements):
            assert told == sum(paths_from(names, derivation, sizes).values())


def test_there_are_formulas_for_networks() -> None:
    derivation = symbp.derive(example_text("deep")).data
    found = path_forms(tuple(derivation.gradients), derivation)
    assert found is not None and found.case({"L": 4, "n": 3}) is not None
