"""Numbers: the model at a short point, elements of each gradient beside central differences, and one step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import islice

from symbp.calculus.affine import Affine
from symbp.calculus.checks import ElementCheck, GradientStep, Nested, NoNumbers, Numbers, Tabled
from symbp.calculus.derivation import Derivation, Gradient, Refusal
from symbp.calculus.expression import Access, Apply, Expr, accesses, add, multiply, number, walk
from symbp.calculus.model import definition_of
from symbp.calculus.schedule import stepped_sizes
from symbp.checks.elements import Place, element_formula, telling_elements
from symbp.checks.points import MOST_GIVEN, Chosen, given_arrays, short_points, small_sizes, value_count
from symbp.errors import DomainError, ModelError, SymbpError
from symbp.numeric.arithmetic import FLOAT, Value, multiprecision
from symbp.numeric.assumptions import Point
from symbp.numeric.bench import AtKink, Bench, Site
from symbp.numeric.elements import box, first_tuples
from symbp.numeric.instances import Instance, weights
from symbp.numeric.loops import Key
from symbp.numeric.sizes import Sizes
from symbp.numeric.work import Costly, Meter, model_work

DIGITS = 30
"""What the values are worked out in."""
STEP = Fraction(1, 10**6)
KINK = Fraction(1, 1000)
"""|f(x+h) − 2f(x) + f(x−h)| / h from this share on tells a kink."""
AGREEMENT = Fraction(1, 10**7)
WORK = 60_000
"""What all evaluations together may take, in the units of `numeric.work`."""
MOST_ROWS = 12
"""Elements that are checked, of all gradients together."""
MOST_OF_ONE = 3
"""And of one gradient."""
MOST_TRIED = 8
"""Elements among which one that isn't zero is looked for."""
MOST_PRINTED = 40
"""Values of the forward pass that are printed beside the differentiated quantity, and as many of the backward pass."""
POINTS = 3
"""Points at which everything has a value, of which the one with most gradients that aren't zero is taken."""
LARGEST_EXPONENT = 1000
"""Of two, beyond which no value is printed."""
HALVINGS = 20


def numbers(derivation: Derivation) -> Numbers | NoNumbers:
    """A point and what is found there, or why there is none."""
    try:
        candidates = small_sizes(derivation.model)
    except ModelError:
        return "no sizes"
    sizes = next((s for s in candidates if _is_small(derivation, s)), None)
    if sizes is None:
        return "large"
    meter = Meter(WORK)
    best: tuple[int, Numbers] | None = None
    met_kink = False
    try:
        tried = 0
        for chosen in short_points(derivation, sizes, meter):
            found = _at(derivation, chosen)
            if found is None:
                met_kink = True
                continue
            nonzero = sum(e.derived != 0 for e in found.elements)
            if best is None or nonzero > best[0]:
                best = nonzero, found
            tried += 1
            if found.own or nonzero == len(found.elements) or tried == POINTS:
                break
    except Costly:
        if best is None:
            return "large"
    if best is None:
        return "kink" if met_kink else "no point"
    return best[1]


def _is_small(derivation: Derivation, sizes: Sizes) -> bool:
    """Whether the point can be printed, and the model evaluated often enough."""
    return value_count(derivation, sizes) <= MOST_GIVEN and model_work(derivation.model, sizes) <= WORK // 10


def _at(derivation: Derivation, chosen: Chosen) -> Numbers | None:
    """What is found at a point; None where it is at a kink or something has no value."""
    site = chosen.site
    bench = site.at(DIGITS)
    try:
        elements = tuple(_elements(derivation, site))
        given = tuple(
            _tabled(a.name, keys, lambda name, key: Fraction(site.point.values[name][key]))
            for a in given_arrays(derivation) if (keys := box(a.axes, site.sizes))
        )
        forward = _values(_forward(derivation, bench), derivation.of)
        backward = _values(_backward(derivation, bench))
    except Costly:
        raise
    except SymbpError:
        return None
    return Numbers(
        tuple(site.sizes.items()), given, forward.shown, backward.shown, elements, STEP,
        tuple(_instance(derivation, name, instance) for name, instance in site.instances.items()), chosen.own,
        _descent(derivation, chosen), _holds_fixed(derivation), (*forward.left_out, *backward.left_out),
    )


