"""What stands in a definition's elements, by cells of its indices: what an access to one reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from symbp.calculus.affine import Affine, Guard, Index, Lookup
from symbp.calculus.expression import Access
from symbp.cost.convention import PLAIN, Part
from symbp.cost.symbolic.cells import Cell
from symbp.cost.symbolic.context import Context
from symbp.cost.symbolic.form import Form
from symbp.cost.symbolic.integers import Integers
from symbp.cost.symbolic.reductions import Count, Counted


class Piece(NamedTuple):
    """Where the guards hold, elements cost what the part says, in the letters of the definition's indices."""

    guards: tuple[Guard, ...]
    part: Part[Count]


class Pieces(NamedTuple):
    """The elements of one definition; the pieces cover its indices."""

    indices: tuple[str, ...]
    pieces: tuple[Piece, ...]


def pieces_of(indices: Sequence[Index], found: Sequence[Counted]) -> Pieces:
    """The cells of a definition's indices as pieces."""
    whole = {i.name: (i.range.lower, i.range.upper) for i in indices}
    return Pieces(tuple(whole), tuple(Piece(_guards(c, whole), c.value) for c in found))


def _guards(cell: Cell[Part[Count]], whole: dict[str, tuple[Affine, Affine]]) -> tuple[Guard, ...]:
    guards: list[Guard] = []
    for symbol, low, high in cell.ranges:
        form = Affine.of(symbol)
        lower, upper = whole[symbol]
        if low == high and lower != upper:
            guards.append(Guard("eq", form - low))
            continue
        if low != lower:
            guards.append(Guard("ge", form - low))
        if high != upper:
            guards.append(Guard("ge", high - form))
    return tuple(guards)


def element(pieces: Pieces, access: Access, integers: Integers, context: Context) -> Part[Count]:
    """The part of the element that is read; raises Undecided where the context holds several pieces' elements.

    A definition without elements is read in a cell that holds no point: whatever it costs there comes to nothing.
    """
    if not pieces.pieces:
        return PLAIN
    values = _subscripts(pieces, access, integers, context)
    *first, last = pieces.pieces
    for piece in first:
        if all(context.decide(g.substitute(values)) for g in piece.guards):
            return substituted(piece.part, values)
    return substituted(last.part, values)


def substituted(part: Part[Count], values: dict[str, Affine]) -> Part[Count]:
    """The part at other values of its indices."""
    cost = {k: c.substitute(values) if isinstance(c, Form) else c for k, c in part.cost.items()}
    return Part(cost, part.depth, part.literal, part.sign)


def _subscripts(pieces: Pieces, access: Access, integers: Integers, context: Context) -> dict[str, Affine]:
    """The indices' values; those that no piece depends on aren't worked out where a lookup gives them."""
    needed = {s for p in pieces.pieces for g in p.guards for s in g.symbols}
    needed.update(s for p in pieces.pieces for c in p.part.cost.values() if isinstance(c, Form) for s in c.symbols)
    values: dict[str, Affine] = {}
    for name, at in zip(pieces.indices, access.subscripts, strict=True):
        if not isinstance(at, Lookup):
            values[name] = at
        elif name in needed:
            values[name] = integers.value(at, context)
    return values


