"""The minimal program: equal outputs, counts that the published rules reach, and each rule where it is said to pay."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import pytest

import symbp
from symbp.calculus.derivation import DisplayFact
from symbp.calculus.facts import stated_facts, sums_to_one, usable
from symbp.calculus.model import Model
from symbp.cost.counting import count
from symbp.cost.passes.draft import Draft
from symbp.cost.passes.minimal import RULES, Applied, Minimal, Rule, minimal, minimised, nominal
from symbp.cost.passes.named import named
from symbp.cost.printed import printed
from symbp.cost.program import Program
from tests.cost.awkward import AWKWARD
from tests.cost.same_values import assert_same, outcome, places, same
from tests.many_models import many_models

BENCHMARKS = Path(__file__).parents[2] / "benchmarks" / "models"
MANY = {**{name: symbp.parse(text) for name, text in AWKWARD.items()}, **many_models(random=120)}

MOST: dict[str, tuple[dict[str, int], int]] = {
    "expression": ({}, 21),
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


TEXTS = {
    "a parabola": """
        index i in 1..n
        input x[i]
        target y[i]
        param a, b, c
        f[i] = a*x[i]^2 + b*x[i] + c
        loss E = 1/2*sum(i, (f[i] - y[i])^2)
    """,
}
"""Models that `pays` tells in words."""


def known(model: Model) -> tuple[Program, tuple[DisplayFact, ...]]:
    """A model's named program, and what is known of its sums."""
    derived = symbp.derive(model).data
    return named(printed(derived)), (*stated_facts(derived.model), *sums_to_one(derived.forward))


def of_file(stem: str) -> tuple[Model, Program, tuple[DisplayFact, ...]]:
    """A benchmark's model, its named program, and what is known of it."""
    model = symbp.load(BENCHMARKS / f"{stem}.bp")
    return model, *known(model)


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
    program, facts = known(MANY[name])
    found = minimised(program, facts=facts)
    sizes = nominal(program)
    assert count(found.program, sizes).operations <= count(program, sizes).operations
    assert_same(program, found.program, MANY[name])


@pytest.mark.parametrize("name", ["examples/watermelon", "examples/softmax", "program lstm", "random 3"])
def test_the_search_ends_in_the_same_program(name: str) -> None:
    """Once more, nothing is left to do; and the same program gives the same result."""
    program = named(printed(symbp.derive(MANY[name]).data))
    first, again = minimised(program), minimised(program)
    assert first == again
    assert minimised(first.program).applied == ()


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_a_rule_pays_where_it_is_said_to(rule: Rule) -> None:
    """All rules without it give a larger program, or those up to it a smaller one than those before it."""
    place = RULES.index(rule)
    for where in rule.pays:
        model = symbp.load(BENCHMARKS / f"{where}.bp") if where in MOST else symbp.parse(TEXTS[where])
        program, facts = known(model)
        sizes = {**nominal(program), **model.size_values}

        def cost(rules: Sequence[Rule]) -> int:
            found = minimised(program, sizes, facts, rules=rules)  # noqa: B023
            return count(found.program, sizes).operations  # noqa: B023

        alone = cost(RULES[:place + 1]) < cost(RULES[:place])
        assert alone or cost(RULES) < cost((*RULES[:place], *RULES[place + 1:])), where


@pytest.mark.parametrize("name", [n for n in MANY if not n.startswith("random") or int(n.split()[1]) < 50])
def test_every_single_change_keeps_the_values(name: str) -> None:
    """Whether or not it pays."""
    program, facts = known(MANY[name])
    some = list(places(MANY[name], 2))
    expected = [outcome(program, place) for place in some]
    for rule in RULES:
        draft = Draft(program, nominal(program), usable(facts))
        for target in tuple(draft.definitions):
            for change in rule.changes(draft, target):
                mark = draft.mark()
                draft.apply(change)
                changed = draft.program
                draft.take_back(mark)
                for place, values in zip(some, expected, strict=True):
                    assert same(values, outcome(changed, place)), (rule.name, target, place.sizes)
                assert draft.program.by_target == program.by_target, (rule.name, target)


@pytest.mark.parametrize("name", ["an author's names that lines might take", "examples/watermelon", "program lstm"])
def test_new_names_are_no_authors_names(name: str) -> None:
    program, facts = known(MANY[name])
    small = minimal(program, facts=facts)
    new = small.by_target.keys() - program.by_target.keys()
    assert new
    assert all("#" in n for n in new)


def calls_of(program: Program) -> int:
    """How many functions the search calls."""
    calls = 0

    def count_call(frame: FrameType, event: str, arg: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count_call)
    try:
        minimal(program, {})
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("second", ["y{k}", "x{next}", "y{half}"], ids=["no factor twice", "neighbours", "pairs"])
def test_a_long_sum_takes_linear_time(second: str) -> None:
    """Sums of 60 and of 240 scalar products."""

    def products(terms: int) -> Program:
        names = ", ".join(f"x{k}, y{k}" for k in range(terms + 1))
        each = (f"x{k}*{second.format(k=k, next=k + 1, half=k // 2)}" for k in range(terms))
        return known(symbp.parse(f"param {names}\nloss E = {' + '.join(each)}\n"))[0]

    few, many = products(60), products(240)
    assert calls_of(many) < 6 * calls_of(few)


def test_a_fact_that_is_used_is_cited() -> None:
    found = minimised_file("softmax_shares", {"n": 10, "m": 10})
    assert found.facts == ("A1",)
    assert Applied("assumed", "L", ("A1",)) in found.applied
    assert minimised_file("softmax", {"n": 10, "m": 10}).facts == ()


def test_what_is_saved_is_counted_at_the_values_of_integer_inputs() -> None:
    """∂E/∂e[v] has a term for each t with tok[t] = v."""
    derivation = symbp.derive(
        "index t in 1..4, v in 1..4\ninput tok[t] in 1..4\ninput x[t]\nparam e[v]\nloss E = sum(t, e[tok[t]]*x[t])"
    ).data
    program = named(printed(derivation))
    for given in (None, {"tok": (2, 2, 2, 2)}, {"tok": (1, 2, 1, 2)}):
        assert Draft(program, {}, given=given).total == count(program, {}, given=given).operations
    assert count(program, {}).operations != count(program, {}, given={"tok": (2, 2, 2, 2)}).operations
