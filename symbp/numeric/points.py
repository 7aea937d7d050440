"""Random points for a model: values of both signs at several scales, at which it is defined and its facts hold.

The values are exact rationals, so that every precision computes at the same point. A fact that only an irrational
value satisfies (Σ w² = 1) has one element solved for anew at each precision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from symbp.calculus.model import Model, Role
from symbp.errors import DomainError, ModelError
from symbp.numeric.arithmetic import FLOAT, Arithmetic, Irrational
from symbp.numeric.assumptions import DRAWN, Assumptions, Point, Values
from symbp.numeric.elements import box
from symbp.numeric.instances import Instance
from symbp.numeric.run import Run
from symbp.numeric.work import Meter

ATTEMPTS = 300
GRAIN = 1 << 30


@dataclass(frozen=True)
class Strategy:
    """lower ≤ |value| ≤ upper, of both signs or positive."""

    lower: Fraction
    upper: Fraction
    positive: bool

    def draw(self, random: Random, scale: Fraction) -> Fraction:
        share = Fraction(random.randrange(GRAIN) + 1, GRAIN)
        size = (self.lower + share * (self.upper - self.lower)) * scale
        return size if self.positive or random.random() < 0.5 else -size


MIXED = Strategy(Fraction(1, 10), Fraction(2), False)
SMALL = Strategy(Fraction(1, 20), Fraction(1, 2), False)
POSITIVE = Strategy(Fraction(1, 10), Fraction(2), True)
UNIT = Strategy(Fraction(1, 20), Fraction(19, 20), True)
TINY = Strategy(Fraction(1, 40), Fraction(1, 8), True)
STRATEGIES = (MIXED, SMALL, POSITIVE, UNIT, TINY)
SCALES = (Fraction(1), Fraction(1, 4), Fraction(2))


class Sampler:
    """Draws points for a model at given sizes."""

    def __init__(
        self, model: Model, sizes: Mapping[str, int], instances: Mapping[str, Instance], meter: Meter | None = None
    ) -> None:
        self.model = model
        self.sizes = dict(sizes)
        self.assumptions = Assumptions(model, sizes, instances, meter)

    def draw(self, random: Random, turn: int) -> Point:
        """A point; raises ModelError where none of many tries is in the model's domain and satisfies its facts."""
        reason = ""
        for attempt in range(ATTEMPTS):
            point = self._candidate(random, turn, attempt)
            try:
                unmet = self.assumptions.settle(point, random)
                if unmet is None:
                    run = self.run(point, FLOAT)
                    for equation in self.model.equations:
                        run.table(equation.target)
                    return point
                reason = f"assumption in line {unmet.fact.line} is not met" if unmet.fact.line else "assumption"
            except (DomainError, Irrational) as error:
                reason = str(error)
        raise ModelError(f"no point found where the model is defined and every assumption holds (last: {reason})")

    def run(self, point: Point, arithmetic: Arithmetic) -> Run:
        """The model at the point, in an arithmetic."""
        return self.assumptions.run(point, arithmetic)

    def at(self, point: Point, arithmetic: Arithmetic) -> Values:
        """The point's values, the irrational ones in an arithmetic's precision."""
        return self.assumptions.at(point, arithmetic)

    def _candidate(self, random: Random, turn: int, attempt: int) -> Point:
        values: Values = {}
        for name in sorted(self.model.arrays):
            array = self.model.arrays[name]
            keys = box(array.axes, self.sizes)
            if array.role is Role.INTEGER:
                if array.values is None:
                    raise ModelError(f"the integer input `{name}` has no range of values")
                lower, upper = array.values.lower.evaluate(self.sizes), array.values.upper.evaluate(self.sizes)
                values[name] = {key: random.randint(lower, upper) for key in keys}
            elif array.role in DRAWN:
                strategy = MIXED if attempt < 3 else random.choice(STRATEGIES)
                scale = SCALES[turn % len(SCALES)] if attempt < 30 else Fraction(1)
                values[name] = {key: strategy.draw(random, scale) for key in keys}
        if self.model.rate is not None and self.model.rate not in values:
            values[self.model.rate] = {(): POSITIVE.draw(random, Fraction(1))}
        return Point(values)
