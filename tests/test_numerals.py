"""Digits of integers that are longer than Python prints."""

from __future__ import annotations

from random import Random

import pytest

from symbp.render.numerals import FEW_BITS, digits_of


@pytest.mark.parametrize("bits", [1, 10, FEW_BITS, FEW_BITS + 1, 3 * FEW_BITS + 7, 100_000])
def test_digits_give_the_number_back(bits: int) -> None:
    dice = Random(bits)
    for value in (1 << bits, (1 << bits) - 1, dice.getrandbits(bits), 10 ** (bits // 4), 10 ** (bits // 4) - 1):
        digits = digits_of(value)
        read = 0
        for start in range(0, len(digits), 1000):
            chunk = digits[start:start + 1000]
            read = read * 10 ** len(chunk) + int(chunk)
        assert read == value and (digits[0] != "0" or value == 0)
