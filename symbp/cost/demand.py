"""On which indices the cost of a formula depends: those that conditions, ranges and certain subscripts read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from symbp.calculus.affine import Affine, Guard, Index, Lookup, Subscript
from symbp.calculus.expression import Access, Cases, Expr, Number, Power, Reduce, children
from symbp.cost.index_runs import Condition, Plan, Step


class Demand(NamedTuple):
    """Indices whose every value may make a difference, and conditions that make one where they begin or cease."""

    hard: frozenset[str] = frozenset()
    soft: tuple[Guard, ...] = ()

    def symbols(self) -> frozenset[str]:
        return self.hard.union(*(g.symbols for g in self.soft)) if self.soft else self.hard

    def with_(self, other: Demand) -> Demand:
        """What both demand together."""
        if other is NONE:
            return self
        if self is NONE:
            return other
        return Demand(self.hard | other.hard, tuple(dict.fromkeys((*self.soft, *other.soft))))


NONE = Demand()

OfAccess = Callable[[Access], Demand]


class Demands:
    """What formulas demand, given what an access demands; sums that demand something get a plan.

    A plan is kept under the identity of its node, which the program keeps alive.
    """

    def __init__(self, sizes: Iterable[str], access: OfAccess) -> None:
        self.sizes = frozenset(sizes)
        self.access = access
        self.plans: dict[int, Plan] = {}

    def of(self, e: Expr) -> Demand:
        """What a formula demands of the indices that are free in it."""
        kind = type(e)
        if kind is Access:
            return self.access(e)  # type: ignore[arg-type]
        if kind is Number:
            return NONE
        if kind is Reduce:
            return self._reduce(e)  # type: ignore[arg-type]
        if kind is Cases:
            return self._cases(e)  # type: ignore[arg-type]
        if kind is Power and type(e.exponent) is Number:  # type: ignore[union-attr]
            return self.of(e.base)  # type: ignore[union-attr]
        found = NONE
        for part in children(e):
            more = self.of(part)
            if more is not NONE:
                found = found.with_(more)
        return found

    def plan(self, indices: Sequence[Index], body: Demand, guards: Iterable[Guard] = ()) -> Plan:
        """How the values of binders, or of a definition's indices, are run through, given what the body demands."""
        later = [indices[k + 1 :] for k in range(len(indices))]
        decided = [g for g in guards if any(i.name in g.symbols for i in indices)]
        steps = tuple(self._step(i, after, body, decided) for i, after in zip(indices, later, strict=True))
        outer = tuple(g for g in guards if g not in decided)
        around = self._around(indices, body, guards)
        return Plan(steps, outer, tuple(sorted(around.symbols())))

    def within(self, indices: Sequence[Index], body: Demand) -> tuple[int, ...]:
        """The positions of those indices of a definition that its body demands."""
        if body is NONE and all(self.settled(i) for i in indices):
            return ()
        symbols = body.symbols().union(*(_range_symbols(i) for i in indices))
        return tuple(k for k, i in enumerate(indices) if i.name in symbols)

    def settled(self, index: Index) -> bool:
        """Whether an index's range reads sizes only."""
        sizes, within = self.sizes, index.range
        return all(s in sizes for s, _ in within.lower.terms) and all(s in sizes for s, _ in within.upper.terms)

    def read(self, subscripts: Iterable[Subscript]) -> frozenset[str]:
        return frozenset(s for a in subscripts for s in a.symbols) - self.sizes

    def _reduce(self, e: Reduce) -> Demand:
        body = self.of(e.body)
        if body is NONE and not e.guards and all(self.settled(b) for b in e.binders):
            self.plans.pop(id(e), None)
            return NONE
        self.plans[id(e)] = self.plan(e.binders, body, e.guards)
        return self._around(e.binders, body, e.guards)

    def _cases(self, e: Cases) -> Demand:
        found = NONE
        for guards, body in e.branches:
            for guard in guards:
                found = found.with_(self.guard(guard))
            found = found.with_(self.of(body))
        return found

    def guard(self, guard: Guard) -> Demand:
        symbols = frozenset(guard.symbols) - self.sizes
        if not symbols:
            return NONE
        if guard.lookup is not None or guard.kind not in ("ge", "eq", "ne"):
            return Demand(symbols)
        return Demand(frozenset(), (guard,))

    def _around(self, indices: Sequence[Index], body: Demand, guards: Iterable[Guard]) -> Demand:
        """What is demanded of the indices around these: a condition on both makes every value of theirs matter."""
        own = {i.name for i in indices}
        hard = set(body.hard).union(*(_range_symbols(i) for i in indices))
        soft: dict[Guard, None] = {}
        for guard in body.soft:
            if own.isdisjoint(guard.symbols):
                soft[guard] = None
            else:
                hard.update(guard.symbols)
        for guard in guards:
            demand = self.guard(guard)
            if own.isdisjoint(guard.symbols):
                soft.update(dict.fromkeys(demand.soft))
                hard |= demand.hard
            else:
                hard.update(guard.symbols)
        return Demand(frozenset(hard - own - self.sizes), tuple(soft))

    def _step(self, index: Index, later: Sequence[Index], body: Demand, guards: Sequence[Guard]) -> Step:
        name = index.name
        after = {i.name: i for i in later}
        mine = [g for g in guards if name in g.symbols]
        ahead = [g for g in mine if not after.keys().isdisjoint(g.symbols)]
        conditions = [Condition.on(name, g) for g in mine if g not in ahead]
        for g in ahead:
            met = tuple(i for i in later if i.name in g.symbols)
            known = all(after.keys().isdisjoint(_range_symbols(i)) and name not in _range_symbols(i) for i in met)
            if g.kind in ("ge", "eq") and g.lookup is None and g.form.coefficient(name) and known:
                conditions.append(Condition.on(name, g, met))
        cuts = [g for g in body.soft if name in g.symbols]
        every = name in body.hard or ahead or any(name in _range_symbols(i) for i in later)
        if every or any(not after.keys().isdisjoint(g.symbols) for g in cuts):
            return Step(index, "scan", tuple(conditions))
        if cuts:
            return Step(index, "split", tuple(conditions), tuple(Condition.on(name, g) for g in cuts))
        return Step(index, "count", tuple(conditions))


def _range_symbols(index: Index) -> tuple[str, ...]:
    return (*index.range.lower.symbols, *index.range.upper.symbols)


def conditions_at(guards: Iterable[Guard], indices: Sequence[Index], access: Access) -> tuple[Guard, ...] | None:
    """Conditions on an element of a definition as conditions on what its subscripts read; None through a lookup."""
    values: dict[str, Affine] = {}
    for index, subscript in zip(indices, access.subscripts, strict=True):
        if isinstance(subscript, Lookup):
            return None
        values[index.name] = subscript
    return tuple(g.substitute(values) for g in guards)
