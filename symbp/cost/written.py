"""Everything written out, looked at name by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symbp.cost.convention import in_order
from symbp.cost.program import Program
from symbp.cost.unfolded import Unfolded


class Written:
    """The trees of a program at given sizes, worked out once for many questions."""

    def __init__(
        self, program: Program, sizes: Mapping[str, int], primitives: frozenset[str], given: Mapping[str, object]
    ) -> None:
        self._trees = Unfolded(program, sizes, primitives, given)

    def operations(self, name: str) -> int:
        """Operations of all elements of a name, each written out by itself."""
        wanted, negated, _ = self._trees.roots((name,))
        found, _ = self._trees.occurrences(wanted)
        return sum(in_order(found).values()) + negated

    def met(self, names: Iterable[str]) -> dict[str, int]:
        """How often elements of each quantity stand in the trees of all elements of the names."""
        return self._trees.occurrences(self._trees.roots(names)[0])[1]
