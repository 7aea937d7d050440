"""The values of integer inputs and of positions of maxima, which decide where guards hold.

Where the file gives none, the elements in lexicographic order run through the values: 1, 2, …, V, 1, …
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symbp.calculus.affine import Lookup, Range
from symbp.calculus.expression import Expr, Reduce, walk
from symbp.cost.program import Program


class Integers:
    """What a `Lookup` is at given sizes."""

    def __init__(self, program: Program, sizes: Mapping[str, int], given: Mapping[str, object] | None = None) -> None:
        self.sizes = sizes
        self.program = program
        self.given = given or {}
        self.sorted: dict[tuple[str, int, tuple[int, ...]], dict[int, list[int]]] = {}
        self.fitting: dict[str, object] = {}
        self.known: dict[str, tuple[tuple[tuple[int, int], ...], int, int]] = {}

    def value(self, lookup: Lookup, env: Mapping[str, int]) -> int:
        """The integer at these values of the indices."""
        box, lowest, count = self.table(lookup.array)
        at = [s.evaluate(env) for s in lookup.subscripts]
        values: Any = self.values(lookup.array)
        place = 0
        for k, (low, high) in zip(at, box, strict=True):
            place = place * (high - low + 1) + k - low
            values = values[k - low] if values is not None else None
        return int(values) if values is not None else lowest + place % count

    def values(self, name: str) -> object:
        """The given values of an integer array, if they are given for these sizes; else None."""
        if name not in self.fitting:
            extents = [high - low + 1 for low, high in self.table(name)[0]]
            given = self.given.get(name)
            self.fitting[name] = given if _shape(given) == extents else None
        return self.fitting[name]

    def places(self, lookup: Lookup, name: str, wanted: int, env: Mapping[str, int]) -> list[int] | None:
        """The values of the index `name`, alone in one subscript, at which the integer is the wanted one."""
        alone = [k for k, s in enumerate(lookup.subscripts) if name in s.symbols]
        if len(alone) != 1 or lookup.subscripts[alone[0]].as_symbol != name:
            return None
        others = tuple(s.evaluate(env) for k, s in enumerate(lookup.subscripts) if k != alone[0])
        key = lookup.array, alone[0], others
        if key not in self.sorted:
            box, _, _ = self.table(lookup.array)
            low, high = box[alone[0]]
            found = self.sorted[key] = {}
            for k in range(low, high + 1):
                found.setdefault(self.value(lookup, {**env, name: k}), []).append(k)
        return self.sorted[key].get(wanted, [])

    def table(self, name: str) -> tuple[tuple[tuple[int, int], ...], int, int]:
        """The ends of an integer array's axes, its least value, and how many values it may have."""
        found = self.known.get(name)
        if found is None:
            axes, values = self.declared(name)
            ends = [(r.lower.evaluate(self.sizes), r.upper.evaluate(self.sizes)) for r in (*axes, values)]
            low, high = ends.pop()
            found = self.known[name] = tuple(ends), low, max(high - low + 1, 1)
        return found

    def declared(self, name: str) -> tuple[tuple[Range, ...], Range]:
        """The axes of an integer array and the range of its values."""
        array = self.program.arrays.get(name)
        if array is not None and array.values is not None:
            return array.axes, array.values
        definition = self.program.by_target[name]
        return tuple(i.range for i in definition.indices), _values(definition.body)


def _shape(values: object) -> list[int]:
    """The extents of nested tuples."""
    shape = []
    while isinstance(values, tuple):
        shape.append(len(values))
        values = values[0] if values else None
    return shape


def _values(body: Expr) -> Range:
    """What the position of a maximum runs through, in the first case where there is one."""
    found = next(e for e in walk(body) if isinstance(e, Reduce))
    return found.binders[found.component].range
