"""Steps → paragraphs and displays: what each line follows from, in words, in front of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from symbp.calculus.affine import Guard
from symbp.calculus.derivation import HeldFixed, Identity, OneTerm, Rule, Step
from symbp.calculus.expression import Cases, Expr, Reduce, walk
from symbp.calculus.model import whole_access
from symbp.render.blocks import Block, Citation, Display, Inline, Paragraph, Sentence
from symbp.render.lines import Lines
from symbp.render.options import Options
from symbp.render.prose import Prose
from symbp.render.reasons import Reasons
from symbp.render.setting import update_rule

LOCAL_RULES = (Rule.LOCAL, Rule.FIXED, Rule.IDENTITY)
"""The rules of steps that tell a local derivative."""

WORDS: dict[Rule, str] = {
    Rule.DEFINITION: "told.definition", Rule.COLLECT: "told.collect", Rule.ELEMENT: "told.element",
}
"""Rules whose reason is the same wherever they stand."""


class Told:
    """The telling of one derivation's steps."""

    def __init__(self, lines: Lines, prose: Prose, options: Options) -> None:
        self.lines = lines
        self.prose = prose
        self.options = options
        self.errors = {e.name: e for e in lines.derivation.errors}
        self.speaks = options.reasons and options.detail != "brief"

    def blocks(self, steps: Sequence[Step], boxed: bool = False) -> Iterator[Block]:
        """Steps in order, each group with its reasons; a line that says nothing new is left out. The last is boxed."""
        groups = self._groups(self._news(steps))
        for place, group in enumerate(groups):
            above = groups[place - 1][-1] if place else None
            said = self.prose.sentence([c for s in _first_of_each(group) for c in self.clauses(s, group, above)])
            if said and self.speaks:
                yield Paragraph(said)
            if not boxed or place < len(groups) - 1:
                yield self.display(group)
            else:
                yield from self._boxed(group)

    def undoing(self, steps: Sequence[Step], boxed: bool = False) -> Iterator[Block]:
        """One quantity's derivative in a network of scalars: it cites the forward lines that it undoes."""
        news = self._news([s for s in steps if s.rule is not Rule.NAME])
        cited = [c for s in news for c in self._undone(s)]
        if cited and self.speaks:
            key = "told.undoing_fork" if len(cited) > 1 else "told.undoing"
            yield Paragraph(self.prose.sentence([self.prose.say(key, labels=self.prose.listed(cited))]))
        for _, group in groupby(news, key=lambda s: self.lines.shown(s.indices, s.before)):
            members = list(group)
            yield from self._boxed(members) if boxed else (self.display(members),)

    def _undone(self, step: Step) -> list[Citation]:
        """The forward equations that the local derivatives of a step come from."""
        if step.rule is not Rule.SUBSTITUTE:
            return []
        locals_ = {s.label: s for s in self.lines.derivation.steps if s.rule in LOCAL_RULES and s.label}
        found = (label for cited in step.because if cited in locals_ for label in locals_[cited].because)
        return [Citation(label) for label in dict.fromkeys(found) if not self._is_function(label)]

    def _boxed(self, steps: Sequence[Step]) -> Iterator[Display]:
        """The way to a result, and the result in a box of its own."""
        last = [s for s in steps if s.guards] if len({s.guards for s in steps}) > 1 else steps[-1:]
        way = [s for s in steps if s not in last]
        if way:
            yield self.display(way)
        yield self.display(last, boxed=True)

    def local_blocks(self, steps: Sequence[Step]) -> Iterator[Block]:
        """Local derivatives: neighbours with one sentence share it."""
        groups = self._groups(self._news(steps))
        told = [(self.local(g[-1], g), self.display(g)) for g in groups]
        for sentence, group in groupby(told, key=lambda pair: pair[0]):
            if self.speaks:
                yield Paragraph(self.prose.sentence([sentence]))
            yield from (display for _, display in group)

    def display(self, steps: Sequence[Step], boxed: bool = False) -> Display:
        """Steps with one left side: the cases of one formula, or one formula written in several ways."""
        first = steps[0]
        cases = len(steps) > 1 and all(s.guards for s in steps) and len({s.guards for s in steps}) > 1
        afters: list[Expr] = [Cases(tuple((s.guards, s.after) for s in steps))] if cases else [s.after for s in steps]
        held = () if cases else first.guards
        rows = self.lines.rows(first.indices, first.before, afters, first.rule is Rule.NAME, cases, held)
        guards, extents = self.lines.where(first.indices, held)
        label = next((s.label for s in steps if s.label), "")
        local = first.rule in LOCAL_RULES
        return Display(rows, label, boxed, guards=guards, extents=extents, on_one_line=local)

    def _groups(self, steps: Sequence[Step]) -> list[list[Step]]:
        """Neighbours with one left side make one display; in full, each operation its own."""
        found: list[list[Step]] = []
        for _, group in groupby(steps, key=lambda s: (s.before, s.indices, s.rule is Rule.NAME)):
            members = list(group)
            found.extend([members] if self._together(members) else ([s] for s in members))
        return found

    def _together(self, steps: Sequence[Step]) -> bool:
        """Whether they are the cases of one formula, or one formula in several ways that may share a display."""
        conditions = {s.guards for s in steps}
        if len(conditions) > 1:
            return all(conditions)
        return self.options.detail != "full" or steps[0].rule in LOCAL_RULES

    def _news(self, steps: Sequence[Step]) -> list[Step]:
        """The steps that say something new: neither x = x nor what a line before said, as they print."""
        kept: list[Step] = []
        said: dict[tuple[str, str, tuple[Guard, ...]], int] = {}
        for step in steps:
            sides = (step.before, step.after)
            before, after = (self.lines.shown(step.indices, e, step.rule is Rule.NAME) for e in sides)
            line = (before, after, step.guards)
            if line in said and step.label:
                kept[said[line]] = replace(kept[said[line]], label=step.label)
            elif line not in said and before != after:
                said[line] = len(kept)
                kept.append(step)
        return kept

    # Reasons

    def clauses(self, step: Step, group: Sequence[Step], above: Step | None = None) -> list[Sentence]:
        """Why a line follows from the one above; the letters are those of the display that the group makes."""
        reasons = Reasons(self.lines, self.prose, group)
        match step.rule:
            case Rule.NAME:
                return []
            case Rule.CHAIN | Rule.BRANCH:
                return reasons.chain(step)
            case Rule.VANISH:
                return reasons.collapse(step)
            case Rule.SUBSTITUTE:
                return [self._cited("told.substitute", step), *reasons.solved(step)]
            case Rule.FACT:
                return [self._cited("told.fact", step)]
            case Rule.COLLECT if step.because or step.notes:
                return [*reasons.reindexed(step), self._cited("told.fact", step)]
            case Rule.UPDATE:
                gradient = self.lines.derivation.gradients[step.subject]
                return [self.prose.say("told.update", rule=update_rule(self.lines, gradient))]
            case Rule.LOCAL | Rule.FIXED | Rule.IDENTITY:
                return [self.local(step, group)]
            case Rule.COLLECT if above is not None and above.after == step.after:
                return [self.prose.say("told.named")]
            case _:
                return [self.prose.say(WORDS[step.rule])]

    def local(self, step: Step, group: Sequence[Step] = ()) -> Sentence:
        """From which equation a local derivative comes, and which fact about its sum is used."""
        labels = [Citation(label) for label in step.because if label and not self._is_function(label)]
        shown = self.prose.listed(labels)
        reasons = Reasons(self.lines, self.prose, group or (step,))
        for note in step.notes:
            match note:
                case HeldFixed(label, wrt, binder):
                    key = "told.local_fixed" if binder is None else "told.local_fixed_term"
                    return self.prose.say(key, label=Citation(label), wrt=reasons.formula(wrt))
                case OneTerm(label, _, _, wrt):
                    places = [reasons.position(n.at) for n in step.notes if isinstance(n, OneTerm) and n.label == label]
                    summed = any(isinstance(e, Reduce) for e in walk(step.after))
                    return self.prose.say(
                        "told.local_one_term_summed" if summed else "told.local_one_term",
                        label=Citation(label), at=self.prose.listed(places), wrt=reasons.formula(wrt),
                    )
                case Identity(_, label):
                    if label:
                        return self.prose.say("told.identity", labels=shown, identity=Citation(label))
                    return self.prose.say("told.identity_plain", labels=shown)
                case _:
                    pass
        return self.prose.say("told.local", labels=shown)

    def _is_function(self, label: str) -> bool:
        return any(f.label == label for f in self.lines.derivation.functions)

    def _cited(self, key: str, step: Step) -> Sentence:
        cited = [c for label in step.because if label for c in self._citation(label)]
        return self.prose.say(key, labels=self.prose.listed(cited)) if cited else self.prose.say(f"{key}_plain")

    def _citation(self, label: str) -> Iterator[Inline]:
        """A reason is the number of an equation or a fact, or the name of an error term."""
        error = self.errors.get(label)
        if error is None:
            yield Citation(self.lines.fact_label(label))
        elif error.label:
            yield Citation(error.label)
        else:
            yield self.lines.formula(error.indices, whole_access(error.indices, error.name))


def _first_of_each(group: Sequence[Step]) -> Iterator[Step]:
    """One step for each line of a display: cases of one formula have one reason."""
    seen: set[tuple[object, ...]] = set()
    for step in group:
        key = (step.rule, step.because, step.after if not step.guards else None)
        if key not in seen:
            seen.add(key)
            yield step

