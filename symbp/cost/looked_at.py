"""How many elements a count looks at one by one: what it says when these are too many."""

from __future__ import annotations

from collections.abc import Mapping

from symbp.calculus.expression import Expr, Reduce, children
from symbp.cost.index_runs import Plan
from symbp.errors import Refused
from symbp.numeric.work import counted, extreme

Ends = dict[str, tuple[int, int]]

FEW = 10_000
"""Elements that are told apart, beyond which closed forms are looked for first."""

MOST = 100_000
"""Elements that are told apart, beyond which a count is refused."""

LARGE = 1_000


class TooMany(Refused):
    """More elements would have to be looked at one by one than was said."""

    def __init__(self, most: int, found: int, name: str, sizes: Mapping[str, int]) -> None:
        at = ", ".join(f"{s} = {n:,}" for s, n in sizes.items() if n >= LARGE) or "these sizes"
        super().__init__(
            f"counting takes more than {most:,} elements one by one at {at}: "
            f"up to {counted(found)} for {name} and what it reads"
        )


def looked_at(outer: Plan, body: Expr, plans: Mapping[int, Plan], sizes: Mapping[str, int]) -> int:
    """At most so many elements of a definition, those of the sums in each of them included; `outer` is of its indices.

    A condition is taken to hold everywhere, and a range that reads an index to be as long as it gets.
    """
    ends: Ends = {size: (value, value) for size, value in sizes.items()}
    return _values(outer, ends) * _inside(body, plans, ends)


class Weigher:
    """Adds up how many elements are told apart, before they are looked at; raises TooMany."""

    def __init__(self, most: int, sizes: Mapping[str, int]) -> None:
        self.most = most
        self.sizes = sizes
        self.total = 0
        self._of_each: dict[str, int] = {}

    def put(self, name: str, plan: Plan) -> None:
        """The elements of a definition, those that are alike as one; `plan` is of its indices."""
        found = _values(plan, {size: (value, value) for size, value in self.sizes.items()})
        self.total += found - self._of_each.get(name, 0)
        self._of_each[name] = found
        if self.total > self.most:
            raise TooMany(self.most, self.total, name, self.sizes)


def _inside(e: Expr, plans: Mapping[int, Plan], ends: Ends) -> int:
    if isinstance(e, Reduce):
        plan = plans.get(id(e))
        if plan is None:
            return 1
        inner = dict(ends)
        return _values(plan, inner) * _inside(e.body, plans, inner)
    return max((_inside(part, plans, ends) for part in children(e)), default=1)


def _values(plan: Plan, ends: Ends) -> int:
    """The values that a plan takes, those that are alike as one; notes where its indices end."""
    found = 1
    for step in plan.steps:
        within = step.index.range
        low, high = extreme(within.lower, ends, False), extreme(within.upper, ends, True)
        ends[step.index.name] = low, high
        extent = max(high - low + 1, 0)
        if step.how == "scan":
            found *= extent
        elif step.how == "split":
            found *= min(extent, 2 * len(step.cuts) + 1)
    return found
