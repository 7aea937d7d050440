"""Steps → paragraphs and displays: what each line follows from, in words, in front of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from symbp.calculus.affine import Guard
from symbp.calculus.derivation import Rule, Step
from symbp.calculus.expression import Cases, Expr
from symbp.render.blocks import Block, Display, Paragraph, Row, Sentence
from symbp.render.cited import Cited
from symbp.render.lines import Lines
from symbp.render.local_reasons import LOCAL_RULES, LocalReasons
from symbp.render.options import Options
from symbp.render.prose import Prose
from symbp.render.reasons import Reasons
from symbp.render.setting import update_rule

CHAIN_RULES = (Rule.CHAIN, Rule.BRANCH, Rule.VANISH)
"""The rules of the lines that have nothing but derivatives in them."""

MOST_SENTENCES = 4
"""Reasons in front of one display; where there are more, its lines are displayed apart, each with its own."""


@dataclass(frozen=True)
class Part:
    """Lines of one display; `run` are all lines with their left side, whose letters they share."""

    steps: tuple[Step, ...]
    run: tuple[Step, ...]


class Told:
    """The telling of one derivation's steps."""

    def __init__(self, lines: Lines, prose: Prose, options: Options) -> None:
        self.lines = lines
        self.prose = prose
        self.options = options
        self.cited = Cited(lines, prose)
        self.local = LocalReasons(lines, prose, self.cited)
        self.speaks = options.reasons and options.detail != "brief"

    def blocks(self, steps: Sequence[Step], boxed: bool = False, first: Sequence[Sentence] = ()) -> Iterator[Block]:
        """Steps in order, each display with its reasons; a line that says nothing new is left out. The last is boxed.

        `first` is said before the first display.
        """
        parts = [part for run in self._runs(self._news(steps)) for part in self._displays(run)]
        for place, part in enumerate(parts):
            said = [*(first if place == 0 else ()), *self.sentences(part)]
            if said and self.speaks:
                yield Paragraph(self.prose.sentence(said))
            if not boxed or place < len(parts) - 1:
                yield self.display(part.steps, run=part.run)
            else:
                yield from self._boxed(part)

    def staged(self, steps: Sequence[Step], boxed: bool = False) -> Iterator[Block]:
        """One quantity's derivative in a network of scalars, lines that print alike put together."""
        news = self._news([s for s in steps if s.rule is not Rule.NAME])
        for _, group in groupby(news, key=lambda s: self.lines.shown(s.indices, s.before)):
            members = tuple(group)
            yield from self._boxed(Part(members, members)) if boxed else (self.display(members),)

    def _boxed(self, part: Part) -> Iterator[Display]:
        """The way to a result, and the result in a box of its own."""
        steps = part.steps
        last = [s for s in steps if s.guards] if len({s.guards for s in steps}) > 1 else steps[-1:]
        way = [s for s in steps if s not in last]
        if way:
            yield self.display(way, run=part.run)
        yield self.display(last, boxed=True, run=part.run)

    def local_blocks(self, steps: Sequence[Step]) -> Iterator[Block]:
        """Local derivatives: neighbours with one reason share it."""
        runs = self._runs(self._news(steps))
        for sharing in self.local.grouped(runs):
            if self.speaks:
                yield Paragraph(self.prose.sentence(self.local.sentences(sharing)))
            yield from (self.display(run) for run in sharing)

    def display(self, steps: Sequence[Step], boxed: bool = False, run: Sequence[Step] = ()) -> Display:
        """Steps with one left side: the cases of one formula, or one formula written in several ways."""
        first = steps[0]
        if first.rule is Rule.NAME and len(steps) > 1:
            return self._named(first, steps[1])
        cases = _are_cases(steps)
        afters: list[Expr] = [Cases(tuple((s.guards, s.after) for s in steps))] if cases else [s.after for s in steps]
        held = () if cases else first.guards
        beside = [s.after for s in run]
        rows = self.lines.rows(first.indices, first.before, afters, first.rule is Rule.NAME, cases, held, beside)
        guards, extents = self.lines.where(first.indices, held)
        label = next((s.label for s in steps if s.label), "")
        local = first.rule in LOCAL_RULES
        return Display(rows, label, boxed, guards=guards, extents=extents, on_one_line=local)

    def _named(self, name: Step, value: Step) -> Display:
        """What an error term is, and its value, in one chain of equalities."""
        defined = self.lines.rows(name.indices, name.before, [name.after], defines=True)
        (row,) = self.lines.rows(value.indices, value.before, [value.after])
        _, extents = self.lines.where(name.indices)
        return Display((*defined, Row(None, row.right)), value.label, extents=extents, on_one_line=True)

    def _runs(self, steps: Sequence[Step]) -> list[tuple[Step, ...]]:
        """Neighbours with one left side; a name and its value, where that takes one operation."""
        groups = groupby(steps, key=lambda s: (s.before, s.indices, s.rule is Rule.NAME))
        found = [tuple(group) for _, group in groups]
        joined: list[tuple[Step, ...]] = []
        for run in found:
            before = joined[-1] if joined else ()
            if len(before) == len(run) == 1 and before[0].rule is Rule.NAME and _gives_value(before[0], run[0]):
                joined[-1] = (*before, *run)
            else:
                joined.append(run)
        return joined

    def _displays(self, run: tuple[Step, ...]) -> list[Part]:
        """The lines that share a display: all, where their reasons are few; in full, each operation has its own."""
        if _are_cases(run) or run[0].rule is Rule.NAME:
            return [Part(run, run)]
        if self.options.detail == "full" or len({s.guards for s in run}) > 1:
            return [Part((s,), run) for s in run]
        chain = tuple(s for s in run if s.rule in CHAIN_RULES)
        found: list[Part] = []
        for steps in (run,) if self._is_short(run) else (chain, run[len(chain):]):
            together = self._is_short(steps) or steps is not chain
            found.extend([Part(steps, run)] if together else (Part((s,), run) for s in steps))
        return [part for part in found if part.steps]

    def _is_short(self, steps: tuple[Step, ...]) -> bool:
        return len(self.sentences(Part(steps, steps))) <= MOST_SENTENCES

    def _news(self, steps: Sequence[Step]) -> list[Step]:
        """The steps that say something new: neither x = x nor what a line before said, as they print."""
        kept: list[Step] = []
        said: dict[tuple[str, str, tuple[Guard, ...]], int] = {}
        for step in self._under_their_names(steps):
            sides = (step.before, step.after)
            before, after = (self.lines.shown(step.indices, e, step.rule is Rule.NAME) for e in sides)
            line = (before, after, step.guards)
            if line in said and step.label:
                kept[said[line]] = replace(kept[said[line]], label=step.label)
            elif line not in said and before != after:
                said[line] = len(kept)
                kept.append(step)
        return kept

    @staticmethod
    def _under_their_names(steps: Sequence[Step]) -> Iterator[Step]:
        """The steps; values that an error term has as they are put in stand under its name at once."""
        skipped: Step | None = None
        for place, step in enumerate(steps):
            after = steps[place + 1] if place + 1 < len(steps) else None
            if after is not None and step.rule is Rule.SUBSTITUTE and _only_names(step, after):
                skipped = step
            elif skipped is not None:
                yield replace(step, rule=Rule.SUBSTITUTE, because=skipped.because, notes=skipped.notes)
                skipped = None
            else:
                yield step

    # Reasons

    def sentences(self, part: Part) -> list[Sentence]:
        """Why each line of a display follows from the one above, in the order of the lines."""
        reasons = Reasons(self.lines, self.prose, part.run)
        found: list[Sentence] = []
        steps = list(_first_of_each(part.steps))
        for place, step in enumerate(steps):
            collected = _is_plain_collecting(step) and place > 0 and steps[place - 1].rule is Rule.SUBSTITUTE
            if not collected:
                after = steps[place + 1] if place + 1 < len(steps) else None
                found.extend(self._clauses(step, after, reasons, place > 0))
        return [c for place, c in enumerate(found) if c not in found[:place]]

    def _clauses(self, step: Step, after: Step | None, reasons: Reasons, later: bool) -> list[Sentence]:
        match step.rule:
            case Rule.NAME | Rule.LOCAL | Rule.FIXED | Rule.IDENTITY:
                return []
            case Rule.CHAIN | Rule.BRANCH:
                return reasons.chain(step)
            case Rule.VANISH:
                return reasons.collapse(step)
            case Rule.SUBSTITUTE:
                collects = after is not None and _is_plain_collecting(after)
                key = "told.substitute_collect" if collects else "told.substitute"
                return [self._cited(f"{key}_then" if later else key, step)]
            case Rule.FACT:
                return [*reasons.reindexed(step), self._cited("told.fact_then" if later else "told.fact", step)]
            case Rule.COLLECT if step.because or step.notes:
                return [*reasons.reindexed(step), self._cited("told.fact_then" if later else "told.fact", step)]
            case Rule.UPDATE:
                gradient = self.lines.derivation.gradients[step.subject]
                return [self.prose.say("told.update", rule=update_rule(self.lines, gradient))]
            case Rule.COLLECT:
                return [self.prose.say("told.collect_minus" if self._is_negated(step) else "told.collect")]
            case Rule.ELEMENT:
                return [self.prose.say("told.element")]
            case Rule.DEFINITION:
                return [self.prose.say("told.definition")]

    def _is_negated(self, step: Step) -> bool:
        """Whether a line gives an error term that is minus a derivative."""
        return any(e.label == step.label and e.sign < 0 for e in self.lines.derivation.errors if step.label)

    def _cited(self, key: str, step: Step) -> Sentence:
        cited = self.cited.by(step.because)
        return self.prose.say(key, labels=cited) if cited else self.prose.say(f"{key}_plain")


def _are_cases(steps: Sequence[Step]) -> bool:
    """Whether they are the cases of one formula."""
    return len(steps) > 1 and all(s.guards for s in steps) and len({s.guards for s in steps}) > 1


def _gives_value(name: Step, value: Step) -> bool:
    """Whether the second step puts the value in for the name that the first one gives."""
    return value.before == name.before and value.rule is Rule.SUBSTITUTE and not value.guards


def _only_names(step: Step, after: Step) -> bool:
    """Whether a step does no more than write the value before it under its name."""
    return after.rule is Rule.COLLECT and bool(after.label) and after.after == step.after and not after.guards


def _is_plain_collecting(step: Step) -> bool:
    return step.rule is Rule.COLLECT and not step.because and not step.notes


def _first_of_each(group: Sequence[Step]) -> Iterator[Step]:
    """One step for each line of a display: cases of one formula have one reason."""
    seen: set[tuple[object, ...]] = set()
    for step in group:
        key = (step.rule, step.because, step.after if not step.guards else None)
        if key not in seen:
            seen.add(key)
            yield step
