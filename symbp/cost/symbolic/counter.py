"""The operations of a program, sizes being symbols, under assumptions on them."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.calculus.affine import Affine
from symbp.calculus.expression import Access
from symbp.calculus.model import Definition
from symbp.cost.classes import had_with_maxima
from symbp.cost.convention import LEAF, PLAIN, Key, Part, positive
from symbp.cost.ordering import groups
from symbp.cost.program import Program
from symbp.cost.symbolic.cells import Cell, cells
from symbp.cost.symbolic.context import Context, NoClosedForm
from symbp.cost.symbolic.form import Form
from symbp.cost.symbolic.integers import Integers
from symbp.cost.symbolic.parts import Walk
from symbp.cost.symbolic.pieces import Pieces, element, pieces_of
from symbp.cost.symbolic.recurrence import Recurrence, with_own
from symbp.cost.symbolic.reductions import Cost, Count, Counted, spread
from symbp.numeric.elements import names_read

MOST_TERMS = 200
"""A count of more terms isn't pursued."""


class Counter:
    """Counts definitions in the order in which they are computed.

    With `unfolded`, an access costs what the element that it reads costs; else it is a leaf, and literally 0 or 1 where
    that is what the element is. Then `met` counts, under a key (name,), the elements of each name that are met besides.
    Every method raises Undecided about sizes, and NoClosedForm.
    """

    def __init__(
        self, program: Program, context: Context, primitives: frozenset[str], unfolded: bool, met: bool = False
    ) -> None:
        self._program = program
        self._context = context
        self._primitives = primitives
        self._unfolded = unfolded
        self._met = met
        self._integers = Integers(program.arrays)
        self._walk = Walk(self._read, self._integers, primitives, had_with_maxima(program))
        self._elements: dict[str, Pieces] = {}

    def counted(self, names: Sequence[str]) -> Cost:
        """What all elements of the named definitions cost together."""
        total: dict[Key, Count] = {}
        needed = self._needed(names)
        for group in groups([d for d in self._program.definitions if d.target in needed]):
            for name, found in self._group(group).items():
                if name in names:
                    stored = [c._replace(value=positive(c.value)) for c in found]
                    for key, count in spread(stored).items():
                        total[key] = total.get(key, 0) + count
        return total

    def _needed(self, names: Sequence[str]) -> set[str]:
        by_target = self._program.by_target
        waiting, found = list(names), set(names)
        while waiting:
            for name in names_read(by_target[waiting.pop()].body):
                if name in by_target and name not in found:
                    found.add(name)
                    waiting.append(name)
        return found

    def _group(self, group: Sequence[Definition]) -> dict[str, list[Counted]]:
        """The cells of definitions that are computed together, after which their elements are known."""
        names = {d.target for d in group}
        if not any(names & names_read(d.body) for d in group):
            return {d.target: self._noted(d, self._cells(d)) for d in group}
        if not self._unfolded:
            found = {d.target: self._cells(d) for d in group}
            if all(c.value.literal is None for of_name in found.values() for c in of_name):
                return found
        self._elements.update(
            Recurrence(
                group, self._context, self._read, self._integers, self._primitives, self._unfolded, self._met
            ).pieces()
        )
        if not self._unfolded:
            return {d.target: self._cells(d) for d in group}
        return {d.target: self._cells_of_elements(d) for d in group}

    def _cells(self, d: Definition) -> list[Counted]:
        return cells(d.indices, self._context, lambda c: self._walk.part(d.body, c))

    def _cells_of_elements(self, d: Definition) -> list[Counted]:
        whole = Access(d.target, tuple(Affine.of(i.name) for i in d.indices))
        return cells(d.indices, self._context, lambda c: self._read(whole, c))

    def _noted(self, d: Definition, found: list[Counted]) -> list[Counted]:
        if self._unfolded:
            if any(isinstance(f, Form) and f.length > MOST_TERMS for c in found for f in c.value.cost.values()):
                raise NoClosedForm("length", d.target)
            if self._met:
                found = [c._replace(value=with_own(c.value, d.target)) for c in found]
            self._elements[d.target] = pieces_of(d.indices, found)
        elif any(c.value.literal is not None for c in found):
            looks = [Cell(c.ranges, c.certain, c.value._replace(cost={LEAF: 1})) for c in found]
            self._elements[d.target] = pieces_of(d.indices, looks)
        return found

    def _read(self, access: Access, context: Context) -> Part[Count]:
        pieces = self._elements.get(access.name)
        if pieces is None:
            return with_own(PLAIN, access.name) if self._met else PLAIN
        part = element(pieces, access, self._integers, context)
        if self._unfolded or part.literal is not None:
            return part
        return PLAIN
