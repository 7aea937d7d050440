"""Everything written out, looked at name by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symbp.cost import long
from symbp.cost.looked_at import FEW, TooMany
from symbp.cost.program import Program
from symbp.cost.unfolded import Unfolded


def met(
    program: Program, names: Iterable[str], sizes: Mapping[str, int], given: Mapping[str, object] | None = None
) -> dict[str, int]:
    """How often elements of each quantity stand in the trees of all elements of the names.

    Raises Refused as `counting.unfolded` does.
    """
    names = tuple(names)
    try:
        trees = Unfolded(program, sizes, given=given, most=FEW)
    except TooMany:
        found = long.met(program, names, sizes, given)
        if found is not None:
            return found
        trees = Unfolded(program, sizes, given=given)
    return trees.occurrences(trees.roots(names)[0])[1]
