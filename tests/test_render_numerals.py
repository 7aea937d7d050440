"""Values at a point: decimals where they are near 1, with a power of ten elsewhere; read back by Python."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbp.render.at_point import numeral
from symbp.render.printer import Vocabulary
from symbp.render.text import text
from tests.render_models import network

VOCABULARY = Vocabulary.of(network())


def shown(value: Fraction) -> str:
    e = numeral(value)
    return text(e, VOCABULARY.display((), e), unicode=False)


def read(written: str) -> float:
    """1.5 * 10^(-7), 3/8 or 0.25."""
    mantissa, _, power = written.partition(" * 10^")
    if not power and "10^" in mantissa:
        mantissa, power = mantissa.replace("10^", "1 ").split()
    over, _, under = mantissa.partition("/")
    return float(over) / float(under or 1) * 10.0 ** int(power.strip("()") or 0)


@pytest.mark.parametrize(("value", "expected"), [
    (Fraction("0.0004447508088"), "0.0004447508088"),
    (Fraction("-0.0004447508088123"), "-0.0004447508088"),
    (Fraction("1.482502696e-7") / 3, "4.941675653 * 10^(-8)"),
    (Fraction(1, 3000), "1/3000"),
    (Fraction(10) ** 15 / 7, "1.428571429 * 10^14"),
])
def test_to_the_letter(value: Fraction, expected: str) -> None:
    assert shown(value) == expected


@settings(max_examples=200, deadline=None)
@given(st.fractions(max_denominator=10**30), st.integers(-40, 40))
def test_read_back(value: Fraction, exponent: int) -> None:
    scaled = value * Fraction(10) ** exponent
    written = shown(scaled)
    assert read(written) == pytest.approx(float(scaled), rel=2e-9, abs=0)
    assert "/" not in written or len(written) < 20
