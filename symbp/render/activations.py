"""The activations of a model: what they are, their derivatives, and what is taken where there is none."""

from __future__ import annotations

from collections.abc import Iterator

from symbp.calculus.derivation import FunctionFact
from symbp.calculus.expression import Apply, walk
from symbp.render.blocks import Block, Comparison, Display, Formula, Paragraph
from symbp.render.ground import slope_at
from symbp.render.lines import Lines
from symbp.render.prose import Prose


def activations(lines: Lines, prose: Prose, speaks: bool) -> Iterator[Block]:
    """Each definition, the way to the derivative, and the convention at a kink; `speaks` puts words before them."""
    for place, fact in enumerate(lines.derivation.functions):
        value = Apply(fact.function, (fact.argument,))
        if speaks:
            own = any(n == value for n in walk(fact.derivative[-1]))
            first = "story.function_first" if place == 0 else "story.function_next"
            clause = prose.say("story.function_own" if own else "story.function")
            yield Paragraph((*prose.say(first, value=lines.formula((), value)), *clause))
        yield lines.display((), value, fact.definition)
        slope = Apply(fact.function, (fact.argument,), (1,))
        yield Display(lines.rows((), slope, fact.derivative), fact.label, on_one_line=True)
        yield from _conventions(lines, prose, fact)


def _conventions(lines: Lines, prose: Prose, fact: FunctionFact) -> Iterator[Block]:
    for argument, value in fact.conventions:
        context = lines.vocabulary.display((), fact.argument, argument)
        there = Comparison(Formula(fact.argument, context), "==", Formula(argument, context))
        taken = slope_at(lines, fact.function, argument, value)
        yield Paragraph(prose.say("story.convention", place=there, taken=taken))
