"""What a derivation stands on, in sentences: facts, kinks and domains, warnings."""

from __future__ import annotations

from collections.abc import Iterator

from symbp.calculus.derivation import Condition, DisplayFact
from symbp.calculus.expression import number
from symbp.render.blocks import Block, Citation, Comparison, Formula, Heading, Inline, Items, Quoted
from symbp.render.lines import Lines

Sentence = tuple[Inline, ...]


def ground(lines: Lines) -> Iterator[Block]:
    """A list for each kind that there is something of."""
    sections: tuple[tuple[str, tuple[Sentence, ...]], ...] = (
        ("Facts used", facts(lines)),
        ("Where the formulas hold", conditions(lines)),
        ("Warnings", tuple((Quoted(w),) for w in lines.derivation.warnings)),
    )
    for title, items in sections:
        if items:
            yield Heading((title,), 2)
            yield Items(items)


def facts(lines: Lines) -> tuple[Sentence, ...]:
    """Each fact that some step cites, and where it comes from."""
    return tuple(_fact(lines, f) for f in lines.derivation.facts)


def conditions(lines: Lines) -> tuple[Sentence, ...]:
    """What is said at kinks and at the edges of domains, each once."""
    return tuple(_condition(lines, c) for c in dict.fromkeys(lines.derivation.conditions))


def _fact(lines: Lines, fact: DisplayFact) -> Sentence:
    parts = [fact.left, *([fact.right] if fact.right is not None else [])]
    context = lines.vocabulary.display(fact.indices, *parts)
    right = Formula(fact.right, context) if fact.right is not None else None
    members = tuple(Formula(number(m), context) for m in fact.members)
    label: Sentence = (Citation(lines.fact_label(fact.label)), " ") if fact.label else ()
    says = Comparison(Formula(fact.left, context), fact.relation, right, members)
    source: Sentence = (", from ", Citation(fact.follows_from), ".") if fact.follows_from else (", assumed.",)
    return (*label, says, *source)


def _condition(lines: Lines, condition: Condition) -> Sentence:
    context = lines.vocabulary.display(condition.indices, condition.left, condition.right)
    left, right = Formula(condition.left, context), Formula(condition.right, context)
    place: Sentence = ("In ", Citation(condition.label), ": ") if condition.label else ()
    if condition.kind == "domain":
        return (*place, Comparison(left, condition.relation, right), " is needed.")
    if condition.left == condition.right:
        return (*place, Quoted(condition.says), ".")
    there = Comparison(left, condition.relation, right)
    return (*place, "there is no derivative at ", there, "; ", Quoted(condition.says), ".")
