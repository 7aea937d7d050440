"""The random models: what they cover, that they are models, and that their transformations are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbp.calculus.model import Model
from symbp.calculus.validate import problems
from symbp.language.lower import lower
from symbp.language.parse import parse
from tests.renamings import renamed, reordered, sums_swapped
from tests.strategies import FEATURES, Drawn, coverage, example, models

EXAMPLES = 500


def read(text: str) -> Model:
    return lower(parse(text))


def test_every_feature_occurs(capsys: pytest.CaptureFixture[str]) -> None:
    counts = coverage(EXAMPLES)
    with capsys.disabled():
        print(f"\nfeatures of {EXAMPLES} random models: " + ", ".join(f"{f} {counts[f]}" for f in FEATURES))
    assert [f for f in FEATURES if not counts[f]] == []
    assert set(counts) <= set(FEATURES)


@pytest.mark.parametrize("block", range(10))
def test_every_example_is_a_model(block: int) -> None:
    size = EXAMPLES // 10
    for number in range(block * size, (block + 1) * size):
        drawn = example(number)
        assert problems(read(drawn.text)) == (), drawn.text


@settings(max_examples=60, deadline=None)
@given(models(), st.integers(0, 2**16))
def test_transformed_models_are_models(drawn: Drawn, number: int) -> None:
    new, names = renamed(drawn.text, number)
    assert len(set(names.values())) == len(names)
    back = {v: k for k, v in names.items()}
    original = read(drawn.text)
    assert tuple(back[s] for s in read(new).sizes) == original.sizes
    assert set(read(reordered(drawn.text, number)).arrays) == set(original.arrays)
    assert read(sums_swapped(drawn.text)).sizes == original.sizes


def test_renaming_is_consistent() -> None:
    text = "index i in 1..n\nparam w[i]\nloss E = sum(i, w[i]^2)\n"
    new, names = renamed(text, 7)
    assert set(names) == {"i", "n", "w", "E"}
    assert new == (
        f"index {names['i']} in 1..{names['n']}\nparam {names['w']}[{names['i']}]\n"
        f"loss {names['E']} = sum({names['i']}, {names['w']}[{names['i']}]^2)\n"
    )


def test_reordering_keeps_cases_together() -> None:
    text = "a[0] = 1\na[t] = a[t-1]\nb = a[T]\nloss c = b\ngate(p, q) = p * q\n"
    for number in range(8):
        lines = reordered(text, number).splitlines()
        assert sorted(lines) == sorted(text.splitlines())
        assert lines.index("a[t] = a[t-1]") == lines.index("a[0] = 1") + 1
        assert lines[-1] == "gate(p, q) = p * q"
