"""Definitions that are written alike, over arrays alike, are lowered once: the others have other names in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from symbp.calculus.affine import Range
from symbp.calculus.expression import Access, Apply, Power, Select
from symbp.calculus.model import Array, Equation, Piece, Role, Term
from symbp.language.definitions import define
from symbp.language.elementary import Owner
from symbp.language.expressions import World
from symbp.language.plans import Plan, Slot, several
from symbp.language.shapes import Shape
from symbp.language.steps import Steps, run

HOLDERS = (Equation, Array, Piece, Term, Access, Apply, Power, Select)
"""What array names stand in, or in whose parts."""

Key = tuple[object, ...]


class Kinds(dict[str, object]):
    """What matters of each word of a definition: for an array its axes and whether it is defined; else the word itself.

    Integer inputs, arrays with missing cases and names that are also letters stand for themselves.
    """

    def __init__(self, world: World) -> None:
        super().__init__()
        self._file, self._ranges, self._holes = world.file, world.ranges, world.bounds.holes
        self._letters = world.ranges.all_letters()
        self._numbers: dict[tuple[tuple[Range, ...], bool], int] = {}

    def __missing__(self, word: str) -> object:
        self[word] = found = self._kind(word)
        return found

    def _kind(self, word: str) -> object:
        entry = self._file.names.get(word)
        if entry is None or not entry.is_array or word in self._letters or word in self._holes:
            return word
        if word in self._file.arrays and self._file.arrays[word][0] is Role.INTEGER:
            return word
        kind = self._ranges.of_axes(word), word in self._file.definitions
        return self._numbers.setdefault(kind, len(self._numbers))


class Repeats:
    """Defines the names of a file, and remembers how."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kinds = Kinds(world)
        self._known: dict[Key, Repeat | None] = {}
        self.alike: dict[str, str] = {}
        """For each repeated equation the one that it repeats."""

    def define(self, shape: Shape) -> None:
        """Adds the equation of a defined name, after those of its parts."""
        key = self._key(shape)
        repeat = self._known.get(key) if key is not None else None
        if repeat is not None:
            self.alike.update(repeat.again(shape))
        elif key is None or key in self._known:
            define(shape, self._world)
        else:
            self._known[key] = self._first(shape)

    def _key(self, shape: Shape) -> Key | None:
        """What the equations of a definition depend on, but for the names of its arrays; None where more may matter."""
        (case, *others) = shape.cases
        like = case.definition.like
        if like is None or others or not case.whole or self._world.file.mistakes.failed:
            return None
        bound = self._world.ranges.of_reductions(case.definition)
        return like.number, bound, *map(self._kinds.__getitem__, like.words)

    def _first(self, shape: Shape) -> Repeat | None:
        """Lowers a definition; how to repeat it, or None where it said or required something."""
        world = self._world
        before = world.file.mistakes.events, world.bounds.consulted
        begin = len(world.equations.equations)
        define(shape, world)
        if (world.file.mistakes.events, world.bounds.consulted) != before:
            return None
        return Repeat(shape, world, world.equations.equations[begin:], self._kinds)


class Repeat:
    """The equations that a definition makes, its own last, as a plan whose inputs are its words, its parts' names and
    its line.
    """

    def __init__(self, shape: Shape, world: World, equations: Sequence[Equation], kinds: Kinds) -> None:
        like = shape.cases[0].definition.like
        assert like is not None
        self._into = world.equations
        self._targets = [e.target for e in equations]
        self._parts = [(e.inline, self._into.is_from_helper(e.target)) for e in equations[:-1]]
        self._places = {word: k for k, word in enumerate(like.words) if kinds[word] != word}
        self._places.update((e.target, len(like.words) + k) for k, e in enumerate(equations[:-1]))
        self._line = len(like.words) + len(self._parts)
        self._plan = Plan()
        made = tuple((e, self._into.arrays[e.target]) for e in equations)
        self._plan.finish(run(self._slot(made)))

    def again(self, shape: Shape) -> Iterable[tuple[str, str]]:
        """Adds the equations of another definition; each with the one that it repeats."""
        definition = shape.cases[0].definition
        assert definition.like is not None
        inputs: list[Any] = list(definition.like.words)
        if self._parts:
            owner = Owner(shape.name, definition.span.line, self._into)
            inputs += [owner.part_name(inline) for inline, _ in self._parts]
        inputs.append(definition.span.line)
        *parts, (equation, array) = self._plan.made(inputs)
        for (part, its), (_, helps) in zip(parts, self._parts, strict=True):
            self._into.add(part, its, from_helper=helps)
        self._into.add(equation, array)
        return zip((*(e.target for e, _ in parts), shape.name), self._targets, strict=True)

    def _slot(self, value: Any) -> Steps[Slot]:
        if isinstance(value, tuple):
            slots: list[Slot] = []
            for part in value:
                slots.append((yield self._slot(part)))
            return self._plan.node(several, slots)
        if not isinstance(value, HOLDERS):
            return self._plan.constant(value)
        slots = []
        for field in (f for f in fields(value) if f.init):
            part = getattr(value, field.name)
            if field.name in ("target", "owner") or (field.name == "name" and isinstance(value, (Access, Array))):
                slots.append(self._name(part))
            elif field.name == "line":
                slots.append(self._plan.input(self._line))
            else:
                slots.append((yield self._slot(part)))
        return self._plan.node(type(value), slots)

    def _name(self, name: str | None) -> Slot:
        place = self._places.get(name) if name is not None else None
        return self._plan.constant(name) if place is None else self._plan.input(place)
