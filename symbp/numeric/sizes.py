"""Small sizes to try a model at: distinct for each letter, both ways round, all ones, every residue of a stride."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from math import lcm

from symbp.calculus.affine import Affine, Guard, Range
from symbp.calculus.expression import Access, Cases, Reduce, walk
from symbp.calculus.model import Definition, Model, definition_of
from symbp.calculus.sets import empty, positive, sample
from symbp.errors import ModelError
from symbp.numeric.work import count

Sizes = dict[str, int]

WIDEST = 8
"""Sizes up to this are searched for a combination that satisfies the requirements."""
SEARCHED = 100_000
LARGEST_PERIOD = 4
MOST_SETTINGS = 12
MOST_ELEMENTS = 5_000
"""The file's own sizes are tried as well where all arrays together have no more elements than this."""


def settings(model: Model, pinned: Mapping[str, int] | None = None) -> list[Sizes]:
    """The sizes for a verification, all satisfying `model.requirements`; the first one serves alone where one must do.

    With `pinned` sizes there is also a setting that has them. Raises ModelError where no sizes satisfy requirements.
    """
    names = model.sizes
    rising = {s: 2 + k for k, s in enumerate(names)}
    falling = {s: 1 + len(names) - k for k, s in enumerate(names)}
    wishes = [rising, falling, dict.fromkeys(names, 1), *([{**rising, **pinned}] if pinned else [])]
    if len(names) <= 2:
        wishes += [{s: v + more for s, v in rising.items()} for more in ((1,) if len(names) == 2 else (1, 3))]
    borders = bordering_sizes(model)
    for size in (s for s in names if s in borders.sizes):
        wishes += [{**rising, size: rising[size] + r} for r in range(1, borders.period)]
        wishes.append({**rising, size: 1})
    found = [nearest(model, wish) for wish in wishes]
    if model.size_values:
        own = nearest(model, {**rising, **model.size_values})
        if _elements(model, own) <= MOST_ELEMENTS:
            found.append(own)
    if not _all_inhabited(model, found[0]):
        found.insert(0, nearest(model, rising, _inhabiting(model)))
    distinct = list({tuple(sorted(s.items())): s for s in found}.values())
    return distinct[:MOST_SETTINGS]


def nearest(model: Model, wish: Mapping[str, int], further: tuple[Guard, ...] = ()) -> Sizes:
    """Sizes that satisfy the requirements and `further` ones, as few and as little changed from the wish as possible.

    The further ones are about sizes alone. Raises ModelError where no sizes satisfy them all.
    """
    conditions = (*model.requirements, *further)
    if _satisfies(conditions, wish):
        return dict(wish)
    constrained = [s for s in model.sizes if any(s in g.symbols for g in conditions)]
    width = WIDEST
    while width > 2 and width ** len(constrained) > SEARCHED:
        width -= 1
    if width ** len(constrained) <= SEARCHED:
        tries = product(range(1, width + 1), repeat=len(constrained))
        for values in sorted(tries, key=lambda v: _distance(v, [wish[s] for s in constrained])):
            candidate = {**wish, **dict(zip(constrained, values, strict=True))}
            if _satisfies(conditions, candidate):
                return candidate
    point = sample((*positive(model.sizes), *conditions))
    if point is None:
        raise ModelError("no sizes satisfy every condition under which all reads are in range")
    return {**wish, **{s: v for s, v in point.items() if s in wish}}


def _inhabiting(model: Model) -> tuple[Guard, ...]:
    """Conditions under which the ranges that depend on sizes alone hold two values, or one, as many as can at once."""
    chosen: list[Guard] = []
    known = (*positive(model.sizes), *model.requirements)
    for r in _ranges_by_size(model):
        for least in (2, 1):
            guard = Guard("ge", r.extent - least)
            if not empty((*known, *chosen, guard)):
                chosen.append(guard)
                break
    return tuple(chosen)


def _all_inhabited(model: Model, sizes: Mapping[str, int]) -> bool:
    return all(r.extent.evaluate(sizes) >= 1 for r in _ranges_by_size(model))


def _ranges_by_size(model: Model) -> list[Range]:
    """The ranges of axes, indices and binders whose lengths depend on the sizes, and on nothing else; axes first."""
    axes = [axis for array in model.arrays.values() for axis in array.axes]
    bound = [r for equation in model.equations for r in _ranges(definition_of(equation)).values()]
    known = set(model.sizes)
    return [r for r in dict.fromkeys((*axes, *bound)) if r.extent.terms and known.issuperset(r.extent.symbols)]


def _elements(model: Model, sizes: Mapping[str, int]) -> int:
    """The number of elements of all arrays together."""
    ends = {s: (n, n) for s, n in sizes.items()}
    return sum(count(array.axes, ends) for array in model.arrays.values())


@dataclass(frozen=True)
class Borders:
    """The sizes that shifted, strided or padded index arithmetic depends on, and the period of its residues."""

    sizes: frozenset[str]
    period: int


def bordering_sizes(model: Model) -> Borders:
    """Sizes of the ranges that meet in a subscript or guard which is more than a plain index."""
    sizes: set[str] = set()
    period = 1
    for equation in model.equations:
        definition = definition_of(equation)
        ranges = _ranges(definition)
        for form, axis in _forms(definition, model):
            strides = [abs(c) for s, c in form.terms if s in ranges]
            if len(strides) > 1 or any(c > 1 for c in strides) or (strides and form.constant):
                period = lcm(period, *strides)
                touched = [ranges[s] for s in form.symbols if s in ranges] + ([axis] if axis else [])
                sizes.update(s for r in touched for f in (r.lower, r.upper) for s in f.symbols)
                sizes.update(s for s in form.symbols if s not in ranges)
    return Borders(frozenset(sizes & set(model.sizes)), min(period, LARGEST_PERIOD))


def _ranges(definition: Definition) -> dict[str, Range]:
    ranges = {i.name: i.range for i in definition.indices}
    for node in walk(definition.body):
        if isinstance(node, Reduce):
            ranges.update((b.name, b.range) for b in node.binders)
    return ranges


def _forms(definition: Definition, model: Model) -> Iterable[tuple[Affine, Range | None]]:
    """The affine forms of subscripts, with the axes that they subscript, and of guards."""
    for node in walk(definition.body):
        match node:
            case Access(name, subscripts):
                axes = model.arrays[name].axes if name in model.arrays else ()
                for position, subscript in enumerate(subscripts):
                    if isinstance(subscript, Affine):
                        yield subscript, axes[position] if position < len(axes) else None
            case Reduce(guards=guards):
                yield from ((g.form, None) for g in guards)
            case Cases(branches):
                yield from ((g.form, None) for guards, _ in branches for g in guards)


def _satisfies(requirements: tuple[Guard, ...], sizes: Mapping[str, int]) -> bool:
    return all(g.holds(sizes) for g in requirements)


def _distance(values: tuple[int, ...], wish: list[int]) -> tuple[int, int, tuple[int, ...]]:
    """Total change first; then equal sizes, which hide mistakes; then lexicographic order."""
    change = sum(abs(v - w) for v, w in zip(values, wish, strict=True))
    return change + 2 * (len(values) - len(set(values))), change, values
