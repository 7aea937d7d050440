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
    """At step τ each definition, in the order of `names`, has direction · τ for the index at its axis."""

    names: tuple[str, ...]
    axes: Mapping[str, int]
    direction: int


def order_of(members: Sequence[Definition]) -> Order:
    """An order in which each element is computed before it is read, all reads a constant number of steps back."""
    for axes in _shared_axes(members):
        for direction in (1, -1):
            names = _names(members, axes, direction)
            if names is not None:
                return Order(names, axes, direction)
    raise NoClosedForm("recurrence", members[0].target)


def distance(at: Subscript, index: Affine, direction: int) -> int | None:
    """How many steps before the reader an element is computed; None where that isn't constant."""
    if isinstance(at, Lookup):
        return None
    behind = (index - at) * direction
    return behind.constant if behind.is_constant else None


def _names(members: Sequence[Definition], axes: Mapping[str, int], direction: int) -> tuple[str, ...] | None:
    at_once: dict[str, list[str]] = {d.target: [] for d in members}
    for d in members:
        index = Affine.of(d.indices[axes[d.target]].name)
        for a in _inner(d, axes):
            behind = distance(a.subscripts[axes[a.name]], index, direction)
            if behind is None or behind < 0:
                return None
            if behind == 0:
                at_once[d.target].append(a.name)
    groups = components(tuple(at_once), at_once)
    if any(len(g) > 1 or g[0] in at_once[g[0]] for g in groups):
        return None
    return tuple(g[0] for g in groups)


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
