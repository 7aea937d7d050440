"""The values of indices that have to be looked at one by one, and how many others are like each.

A *plan* says for each binder of a sum, or index of a definition, whether its values are alike (they are counted),
alike between places where a condition changes (they are split there), or to be taken one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import gcd
from typing import Literal, NamedTuple

from symbp.calculus.affine import Affine, Guard, GuardKind, Index, Lookup
from symbp.cost.integers import Integers
from symbp.errors import Refused
from symbp.numeric.work import extreme

Env = MutableMapping[str, int]

INFINITE = 1 << 200

STEPS = 250_000
"""Values of indices that are looked at one by one before a count is refused."""


class Condition(NamedTuple):
    """factor · index + rest ∼ 0, or lookup = that, as a guard has it; `later` are binders whose values aren't known."""

    kind: GuardKind
    factor: int
    rest: Affine
    modulus: int = 1
    lookup: Lookup | None = None
    later: tuple[Index, ...] = ()

    @staticmethod
    def on(name: str, guard: Guard, later: tuple[Index, ...] = ()) -> Condition:
        factor = guard.form.coefficient(name)
        rest = guard.form - Affine.build({name: factor}, 0)
        return Condition(guard.kind, factor, rest, guard.modulus, guard.lookup, later)

    def reads(self, name: str) -> bool:
        return self.lookup is not None and name in self.lookup.symbols


@dataclass(frozen=True)
class Step:
    """One index: its range, how its values are taken, and the conditions that are decided by it, or bound it."""

    index: Index
    how: Literal["count", "split", "scan"]
    conditions: tuple[Condition, ...]
    cuts: tuple[Condition, ...] = ()


class Plan(NamedTuple):
    """How the values of some indices are run through, under `outer` guards on others; `symbols` are all that matter."""

    steps: tuple[Step, ...]
    outer: tuple[Guard, ...] = ()
    symbols: tuple[str, ...] = ()


@dataclass
class Meter:
    """Counts steps, and refuses where they are too many."""

    left: int = STEPS
    size: Callable[[], str] = str
    """What is counted and how large it is, to be said where it is refused."""

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise Refused(f"counting takes more than {STEPS:,} elements one by one at these sizes{self.size()}")


class Span(NamedTuple):
    """Integers in rising order: some without others."""

    values: Sequence[int]
    without: frozenset[int] = frozenset()

    @property
    def extent(self) -> int:
        return len(self.values) - sum(v in self.values for v in self.without)

    def each(self) -> Iterator[int]:
        return (v for v in self.values if v not in self.without)


