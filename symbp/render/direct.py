"""Which printed partial derivatives need a mark, so that a direct and a total one don't look the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from symbp.calculus import sets
from symbp.calculus.derivation import Derivation
from symbp.calculus.detours import Detours
from symbp.calculus.expression import Expr, Partial, PartialKind, walk
from symbp.render.letters import names_read


@dataclass(frozen=True)
class DirectPartials:
    """The direct partials ∂of/∂x that differ from the total ∂of/∂x, which an unmarked one is read as."""

    derivation: Derivation

    def is_marked(self, partial: Partial) -> bool:
        """Whether the partial is direct, and `of` depends on x by another way too."""
        if partial.kind is not PartialKind.EDGE:
            return False
        if partial.of.name == self.derivation.of:
            return partial.wrt.name in self._indirect
        return self._detours.depends(partial.of, partial.wrt)

    def any_in(self, e: Expr) -> bool:
        """Whether some partial in a formula is marked."""
        return any(isinstance(node, Partial) and self.is_marked(node) for node in walk(e))

    @cached_property
    def _detours(self) -> Detours:
        model = self.derivation.model
        return Detours(self.derivation.forward, (*sets.positive(model.sizes), *model.requirements))

    @cached_property
    def _indirect(self) -> frozenset[str]:
        """What is read by something that the equation of `of` reads, in any number of steps."""
        reads: dict[str, dict[str, None]] = {}
        for equation in self.derivation.forward:
            reads.setdefault(equation.target.name, {}).update(dict.fromkeys(names_read(equation.body)))
        found: set[str] = set()
        waiting = [name for direct in reads.get(self.derivation.of, ()) for name in reads.get(direct, ())]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(reads.get(name, ()))
        return frozenset(found)
