"""The elements of a program's definitions, told apart as far as their costs differ.

A *class* is a name and the values of those of its indices that its cost depends on: (a, 3) is a[3, k] for every k.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from symbp.calculus.affine import Affine, Index, Lookup
from symbp.calculus.expression import MINUS_ONE, Access, Cases, Expr, Mul, Reduce, ReductionKind
from symbp.calculus.indices import canonical, substitute
from symbp.calculus.model import Definition
from symbp.cost.bodies import Bodies
from symbp.cost.convention import PLAIN, Part, read
from symbp.cost.demand import NONE, Demand, Demands, OfAccess
from symbp.cost.index_runs import Env, Meter, Runs
from symbp.cost.integers import Integers
from symbp.cost.looked_at import looked_at
from symbp.cost.outlines import outlined
from symbp.cost.program import Program
from symbp.cost.uniform import PLAIN_FACE, Face, Uniform, Uniforms
from symbp.numeric.work import counted

Class = tuple[Any, ...]


class _Unknown(Exception):
    """A formula reads a class that isn't known yet."""


class Classes:
    """The classes of a program's definitions at given sizes, each worked out once, after those that it reads.

    A subclass says what a reader sees of a class (`seen_of`), and what is known of a definition once it and those that
    it is read by, in a circle, are understood (`settle`).
    """

    def __init__(
        self,
        program: Program,
        sizes: Mapping[str, int],
        primitives: frozenset[str] = frozenset(),
        given: Mapping[str, object] | None = None,
    ) -> None:
        self.program = program
        self.sizes = dict(sizes)
        self.definitions = program.by_target
        self.integers = Integers(program, self.sizes, given)
        self.meter = Meter(size=self._size)
        self._counted: Definition | None = None
        self.runs = Runs(self.integers, self.meter)
        self.demands = self.make_demands(self.demanded)
        self.bodies = self.make_bodies(primitives)
        self.uniforms = Uniforms(self.sizes, self.runs, primitives, self.make_demands)
        self.faces: dict[str, Face] = {}
        """What is seen of names all of whose elements look alike, apart from what they cost."""
        self.wanted: dict[str, Demand] = {}
        """What the body of each definition demands."""
        self.alike: dict[str, Part[int]] = {}
        """What is seen of names all of whose elements look alike: inputs, for example."""
        self.axes: dict[str, tuple[int, ...]] = {}
        """The axes along which the elements of other names are told apart."""
        self.parts: dict[Class, Part[int]] = {}
        """The classes that are known, each after those that it reads."""
        self.seen: dict[Class, Part[int]] = {}
        self._missing: list[Class] = []
        self._stops = False
        """Whether a formula is left at the first class that isn't known."""
        self._ahead: list[str] = []
        self._extents: dict[tuple[Index, ...], int | None] = {}
        self._settle_all()
        self.bodies.vanished = self.bodies.vanished or self.uniforms.vanished

    def seen_of(self, known: Class, part: Part[int]) -> Part[int]:
        raise NotImplementedError

    def settle(self, group: Sequence[Definition], circular: bool) -> None:
        raise NotImplementedError

    def settle_uniform(self, d: Definition, uniform: Uniform, names: Sequence[str]) -> None:
        raise NotImplementedError

    def make_demands(self, access: OfAccess) -> Demands:
        return Demands(self.sizes, access)

    def make_bodies(self, primitives: frozenset[str]) -> Bodies:
        return Bodies(self.runs, self.demands.plans, self.read, primitives, had_with_maxima(self.program))

    def _settle_all(self) -> None:
        """Each definition in turn; those that read each other together."""
        ordered = self.program.definitions
        places: dict[str, int] = {}
        start = 0
        while start < len(ordered):
            if self._is_uniform(ordered[start]):
                start += 1
                continue
            places = places or {d.target: k for k, d in enumerate(ordered)}
            end, place, circular = start, start, False
            while place <= end:
                self._ahead = []
                self.prepare(ordered[place])
                for name in self._ahead:
                    circular = True
                    end = max(end, places[name])
                place += 1
            self.settle(ordered[start : end + 1], circular)
            start = end + 1

    def _is_uniform(self, d: Definition) -> bool:
        """Settles a definition whose elements look alike for what its outline says."""
        if self.extent(d.indices) is None:
            return False
        outline, names = outlined(d.body)
        faces = self.faces
        known = []
        for name in names:
            face = faces.get(name)
            if face is None:
                if name in self.definitions:
                    return False
                face = faces[name] = PLAIN_FACE
            known.append(face)
        uniform = self.uniforms.of(outline, known)
        if uniform is None:
            return False
        faces[d.target] = uniform.face
        self.wanted[d.target] = NONE
        self.settle_uniform(d, uniform, names)
        return True

    def extent(self, indices: tuple[Index, ...]) -> int | None:
        """How many elements there are; None where a range reads more than sizes."""
        if indices not in self._extents:
            times: int | None = None
            if all(self.demands.settled(i) for i in indices):
                times = 1
                for index in indices:
                    times *= max(index.range.extent.evaluate(self.sizes), 0)
            self._extents[indices] = times
        return self._extents[indices]

    def prepare(self, d: Definition) -> tuple[int, ...]:
        """Notes what a definition's body demands; the positions of the indices that its cost depends on."""
        demand = self.wanted[d.target] = self.demands.of(d.body)
        return self.demands.within(d.indices, demand)

    def tell_apart(self, group: Sequence[Definition]) -> None:
        """Finds the axes along which definitions that read each other vary: the least that suffice."""
        self.axes.update({d.target: () for d in group})
        changed = True
        while changed:
            found = {d.target: self.prepare(d) for d in group}
            changed = any(self.axes[name] != axes for name, axes in found.items())
            self.axes.update(found)

    def demanded(self, access: Access) -> Demand:
        """What reading an element demands of the indices in its subscripts."""
        name = access.name
        if name in self.alike:
            return NONE
        axes = self.axes.get(name)
        if axes is None:
            if name in self.definitions:
                self._ahead.append(name)
            return NONE
        hard = self.demands.read([access.subscripts[k] for k in axes])
        return Demand(hard) if hard else NONE

    def read(self, access: Access, env: Env) -> Part[int]:
        """What a formula sees of an element; one whose class isn't known yet is noted."""
        name = access.name
        seen = self.alike.get(name)
        if seen is not None:
            return seen
        axes = self.axes.get(name)
        if axes is None:
            self.alike[name] = seen = read(name)
            return seen
        known = (name, *[self.subscript(access.subscripts[k], env) for k in axes])
        seen = self.seen.get(known)
        if seen is None:
            self._missing.append(known)
            if self._stops:
                raise _Unknown
            return PLAIN
        return seen

    def subscript(self, subscript: Affine | Lookup, env: Env) -> int:
        return subscript.evaluate(env) if isinstance(subscript, Affine) else self.integers.value(subscript, env)

    def known(self, wanted: Class) -> Part[int]:
        """A class, and first those that it reads, with a stack of our own: a recurrence may be long.

        The first read of a class that isn't known puts a formula off; where this doesn't make all that it reads known,
        the rest is found by going through the whole of it.
        """
        stack = [wanted]
        met: set[Class] = set()
        while stack:
            top = stack[-1]
            if top not in self.parts:
                self._counted = definition = self.definitions[top[0]]
                env = dict(self.sizes)
                for k, value in zip(self.axes[definition.target], top[1:], strict=True):
                    env[definition.indices[k].name] = value
                self.meter.spend(1)
                self._missing = []
                self._stops = top not in met
                met.add(top)
                try:
                    part = self.bodies.part(definition.body, env)
                except _Unknown:
                    stack.extend(self._missing)
                    continue
                finally:
                    self._stops = False
                if self._missing:
                    stack.extend(reversed(self._missing))
                    continue
                self.parts[top] = part
                self.seen[top] = self.seen_of(top, part)
            stack.pop()
        return self.parts[wanted]

    def evaluated(self, body: Expr, env: Env) -> Part[int]:
        """A formula at hand, all classes that it reads made known."""
        while True:
            self._missing = []
            part = self.bodies.part(body, env)
            if not self._missing:
                return part
            for missing in self._missing:
                self.known(missing)

    def _size(self) -> str:
        """How many elements of the definition at hand would have to be looked at."""
        d = self._counted
        if d is None:
            return ""
        plan = self.demands.plan(d.indices, self.wanted[d.target])
        elements = looked_at(plan, d.body, self.bodies.plans, self.sizes)
        return f": up to {counted(elements)} for {d.target}"

    def elements(self, d: Definition, env: Env) -> Iterator[int]:
        """Sets the indices to values that make a difference, and yields how many elements are alike at these."""
        self._counted = d
        demand = self.wanted[d.target]
        if demand is NONE and (times := self.extent(d.indices)) is not None:
            return iter((times,) if times else ())
        return self.runs.of(self.demands.plan(d.indices, demand), env)

    def classes(self, d: Definition) -> Iterator[tuple[Class, Part[int], int]]:
        """The classes of a definition that is told apart, each with the number of its elements."""
        axes = [d.indices[k].name for k in self.axes[d.target]]
        env = dict(self.sizes)
        for times in self.elements(d, env):
            known = (d.target, *[env[name] for name in axes])
            yield known, self.known(known), times