class Runs:
    """Runs through index values at given sizes."""

    def __init__(self, integers: Integers, meter: Meter) -> None:
        self.integers = integers
        self.meter = meter

    def of(self, plan: Plan, env: Env) -> Iterator[int]:
        """Sets `env` to one tuple of values after another and yields how many tuples are like it."""
        if all(self.holds(g, env) for g in plan.outer):
            yield from self._from(plan.steps, 0, env, 1)

    def holds(self, guard: Guard, env: Env) -> bool:
        """Whether a guard holds where all its symbols are known."""
        e = guard.form.evaluate(env)
        if guard.lookup is not None:
            e = self.integers.value(guard.lookup, env) - e
        return guard.holds_for(e)

    def _from(self, steps: tuple[Step, ...], place: int, env: Env, times: int) -> Iterator[int]:
        if place == len(steps):
            yield times
            return
        step = steps[place]
        span = self.span(step, env)
        if step.how == "count":
            count = span.extent
            if count:
                yield from self._from(steps, place + 1, env, times * count)
            return
        name = step.index.name
        for value, alike in self.alike(step, span, env):
            self.meter.spend(1)
            env[name] = value
            yield from self._from(steps, place + 1, env, times * alike)
        env.pop(name, None)

    def alike(self, step: Step, span: Span, env: Env) -> Iterator[tuple[int, int]]:
        """Values, and how many are like each: from one cut up to the next."""
        values = span.values
        if step.how == "scan" or not isinstance(values, range) or values.step != 1 or len(values) < 3:
            for value in span.each():
                yield value, 1
            return
        cuts = {values.start, values.stop}
        for condition in step.cuts:
            cuts.update(_cuts(condition, env))
        for value in span.without:
            cuts.update((value, value + 1))
        ends = sorted(c for c in cuts if values.start <= c <= values.stop)
        for start, stop in pairwise(ends):
            if start not in span.without:
                yield start, stop - start

    def span(self, step: Step, env: Env) -> Span:
        """The values of an index under the conditions that are decided by it."""
        within = step.index.range
        low, high = within.lower.evaluate(env), within.upper.evaluate(env)
        without: list[int] = []
        tests: list[Condition] = []
        for c in step.conditions:
            if c.kind == "ne" and not c.reads(step.index.name):
                without += self.solutions(c, env)
            elif c.kind in ("ge", "eq") and not c.reads(step.index.name):
                least, greatest = self.ends(c, env)
                low, high = max(low, least), min(high, greatest)
            else:
                tests.append(c)
        values: Sequence[int] = range(low, high + 1)
        for c in tests:
            values = self.tested(c, step.index.name, values, env)
        return Span(values, frozenset(without))

    def ends(self, c: Condition, env: Env) -> tuple[int, int]:
        """The least and the greatest value at which e ≥ 0, or e = 0, may hold."""
        ends = {s: (n, n) for s, n in env.items()} if c.later else {}
        for index in c.later:
            ends[index.name] = index.range.lower.evaluate(env), index.range.upper.evaluate(env)
        above = extreme(c.rest, ends, True) if c.later else self.rest(c, env)
        below = extreme(c.rest, ends, False) if c.later else above
        at_least = (-(above // c.factor), INFINITE) if c.factor > 0 else (-INFINITE, above // -c.factor)
        if c.kind == "ge":
            return at_least
        at_most = (-INFINITE, -below // c.factor) if c.factor > 0 else (-(-below // -c.factor), INFINITE)
        return max(at_least[0], at_most[0]), min(at_least[1], at_most[1])

    def rest(self, c: Condition, env: Env) -> int:
        return c.rest.evaluate(env) - (self.integers.value(c.lookup, env) if c.lookup is not None else 0)

    def solutions(self, c: Condition, env: Env) -> list[int]:
        """The value at which e = 0, if there is one."""
        value, off = divmod(-self.rest(c, env), c.factor)
        return [] if off else [value]

    def tested(self, c: Condition, name: str, values: Sequence[int], env: Env) -> Sequence[int]:
        """Under a condition that no interval says: divisibility, or an integer input read at the index itself."""
        if c.kind == "divides" and isinstance(values, range):
            rest = c.rest.evaluate(env)
            first = next((v for v in values[: c.modulus] if (c.factor * v + rest) % c.modulus == 0), None)
            period = c.modulus // gcd(c.factor, c.modulus)
            return range(0) if first is None else range(first, values.stop, period)
        if c.kind == "eq" and c.lookup is not None and c.factor == 0:
            places = self.integers.places(c.lookup, name, c.rest.evaluate(env), env)
            if places is not None:
                return [v for v in places if v in values]
        self.meter.spend(len(values))
        guard = Guard(c.kind, c.rest + Affine.build({name: c.factor}, 0), c.modulus, c.lookup)
        return [v for v in values if self.holds(guard, {**env, name: v})]


def _cuts(c: Condition, env: Env) -> tuple[int, ...]:
    """Where a condition begins or ceases to hold."""
    rest = c.rest.evaluate(env)
    if c.kind == "ge":
        return (-(rest // c.factor),) if c.factor > 0 else (rest // -c.factor + 1,)
    value, off = divmod(-rest, c.factor)
    return () if off else (value, value + 1)
