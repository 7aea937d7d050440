"""The cost of a formula at given sizes and given values of those indices that make a difference."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from typing import Any

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
from symbp.cost.index_runs import Env, Plan, Runs

IntPart = Part[int]
HALF = Fraction(-1, 2)


class Bodies:
    """Walks formulas; `access` answers for what is read, `plans` say which values a sum must look at."""

    def __init__(
        self,
        runs: Runs,
        plans: Mapping[int, Plan],
        access: Callable[[Access, Env], IntPart],
        primitives: frozenset[str] = frozenset(),
        free: Collection[int] = (),
    ) -> None:
        self.runs = runs
        self.plans = plans
        self.primitives = primitives
        self.free = free
        """Positions of maxima, by the identity of their nodes, that are had with the maximum."""
        self.vanished = False
        """Whether any product was found to be 0."""
        self.rules: dict[type, Callable[[Any, Env], IntPart]] = {
            Access: access, Number: _number, Constant: _leaf, Position: _leaf, Add: self._add, Mul: self._mul,
            Power: self._power, Apply: self._apply, Reduce: self._reduce, Cases: self._cases, Select: self._select,
        }

    def part(self, e: Expr, env: Env) -> IntPart:
        """A formula where `env` has every size, and every index on whose value its cost depends."""
        return self.rules[type(e)](e, env)

    def _add(self, e: Add, env: Env) -> IntPart:
        rules = self.rules
        return convention.total([(rules[type(t)](t, env), 1) for t in e.terms])

    def _mul(self, e: Mul, env: Env) -> IntPart:
        rules = self.rules
        above, below = [], []
        for factor in e.factors:
            if type(factor) is Power and type(factor.exponent) is Number:
                exponent = factor.exponent.value
                if exponent.numerator < 0 and (exponent.denominator == 1 or exponent == HALF):
                    below.append(convention.power(self.part(factor.base, env), -exponent))
                    continue
            above.append((rules[type(factor)](factor, env), 1))
        found = convention.product(above, below)
        if found.literal == 0:
            self.vanished = True
        return found

    def _power(self, e: Power, env: Env) -> IntPart:
        base = self.part(e.base, env)
        if isinstance(e.exponent, Number):
            return convention.power(base, e.exponent.value)
        return convention.general_power(base, self.part(e.exponent, env))

    def _apply(self, e: Apply, env: Env) -> IntPart:
        return convention.apply(e.function, [self.part(a, env) for a in e.arguments], e.orders, self.primitives)

    def _select(self, e: Select, env: Env) -> IntPart:
        left, right, yes, no = (self.part(p, env) for p in (e.left, e.right, e.yes, e.no))
        return convention.select(left, right, yes, no)

    def _cases(self, e: Cases, env: Env) -> IntPart:
        for guards, body in e.branches:
            if all(self.runs.holds(g, env) for g in guards):
                return self.part(body, env)
        return NOTHING

    def _reduce(self, e: Reduce, env: Env) -> IntPart:
        if id(e) in self.free:
            return PLAIN
        plan = self.plans.get(id(e))
        if plan is None:
            elements = self._uniform(e, env)
        else:
            elements = [(self.part(e.body, env), times) for times in self.runs.of(plan, env)]
        if e.kind == "sum":
            return convention.total(elements)
        if e.kind == "prod":
            return convention.product(elements)
        return convention.extremum(elements)

    def _uniform(self, e: Reduce, env: Env) -> list[tuple[IntPart, int]]:
        times = 1
        for binder in e.binders:
            times *= max(binder.range.upper.evaluate(env) - binder.range.lower.evaluate(env) + 1, 0)
        return [(self.part(e.body, env), times)] if times else []


def _number(e: Number, env: Env) -> IntPart:
    return convention.number(e.value)


def _leaf(e: Constant | Position, env: Env) -> IntPart:
    return PLAIN
