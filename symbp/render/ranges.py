"""Conditions that are bounds of an index: what its range becomes, and which conditions are left to say."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from symbp.calculus.affine import Affine, Guard, Index, Range

MOST_LISTED = 3
"""A range of no more values is written out: 1, 2, 3."""

MOST_STEPS = 16
"""Indices that are replaced by an end of their range before a comparison is given up."""

Ranges = Mapping[str, Range]


def never_negative(form: Affine, ranges: Ranges, sizes: Collection[str]) -> bool:
    """Whether a form is seen to be ≥ 0: each index at the end of its range that makes it least, each size ≥ 1."""
    for _ in range(MOST_STEPS):
        index = next(((s, c) for s, c in form.terms if s in ranges), None)
        if index is None:
            break
        symbol, factor = index
        within = ranges[symbol]
        form = form.substitute({symbol: within.lower if factor > 0 else within.upper})
    if any(c < 0 or s not in sizes for s, c in form.terms):
        return False
    return form.constant + sum(c for _, c in form.terms) >= 0


def narrowed(
    indices: Sequence[Index], guards: Sequence[Guard], ranges: Ranges, sizes: Collection[str]
) -> tuple[tuple[Index, ...], tuple[Guard, ...]]:
    """Indices, outer first, with the guards that bound them as ends of their ranges, and the guards that are left.

    A guard becomes an end where it is at least as strict as the end before it, and goes where the end implies it.
    `ranges` are those of the free indices. A range reads free indices and indices further out only.
    """
    kept = list(guards)
    found = {i.name: i.range for i in indices}
    order = [i.name for i in indices]
    for guard in guards:
        name = next((n for n in reversed(order) if guard.form.coefficient(n)), None)
        if name is None or guard.kind != "ge" or guard.lookup is not None:
            continue
        around = {**ranges, **{n: found[n] for n in order[: order.index(name)]}}
        closer = _bounded(name, found[name], guard, around, sizes)
        if closer is not None:
            found[name] = closer
            kept.remove(guard)
    return tuple(Index(i.name, found[i.name]) for i in indices), tuple(kept)


def _bounded(name: str, within: Range, guard: Guard, around: Ranges, sizes: Collection[str]) -> Range | None:
    """The range under the guard; None where the guard isn't a bound, or isn't comparable with the end it is for."""
    factor = guard.form.coefficient(name)
    if abs(factor) != 1:
        return None
    bound = Affine.of(name) - guard.form * factor
    if factor > 0:
        if never_negative(bound - within.lower, around, sizes):
            return Range(bound, within.upper)
        return within if never_negative(within.lower - bound, around, sizes) else None
    if never_negative(within.upper - bound, around, sizes):
        return Range(within.lower, bound)
    return within if never_negative(bound - within.upper, around, sizes) else None


def pinned_within(index: Index, guards: Sequence[Guard], ranges: Ranges, sizes: Collection[str]) -> bool:
    """Whether a guard fixes the index at a place of its range, so that the range needn't be said."""
    for guard in guards:
        factor = guard.form.coefficient(index.name)
        if guard.kind == "eq" and guard.lookup is None and abs(factor) == 1:
            place = Affine.of(index.name) - guard.form * factor
            others = {n: r for n, r in ranges.items() if n != index.name}
            ends = (place - index.range.lower, index.range.upper - place)
            if all(never_negative(gap, others, sizes) for gap in ends):
                return True
    return False


def few_values(within: Range) -> range:
    """The values of a range of one to three; else none."""
    low, high = within.lower, within.upper
    if not low.is_constant or not high.is_constant or low.constant < 0:
        return range(0)
    found = range(low.constant, high.constant + 1)
    return found if len(found) <= MOST_LISTED else range(0)
