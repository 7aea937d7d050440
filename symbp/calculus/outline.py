"""What a model's expansions have in common: its definitions, who reads whom, and along which axes it is recurrent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from symbp.calculus.affine import Affine
from symbp.calculus.expression import Expr, Reduce, accesses, walk
from symbp.calculus.model import Definition, Model, definition_of
from symbp.calculus.operations import Size
from symbp.calculus.schedule import Group, schedule

Steps = tuple[int | None, ...]
"""For each axis of a name its value where it is stepped, else None."""


@dataclass(frozen=True)
class Place:
    """A name at some steps: what a definition is looked up by."""

    name: str
    steps: Steps = ()


@dataclass(frozen=True)
class Outline:
    """What all parameters of a model have in common."""

    definitions: dict[str, Definition]
    loops: dict[str, frozenset[int]]
    readers: dict[str, list[str]]
    bodies: dict[Place, Expr]
    magnitudes: dict[Place, Size]


def outline_of(model: Model) -> Outline:
    """Worked out once for a model, and kept with it."""
    found: Outline | None = model.__dict__.get("_outline")
    if found is None:
        definitions = {e.target: definition_of(e) for e in model.equations}
        readers: dict[str, list[str]] = {}
        for name, d in definitions.items():
            for read in dict.fromkeys(a.name for a in accesses(d.body)):
                readers.setdefault(read, []).append(name)
        found = Outline(definitions, stepped_axes(schedule(model)), readers, {}, {})
        object.__setattr__(model, "_outline", found)
    return found


def moving(readers: Mapping[str, Sequence[str]], parameter: str) -> frozenset[str]:
    """The defined names whose values depend on the parameter, and the parameter."""
    found = {parameter}
    pending = [parameter]
    while pending:
        for reader in readers.get(pending.pop(), ()):
            if reader not in found:
                found.add(reader)
                pending.append(reader)
    return frozenset(found)


def stepped_axes(groups: Iterable[Group]) -> dict[str, frozenset[int]]:
    """For each recurrent name the axes that its loops run along."""
    found: dict[str, frozenset[int]] = {}
    pending = list(groups)
    while pending:
        group = pending.pop()
        pending.extend(group.body)
        if group.recurrent:
            for name, axis in zip(group.equations, group.axes, strict=True):
                found[name] = found.get(name, frozenset()) | {axis}
    return found


def needed_steps(
    definitions: Mapping[str, Definition], of: str, loops: Mapping[str, frozenset[int]]
) -> dict[str, frozenset[int]]:
    """The stepped axes of every name that `of` is made of: its own loops, and what the stepped axes of others read."""
    if not loops:
        return {}
    names = reached(definitions, of)
    stepped = {n: loops[n] for n in names if n in loops}
    changed = bool(stepped)
    while changed:
        changed = False
        for name in names:
            positions = {i.name: k for k, i in enumerate(definitions[name].indices)}
            needed = {positions[s] for s in _step_reads(definitions[name].body, stepped) if s in positions}
            if not needed <= stepped.get(name, frozenset()):
                stepped[name] = stepped.get(name, frozenset()) | needed
                changed = True
    return {n: stepped[n] for n in names if n in stepped}


def _step_reads(body: Expr, stepped: Mapping[str, frozenset[int]]) -> frozenset[str]:
    """The letters that stepped subscripts read, and those that the ranges of such letters read."""
    ranges = {b.name: b.range for r in walk(body) if isinstance(r, Reduce) for b in r.binders}
    found: set[str] = set()
    pending = [
        s
        for a in accesses(body)
        for axis, sub in enumerate(a.subscripts)
        if axis in stepped.get(a.name, frozenset()) and isinstance(sub, Affine)
        for s in sub.symbols
    ]
    while pending:
        s = pending.pop()
        if s not in found:
            found.add(s)
            if s in ranges:
                pending += [*ranges[s].lower.symbols, *ranges[s].upper.symbols]
    return frozenset(found)


def reached(definitions: Mapping[str, Definition], of: str) -> tuple[str, ...]:
    """The defined names that `of` is made of, in the order of the definitions."""
    seen = {of}
    pending = [of]
    while pending:
        definition = definitions.get(pending.pop())
        for a in accesses(definition.body) if definition else ():
            if a.name not in seen:
                seen.add(a.name)
                pending.append(a.name)
    return tuple(n for n in definitions if n in seen)


