"""What a derivation stands on, in sentences: facts, kinks and domains, warnings."""

from __future__ import annotations

from collections.abc import Iterator

from symbp.calculus.derivation import Condition, DisplayFact
from symbp.calculus.expression import number
from symbp.render.blocks import Block, Citation, Comparison, Formula, Heading, Inline, Items
from symbp.render.lines import Lines
from symbp.render.prose import Prose

Sentence = tuple[Inline, ...]


def ground(lines: Lines, prose: Prose) -> Iterator[Block]:
    """A list for each kind that there is something of."""
    sections: tuple[tuple[str, tuple[Sentence, ...]], ...] = (
        ("ground.facts", facts(lines, prose)),
        ("ground.holds", conditions(lines, prose)),
        ("ground.warnings", tuple(prose.message(w) for w in lines.derivation.warnings)),
    )
    for title, items in sections:
        if items:
            yield Heading(prose.say(title), 2)
            yield Items(items)


def facts(lines: Lines, prose: Prose) -> tuple[Sentence, ...]:
    """Each fact that some step cites, and where it comes from."""
    return tuple(_fact(lines, prose, f) for f in lines.derivation.facts)


def conditions(lines: Lines, prose: Prose) -> tuple[Sentence, ...]:
    """What is said at kinks and at the edges of domains, each once."""
    return tuple(_condition(lines, prose, c) for c in dict.fromkeys(lines.derivation.conditions))


def stated(lines: Lines, fact: DisplayFact) -> Sentence:
    """A fact with its number."""
    parts = [fact.left, *([fact.right] if fact.right is not None else [])]
    context = lines.vocabulary.display(fact.indices, *parts)
    right = Formula(fact.right, context) if fact.right is not None else None
    members = tuple(Formula(number(m), context) for m in fact.members)
    label: Sentence = (Citation(lines.fact_label(fact.label)), " ") if fact.label else ()
    return (*label, Comparison(Formula(fact.left, context), fact.relation, right, members))


def _fact(lines: Lines, prose: Prose, fact: DisplayFact) -> Sentence:
    says = stated(lines, fact)
    if fact.follows_from:
        return prose.say("ground.follows", fact=says, label=Citation(fact.follows_from))
    return prose.say("ground.assumed", fact=says)


def _condition(lines: Lines, prose: Prose, condition: Condition) -> Sentence:
    context = lines.vocabulary.display(condition.indices, condition.left, condition.right)
    left, right = Formula(condition.left, context), Formula(condition.right, context)
    there = Comparison(left, condition.relation, right)
    if condition.kind == "domain":
        return prose.of_equation("ground.needed", condition.label, condition=there)
    says = prose.message(condition.says)
    if condition.left == condition.right:
        return prose.of_equation("ground.says", condition.label, says=says)
    return prose.of_equation("ground.kink", condition.label, place=there, says=says)
