"""What the elements of a program cost where each access is replaced by the formula of what it reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symbp.calculus.model import Definition
from symbp.cost.classes import Class, Classes
from symbp.cost.convention import LEAF, Key, Part


class Unfolded(Classes):
    """Trees by dynamic programming: a class of elements knows which other classes it reads, and how often.

    Signs and literal 0 and 1 go through; what reads a class counts it under the class as key.
    """

    def seen_of(self, known: Class, part: Part[int]) -> Part[int]:
        if part.literal is not None:
            return Part({LEAF: 1}, 1, part.literal, part.sign)
        return Part({known: 1}, part.depth, None, part.sign)

    def settle(self, group: Sequence[Definition], circular: bool) -> None:
        if circular:
            self.tell_apart(group)
            return
        d = group[0]
        self.axes[d.target] = axes = self.demands.within(d.indices, self.wanted[d.target])
        if not axes:
            self.known((d.target,))
            self.alike[d.target] = self.seen[(d.target,)]

    def roots(self, names: Iterable[str]) -> tuple[dict[Key, int], int, int]:
        """How many elements of each class the names have, how many negations stand in front, and the greatest depth."""
        wanted: dict[Key, int] = {}
        negated, depth = 0, 0
        for name in names:
            for known, part, times in self.classes(self.definitions[name]):
                wanted[known] = wanted.get(known, 0) + times
                negated += times if part.sign < 0 else 0
                depth = max(depth, part.depth)
        return wanted, negated, depth

    def occurrences(self, wanted: dict[Key, int]) -> tuple[dict[Key, int], dict[str, int]]:
        """How often each operation and leaf stands in trees of so many elements, and how often elements of each name.

        Each class is opened after all those that read it.
        """
        waiting = dict(wanted)
        found: dict[Key, int] = {}
        met: dict[str, int] = {}
        for known in reversed(self.parts):
            times = waiting.pop(known, 0)
            if not times:
                continue
            name = known[0]
            met[name] = met.get(name, 0) + times
            for key, count in self.parts[known].cost.items():
                into = found if isinstance(key, str) else waiting
                into[key] = into.get(key, 0) + count * times
        for key, times in waiting.items():
            met[key[0]] = times
        return found, met

    def operations(self, names: Iterable[str]) -> dict[str, int]:
        """The operations in the trees of all elements of each name, negations in front with them."""
        wanted = {name: self.roots((name,)) for name in names}
        found: dict[Key, int] = {}
        for known, part in self.parts.items():
            found[known] = sum(
                times if isinstance(key, str) else times * found.get(key, 0)
                for key, times in part.cost.items() if key != LEAF
            )
        return {
            name: negated + sum(times * found[known] for known, times in roots.items())
            for name, (roots, negated, _) in wanted.items()
        }
