"""The counts of a derivation, each worked out when it is first looked at: the programs, the ways, the paths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from symbp.calculus import derivation as data
from symbp.calculus.model import Role
from symbp.cost.cheap import bound
from symbp.cost.counting import count, unfolded
from symbp.cost.forward_mode import forward_mode
from symbp.cost.long import reads_given
from symbp.cost.passes.minimal import Minimal, minimised
from symbp.cost.path_forms import path_forms
from symbp.cost.paths import paths_from
from symbp.cost.program import Program
from symbp.cost.programs import Programs
from symbp.cost.symbolic.closed import Closed, Reason, constant, polynomials
from symbp.cost.tally import Tally
from symbp.cost.ways import ProgramName, Unknown, Way, alone
from symbp.errors import Refused


@dataclass(frozen=True)
class Counts:
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

    def _counted(self, by: Callable[[Counts], Tally[int]]) -> Tally[int] | Unknown:
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
            self._formulas[way] = self._closed(way)
        return self._formulas[way]

    def _closed(self, way: Way) -> Closed | Reason:
        if self._is_fixed and isinstance(tally := self.tally(way), Tally):
            return constant(tally)
        program = self._program_of(way).with_values(self.given)
        return polynomials(program, unfolded=way == "expanded", primitives=self.primitives)

    @cached_property
    def _is_fixed(self) -> bool:
        """Whether there is nothing that the counts depend on."""
        return not self.printed.sizes and all(a.role is not Role.INTEGER for a in self.printed.arrays.values())

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
        if self._is_fixed and self.paths is not None:
            return constant(Tally({}, self.paths, self.paths, self.paths))
        if reads_given(self.printed, self.given):
            return None
        return path_forms(tuple(self.derivation.gradients), self.derivation)

    def paths_from(self, parameter: str) -> int | None:
        """From all elements of a parameter to the loss, in the model."""
        return None if self._paths is None else self._paths[parameter]

    @property
    def given(self) -> Mapping[str, object]:
        """The values of integer inputs that the model has."""
        return self.derivation.model.values


def _of_minimal(cost: Counts) -> Tally[int]:
    shared = cost.tally("shared") if cost.minimal is cost.named else None
    return shared if isinstance(shared, Tally) else count(cost.minimal, cost.sizes, cost.primitives, cost.given)


_COUNTS: dict[Way, Callable[[Counts], Tally[int]]] = {
    "forward": lambda c: count(c.loss_alone, c.sizes, c.primitives, c.given),
    "shared": lambda c: count(c.named, c.sizes, c.primitives, c.given),
    "minimal": _of_minimal,
    "expanded": lambda c: unfolded(c.printed, c.printed.outputs, c.sizes, c.primitives, c.given),
    "minimal_forward": lambda c: count(c.minimal_loss, c.sizes, c.primitives, c.given),
    "forward_mode": lambda c: forward_mode(c.printed, tuple(c.derivation.gradients), c.sizes, c.primitives, c.given),
}
