"""Numbers of equations and facts in a sentence: (L1)–(L4) and (E2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symbp.calculus.model import whole_access
from symbp.render.blocks import Citation, Inline, Sentence
from symbp.render.lines import Lines
from symbp.render.prose import Prose

RANGE = 3
"""Neighbouring numbers from which on the first and the last one stand for all."""


class Cited:
    """What the reasons of one derivation refer to."""

    def __init__(self, lines: Lines, prose: Prose) -> None:
        self.lines = lines
        self.prose = prose
        self.errors = {e.name: e for e in lines.derivation.errors}
        self.functions = frozenset(f.label for f in lines.derivation.functions)

    def is_function(self, label: str) -> bool:
        """Whether a label numbers the derivative of an activation."""
        return label in self.functions

    def by(self, labels: Sequence[str]) -> Sentence:
        """Labels of equations and facts, and names of error terms, in order, each letter by itself."""
        numbered: dict[str, dict[int, None]] = {}
        named: list[Sentence] = []
        for label in dict.fromkeys(labels):
            error = self.errors.get(label)
            shown = error.label if error is not None else self.lines.fact_label(label)
            letter, number = shown.rstrip("0123456789"), shown.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
            if number.isdigit():
                numbered.setdefault(letter, {})[int(number)] = None
            elif error is not None:
                named.append((self.lines.formula(error.indices, whole_access(error.indices, error.name)),))
            elif shown:
                named.append((Citation(shown),))
        ranges = [r for letter, numbers in numbered.items() for r in self._ranges(letter, sorted(numbers))]
        return self.prose.listed([*ranges, *named])

    def _ranges(self, letter: str, numbers: Sequence[int]) -> Iterator[tuple[Inline, ...]]:
        """(L1)–(L4), and what is no more than a neighbour by itself."""
        start = 0
        for place, number in enumerate(numbers):
            if place + 1 < len(numbers) and numbers[place + 1] == number + 1:
                continue
            together = numbers[start: place + 1]
            if len(together) >= RANGE:
                first, last = Citation(f"{letter}{together[0]}"), Citation(f"{letter}{together[-1]}")
                yield self.prose.say("told.range", first=first, last=last)
            else:
                yield from ((Citation(f"{letter}{n}"),) for n in together)
            start = place + 1