def _instance(derivation: Derivation, name: str, instance: Instance) -> tuple[Expr, Expr]:
    """f(z) and tanh(z), or f(s, t) and tanh(s − 2/3 t)."""
    letters = [x for x in (*"ztusr", *(f"z_{k}" for k in range(1, 99))) if x not in derivation.model.arrays]
    arguments = [Access(letter) for letter in letters[: derivation.model.functions[name]]]
    total = add(multiply((number(w), a)) for w, a in zip(weights(len(arguments)), arguments, strict=True))
    return Apply(name, tuple(arguments)), Apply(instance.name, (total,))


def _elements(derivation: Derivation, site: Site) -> Iterator[ElementCheck]:
    """Of each gradient an element, and where it has several cases or layers one of several of them."""
    place = Place(site.sizes, site.at(DIGITS).run.integer)
    stepped = frozenset(stepped_sizes(derivation.model))
    each = max(1, min(MOST_OF_ONE, MOST_ROWS // len(derivation.gradients)))
    for gradient in islice(derivation.gradients.values(), MOST_ROWS):
        shared = gradient.forms["shared"]
        assert not isinstance(shared, Refusal)
        groups = telling_elements(shared, gradient.indices, stepped, place)
        for keys in groups if len(groups) <= each else (*groups[: each - 1], groups[-1]):
            yield _checked(derivation, site, gradient, keys[:MOST_TRIED], place)


def _checked(derivation: Derivation, site: Site, gradient: Gradient, keys: list[Key], place: Place) -> ElementCheck:
    """The first of these elements whose derivative isn't 0, or the first.

    Raises AtKink where no central difference exists.
    """
    bench = site.at(DIGITS)
    shared = gradient.forms["shared"]
    assert not isinstance(shared, Refusal)
    names = tuple(i.name for i in gradient.indices)
    values: dict[Key, Fraction] = {}
    for key in keys:
        values[key] = _fraction(bench.formula(shared, names, key))
        if abs(values[key]) > AGREEMENT:
            break
    key = next((k for k, v in values.items() if abs(v) > AGREEMENT), keys[0])
    derived = values[key]
    difference = _central(derivation, site, gradient.parameter, key)
    if abs(derived - difference) > AGREEMENT * max(Fraction(1), abs(derived)):
        raise AtKink("the difference and the derivative differ")
    element = Access(gradient.parameter, tuple(map(Affine.of, key)))
    return ElementCheck(derivation.of, element, element_formula(shared, names, key, place), derived, difference)


def _central(derivation: Derivation, site: Site, name: str, key: Key) -> Fraction:
    """(f(x+h) − f(x−h)) / 2h of the forward model, run anew at each of the points unless something is held fixed."""
    bench = site.at(DIGITS)
    here = _fraction(bench.run.value(derivation.of))
    if name in site.point.values and not _holds_fixed(derivation):
        below, above = (_moved(derivation, site, name, key, h) for h in (-STEP, STEP))
    else:
        ends = bench.central((derivation.of, ()), (name, key), bench.arithmetic.number(STEP))
        below, above = _fraction(ends[0]), _fraction(ends[2])
    slope = (above - below) / (2 * STEP)
    if abs(above - 2 * here + below) / STEP > KINK * max(abs(slope), abs(here), Fraction(1)):
        raise AtKink(f"∂{derivation.of}/∂{name} at a kink")
    return slope


def _holds_fixed(derivation: Derivation) -> bool:
    """Whether the model has a `stop`."""
    bodies = (definition_of(e).body for e in derivation.model.equations)
    return any(isinstance(n, Apply) and n.function == "stop" for body in bodies for n in walk(body))


def _moved(derivation: Derivation, site: Site, name: str, key: Key, shift: Fraction) -> Fraction:
    """The value of what is differentiated, one element of the point moved."""
    values = site.point.values
    row = {**values[name], key: values[name][key] + shift}
    run = site.sampler.run(Point({**values, name: row}), multiprecision(DIGITS))
    return _fraction(run.value(derivation.of))


Counted = tuple[str, int, Callable[[], Tabled]]
"""An array, how many values it has, and these."""


@dataclass(frozen=True)
class _Values:
    shown: tuple[Tabled, ...]
    left_out: tuple[str, ...]


def _values(arrays: Iterator[Counted], always: str = "") -> _Values:
    """The arrays that there is room for, and the names of the others."""
    shown, left_out, room = [], [], MOST_PRINTED
    for name, count, tabled in arrays:
        if count > room and name != always:
            left_out.append(name)
        elif count:
            room -= count
            shown.append(tabled())
    return _Values(tuple(shown), tuple(left_out))


def _forward(derivation: Derivation, bench: Bench) -> Iterator[Counted]:
    """What the forward equations define, in their order."""
    arrays = derivation.model.arrays
    for name in dict.fromkeys(e.target.name for e in derivation.forward):
        keys = box(arrays[name].axes, bench.sizes)
        yield name, len(keys), partial(_tabled, name, keys, lambda n, key: _fraction(bench.run.value(n, key)))


def _backward(derivation: Derivation, bench: Bench) -> Iterator[Counted]:
    """The error terms."""
    for error in derivation.errors:
        keys = first_tuples(error.indices, bench.sizes, MOST_PRINTED + 1)
        yield error.name, len(keys), partial(
            _tabled, error.name, keys, lambda n, key: _fraction(bench.run.value(n, key))
        )


def _descent(derivation: Derivation, chosen: Chosen) -> GradientStep | None:
    """One step with the file's rate, or 1/2, halved until the value falls; None where it doesn't.

    A step may leave the set on which the assumptions hold, so there is none where these are about what it changes.
    """
    model, site = derivation.model, chosen.site
    moved = [name for name, g in derivation.gradients.items() if g.updates]
    if model.rate is None or not moved or _is_constrained(derivation, moved):
        return None
    bench = site.using(FLOAT)
    slopes = {name: _slopes(bench, name) for name in moved}
    if not any(slope for elements in slopes.values() for slope in elements.values()):
        return None
    before = Fraction(float(bench.run.value(derivation.of)))
    rate = Fraction(site.point.values[model.rate][()])
    for _ in range(HALVINGS if rate > 0 else 0):
        values = dict(site.point.values)
        for name, elements in slopes.items():
            values[name] = {key: values[name][key] - rate * slope for key, slope in elements.items()}
        try:
            after = Fraction(float(site.sampler.run(Point(values), FLOAT).value(derivation.of)))
        except Costly:
            return None
        except SymbpError:
            after = before
        if after < before:
            return GradientStep(derivation.of, model.rate, rate, before, after)
        rate /= 2
    return None


def _slopes(bench: Bench, name: str) -> dict[Key, Fraction]:
    keys = box(bench.derivation.model.arrays[name].axes, bench.sizes)
    return {key: Fraction(float(bench.program.value(f"∂{name}", key))) for key in keys}


def _is_constrained(derivation: Derivation, names: list[str]) -> bool:
    sides = [s for f in derivation.model.facts for s in (f.left, f.right) if s is not None]
    return any(a.name in names for s in sides for a in accesses(s))


def _tabled(name: str, keys: list[Key], value: Callable[[str, Key], Fraction]) -> Tabled:
    """The values at all index tuples, in lexicographic order, as nested tuples."""
    return Tabled(name, _nested({key: value(name, key) for key in keys}), keys[0])


def _nested(values: Mapping[Key, Fraction]) -> Nested:
    if () in values:
        return values[()]
    rows: dict[int, dict[Key, Fraction]] = {}
    for key, value in values.items():
        rows.setdefault(key[0], {})[key[1:]] = value
    return tuple(_nested(row) for row in rows.values())


def _fraction(value: Value) -> Fraction:
    """The number, exactly. Raises DomainError for one that is too large or too small to print."""
    if isinstance(value, int | Fraction) or not value:
        return Fraction(value or 0)
    mantissa, exponent = value.man_exp
    if abs(exponent) > LARGEST_EXPONENT:
        raise DomainError("a value beyond all bounds")
    size = Fraction(mantissa) * Fraction(2) ** int(exponent)
    return -size if value < 0 else size
