"""What some outputs of a program need, as sets of definitions that are bits of integers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symbp.cost.ordering import groups, reads
from symbp.cost.program import Program


class Needs:
    """For each definition those that it needs, itself among them, and what they weigh together.

    The sets of a long chain overlap: they are united and counted as bits, all definitions of one weight at once.
    """

    def __init__(self, program: Program, weights: Mapping[str, int]) -> None:
        self._needed: dict[str, int] = {}
        self._of_weight: dict[int, int] = {}
        position = 0
        for group in groups(program.definitions):
            found = 0
            for d in group:
                bit = 1 << position
                found |= bit
                position += 1
                weight = weights[d.target]
                self._of_weight[weight] = self._of_weight.get(weight, 0) | bit
            for d in group:
                for name in reads(d.body):
                    found |= self._needed.get(name, 0)
            self._needed.update((d.target, found) for d in group)

    def operations(self, names: Iterable[str]) -> int:
        """The weight of all that the names need together."""
        together = 0
        for name in names:
            together |= self._needed[name]
        return sum(weight * (together & bits).bit_count() for weight, bits in self._of_weight.items())
