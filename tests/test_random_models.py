"""Five hundred random models: every form of every gradient and every step is what forward values say."""

from __future__ import annotations

import pytest

from symbp.calculus.differentiate import differentiate
from symbp.language.lower import lower
from symbp.language.parse import parse
from symbp.numeric.ladder import Verdict
from symbp.verify import certify_quickly, verify
from tests.strategies import FEATURES, coverage, example

EXAMPLES = 500
BLOCK = 10
AT_LENGTH = 6
"""Of so many models one is compared at several sizes and many elements, the others at few."""
LEAST = 3
"""How many of the models have each feature, at least."""


@pytest.mark.parametrize("start", range(0, EXAMPLES, BLOCK))
def test_random_models_pass(start: int) -> None:
    for number in range(start, start + BLOCK):
        text = example(number).text
        derivation = differentiate(lower(parse(text)))
        certificate = certify_quickly(derivation) if number % AT_LENGTH else verify(derivation, points=1)
        told = "\n".join(f"{c.what} {c.verdict.value} {c.where} {c.note}" for c in certificate.failures)
        assert certificate.passed, f"example {number}\n{text}\n{told}"
        assert not certificate.spared, f"example {number}\n{text}"
        assert certificate.count(Verdict.AGREES) >= 4, f"example {number}\n{text}"


def test_every_feature_is_met_several_times() -> None:
    counts = coverage(EXAMPLES)
    assert [f"{feature} {counts[feature]}" for feature in FEATURES if counts[feature] < LEAST] == []
