"""Models that people want to write: each parses, lowers, derives, and its derivation is proved by numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

import symbp
from symbp.calculus.derivation import FORMS
from symbp.calculus.model import Role

FILES = sorted((Path(__file__).parent / "models").glob("*.bp"))
EXPECTED = [
    "attention", "batchnorm", "conv", "embedding", "gate", "gmm", "logistic", "lstm", "maxpool", "nielsen", "product",
    "zhou",
]


def test_all_models_are_here() -> None:
    assert [file.stem for file in FILES] == EXPECTED


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_model_is_derived_and_proved(file: Path) -> None:
    model = symbp.load(file)
    derivation = symbp.derive(model)
    roles = [[n for n, a in model.arrays.items() if a.role == role] for role in (Role.PARAM, Role.INPUT)]
    wanted = roles[0] or roles[1]
    assert list(derivation.gradients) == wanted
    assert all(set(g.forms) == set(FORMS) for g in derivation.data.gradients.values())
    certificate = derivation.verify(points=1)
    assert certificate.passed, certificate.text()
