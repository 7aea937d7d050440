"""Reasons at steps: facts by their numbers, and sentences that say something."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from symbp.calculus.derivation import Derivation, DisplayFact, Rule, Step
from symbp.calculus.expression import ONE, Add, Mul, multiply, number
from symbp.render.document import json_data, latex_document_fragment, text_document
from tests.render_models import H, J, at, derivation, residual, total

RIGHT = multiply((residual("j"), at("b", "h")))


def told(*steps: Step, facts: tuple[DisplayFact, ...] = ()) -> Derivation:
    """The network's derivation, with these steps for w."""
    hand = derivation()
    return replace(hand, steps=(*(s for s in hand.steps if s.subject != "w"), *steps), facts=facts)


def fact(label: str) -> DisplayFact:
    return DisplayFact(label, (), at("c1"), "==", ONE)


def test_facts_are_numbered_from_one_and_cited_by_that_number() -> None:
    step = Step(Rule.FACT, "w", (H, J), total("w", "h", "j"), RIGHT, ("M3", "A2"))
    data = told(step, facts=(fact("A2"), fact("M3"), fact("M7")))
    for shown in (text_document(data), latex_document_fragment(data)):
        assert "se (M1) and (A1) and collect:" in shown
        assert re.findall(r"\(([AM]\d)\) ", shown.partition("Forward pass")[0]) == ["A1", "M1", "M2"]
    assert json_data(data)["steps"][-1]["because"] == ["M1", "A1"]  # type: ignore[index]


def test_a_substitution_without_numbers_says_what_is_put_in() -> None:
    shown = text_document(told(Step(Rule.SUBSTITUTE, "w", (H, J), total("w", "h", "j"), RIGHT)))
    assert "Substitute the local derivatives:\n" in shown
    assert "Substitute:\n" not in shown


def test_a_line_that_prints_like_one_before_is_left_out() -> None:
    before = total("w", "h", "j")
    steps = [
        Step(Rule.SUBSTITUTE, "w", (H, J), before, RIGHT),
        Step(Rule.COLLECT, "w", (H, J), before, Mul((residual("j"), Mul((at("b", "h"),))))),
        Step(Rule.COLLECT, "w", (H, J), before, Add((RIGHT, number(Fraction(1, 2))))),
    ]
    shown = text_document(told(*steps)).partition("The gradient with respect to w[h,j]")[2].partition("----\n")[2]
    assert shown.count("Substitute the local derivatives and collect:") == 1
    assert shown.count("∂E/∂w[h,j] = (ŷ[j] − y[j]) · b[h]\n") == 1
