"""Ranges of indices cut into cells: in each, every condition that was asked about is decided.

A range is cut where somebody asks, at an affine breakpoint: i ≥ b cuts lower … upper into lower … b − 1 and b … upper.
Whether b lies inside is a question about outer indices and sizes, and goes out to their owners.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from symbp.calculus.affine import Affine, Guard, Index
from symbp.cost.symbolic.context import Context, NoClosedForm, Undecided

V = TypeVar("V")
Interval = tuple[Affine, Affine]
FEW = 16
"""A range of so few numbers is gone through one by one where no affine breakpoint cuts it."""


class Cell(NamedTuple, Generic[V]):
    """Indices with bounds, each of which may read the indices before it, and what was found there."""

    ranges: tuple[tuple[str, Affine, Affine], ...]
    certain: bool
    """Whether it is known to hold a point; another may be empty at some sizes, as lower … lower − 1 is."""
    value: V


def cells(
    binders: Sequence[Index],
    context: Context,
    value: Callable[[Context], V],
    strict: bool = False,
) -> list[Cell[V]]:
    """The binders' ranges, cut until `value` answers in each cell.

    Where `strict`, each cell is certain to hold a point. Raises Undecided about symbols that aren't the binders' own.
    """
    if not binders:
        return [Cell((), True, value(context))]
    index, *inner = binders
    lower, upper = index.range.lower, index.range.upper
    if not context.at_most(lower, upper + 1):
        return []
    pending: list[Interval] = [(lower, upper)]
    found: list[Cell[V]] = []
    while pending:
        low, high = pending.pop()
        occupied = Guard("ge", high - low)
        if context.known(occupied) is False or (strict and not context.decide(occupied)):
            continue
        try:
            inside = cells(inner, context.within(index.name, low, high), value, strict)
        except Undecided as question:
            if index.name not in question.guard.symbols:
                raise
            pending.extend(reversed(cut(index.name, low, high, question.guard, context)))
            continue
        certain = bool(context.known(occupied))
        found.extend(Cell(((index.name, low, high), *c.ranges), certain and c.certain, c.value) for c in inside)
    return found


def cut(symbol: str, lower: Affine, upper: Affine, guard: Guard, context: Context) -> list[Interval]:
    """lower … upper in parts, in order, in which the guard is decided; raises Undecided about other symbols."""
    if lower == upper:
        raise Undecided(guard.substitute({symbol: lower}))
    first = breakpoint_of(symbol, guard)
    if first is None:
        return _points(symbol, lower, upper)
    last = first if guard.kind != "ge" else first - 1
    if not (context.at_most(lower, first) and context.at_most(last, upper)):
        raise NoClosedForm("order", symbol)
    outer = [(lower, first - 1), (last + 1, upper)]
    return outer if guard.kind == "ge" else [outer[0], (first, first), outer[1]]


def breakpoint_of(symbol: str, guard: Guard) -> Affine | None:
    """b, where the guard changes between b − 1 and b (ge), or holds or fails at b alone (eq, ne); None without one."""
    if guard.kind not in ("ge", "eq", "ne"):
        return None
    c = guard.form.coefficient(symbol)
    rest = guard.form - Affine.of(symbol) * c
    size = abs(c)
    if any(k % size for _, k in rest.terms) or (guard.kind != "ge" and rest.constant % size):
        return None
    # c·i + rest ≥ 0: i ≥ ⌈−rest/c⌉ for c > 0, and i ≤ ⌊rest/|c|⌋ for c < 0.
    terms = {s: k // size for s, k in rest.terms}
    whole = Affine.build(terms, rest.constant // size)
    if guard.kind != "ge":
        return -whole if c > 0 else whole
    return -whole if c > 0 else whole + 1


def _points(symbol: str, lower: Affine, upper: Affine) -> list[Interval]:
    extent = upper - lower
    if not extent.is_constant or not 0 < extent.constant < FEW:
        raise NoClosedForm("stride", symbol)
    return [(lower + k, lower + k) for k in range(extent.constant + 1)]
