"""Letters don't matter: other names, another order of definitions or of sums, and the same derivation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from symbp.calculus.derivation import Derivation, Refusal, Rule, Step
from symbp.calculus.differentiate import differentiate
from symbp.language.lower import lower
from symbp.language.parse import parse
from tests.renamings import renamed, reordered, same_but_for_letters, sums_swapped
from tests.strategies import example

EXAMPLES = 120
BLOCK = 10


def derivation(text: str) -> Derivation:
    return differentiate(lower(parse(text)))


def difference(one: Derivation, other: Derivation, names: Mapping[str, str]) -> str:
    """The first difference between two derivations, other than names and letters.

    Local derivatives are left out: one that is met again under other letters is told again, under the same ones not.
    So are notes, whose letters are those of the line that they belong to.
    """
    parts = {
        "forward": (one.forward, other.forward), "errors": (one.errors, other.errors),
        "gradients": (one.gradients, other.gradients), "steps": (telling(one), telling(other)),
    }
    found = ((part, same_but_for_letters(a, b, names)) for part, (a, b) in parts.items())
    return next((part + where for part, where in found if where), "")


def telling(made: Derivation) -> list[Step]:
    local = (Rule.LOCAL, Rule.FIXED, Rule.IDENTITY)
    return [replace(s, because=(), notes=()) for s in made.steps if s.rule not in local]


@pytest.mark.parametrize("start", range(0, EXAMPLES, BLOCK))
def test_other_names_and_another_order_of_definitions_change_nothing(start: int) -> None:
    """Other names give the same derivation, another order the same gradients."""
    for number in range(start, start + BLOCK):
        text = example(number).text
        own = derivation(text)
        other, names = renamed(text, number)
        assert difference(own, derivation(other), names) == "", f"{text}\n{other}"
        other = reordered(text, number)
        found = same_but_for_letters(own.gradients, derivation(other).gradients, {}) if other != text else ""
        assert found == "", f"{text}\n{other}"


def shape(value: Any) -> Any:
    return type(value) if isinstance(value, Refusal) else "formula"


def test_another_order_of_sums_gives_gradients_of_the_same_kind() -> None:
    swapped = 0
    for number in range(EXAMPLES):
        text = example(number).text
        other = sums_swapped(text)
        if other == text:
            continue
        swapped += 1
        one, two = derivation(text).gradients, derivation(other).gradients
        assert list(one) == list(two)
        for name in one:
            shapes = [{form: shape(value) for form, value in g[name].forms.items()} for g in (one, two)]
            assert shapes[0] == shapes[1], f"{text}\n{other}"
    assert swapped > 5
