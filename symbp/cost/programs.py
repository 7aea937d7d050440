"""The programs of a derivation that don't depend on sizes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from symbp.calculus import derivation as data
from symbp.calculus.derivation import DisplayFact
from symbp.calculus.knowledge import Knowledge
from symbp.cost.passes.dead import dead
from symbp.cost.passes.named import named
from symbp.cost.passes.signs import signs
from symbp.cost.printed import printed
from symbp.cost.program import Program


@dataclass(frozen=True)
class Programs:
    """Each is made when it is first looked at."""

    derivation: data.Derivation

    @cached_property
    def printed(self) -> Program:
        """The printed equations with their signs normalised: what is written out."""
        return signs(printed(self.derivation))

    @cached_property
    def named(self) -> Program:
        return named(self.printed)

    @cached_property
    def facts(self) -> tuple[DisplayFact, ...]:
        """What the author assumes, and what follows from the equations."""
        model, of = self.derivation.model, self.derivation.of
        return tuple(Knowledge(model, self.derivation.program, of).facts)

    @cached_property
    def loss_alone(self) -> Program:
        return named(dead(self.printed.wanted(self.derivation.of)))
