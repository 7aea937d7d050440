"""Programs of models with parts under conditions: named and minimal ones have the values of what is printed."""

from __future__ import annotations

import pytest

import symbp
from symbp.cost.counting import count
from symbp.cost.passes.minimal import minimal, nominal
from symbp.cost.passes.named import named
from symbp.cost.printed import printed
from tests.cost.rough_models import rough_model
from tests.cost.same_values import assert_same


@pytest.mark.parametrize("number", range(40))
def test_values_stay_and_counts_do_not_grow(number: int) -> None:
    model = symbp.parse(rough_model(number))
    program = printed(symbp.derive(model).data)
    kept = named(program)
    small = minimal(kept)
    sizes = nominal(program)
    counts = [count(p, sizes).operations for p in (program, kept, small)]
    assert counts == sorted(counts, reverse=True)
    assert_same(program, kept, model, 3)
    assert_same(program, small, model, 3)
    assert named(kept) == kept
