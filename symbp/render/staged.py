"""The telling of a network of scalars in stages: forward lines are undone one by one, from the last to the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from symbp.calculus.derivation import Rule, Step
from symbp.render.activations import activations
from symbp.render.blocks import Block, Citation, Paragraph
from symbp.render.ground import Following
from symbp.render.local_reasons import LOCAL_RULES
from symbp.render.told import Told


class Staged:
    """The backward pass of one derivation; `way` gives the steps of a subject that lead to its result."""

    def __init__(self, told: Told, following: Following, way: Callable[[str], Sequence[Step]]) -> None:
        self.told = told
        self.lines = told.lines
        self.prose = told.prose
        self.following = following
        self.way = way
        self.locals = {s.label: s for s in self.lines.derivation.steps if s.rule in LOCAL_RULES and s.label}

    def blocks(self, subjects: Sequence[str]) -> Iterator[Block]:
        """The activations; then, for each run of subjects that undo the same lines, local derivatives and theirs."""
        if self.told.speaks:
            yield Paragraph(self.prose.say("story.undoes"))
        yield from activations(self.lines, self.prose, self.told.speaks)
        for undone, run in groupby(subjects, key=self.undone):
            members = list(run)
            steps = [s for subject in members for s in self.way(subject)]
            yield from self.following.before(steps)
            yield from self.told.local_blocks(self._local_steps(steps))
            if undone and self.told.speaks:
                key = "told.undoing_fork" if len(undone) > 1 else "told.undoing"
                labels = self.prose.listed([Citation(label) for label in undone])
                yield Paragraph(self.prose.sentence([self.prose.say(key, labels=labels)]))
            for subject in members:
                boxed = subject in self.lines.derivation.gradients
                yield from self.told.staged(self.way(subject), boxed)

    def undone(self, subject: str) -> tuple[str, ...]:
        """The labels of the forward lines that read a quantity."""
        found = (label for local in self._cited(self.way(subject)) for label in self.locals[local].because)
        return tuple(label for label in dict.fromkeys(found) if not self.told.cited.is_function(label))

    def _cited(self, steps: Sequence[Step]) -> list[str]:
        """The local derivatives that the steps put in."""
        return [label for s in steps if s.rule is Rule.SUBSTITUTE for label in s.because if label in self.locals]

    def _local_steps(self, steps: Sequence[Step]) -> list[Step]:
        """These, with the lines that lead to them, unnumbered; one of the loss itself stands among the results."""
        edges = {self.locals[label].before for label in self._cited(steps)}
        results = {self.lines.shown(s.indices, s.before) for s in steps}
        return [
            replace(s, label="") for s in self.lines.derivation.steps
            if s.rule in LOCAL_RULES and s.before in edges and self.lines.shown(s.indices, s.before) not in results
        ]
