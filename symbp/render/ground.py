"""What a derivation stands on: assumptions, facts that follow from its equations, kinks and domains, warnings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symbp.calculus.derivation import Condition, DisplayFact, Step
from symbp.calculus.expression import Apply, Expr, number
from symbp.render.blocks import Block, Citation, Comparison, Display, Formula, Heading, Inline, Items, Paragraph
from symbp.render.lines import Lines
from symbp.render.prose import Prose

Sentence = tuple[Inline, ...]


def ground(lines: Lines, prose: Prose) -> Iterator[Block]:
    """A list for each kind that there is something of."""
    sections: tuple[tuple[str, tuple[Sentence, ...]], ...] = (
        ("ground.holds", conditions(lines, prose)),
        ("ground.warnings", tuple(prose.message(w) for w in lines.derivation.warnings)),
    )
    for title, items in sections:
        if items:
            yield Heading(prose.say(title), 2)
            yield Items(items)


def facts(lines: Lines, prose: Prose) -> tuple[Sentence, ...]:
    """Each assumption, and each fact that some step cites with where it comes from."""
    return tuple(_fact(lines, prose, f) for f in lines.derivation.facts)


def assumed(lines: Lines, prose: Prose) -> Sentence:
    """The author's assumptions, each with its number."""
    found = [stated(lines, f) for f in lines.derivation.facts if f.kind == "assumed"]
    return prose.say("ground.assumptions", facts=prose.listed(found)) if found else ()


class Following:
    """The facts that follow from the equations: each stands before the first line that cites it."""

    def __init__(self, lines: Lines, prose: Prose, speaks: bool) -> None:
        self.lines = lines
        self.prose = prose
        self.speaks = speaks
        self.known: dict[str, DisplayFact] | None = None
        self.told: set[str] = set()

    def before(self, steps: Sequence[Step]) -> Iterator[Block]:
        """What some steps cite and no steps before them did, with what it rests on."""
        if self.known is None:
            self.known = {f.label: f for f in self.lines.derivation.facts if f.kind != "assumed"}
        for label in dict.fromkeys(label for step in steps for label in step.because):
            yield from self._told(label)

    def _told(self, label: str) -> Iterator[Block]:
        fact = (self.known or {}).get(label)
        if fact is None or fact.right is None or label in self.told:
            return
        self.told.add(label)
        for reason in fact.follows_from:
            yield from self._told(reason)
        if self.speaks:
            yield Paragraph((*follows(self.lines, self.prose, fact), *self.prose.say("told.end")))
        _, extents = self.lines.where(fact.indices)
        rows = self.lines.rows(fact.indices, fact.left, [fact.right])
        yield Display(rows, self.lines.fact_label(fact.label), extents=extents)


def follows(lines: Lines, prose: Prose, fact: DisplayFact) -> Sentence:
    """Why a fact is so, and from which equations and facts."""
    cited = [Citation(lines.fact_label(label)) for label in fact.follows_from]
    return prose.say(f"ground.{fact.kind}", labels=prose.listed(cited))


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
    if fact.kind == "assumed":
        return prose.say("ground.assumed", fact=says)
    return prose.say("ground.follows", reason=follows(lines, prose, fact), fact=says)


def _condition(lines: Lines, prose: Prose, condition: Condition) -> Sentence:
    context = lines.vocabulary.display(condition.indices, condition.left, condition.right)
    left, right = Formula(condition.left, context), Formula(condition.right, context)
    there = Comparison(left, condition.relation, right)
    if condition.kind == "domain":
        return prose.of_equation("ground.needed", condition.label, condition=there)
    says = convention(lines, prose, condition)
    if condition.left == condition.right:
        return prose.of_equation("ground.says", condition.label, says=says)
    return prose.of_equation("ground.kink", condition.label, place=there, says=says)


def convention(lines: Lines, prose: Prose, condition: Condition) -> Sentence:
    """What is taken at a kink: the value of a derivative, or what its message says."""
    if condition.taken is None:
        return prose.message(condition.says)
    taken = slope_at(lines, condition.function, condition.right, condition.taken)
    return prose.say("ground.convention", taken=taken)


def slope_at(lines: Lines, function: str, place: Expr, value: Expr) -> Comparison:
    """f′(0) = 0."""
    slope = Apply(function, (place,), (1,))
    context = lines.vocabulary.display((), slope, value)
    return Comparison(Formula(slope, context), "==", Formula(value, context))
