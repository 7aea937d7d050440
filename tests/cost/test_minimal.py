"""The minimal program: equal outputs, counts that the published rules reach, and each rule where it is said to pay."""

from __future__ import annotations

from pathlib import Path

import pytest

import symbp
from symbp.calculus.derivation import DisplayFact
from symbp.calculus.facts import stated_facts, sums_to_one
from symbp.calculus.model import Model
from symbp.cost.counting import count
from symbp.cost.passes.minimal import RULES, Applied, Minimal, minimal, minimised, nominal
from symbp.cost.passes.named import named
from symbp.cost.printed import printed
from symbp.cost.program import Program
from tests.cost.same_values import assert_same
from tests.many_models import many_models

BENCHMARKS = Path(__file__).parents[2] / "benchmarks" / "models"
MANY = many_models(random=120)

MOST: dict[str, tuple[dict[str, int], int]] = {
    "expression": ({}, 23),
    "hidden": ({"d": 3, "q": 2, "l": 1}, 42),
    "hidden 10": ({"d": 10, "q": 10, "l": 10}, 910),
    "hidden wide": ({"d": 784, "q": 30, "l": 10}, 72_230),
    "deep": ({"L": 50, "n": 8}, 16_704),
    "conv": ({}, 154),
    "softmax_label": ({"n": 10, "m": 10}, 332),
    "softmax": ({"n": 10, "m": 10}, 371),
    "softmax_shares": ({"n": 10, "m": 10}, 360),
    "logistic": ({"T": 49}, 293),
    "product": ({"n": 1000}, 2_995),
}
"""Operations of the loss and all its partial derivatives at most."""


def of_file(stem: str) -> tuple[Model, Program, tuple[DisplayFact, ...]]:
    """A benchmark's model, its named program, and what is known of it."""
    derived = symbp.derive(symbp.load(BENCHMARKS / f"{stem}.bp")).data
    facts = (*stated_facts(derived.model), *sums_to_one(derived.forward))
    return derived.model, named(printed(derived)), facts


def minimised_file(stem: str, sizes: dict[str, int]) -> Minimal:
    _, program, facts = of_file(stem)
    return minimised(program, sizes, facts)


@pytest.mark.parametrize("case", MOST)
def test_as_small_as_any(case: str) -> None:
    sizes, most = MOST[case]
    _, program, facts = of_file(case.partition(" ")[0])
    assert count(minimal(program, sizes, facts), sizes).operations <= most


@pytest.mark.parametrize("stem", sorted({case.partition(" ")[0] for case in MOST}))
def test_a_benchmark_keeps_its_values(stem: str) -> None:
    model, program, facts = of_file(stem)
    small = dict.fromkeys(model.sizes, 5)
    assert_same(program, minimal(program, small, facts), model)


@pytest.mark.parametrize("name", MANY)
def test_any_model_keeps_its_values_and_does_not_grow(name: str) -> None:
    derived = symbp.derive(MANY[name]).data
    program = named(printed(derived))
    facts = (*stated_facts(derived.model), *sums_to_one(derived.forward))
    found = minimised(program, facts=facts)
    sizes = nominal(program)
    assert count(found.program, sizes).operations <= count(program, sizes).operations
    assert_same(program, found.program, derived.model)


@pytest.mark.parametrize("name", ["examples/watermelon", "examples/softmax", "program lstm", "random 3"])
def test_the_search_ends_in_the_same_program(name: str) -> None:
    """Once more, nothing is left to do; and the same program gives the same result."""
    program = named(printed(symbp.derive(MANY[name]).data))
    first, again = minimised(program), minimised(program)
    assert first == again
    assert minimised(first.program).applied == ()


def test_every_rule_pays_where_it_is_said_to() -> None:
    """Without the rule the benchmark's minimal program is larger, or the rule isn't applied to it."""
    for rule in RULES:
        for stem in rule.pays:
            sizes = MOST[stem][0]
            assert rule.name in {a.rule for a in minimised_file(stem, sizes).applied}, (rule.name, stem)


def test_a_fact_that_is_used_is_cited() -> None:
    found = minimised_file("softmax_shares", {"n": 10, "m": 10})
    assert found.facts == ("A1",)
    assert Applied("assumed", "L", ("A1",)) in found.applied
    assert minimised_file("softmax", {"n": 10, "m": 10}).facts == ()
