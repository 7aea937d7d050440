"""What a derivation costs: every count of both ways put together, each worked out when it is first looked at.

    cost = cost_of(derivation, {"d": 3, "q": 2, "l": 1})
    cost.tally("shared").operations, cost.tally("expanded").operations
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod

from symbp.calculus import derivation as data
from symbp.calculus.model import Array, Definition, adjoint_name
from symbp.calculus.sets import positive
from symbp.cost.counting import by_definition, operations_by_definition, unfolded_operations
from symbp.cost.counts import Counts
from symbp.cost.needs import Needs
from symbp.cost.outside import Outside, outside
from symbp.cost.program import Program
from symbp.cost.programs import Programs
from symbp.cost.reuse import Reuse, reuses
from symbp.cost.tally import Tally
from symbp.cost.ways import PRIMITIVES, PROGRAMS, Unknown
from symbp.cost.written import met
from symbp.errors import ModelError, Refused


@dataclass(frozen=True)
class OfParameter:
    """What one gradient costs; None without sizes."""

    gradient: data.Gradient
    elements: int | None
    expanded: int | None
    """Its elements written out, each on its own."""
    shared: int | None
    """What it needs of the shared program, which may be less than the loss takes."""
    paths: int | None
    """From its elements to the loss, in the model."""


@dataclass(frozen=True)
class Line:
    """A definition of the counted program, and what its elements take together."""

    definition: Definition
    elements: int | None
    tally: Tally[int] | None


@dataclass(frozen=True)
class Cost(Counts):
    """The counts, and what they are made of: gradient by gradient, line by line, and value by value."""

    def _number(self, by: Callable[[], int]) -> int | None:
        """A count, or None where it is refused or some size has no value."""
        if self.missing:
            return None
        try:
            return by()
        except Refused:
            return None

    @cached_property
    def elements(self) -> int | None:
        """Of all parameters."""
        if self.missing:
            return None
        return sum(self._elements(self.derivation.model.arrays[p]) for p in self.derivation.gradients)

    def of_parameter(self, parameter: str) -> OfParameter:
        """What one gradient costs."""
        gradient = self.derivation.gradients[parameter]
        if self.missing:
            return OfParameter(gradient, None, None, None, None)
        name = adjoint_name(parameter)
        return OfParameter(
            gradient, self._elements(self.derivation.model.arrays[parameter]),
            self._number(lambda: self._expanded_of_each[name]),
            self._number(lambda: self._needed_for(name)), self.paths_from(parameter),
        )

    def _needed_for(self, *outputs: str) -> int:
        """Operations of the definitions of the chosen program that these outputs need."""
        return self._needs.operations(outputs)

    @cached_property
    def _needs(self) -> Needs:
        return Needs(self.program, operations_by_definition(self.program, self.sizes, self.primitives, self.given))

    @cached_property
    def _expanded_of_each(self) -> dict[str, int]:
        names = [adjoint_name(p) for p in self.derivation.gradients]
        return unfolded_operations(self.printed, names, self.sizes, self.primitives, self.given)

    @cached_property
    def _met(self) -> dict[str, int]:
        return met(self.printed, self.printed.outputs, self.sizes, self.given)

    @cached_property
    def _of_each(self) -> dict[str, Tally[int]]:
        return by_definition(self.program, self.sizes, self.primitives, self.given)

    def _elements(self, array: Array) -> int:
        return prod(max(0, axis.extent.evaluate(self.sizes)) for axis in array.axes)

    # What is reused

    @cached_property
    def reused(self) -> tuple[Reuse, ...]:
        """The printed quantities that are used more than once: error terms in their order, then forward values."""
        made = [d.target for d in self.printed.definitions if d.target not in self.printed.outputs]
        found = {r.name: r for r in self._reuses(self.printed, made)}
        errors = [e.name for e in self.derivation.errors if e.name in found]
        return tuple(found[name] for name in dict.fromkeys((*errors, *found)))

    @cached_property
    def kept(self) -> tuple[Reuse, ...]:
        """What the named program uses more than once beside these: wanted values, and lines that it adds."""
        known = {d.target for d in self.printed.definitions} - set(self.printed.outputs)
        return self._reuses(self.named, [d.target for d in self.named.definitions if d.target not in known])

    def _reuses(self, program: Program, names: Sequence[str]) -> tuple[Reuse, ...]:
        known = (*positive(program.sizes), *self.derivation.model.requirements)
        return reuses(program, frozenset(names), known, {s: n for s, n in self.sizes.items() if s in program.sizes})

    def occurrences(self, reuse: Reuse) -> int | None:
        """How often elements of a quantity stand in the loss and the gradients, written out."""
        return self._number(lambda: self._met.get(reuse.name, 0))

    def elements_of(self, reuse: Reuse) -> int | None:
        if self.missing:
            return None
        return prod(max(0, i.range.extent.evaluate(self.sizes)) for i in reuse.indices)

    def times_written(self, reuse: Reuse) -> Fraction | None:
        """How often one element of a quantity stands there, on average."""
        found, elements = self.occurrences(reuse), self.elements_of(reuse)
        return None if found is None or not elements else Fraction(found, elements)

    # The program, line by line

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The chosen program."""
        return tuple(self._line(d) for d in self.program.definitions)

    def _line(self, d: Definition) -> Line:
        if self.missing:
            return Line(d, None, None)
        elements = prod(max(0, i.range.extent.evaluate(self.sizes)) for i in d.indices)
        return Line(d, elements, self._of_each[d.target])

    # The outside comparison

    @cached_property
    def sympy(self) -> Outside | Unknown:
        """SymPy's `diff` with and without `cse`, where it was asked for and is feasible."""
        if self.missing:
            return Unknown(f"no value is given for {', '.join(self.missing)}")
        try:
            return outside(self.derivation.model, self.of, self.derivation.gradients, self.sizes, self.given)
        except Refused as refusal:
            return Unknown(str(refusal))


def cost_of(
    derivation: data.Derivation, sizes: Mapping[str, int] | None = None, program: str = "named",
    primitives: tuple[str, ...] = (), sympy: bool = False,
) -> Cost:
    """The costs of a derivation at `sizes`, over those that its model gives.

    Raises ModelError for what isn't known."""
    chosen = next((p for p in PROGRAMS if p == program), None)
    if chosen is None:
        raise ModelError(f"`{program}` is no program that is counted; there are: {', '.join(PROGRAMS)}")
    for name in primitives:
        if name not in PRIMITIVES:
            raise ModelError(f"`{name}` is one operation in any case, or no function; as one: {', '.join(PRIMITIVES)}")
    given = {**derivation.model.size_values, **(sizes or {})}
    return Cost(Programs(derivation), given, chosen, frozenset(primitives), sympy)
