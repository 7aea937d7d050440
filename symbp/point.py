"""The point that a file gives, with every value that the model reads: kinks that are hit, undefined values, gradients.

Values are exact where they are rational, and of 60 digits elsewhere: of up to 960 where it takes these to tell whether
a kink is hit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import islice

from symbp.calculus.affine import Affine, Range
from symbp.calculus.derivation import Derivation
from symbp.calculus.expression import Access, Expr, Reduce, children
from symbp.calculus.model import Array, Definition, Role, adjoint_name, definition_of
from symbp.calculus.point import Key, Point, Quantity
from symbp.errors import DomainError, ModelError
from symbp.evaluate import box
from symbp.numeric.elements import names_read, reachable
from symbp.numeric.kinks import Site, as_fraction, broken, hits

GRADIENTS = 40
"""Elements of gradients that are given values."""
HITS = 40
"""Kinks and undefined values that are named one by one."""
WORK = 50_000
"""Terms that are added up at most, all elements together."""
GIVEN = (Role.INPUT, Role.TARGET, Role.PARAM, Role.CONST, Role.INTEGER)

Values = dict[str, dict[Key, Fraction | int]]


def given_point(derivation: Derivation) -> Point | None:
    """What happens at the point that the model's own values make; None where some value or size is not given."""
    model = derivation.model
    if not model.values:
        return None
    read = [a for a in _read(derivation) if a.role in GIVEN]
    if not read or model.functions or any(a.name not in model.values for a in read):
        return None
    if any(s not in model.size_values for s in model.sizes):
        return None
    misfits = [a.name for a in read if _shape(a, model.size_values) != _lengths(model.values[a.name])]
    if misfits:
        return Point((), refused=f"at these sizes the values given don't fit {', '.join(misfits)}")
    values = {a.name: _elements(a, model.size_values, model.values[a.name]) for a in read}
    given = tuple(
        (_access(name, key), Fraction(value)) for name, table in values.items() for key, value in table.items()
    )
    work = sum(_work(definition_of(e), model.size_values) for e in derivation.program.equations)
    if work > WORK:
        return Point(given, refused=f"it would take {work:,} terms, and no more than {WORK:,} are worked out")
    try:
        return _at(derivation, given, Site(derivation.program, model.size_values, values))
    except ModelError as error:
        return Point(given, refused=str(error))


def _at(derivation: Derivation, given: tuple[tuple[Access, Fraction], ...], site: Site) -> Point:
    found = list(hits(site, derivation.forward))
    failing = tuple(islice(broken(site, tuple(derivation.facts)), HITS))
    of = Quantity(None, "rounded") if site.rounded else _quantity(site, derivation.of, ())
    gradients: dict[str, dict[Key, Quantity]] = {}
    room, left_out = GRADIENTS, 0
    for name in derivation.gradients if of.value is not None else ():
        keys = box(derivation.model.arrays[name].axes, site.sizes)
        adjoint = adjoint_name(name)
        gradients[name] = {key: _quantity(site, adjoint, key) for key in keys[:room]}
        left_out += max(len(keys) - room, 0)
        room = max(room - len(keys), 0)
    return Point(
        given, of, gradients, left_out, tuple(found[:HITS]), len(found[HITS:]),
        failing, site.rounded,
    )


def _quantity(site: Site, name: str, key: Key) -> Quantity:
    try:
        value = as_fraction(site.run.value(name, key))
    except DomainError as error:
        return Quantity(None, "undefined", str(error))
    return Quantity(value) if value is not None else Quantity(None, "large")


def _access(name: str, key: Key) -> Access:
    return Access(name, tuple(map(Affine.of, key)))


def _read(derivation: Derivation) -> list[Array]:
    """The arrays that what is differentiated depends on, and those that it is differentiated by."""
    equations = derivation.model.equations
    direct = {e.target: names_read(definition_of(e).body) for e in equations}
    shown = {name for e in derivation.forward for name in names_read(e.body)}
    wanted = reachable(derivation.of, direct) | shown | set(derivation.gradients)
    return [a for name, a in derivation.model.arrays.items() if name in wanted]


def _shape(array: Array, sizes: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(axis.extent.evaluate(sizes) for axis in array.axes)


def _lengths(value: object) -> tuple[int, ...]:
    """The lengths of nested tuples whose rows are equally long."""
    return (len(value), *_lengths(value[0])) if isinstance(value, tuple) and value else ()


def _elements(array: Array, sizes: Mapping[str, int], value: object) -> dict[Key, Fraction | int]:
    """Nested tuples by index tuple."""
    return dict(zip(box(array.axes, sizes), _flat(value), strict=True))


def _flat(value: object) -> Iterable[Fraction | int]:
    if isinstance(value, tuple):
        for part in value:
            yield from _flat(part)
    else:
        assert isinstance(value, Fraction | int)
        yield value


def _work(definition: Definition, sizes: Mapping[str, int]) -> int:
    """An upper bound on the terms of all elements: products of the lengths of ranges at their longest."""
    ends: dict[str, tuple[int, int]] = {s: (n, n) for s, n in sizes.items()}
    count = 1
    for index in definition.indices:
        count *= _longest(index.name, index.range, ends)
    return count * _terms(definition.body, ends)


def _terms(e: Expr, ends: Mapping[str, tuple[int, int]]) -> int:
    own = 1
    inner = dict(ends)
    if isinstance(e, Reduce):
        for binder in e.binders:
            own *= _longest(binder.name, binder.range, inner)
    return own * max(1, sum(_terms(part, inner) for part in children(e) if children(part)))


def _longest(name: str, within: Range, ends: dict[str, tuple[int, int]]) -> int:
    """The length of a range where it is longest; notes the index's own ends."""
    low, high = _extreme(within.lower, ends, False), _extreme(within.upper, ends, True)
    ends[name] = (low, high)
    return max(high - low + 1, 0)


def _extreme(form: Affine, ends: Mapping[str, tuple[int, int]], greatest: bool) -> int:
    """The form's value at those ends of its symbols that make it the greatest or the least."""
    return form.constant + sum(c * ends[s][(c > 0) == greatest] for s, c in form.terms)
