"""What a derivation costs: every count of both ways put together, each worked out when it is first looked at.

    cost = cost_of(derivation, {"d": 3, "q": 2, "l": 1})
    cost.tally("shared").operations, cost.tally("expanded").operations
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import prod

from symbp.calculus import derivation as data
from symbp.calculus.model import Array, Definition, adjoint_name
from symbp.calculus.sets import positive
from symbp.cost.cheap import bound
from symbp.cost.counting import by_definition, count, operations_by_definition, unfolded, unfolded_operations
from symbp.cost.forward_mode import forward_mode
from symbp.cost.needs import Needs
from symbp.cost.outside import Outside, outside
from symbp.cost.passes.minimal import Minimal, minimised
from symbp.cost.path_forms import path_forms
from symbp.cost.paths import paths_from
from symbp.cost.program import Program
from symbp.cost.programs import Programs
from symbp.cost.reuse import Reuse, reuses
from symbp.cost.symbolic.closed import Closed, Reason, polynomials
from symbp.cost.tally import Tally
from symbp.cost.ways import PRIMITIVES, PROGRAMS, ProgramName, Unknown, Way, alone
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
class Cost:
    """The counts of one derivation at given sizes, or as closed forms where some size has no value."""

    programs: Programs
    sizes: Mapping[str, int]
    chosen: ProgramName = "named"
    """Which of the shared programs the lines and the parameters' counts belong to."""
    primitives: frozenset[str] = frozenset()
    asks_sympy: bool = False
    _known: dict[Way, Tally[int] | Unknown] = field(default_factory=dict, init=False, repr=False, compare=False)
    _formulas: dict[Way, Closed | Reason] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def derivation(self) -> data.Derivation:
        return self.programs.derivation

    @property
    def of(self) -> str:
        return self.derivation.of

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """The sizes without a value."""
        return tuple(s for s in self.printed.sizes if s not in self.sizes)

    # Programs

    @property
    def printed(self) -> Program:
        return self.programs.printed

    @property
    def named(self) -> Program:
        return self.programs.named

    @property
    def loss_alone(self) -> Program:
        return self.programs.loss_alone

    @cached_property
    def minimised(self) -> Minimal:
        """The program of the fewest operations, and how it came about."""
        return self._fewest(self.named)

    def _fewest(self, program: Program) -> Minimal:
        at = None if self.missing else self.sizes
        return minimised(program, at, self.programs.facts, self.primitives, given=self.given)

    @property
    def minimal(self) -> Program:
        return self.minimised.program

    @cached_property
    def minimal_loss(self) -> Program:
        """The program of the fewest operations for the loss alone."""
        return self._fewest(self.loss_alone).program

    @property
    def program(self) -> Program:
        """The chosen one."""
        return self.minimal if self.chosen == "minimal" else self.named

    @property
    def shared_way(self) -> Way:
        return "minimal" if self.chosen == "minimal" else "shared"

    # Counts

    def tally(self, way: Way) -> Tally[int] | Unknown:
        """What one way takes at the sizes."""
        if way not in self._known:
            self._known[way] = self._counted(_COUNTS[way])
        return self._known[way]

    def operations(self, way: Way) -> int | None:
        found = self.tally(way)
        return None if isinstance(found, Unknown) else found.operations

    def _counted(self, by: Callable[[Cost], Tally[int]]) -> Tally[int] | Unknown:
        if self.missing:
            return Unknown(f"no value is given for {', '.join(self.missing)}")
        try:
            return by(self)
        except Refused as refusal:
            return Unknown(str(refusal))

    @property
    def loss_way(self) -> Way:
        """How the loss alone is computed where it is compared with the chosen program."""
        return alone(self.shared_way)

    @property
    def ratio(self) -> Fraction | None:
        """(the loss and all gradients) / (the loss), both shared, or both with the fewest operations."""
        return self.times(self.shared_way, self.loss_way)

    @property
    def saved(self) -> Fraction | None:
        """How many times more operations are written out than computed once."""
        return self.times("expanded", self.shared_way)

    @property
    def bound(self) -> Fraction | None:
        """What `ratio` is at most, by the cheap-gradient principle."""
        forward = self.tally(self.loss_way)
        program = self.minimal_loss if self.chosen == "minimal" else self.loss_alone
        return None if isinstance(forward, Unknown) else bound(program, forward, self.primitives)

    def times(self, way: Way, other: Way) -> Fraction | None:
        over, under = self.operations(way), self.operations(other)
        return None if over is None or not under else Fraction(over, under)

    def closed(self, way: Way) -> Closed | Reason:
        """The operations of one way of CLOSED as formulas in the sizes, each with the sizes for which it holds."""
        if way == "minimal" and self.minimal is self.named:
            return self.closed("shared")
        if way not in self._formulas:
            program = self._program_of(way)
            self._formulas[way] = polynomials(program, unfolded=way == "expanded", primitives=self.primitives)
        return self._formulas[way]

    def _program_of(self, way: Way) -> Program:
        match way:
            case "forward":
                return self.loss_alone
            case "minimal_forward":
                return self.minimal_loss
            case "minimal":
                return self.minimal
            case "shared":
                return self.named
            case _:
                return self.printed

    @cached_property
    def _paths(self) -> Mapping[str, int] | None:
        if self.missing:
            return None
        try:
            return paths_from(tuple(self.derivation.gradients), self.derivation, self.sizes, self.given)
        except Refused:
            return None

    @property
    def paths(self) -> int | None:
        """From all elements of all parameters to the loss."""
        return None if self._paths is None else sum(self._paths.values())

    @cached_property
    def path_forms(self) -> Closed | None:
        """`paths` as formulas in the sizes, where there are such."""
        return path_forms(tuple(self.derivation.gradients), self.derivation)

    def paths_from(self, parameter: str) -> int | None:
        """From all elements of a parameter to the loss, in the model."""
        return None if self._paths is None else self._paths[parameter]

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

    def _number(self, by: Callable[[], int]) -> int | None:
        """A count, or None where it is refused or some size has no value."""
        if self.missing:
            return None
        try:
            return by()
        except Refused:
            return None

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

    @property
    def given(self) -> Mapping[str, object]:
        """The values of integer inputs that the model has."""
        return self.derivation.model.values

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


def _of_minimal(cost: Cost) -> Tally[int]:
    shared = cost.tally("shared") if cost.minimal is cost.named else None
    return shared if isinstance(shared, Tally) else count(cost.minimal, cost.sizes, cost.primitives, cost.given)


_COUNTS: dict[Way, Callable[[Cost], Tally[int]]] = {
    "forward": lambda c: count(c.loss_alone, c.sizes, c.primitives, c.given),
    "shared": lambda c: count(c.named, c.sizes, c.primitives, c.given),
    "minimal": _of_minimal,
    "expanded": lambda c: unfolded(c.printed, c.printed.outputs, c.sizes, c.primitives, c.given),
    "minimal_forward": lambda c: count(c.minimal_loss, c.sizes, c.primitives, c.given),
    "forward_mode": lambda c: forward_mode(c.printed, tuple(c.derivation.gradients), c.sizes, c.primitives, c.given),
}


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
