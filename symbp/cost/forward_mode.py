"""Forward mode: one sweep for each element of each parameter, with a tangent beside each value.

    v˙ = Σ_u (∂v/∂u) · u˙,  the parameter's own tangent being 1, or a given dense array where it has indices

What local derivatives are made of is worked out once, as forward values are; a sweep multiplies and adds. A tangent
that is 1 or −1 throughout is that number wherever it is read: the seed of a parameter without indices, for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from symbp.calculus.affine import Guard
from symbp.calculus.expression import MINUS_ONE, ONE, Access, Expr
from symbp.calculus.indices import fresh
from symbp.calculus.local import Scope
from symbp.calculus.model import Array, Definition, Role, whole_access
from symbp.cost.counting import by_definition, count
from symbp.cost.passes.dead import dead
from symbp.cost.passes.named import named
from symbp.cost.program import Program
from symbp.cost.stages import line_about, staged
from symbp.cost.sweeps import slopes_read, swept
from symbp.cost.tally import KINDS, Tally
from symbp.cost.tangent_lines import TANGENT_MARK, Linear, Moved, tangent_name
from symbp.errors import Refused
from symbp.numeric.elements import names_read


def values(program: Program, parameters: Iterable[str]) -> Program:
    """What is worked out once for all sweeps: the forward values of the first output, and local derivatives.

    Its outputs are the first output and the local derivatives that a sweep by one of the parameters reads.
    """
    return _Tangents(program, parameters).values


def tangent(program: Program, parameter: str, unit: bool = False) -> Program:
    """One sweep: the tangents of what leads from the parameter to the first output of the program.

    The parameter's own tangent is an input of its shape (1 at one element for a column of the Jacobian), and so are
    the names of `values(program, (parameter,))`. With `unit` it is the number 1 where the parameter has no indices, and
    not read. The output is the tangent of the first output.
    """
    made = _Tangents(program, (parameter,), unit)
    lines = [replace(line, target=tangent_name(name)) for name, _, line in made.columns()]
    given = [made.array(name) for name in (*made.values.by_target, tangent_name(parameter))]
    arrays = {**made.values.arrays, **{a.name: a for a in given}}
    return dead(Program(tuple(lines), (tangent_name(program.outputs[0]),), arrays, program.sizes))


def forward_mode(
    program: Program,
    parameters: Sequence[str],
    sizes: Mapping[str, int],
    primitives: frozenset[str] = frozenset(),
    given: Mapping[str, object] | None = None,
) -> Tally[int]:
    """The first output and all its partial derivatives by forward mode: values once, a sweep for each element.

    A quantity that several parameters move through the same names costs the same in the sweep of each of them, and is
    counted for them together. Raises Refused for a defined name: its sweep would begin in the middle.
    """
    for name in parameters:
        if name not in program.arrays:
            raise Refused(f"forward mode sweeps by what is given, and {name} is defined by a line of its own")
    made = _Tangents(program, parameters)
    extents = [made.extent(p, sizes) for p in parameters]
    columns = list(made.columns())
    once = count(named(made.values), sizes, primitives, given)
    sweeps = by_definition(made.program_with([line for _, _, line in columns]), sizes, primitives, given)
    weights = {mask: sum(n for p, n in enumerate(extents) if mask >> p & 1) for _, mask, _ in columns}
    return _total([(once, 1), *((sweeps[line.target], weights[mask]) for _, mask, line in columns)])


class _Tangents:
    """The stages of a program's first output, and the local derivatives that its tangents read."""

    def __init__(self, program: Program, parameters: Iterable[str], unit: bool = True) -> None:
        self.parameters = tuple(parameters)
        forward = dead(program.wanted(program.outputs[0]))
        moved = swept(forward, self.parameters)
        self.program = staged(forward, frozenset((*self.parameters, *(n for n, mask in moved.items() if mask))))
        self.stages = self.program.definitions
        self.masks = swept(self.program, self.parameters)
        """The parameters in whose sweeps a defined name has a tangent, as bits."""
        self.taken = {*program.arrays, *self.program.by_target}
        self.locals: dict[tuple[str, Expr, tuple[Guard, ...]], tuple[Definition, Access]] = {}
        for d in self.stages:
            moving = {n: 0 for n in slopes_read(d.body) if self.mask(n) & self.masks[d.target]}
            if moving:
                self.tangent_of(d, moving, tangent_name(d.target))
        self.units: dict[str, dict[int, int]] = {
            p: {1: self.mask(p)} for p in self.parameters if unit and not program.arrays[p].axes
        }
        """The parameters in whose sweeps a name's tangent is 1, and −1, as bits."""

    @cached_property
    def values(self) -> Program:
        own = tuple(line for line, _ in self.locals.values())
        outputs = (self.program.outputs[0], *(d.target for d in own))
        return self.program.with_definitions((*self.stages, *own)).wanted(*outputs)

    @cached_property
    def made(self) -> dict[str, Definition]:
        return self.values.by_target

    def array(self, name: str) -> Array:
        """A name that a sweep is given, with the axes of what it stands beside."""
        base = name.removesuffix(TANGENT_MARK)
        if base in self.program.arrays:
            return replace(self.program.arrays[base], name=name)
        return Array(name, tuple(i.range for i in self.made[base].indices), Role.INPUT)

    def extent(self, parameter: str, sizes: Mapping[str, int]) -> int:
        """The number of the parameter's elements."""
        product = 1
        for axis in self.program.arrays[parameter].axes:
            product *= max(0, axis.extent.evaluate(sizes))
        return product

    def columns(self) -> Iterator[tuple[str, int, Definition]]:
        """Each name's tangents: one for each set of parameters in whose sweeps it comes from the same tangents.

        The name, the parameters as bits, and the line. One that is 1 or −1 is no line, but for that of the output.
        """
        for d in self.stages:
            for k, (mask, moved) in enumerate(self.ways(d)):
                line = self.tangent_of(d, moved, f"{tangent_name(d.target)}{k}")
                if line.body in (ONE, MINUS_ONE):
                    units = self.units.setdefault(d.target, {})
                    sign = 1 if line.body == ONE else -1
                    units[sign] = units.get(sign, 0) | mask
                    if d.target not in self.program.outputs:
                        continue
                yield d.target, mask, line

    def ways(self, d: Definition) -> list[tuple[int, Moved]]:
        """The parameters that move a name, in groups by the tangents through which they do."""
        groups: list[tuple[int, Moved]] = [(self.masks[d.target], {})]
        for name in slopes_read(d.body):
            through = self.mask(name)
            if through:
                units = self.units.get(name, {})
                known = {sign: mask & through for sign, mask in units.items()}
                masks = {**known, 0: through & ~sum(known.values())}
                groups = [
                    part
                    for mask, moved in groups
                    for part in (
                        *((mask & by, {**moved, name: sign}) for sign, by in masks.items()), (mask & ~through, moved)
                    )
                    if part[0]
                ]
        return [(mask, moved) for mask, moved in groups if mask]

    def mask(self, name: str) -> int:
        if name in self.masks:
            return self.masks[name]
        return 1 << self.parameters.index(name) if name in self.parameters else 0

    def program_with(self, lines: Sequence[Definition]) -> Program:
        """Values, then tangents that read each other's as given arrays."""
        read = sorted({n for d in lines for n in names_read(d.body) if n.endswith(TANGENT_MARK)})
        arrays = {**self.program.arrays, **{n: self.array(n) for n in read}}
        values = self.values
        outputs = (*values.outputs, *(d.target for d in lines))
        return Program((*values.definitions, *lines), outputs, arrays, self.program.sizes)

    def tangent_of(self, d: Definition, moved: Moved, target: str) -> Definition:
        """The line of a tangent, where only the `moved` names have one."""
        own = whole_access(d.indices, d.target)
        return Definition(target, d.indices, Linear(self, d.target, moved).of(d.body, Scope(d.indices), own))

    def local(self, owner: str, e: Expr, scope: Scope) -> Access:
        """A local derivative as an element of its own line."""
        key = owner, e, scope.about(e).guards
        if key not in self.locals:
            self.taken.add(name := fresh(f"{owner}#local", self.taken))
            self.locals[key] = line_about(name, e, scope)
        return self.locals[key][1]


def _total(parts: Sequence[tuple[Tally[int], int]]) -> Tally[int]:
    """Tallies added, each so many times."""
    kinds: dict[str, int] = {}
    for tally, weight in parts:
        for kind, n in tally.by_kind.items():
            kinds[kind] = kinds.get(kind, 0) + weight * n
    ordered = {k: kinds[k] for k in (*KINDS, *sorted(kinds.keys() - set(KINDS))) if kinds.get(k)}
    return Tally(
        ordered,
        sum(weight * t.operations for t, weight in parts),
        sum(weight * t.nodes for t, weight in parts),
        sum(weight * t.distinct for t, weight in parts),
        max((t.depth for t, _ in parts if t.depth is not None), default=None),
    )
