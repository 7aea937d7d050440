"""Along which axis, and in which direction, definitions that read each other are computed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from symbp.calculus.affine import Affine, Lookup, Subscript
from symbp.calculus.expression import Access, accesses
from symbp.calculus.graph import components
from symbp.calculus.model import Definition
from symbp.cost.symbolic.context import NoClosedForm


class Order(NamedTuple):
    """At step τ each definition, in the order of `names`, has direction · (τ − shift) for the index at its axis."""

    names: tuple[str, ...]
    axes: Mapping[str, int]
    direction: int
    shifts: Mapping[str, int]

    def index_at(self, name: str, step: Affine) -> Affine:
        """The index that a definition has at a step."""
        return (step - self.shifts[name]) * self.direction

    def step_of(self, name: str, index: Affine) -> Affine:
        """The step at which a definition has an index."""
        return index * self.direction + self.shifts[name]


def order_of(members: Sequence[Definition]) -> Order:
    """An order in which each element is computed before it is read, all reads a constant number of steps back."""
    for axes in _shared_axes(members):
        for direction in (1, -1):
            found = _order(members, axes, direction)
            if found is not None:
                return found
    raise NoClosedForm("recurrence", members[0].target)


class _Read(NamedTuple):
    """`reader` reads what `source` has computed `behind` of its indices before."""

    reader: str
    source: str
    behind: int


def _order(members: Sequence[Definition], axes: Mapping[str, int], direction: int) -> Order | None:
    reads: list[_Read] = []
    for d in members:
        index = Affine.of(d.indices[axes[d.target]].name)
        for a in _inner(d, axes):
            at = a.subscripts[axes[a.name]]
            behind = None if isinstance(at, Lookup) else (index - at) * direction
            if behind is None or not behind.is_constant:
                return None
            reads.append(_Read(d.target, a.name, behind.constant))
    shifts = _shifts(tuple(axes), reads)
    if shifts is None:
        return None
    at_once: dict[str, list[str]] = {d.target: [] for d in members}
    for r in reads:
        if r.behind + shifts[r.reader] == shifts[r.source]:
            at_once[r.reader].append(r.source)
    groups = components(tuple(at_once), at_once)
    if any(len(g) > 1 or g[0] in at_once[g[0]] for g in groups):
        return None
    return Order(tuple(g[0] for g in groups), axes, direction, shifts)


def _shifts(names: Sequence[str], reads: Sequence[_Read]) -> dict[str, int] | None:
    """Delays under which no source comes after its reader (Bellman and Ford), or None."""
    shifts = dict.fromkeys(names, 0)
    for _ in range(len(names) + 1):
        late = [r for r in reads if r.behind + shifts[r.reader] < shifts[r.source]]
        if not late:
            return shifts
        for r in late:
            shifts[r.reader] = max(shifts[r.reader], shifts[r.source] - r.behind)
    return None


def _inner(d: Definition, members: Mapping[str, object]) -> list[Access]:
    return [a for a in accesses(d.body) if a.name in members]


def _shared_axes(members: Sequence[Definition]) -> Iterator[dict[str, int]]:
    """For each axis of the definition of least rank, the axis of every other that runs along with it."""
    by_name = {d.target: d for d in members}
    first = min(members, key=lambda d: len(d.indices))
    for axis in range(len(first.indices)):
        axes = {first.target: axis}
        queue = deque([first.target])
        while queue:
            for name, along in _joined(members, by_name, queue.popleft(), axes):
                if name not in axes:
                    axes[name] = along
                    queue.append(name)
        if len(axes) == len(members):
            yield axes


def _joined(
    members: Sequence[Definition], by_name: Mapping[str, Definition], name: str, axes: Mapping[str, int]
) -> Iterator[tuple[str, int]]:
    """What runs along with the axis of `name` through an access, from either end."""
    own = by_name[name].indices[axes[name]].name
    for a in _inner(by_name[name], by_name):
        for along, at in enumerate(a.subscripts):
            if _moves_with(at, own):
                yield a.name, along
    for d in members:
        for a in _inner(d, {name: None}):
            for along, index in enumerate(d.indices):
                if _moves_with(a.subscripts[axes[name]], index.name):
                    yield d.target, along


def _moves_with(at: Subscript, index: str) -> bool:
    return isinstance(at, Affine) and at.terms == ((index, 1),)
