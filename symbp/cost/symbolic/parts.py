"""What a formula costs at a place where indices and sizes are symbols: a walk over its tree."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from symbp.calculus.affine import Guard
from symbp.calculus.expression import (
    Access,
    Add,
    Apply,
    Cases,
    Constant,
    Expr,
    Mul,
    Number,
    Position,
    Power,
    Reduce,
    Select,
)
from symbp.cost import convention
from symbp.cost.convention import NOTHING, PLAIN, Part
from symbp.cost.symbolic.cells import Cell, cells
from symbp.cost.symbolic.context import Context
from symbp.cost.symbolic.integers import Integers
from symbp.cost.symbolic.reductions import Count, Uncertain, extremum_of, product_of, total_of

Reader = Callable[[Access, Context], Part[Count]]
"""What an access costs in a context."""


class Walk:
    """Parts of formulas, with accesses as `read` answers."""

    def __init__(
        self, read: Reader, integers: Integers, primitives: frozenset[str], free: Collection[int] = ()
    ) -> None:
        self._read = read
        self._integers = integers
        self._primitives = primitives
        self._free = free
        """Positions of maxima, by the identity of their nodes, that are had with the maximum."""

    def part(self, e: Expr, context: Context) -> Part[Count]:
        """What e costs wherever the context holds; raises Undecided where that varies."""
        match e:
            case Access():
                return self._read(e, context)
            case Number(value):
                return convention.number(value)
            case Constant() | Position():
                return PLAIN
            case Add(terms):
                return convention.total((self.part(t, context), 1) for t in terms)
            case Mul(factors):
                return self._product(factors, context)
            case Power(base, exponent):
                return self._power(base, exponent, context)
            case Apply(function, arguments, orders):
                inside = [self.part(a, context) for a in arguments]
                return convention.apply(function, inside, orders, self._primitives)
            case Select(_, left, right, yes, no):
                return convention.select(*(self.part(p, context) for p in (left, right, yes, no)))
            case Cases(branches):
                for guards, body in branches:
                    if all(self.holds(g, context) for g in guards):
                        return self.part(body, context)
                return NOTHING
            case Reduce():
                return self._reduce(e, context)
            case _:
                raise TypeError(f"{type(e).__name__} is displayed, not computed")

    def holds(self, guard: Guard, context: Context) -> bool:
        return context.decide(self._integers.resolved(guard, context))

    def _product(self, factors: Sequence[Expr], context: Context) -> Part[Count]:
        above: list[Part[Count]] = []
        below: list[Part[Count]] = []
        for f in factors:
            match f:
                case Power(base, Number(value)) if value < 0 and (value.denominator == 1 or value == -convention.HALF):
                    below.append(self._power(base, Number(-value), context))
                case _:
                    above.append(self.part(f, context))
        return convention.product(((p, 1) for p in above), below)

    def _power(self, base: Expr, exponent: Expr, context: Context) -> Part[Count]:
        part = self.part(base, context)
        if isinstance(exponent, Number):
            return convention.power(part, exponent.value)
        return convention.general_power(part, self.part(exponent, context))

    def _reduce(self, e: Reduce, context: Context) -> Part[Count]:
        if id(e) in self._free:
            return PLAIN
        try:
            return self._over(e, context, strict=False)
        except Uncertain:
            return self._over(e, context, strict=True)

    def _over(self, e: Reduce, context: Context, strict: bool) -> Part[Count]:
        def inside(cell: Context) -> Part[Count] | None:
            return self.part(e.body, cell) if all(self.holds(g, cell) for g in e.guards) else None

        found = [Cell(c.ranges, c.certain, c.value) for c in cells(e.binders, context, inside, strict) if c.value]
        return {"sum": total_of, "prod": product_of}.get(e.kind, extremum_of)(found, context)
