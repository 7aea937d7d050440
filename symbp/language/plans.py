"""Frozen trees made again with other leaves: what is common to them is worked out once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

Make = Callable[..., Any]
Slot = tuple[int, int]
"""Where a part comes from: one of CONSTANT, INPUT and MADE, and its place there."""

CONSTANT, INPUT, MADE = range(3)


class Plan:
    """The steps that make a tree from its inputs: each calls a constructor with inputs, constants and earlier results.

    `constant`, `node` and `several` add parts from the leaves up; `finish` ends with the tree's root.
    """

    def __init__(self) -> None:
        self._constants: list[Any] = []
        self._nodes: list[tuple[Make, tuple[Slot, ...]]] = []
        self._inputs = 0
        self._steps: list[tuple[Make, Callable[[list[Any]], Any]]] = []
        self._root: Callable[[list[Any]], Any] = itemgetter(0)

    def constant(self, value: Any) -> Slot:
        self._constants.append(value)
        return CONSTANT, len(self._constants) - 1

    def input(self, place: int) -> Slot:
        self._inputs = max(self._inputs, place + 1)
        return INPUT, place

    def node(self, make: Make, parts: Sequence[Slot]) -> Slot:
        """make(*parts), worked out now where every part is a constant."""
        if all(kind == CONSTANT for kind, _ in parts):
            return self.constant(make(*(self._constants[place] for _, place in parts)))
        self._nodes.append((make, tuple(parts)))
        return MADE, len(self._nodes) - 1

    def finish(self, root: Slot) -> Plan:
        """The plan, ready for `made`."""
        self._steps = [_step(make, [self._position(p) for p in parts]) for make, parts in self._nodes]
        self._root = itemgetter(self._position(root))
        return self

    def made(self, inputs: Sequence[Any]) -> Any:
        """The tree with these inputs."""
        values = [*self._constants, *inputs]
        for make, parts in self._steps:
            values.append(make(*parts(values)))
        return self._root(values)

    def _position(self, slot: Slot) -> int:
        kind, place = slot
        before = (0, len(self._constants), len(self._constants) + self._inputs)
        return before[kind] + place


def several(*parts: Any) -> tuple[Any, ...]:
    """The parts as a tuple."""
    return parts


def _step(make: Make, places: list[int]) -> tuple[Make, Callable[[list[Any]], Any]]:
    """A constructor and what picks its arguments; for one argument the getter gives it twice, in a tuple."""
    if len(places) == 1:
        return (lambda part, _: make(part)), itemgetter(places[0], places[0])
    return make, itemgetter(*places)
