"""Reasons at steps: facts by their numbers, and sentences that say something."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest

import symbp
from symbp.calculus.derivation import Derivation, DisplayFact, Rule, Step
from symbp.calculus.expression import ONE, Add, Mul, multiply, number
from symbp.render.blocks import Citation, Paragraph
from symbp.render.cited import Cited
from symbp.render.document import json_data, latex_document_fragment, text_document
from symbp.render.lines import Lines
from symbp.render.options import LANGUAGES, Language, Options
from symbp.render.prose import Prose
from symbp.render.story import Story
from symbp.shipped import example_names, example_text
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
        assert re.findall(r"\(([AM]\d)\)\s", shown.partition("Forward pass")[0]) == ["A1", "M1", "M2"]
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


def told_of(name: str) -> str:
    return " ".join(text_document(symbp.derive(symbp.parse(example_text(name), name)).data).split())


def test_neighbouring_numbers_are_cited_by_the_first_and_the_last() -> None:
    cited = Cited(Lines(derivation()), Prose())
    for chosen, shown in (
        (["L2", "L1", "L3"], ["L1", "–", "L3"]), (["L1", "L2"], ["L1", " and ", "L2"]),
        (["L5", "F3", "L6", "L8", "L7"], ["L5", "–", "L8", " and ", "F3"]), (["L1", "L3"], ["L1", " and ", "L3"]),
    ):
        assert [p.label if isinstance(p, Citation) else p for p in cited.by(chosen)] == shown


def test_what_reads_a_quantity_directly_is_not_all_that_depends_on_it() -> None:
    """Every p[m] depends on z[j] through the normaliser."""
    shown = told_of("softmax")
    assert "Of all p[m] only p[j] reads z[j] directly" in shown
    assert "Since z[j] feeds Z and p[j], the contributions of these branches are added." in shown
    assert "Apply the chain rule over every p[m] and Z." in shown


def test_a_chain_of_many_sums_names_all_that_is_fed_at_once() -> None:
    shown = told_of("deep")
    assert "here z[l,j] feeds a[l,j] alone, and a[l,j] feeds z[l+1,k] for every k (where l < L)" in shown
    assert "and C (where l = L). Where a quantity feeds several others, their contributions are added." in shown
    assert "The derivatives with respect to w[l,j,k], b[l,j] and z[l−1,j] each use ∂C/∂z[l,j]" in shown
    assert "there is no form without names: δ[l,j] follows a recurrence" in shown


def test_the_minus_is_said_to_spare_only_those_steps_that_it_spares() -> None:
    shown = told_of("watermelon")
    assert shown.count("The minus is chosen so that none is left in") == 2
    assert "none is left in Δw[h,j]:" in shown and "none is left in Δv[i,h]:" in shown


@pytest.mark.parametrize("name", example_names())
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_paragraph_says_a_sentence_twice(name: str, language: Language) -> None:
    data = symbp.derive(symbp.parse(example_text(name), name)).data
    stop = Prose(language).words("told.then").strip()
    for block in Story(data, Options(language=language)).document(True):
        if isinstance(block, Paragraph):
            written = "".join(p if isinstance(p, str) else repr(p) for p in block.parts)
            sentences = [s.strip() for s in written.split(f"{stop} " if stop == "." else stop)]
            assert len(set(sentences)) == len(sentences), written


@pytest.mark.parametrize("name", ["watermelon", "bptt", "tanh"])
def test_in_full_every_line_keeps_the_letters_of_its_chain(name: str) -> None:
    """The units of a chain have the same letters in its own display and in the sentences before the next ones."""
    data = symbp.derive(symbp.parse(example_text(name), name)).data
    shown = " ".join(text_document(data, Options(detail="full")).split())
    for units, reader in re.findall(r"[Oo]f all (\S+) only (\S+) reads", shown):
        assert units != reader
        assert f"every {units}" in shown
