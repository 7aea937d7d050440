"""Whether two programs give the same outputs, at random points of a model and several sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from symbp.calculus.model import Model
from symbp.cost.program import Program
from symbp.evaluate import Evaluator
from symbp.numeric.arithmetic import Value, multiprecision
from symbp.numeric.assumptions import Values
from symbp.numeric.elements import box
from symbp.numeric.instances import Instance, instances_for
from symbp.numeric.loops import Key
from symbp.numeric.points import Sampler
from symbp.numeric.sizes import settings

DIGITS = multiprecision(30)
CLOSE = 1e-18


@dataclass(frozen=True)
class Place:
    """A model's sizes and a point at which it is defined."""

    sizes: dict[str, int]
    values: Values
    instances: Mapping[str, Instance]


def places(model: Model, most: int = 4, pinned: Mapping[str, int] | None = None) -> Iterator[Place]:
    """Points at several of a model's sizes, among them all sizes 1 where they can be."""
    for turn, sizes in enumerate(settings(model, pinned)[:most]):
        instances = instances_for(model.functions, turn)
        sampler = Sampler(model, sizes, instances)
        yield Place(sizes, sampler.at(sampler.draw(Random(turn), turn), DIGITS), instances)


def outcome(program: Program, place: Place) -> dict[str, dict[Key, Value]]:
    """Every element of every output."""
    evaluator = Evaluator(program.definitions, place.sizes, DIGITS, instances=place.instances)
    run = evaluator.run(place.values)
    return {
        name: {key: run.value(name, key) for key in evaluator.points(evaluator.definitions[name].indices)}
        if name in evaluator.definitions
        else {key: DIGITS.number(place.values[name][key]) for key in box(program.arrays[name].axes, place.sizes)}
        for name in program.outputs
    }


def same(one: Mapping[str, Mapping[Key, Value]], other: Mapping[str, Mapping[Key, Value]]) -> bool:
    return one.keys() == other.keys() and all(
        one[name].keys() == other[name].keys()
        and all(abs(value - other[name][key]) < CLOSE * (1 + abs(value)) for key, value in one[name].items())
        for name in one
    )


def assert_same(one: Program, other: Program, model: Model, most: int = 4) -> None:
    """Both programs give the same outputs."""
    for place in places(model, most):
        assert same(outcome(one, place), outcome(other, place)), place.sizes
