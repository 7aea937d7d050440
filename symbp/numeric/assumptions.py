"""Assumptions at a point: whether they hold, and what to change so that they do.

An equality is solved for one element, exactly where it is linear in it; an inequality that fails is met by moving an
element to the other side of where both sides are equal; members of a finite set are drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

from symbp.calculus.expression import PartialKind
from symbp.calculus.model import Fact, Model, Role
from symbp.errors import DomainError, ModelError
from symbp.numeric.arithmetic import EXACT, FLOAT, Arithmetic, Irrational, Value, multiprecision
from symbp.numeric.closures import RELATIONS
from symbp.numeric.elements import box
from symbp.numeric.evaluator import Evaluator
from symbp.numeric.instances import Instance
from symbp.numeric.loops import Closure, Element, Env, Key
from symbp.numeric.run import Run
from symbp.numeric.work import Meter

REDRAWS = 300
STEPS = 60
TOLERANCE = 1e-9
DRAWN = (Role.INPUT, Role.TARGET, Role.PARAM, Role.CONST)

Values = dict[str, dict[Key, Any]]


@dataclass(frozen=True)
class Condition:
    """A fact at certain values of its free indices."""

    fact: Fact
    key: Key


@dataclass
class Point:
    """Exact values of everything that a model is given, and the elements that facts determine irrationally."""

    values: Values
    roots: list[tuple[Element, Condition]] = field(default_factory=list)


class Assumptions:
    """A model's facts at given sizes, one condition for each value of their free indices."""

    def __init__(
        self, model: Model, sizes: Mapping[str, int], instances: Mapping[str, Instance], meter: Meter | None = None
    ) -> None:
        self.model = model
        self.sizes = dict(sizes)
        self.instances = dict(instances)
        self._meter = meter
        self._evaluators: dict[str, Evaluator] = {}
        self._sides: dict[tuple[str, int], tuple[Closure, Closure | None]] = {}
        self._conditions = [
            Condition(fact, key)
            for fact in model.facts
            for key in box(tuple(i.range for i in fact.indices), sizes, tuple(i.name for i in fact.indices))
        ]

    def run(self, point: Point, arithmetic: Arithmetic) -> Run:
        """The model at the point, in an arithmetic."""
        return self._evaluator(arithmetic).run(self.at(point, arithmetic))

    def at(self, point: Point, arithmetic: Arithmetic) -> Values:
        """The point's values, the irrational ones in an arithmetic's precision."""
        if not point.roots:
            return point.values
        values = {name: dict(elements) for name, elements in point.values.items()}
        if arithmetic.digits is None:
            raise Irrational("an assumption holds at irrational values only")
        for (name, key), condition in point.roots:
            values[name][key] = self._root(values, (name, key), condition, multiprecision(arithmetic.digits))
        if arithmetic is FLOAT:
            return {n: {k: v if isinstance(v, int) else float(v) for k, v in e.items()} for n, e in values.items()}
        return values

    def settle(self, point: Point, random: Random) -> Condition | None:
        """Changes elements until the facts hold; the first condition that still fails, or None."""
        taken: set[Element] = set()
        for condition in self._conditions:
            if condition.fact.members:
                self._choose_member(point, condition, random, taken)
        for condition in self._conditions:
            if condition.fact.relation == "==":
                self._redraw_members(point, condition, random)
        for condition in self._conditions:
            if condition.fact.relation in ("<", "<=", ">", ">=") and not self._holds(point, condition):
                self._reflect(point, condition, taken)
        for condition in self._conditions:
            if condition.fact.relation == "==" and not self._holds(point, condition):
                self._solve(point, condition, taken)
        return next((c for c in self._conditions if not self._holds(point, c)), None)

    def _choose_member(self, point: Point, condition: Condition, random: Random, taken: set[Element]) -> None:
        member = random.choice(condition.fact.members)
        for name, key in self._elements(point, condition, taken):
            old = point.values[name][key]
            point.values[name][key] = member
            if self._side(point, condition, EXACT) == member:
                taken.add((name, key))
                return
            point.values[name][key] = old

    def _redraw_members(self, point: Point, condition: Condition, random: Random) -> None:
        """For y ∈ {0, 1} and Σ y = 1 together: other members until the sum is right."""
        members = {c.fact: c.fact.members for c in self._conditions if c.fact.members}
        if not members:
            return
        mine = self._elements(point, condition, set())
        choices = [m for fact_members in members.values() for m in fact_members]
        held = [e for e in mine if point.values[e[0]][e[1]] in choices]
        if len(held) < len(mine):
            return
        for _ in range(REDRAWS):
            if self._holds(point, condition):
                return
            for name, key in held:
                point.values[name][key] = random.choice(choices)

    def _reflect(self, point: Point, condition: Condition, taken: set[Element]) -> None:
        """For an inequality that fails: an element moved to the other side of where both sides are equal."""
        for name, key in self._elements(point, condition, taken):
            old = point.values[name][key]
            root = self._linear_root(point, (name, key), condition)
            if root is not None:
                point.values[name][key] = 2 * root - old
                if self._holds(point, condition):
                    return
                point.values[name][key] = old

    def _solve(self, point: Point, condition: Condition, taken: set[Element]) -> None:
        """For an equality: one element solved for, exactly where the equation is linear in it."""
        for name, key in reversed(self._elements(point, condition, taken)):
            old = point.values[name][key]
            root = self._linear_root(point, (name, key), condition)
            if root is not None:
                point.values[name][key] = root
                taken.add((name, key))
                return
            try:
                found = self._root(point.values, (name, key), condition, multiprecision(30))
            except (DomainError, ModelError, ZeroDivisionError):
                continue
            finally:
                point.values[name][key] = old
            point.values[name][key] = Fraction(str(found))
            point.roots.append(((name, key), condition))
            taken.add((name, key))
            return

    def _linear_root(self, point: Point, element: Element, condition: Condition) -> Fraction | None:
        """The element's value at which the two sides are exactly equal, where their difference is linear in it."""
        name, key = element
        old = point.values[name][key]
        try:
            before = self._gap(point.values, condition, EXACT)
            point.values[name][key] = old + 1
            after = self._gap(point.values, condition, EXACT)
            if before == after:
                return None
            root = Fraction(old - before / (after - before))
            point.values[name][key] = root
            return root if self._gap(point.values, condition, EXACT) == 0 else None
        except (Irrational, DomainError):
            return None
        finally:
            point.values[name][key] = old

    def _root(self, values: Values, element: Element, condition: Condition, arithmetic: Arithmetic) -> Value:
        """The element's value at which the two sides are equal, by the secant rule from its present value."""
        name, key = element
        goal = arithmetic.number(Fraction(1, 10 ** (arithmetic.digits or 15)))
        start = values[name][key]
        x0 = arithmetic.number(start) if isinstance(start, int | Fraction) else start
        x1 = x0 + arithmetic.number(Fraction(1, 1000))
        f0, f1 = (self._gap_at(values, element, x, condition, arithmetic) for x in (x0, x1))
        for _ in range(STEPS):
            if f1 == f0 or abs(f1) <= goal:
                break
            x0, x1, f0 = x1, x1 - f1 * (x1 - x0) / (f1 - f0), f1
            f1 = self._gap_at(values, element, x1, condition, arithmetic)
        if abs(f1) > goal * 10**5:
            raise ModelError("an assumption has no solution near the point")
        return x1

    def _gap_at(
        self, values: Values, element: Element, x: Value, condition: Condition, arithmetic: Arithmetic
    ) -> Value:
        name, key = element
        return self._gap({**values, name: {**values[name], key: x}}, condition, arithmetic)

    def _gap(self, values: Values, condition: Condition, arithmetic: Arithmetic) -> Value:
        """left − right."""
        run = self._evaluator(arithmetic).run(values)
        left, right = self._closures(condition, arithmetic)
        assert right is not None
        return run.closure(left, condition.key) - run.closure(right, condition.key)

    def _side(self, point: Point, condition: Condition, arithmetic: Arithmetic) -> Value:
        left, _ = self._closures(condition, arithmetic)
        return self._evaluator(arithmetic).run(self.at(point, arithmetic)).closure(left, condition.key)

    def _holds(self, point: Point, condition: Condition) -> bool:
        """Exactly where exact arithmetic can tell, in double precision otherwise."""
        arithmetic, slack = EXACT, 0.0
        try:
            left = self._side(point, condition, EXACT)
        except Irrational:
            arithmetic, slack = FLOAT, TOLERANCE
            left = self._side(point, condition, FLOAT)
        if condition.fact.members:
            return any(abs(left - m) <= slack for m in condition.fact.members)
        try:
            gap = self._gap(self.at(point, arithmetic), condition, arithmetic)
        except Irrational:
            slack = TOLERANCE
            gap = self._gap(self.at(point, FLOAT), condition, FLOAT)
        relation = condition.fact.relation
        if relation in ("==", "!="):
            return bool(abs(gap) <= slack) == (relation == "==")
        assert relation is not None
        return bool(RELATIONS[relation](gap, 0))

    def _elements(self, point: Point, condition: Condition, taken: set[Element]) -> list[Element]:
        """The real elements that a condition reads, or where it reads defined names only, that these depend on."""
        recorder = _Recorder(self.run(point, FLOAT))
        for closure in self._closures(condition, FLOAT):
            if closure is not None:
                closure(list(condition.key), recorder)
        drawn = {n for n, a in self.model.arrays.items() if a.role in DRAWN}
        direct = [e for e in recorder.read if e[0] in drawn]
        if not direct:
            reads = self._evaluator(FLOAT).reads
            behind = sorted({n for e in recorder.read for n in reads.get(e[0], frozenset()) if n in drawn})
            direct = [(name, key) for name in behind for key in point.values[name]]
        return [e for e in direct if e not in taken]

    def _closures(self, condition: Condition, arithmetic: Arithmetic) -> tuple[Closure, Closure | None]:
        key = arithmetic.name, self.model.facts.index(condition.fact)
        if key not in self._sides:
            evaluator, fact = self._evaluator(arithmetic), condition.fact
            names = tuple(i.name for i in fact.indices)
            right = evaluator.prepare(fact.right, names) if fact.right is not None else None
            self._sides[key] = evaluator.prepare(fact.left, names), right
        return self._sides[key]

    def _evaluator(self, arithmetic: Arithmetic) -> Evaluator:
        found = self._evaluators.get(arithmetic.name)
        if found is None:
            found = Evaluator.of_model(
                self.model, self.sizes, arithmetic, instances=self.instances, meter=self._meter
            )
            self._evaluators[arithmetic.name] = found
        return found


class _Recorder:
    """A reader that keeps the list of what is read, each once."""

    moves = False

    def __init__(self, run: Run) -> None:
        self._run = run
        self.read: dict[Element, None] = {}

    def value(self, name: str, key: Key) -> Value:
        self.read[(name, key)] = None
        return self._run.value(name, key)

    def still(self, closure: Closure, env: Env) -> Value:
        return closure(env, self)

    def integer(self, name: str, key: Key) -> int:
        return self._run.integer(name, key)

    def partial(self, kind: PartialKind, of: Element, wrt: Element) -> Value:
        return self._run.partial(kind, of, wrt)