def had_with_maxima(program: Program) -> frozenset[int]:
    """The positions of maxima, by the identity of their nodes, that are had with a maximum or another position."""
    if not any(outlined(d.body)[0].has_position for d in program.definitions):
        return frozenset()
    free = set()
    found: set[Expr] = set()
    lines = [(d, e) for d in program.definitions for e in _lines(d.body) if isinstance(e, Reduce)]
    found.update(_extremum(d.indices, e) for d, e in lines if e.kind in ("max", "min"))
    for d, e in lines:
        if e.kind in ("argmax", "argmin"):
            line = _extremum(d.indices, e)
            if line in found:
                free.add(id(e))
            found.add(line)
    return frozenset(free)


def _lines(body: Expr) -> Iterator[Expr]:
    """What a definition's elements are, or the negatives of."""
    match body:
        case Cases(branches):
            for _, branch in branches:
                yield from _lines(branch)
        case Mul((sign, inner)) if sign == MINUS_ONE:
            yield from _lines(inner)
        case _:
            yield body


def _extremum(indices: tuple[Index, ...], e: Reduce) -> Expr:
    """The maximum whose position it is, in letters of its own."""
    kind: ReductionKind = "max" if e.kind in ("max", "argmax") else "min"
    places = {i.name: Affine.of(f"%axis{k}") for k, i in enumerate(indices)}
    return canonical(substitute(Reduce(kind, e.binders, e.guards, e.body), places))
