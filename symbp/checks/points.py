"""Points of few digits that a reader can type in: the file's own, or one made up that meets every assumption."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from random import Random

from symbp.calculus.affine import Range
from symbp.calculus.derivation import Derivation
from symbp.calculus.model import Array, Model, Role, definition_of
from symbp.errors import ModelError, SymbpError
from symbp.numeric.assumptions import Point, Values
from symbp.numeric.bench import Site
from symbp.numeric.elements import box, names_read, reachable
from symbp.numeric.instances import instances_for
from symbp.numeric.points import Sampler
from symbp.numeric.sizes import Sizes, nearest
from symbp.numeric.work import Costly, Meter
from symbp.numeric.work import count as elements_in

SMALL = 2
"""What each size is, where nothing asks for more."""
ATTEMPTS = 12
MOST_GIVEN = 48
"""Values of a point, all together: more than these nobody types in."""
LONGEST = 10**4
"""Denominators up to this are short: four digits after the point."""

TENTHS = {
    Role.INPUT: (5, -8, 12, 4, -6, 15, 7, -3, 9, -11, 2),
    Role.TARGET: (10, 0, 5, -5),
    Role.PARAM: (2, -4, 6, 1, 3, -5, 8, -2, 5, -1, 4, -3, 7, -6, 9, -7, -8),
    Role.CONST: (5, 1, 20, 2),
}
"""The values to take, one after the other, in tenths: no input is 1, so that a factor which is left out shows."""


@dataclass(frozen=True)
class Chosen:
    """A point, as a place to evaluate at, and whether it is the file's own."""

    site: Site
    own: bool


def small_sizes(model: Model) -> list[Sizes]:
    """The file's sizes and 2 for each other one, then 2 for all; the nearest to these that the requirements allow.

    Raises ModelError where no sizes satisfy the requirements.
    """
    wishes = [{s: model.size_values.get(s, SMALL) for s in model.sizes}, dict.fromkeys(model.sizes, SMALL)]
    found = [nearest(model, wish) for wish in wishes]
    return found[:1] if found[0] == found[1] else found


def value_count(derivation: Derivation, sizes: Mapping[str, int]) -> int:
    """How many values a point has."""
    ends = {s: (n, n) for s, n in sizes.items()}
    return sum(elements_in(array.axes, ends) for array in given_arrays(derivation))


def given_arrays(derivation: Derivation) -> list[Array]:
    """The inputs, targets, parameters and constants that what is differentiated depends on, in the file's order."""
    equations = derivation.model.equations
    direct = {e.target: names_read(definition_of(e).body) for e in equations}
    wanted = reachable(derivation.of, direct) | set(derivation.gradients)
    return [
        a for name, a in derivation.model.arrays.items()
        if name in wanted and (a.role in TENTHS or a.role is Role.INTEGER)
    ]


def short_points(derivation: Derivation, sizes: Sizes, meter: Meter) -> Iterator[Chosen]:
    """Points with short decimals that satisfy the assumptions and at which the model has values, some few of them.

    The file's own comes first, where it gives all values; any of its values that fit the sizes are kept in the others.
    """
    model = derivation.model
    instances = instances_for(model.functions, 0)
    sampler = Sampler(model, sizes, instances, meter)
    own = _own_values(model, sizes)
    wanted = given_arrays(derivation)
    complete = all(a.name in own for a in wanted)
    for attempt in range(ATTEMPTS):
        point = Point({**_invented(model, sizes, attempt), **own})
        try:
            unmet = sampler.assumptions.settle(point, Random(attempt))
            if unmet is not None or point.roots or not all(_is_short(v) for v in _values(point.values, wanted)):
                continue
            site = Site(derivation, sizes, instances, sampler, point, "", meter)
            site.settle(30)
        except Costly:
            raise
        except SymbpError:
            continue
        unchanged = all(point.values[name] == values for name, values in own.items())
        yield Chosen(site, complete and unchanged)
        if complete and unchanged:
            own, complete = {}, False


def _values(values: Values, arrays: Iterable[Array]) -> Iterator[Fraction | int]:
    return (v for a in arrays for v in values[a.name].values())


def _is_short(value: Fraction | int) -> bool:
    """Whether the number is written out in four digits after the point."""
    return (Fraction(value) * LONGEST).denominator == 1


def _invented(model: Model, sizes: Mapping[str, int], attempt: int) -> Values:
    """Values of all arrays; later attempts begin elsewhere in the list, stay above 0, and then between 0 and 1."""
    places = {role: count(3 * attempt) for role in (*TENTHS, Role.INTEGER)}
    found: Values = {}
    for name, array in model.arrays.items():
        keys = box(array.axes, sizes)
        if array.role is Role.INTEGER:
            found[name] = {key: _integer(array.values, sizes, next(places[Role.INTEGER])) for key in keys}
        elif array.role in TENTHS:
            found[name] = {key: _real(array.role, next(places[array.role]), attempt) for key in keys}
    if model.rate is not None and model.rate not in found:
        found[model.rate] = {(): Fraction(1, 2)}
    return found


def _integer(within: Range | None, sizes: Mapping[str, int], place: int) -> int:
    if within is None:
        raise ModelError("an integer input has no range of values")
    lower, upper = within.lower.evaluate(sizes), within.upper.evaluate(sizes)
    return lower + place % (upper - lower + 1)


def _real(role: Role, place: int, attempt: int) -> Fraction:
    values = TENTHS[role]
    tenths = values[place % len(values)]
    if attempt >= ATTEMPTS // 3:
        tenths = abs(tenths) or 1
    if attempt >= 2 * ATTEMPTS // 3:
        tenths = tenths % 10 or 5
    return Fraction(tenths, 10)


def _own_values(model: Model, sizes: Mapping[str, int]) -> Values:
    """The file's values that have as many elements along each axis as the sizes say."""
    found: Values = {}
    for name, value in model.values.items():
        array = model.arrays.get(name)
        if array is None:
            continue
        if _lengths(value) == tuple(axis.extent.evaluate(sizes) for axis in array.axes):
            found[name] = dict(zip(box(array.axes, sizes), _flat(value), strict=True))
    return found


def _lengths(value: object) -> tuple[int, ...]:
    """The lengths of nested tuples whose rows are equally long."""
    return (len(value), *_lengths(value[0])) if isinstance(value, tuple) and value else ()


def _flat(value: object) -> Iterator[Fraction | int]:
    if isinstance(value, tuple):
        for part in value:
            yield from _flat(part)
    else:
        assert isinstance(value, Fraction | int)
        yield value


