"""Σ, Π, max and min over cells, as `convention` counts them over single terms.

n terms of a cell take n − 1 operations, and n is a polynomial. Where it matters whether n is 0 or 1, that is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from symbp.calculus.affine import Affine, Guard
from symbp.cost.convention import NOTHING, UNIT, Key, Part, positive
from symbp.cost.symbolic.cells import Cell
from symbp.cost.symbolic.context import Context, NoClosedForm, Undecided
from symbp.cost.symbolic.form import Form

Count = Form | int
Cost = Mapping[Key, Count]
Counted = Cell[Part[Count]]


class Uncertain(Exception):
    """The answer depends on whether cells are empty: they are to be strict."""


def size(cell: Counted) -> Count:
    """The number of points."""
    return _over(cell.ranges, 1)


def spread(found: Iterable[Counted]) -> dict[Key, Count]:
    """Σ of the parts' costs over all points."""
    total: dict[Key, Count] = {}
    for cell in found:
        points = size(cell)
        for key, count in cell.value.cost.items():
            more = points * count if isinstance(count, int) else _over(cell.ranges, count)
            total[key] = total.get(key, 0) + more
    return total


def total_of(found: Sequence[Counted], context: Context) -> Part[Count]:
    """Σ over the cells: n − 1 operations, a `subtract` for each negative term; see `convention.total`."""
    left = [c for c in found if c.value.literal != 0]
    if not left:
        return NOTHING
    against = [c for c in left if c.value.sign < 0]
    towards = [c for c in left if c.value.sign > 0]
    if not any(c.certain for c in left) or (against and towards and not any(c.certain for c in towards)):
        raise Uncertain
    alone = _single(left, context)
    if alone is not None:
        return alone
    sign = 1 if towards else -1
    subtracted = _number(against) if towards else 0
    return _joined(left, {"add": _number(left) + subtracted * -1 - 1, "subtract": subtracted}, sign)


def product_of(found: Sequence[Counted], context: Context) -> Part[Count]:
    """Π over the cells: n − 1 `multiply`; see `convention.product`."""
    zeros = [c for c in found if c.value.literal == 0]
    if any(c.certain for c in zeros):
        return NOTHING
    left = [c for c in found if c.value.literal is None]
    sign = 1
    for c in found:
        if c.value.sign < 0:
            sign *= _alternating(size(c), c.ranges[0][0])
    if not zeros and not left:
        return UNIT if sign > 0 else UNIT.flipped
    if zeros or not any(c.certain for c in left):
        raise Uncertain
    return _joined(left, {"multiply": _number(left) - 1}, sign)


def extremum_of(found: Sequence[Counted], context: Context) -> Part[Count]:
    """max, min over the cells: n − 1 `compare`; see `convention.extremum`."""
    given = [c._replace(value=positive(c.value)) for c in found]
    if not any(c.certain for c in given):
        raise Uncertain
    alone = _single(given, context)
    if alone is not None:
        return alone
    return _joined(given, {"compare": _number(given) - 1})


def _single(left: Sequence[Counted], context: Context) -> Part[Count] | None:
    """The only term, where there is one alone; None where there are several or nothing depends on it."""
    first = left[0]
    if len(left) == 1 and all(low == high for _, low, high in first.ranges):
        return Part(spread(left), first.value.depth, first.value.literal, first.value.sign)
    if all(c.value.literal is None for c in left) or sum(c.certain for c in left) > 1:
        return None
    longer = [Guard("ge", high - low - 1) for c in left if c.certain for _, low, high in c.ranges]
    if any(context.known(g) for g in longer):
        return None
    if len(left) > 1:
        raise Uncertain
    own = {symbol for symbol, _, _ in first.ranges}
    open_ = [g for g in longer if context.known(g) is None and not own.intersection(g.symbols)]
    if not open_:
        raise NoClosedForm("order", first.ranges[0][0])
    raise Undecided(open_[0])


def _alternating(number: Count, name: str) -> int:
    """(−1)^number."""
    p = Form.of(number).polynomial
    if p is None or any(not isinstance(c, int) for c in p.terms.values()):
        raise NoClosedForm("sign", name)
    if any(c % 2 for m, c in p.terms.items() if m):
        raise NoClosedForm("sign", name)
    return -1 if p.terms.get((), 0) % 2 else 1


def _number(found: Iterable[Counted]) -> Count:
    total: Count = 0
    for c in found:
        total = total + size(c)
    return total


def _over(ranges: Sequence[tuple[str, Affine, Affine]], count: Count) -> Count:
    for symbol, lower, upper in reversed(ranges):
        extent = upper - lower + 1
        if isinstance(count, int):
            count = count * extent.constant if extent.is_constant else Form.of(extent) * count
        else:
            count = count.summed(symbol, lower, upper)
    return count


def _joined(found: Sequence[Counted], kinds: Mapping[str, Count], sign: int = 1) -> Part[Count]:
    cost = spread(found)
    for kind, count in kinds.items():
        if count:
            cost[kind] = cost.get(kind, 0) + count
    return Part(cost, 1 + max(c.value.depth for c in found), None, sign)
