"""Whether a document writes a condition in brackets, [i = j], so that it says what this means."""

from __future__ import annotations

from collections.abc import Iterable

from symbp.calculus.expression import ZERO, Apply, Cases, Expr, Reduce, Select, walk
from symbp.render.blocks import Block, Display
from symbp.render.printer import guards_in_front


def has_brackets(blocks: Iterable[Block]) -> bool:
    """Whether some displayed formula has a bracket; a formula that is a table of cases as a whole has none itself."""
    shown = (row for block in blocks if isinstance(block, Display) for row in block.rows)
    sides = (side.expression for row in shown for side in (row.left, row.right) if side is not None)
    return any(_is_bracket(n, n is e) for e in sides for n in walk(e))


def _is_bracket(e: Expr, whole: bool) -> bool:
    match e:
        case Cases(branches):
            return len(branches) == 1 and bool(branches[0][0]) and not whole
        case Reduce():
            return bool(guards_in_front(e))
        case Select(_, _, _, _, no):
            return no == ZERO
        case Apply("step", _, orders):
            return not any(orders)
        case _:
            return False
