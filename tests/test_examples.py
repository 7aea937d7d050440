"""The examples: each derives, verifies, and prints what its golden files hold."""

from __future__ import annotations

from pathlib import Path

import pytest

import symbp
from tests.golden_examples import EXAMPLES, GOLDEN, ROOT, cases, encoding_of, output

CASES = cases()


def example(name: str) -> Path:
    return ROOT / "examples" / f"{name}.bp"


@pytest.mark.parametrize("name", CASES)
def test_the_output_is_the_golden_one(name: str) -> None:
    assert output(CASES[name], encoding_of(name)) == (GOLDEN / name).read_text(encoding="utf-8")


def test_every_golden_file_belongs_to_a_case() -> None:
    assert {str(p.relative_to(GOLDEN)) for p in GOLDEN.rglob("*") if p.is_file()} == set(CASES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_verifies(name: str) -> None:
    assert symbp.derive(symbp.load(example(name))).verify().passed
