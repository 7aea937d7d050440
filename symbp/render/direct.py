"""Which printed partial derivatives need a mark, so that a direct and a total one don't look the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from symbp.calculus.derivation import Derivation
from symbp.calculus.expression import Expr, Partial, PartialKind, walk
from symbp.render.letters import names_read


@dataclass(frozen=True)
class DirectPartials:
    """The direct partials ∂of/∂x that differ from a total ∂of/∂x which the same derivation shows."""

    derivation: Derivation

    def is_marked(self, partial: Partial) -> bool:
        """Whether the partial is direct, `of` depends on x by another way too, and the total is shown as well."""
        if partial.kind is not PartialKind.EDGE or partial.of.name != self.derivation.of:
            return False
        return partial.wrt.name in self._indirect and partial.wrt.name in self._totals

    def any_in(self, e: Expr) -> bool:
        """Whether some partial in a formula is marked."""
        return any(isinstance(node, Partial) and self.is_marked(node) for node in walk(e))

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

    @cached_property
    def _totals(self) -> frozenset[str]:
        return frozenset(self._names_of_totals())

    def _names_of_totals(self) -> Iterator[str]:
        yield from self.derivation.gradients
        yield from (error.of for error in self.derivation.errors)
        for step in self.derivation.steps:
            for node in (*walk(step.before), *walk(step.after)):
                if isinstance(node, Partial) and node.kind is PartialKind.TOTAL:
                    yield node.wrt.name
