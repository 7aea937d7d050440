"""Work, counted: how much an evaluation takes before it is begun, and a meter that stops what takes too much.

The unit is one node of a formula, worked out once in double precision: a microsecond or two. Counting makes the extent
of a check depend on the model alone, and not on the machine or its load.
"""

from __future__ import annotations

from collections.abc import Mapping

from symbp.calculus.affine import Affine, Index, Range
from symbp.calculus.expression import Apply, Expr, Power, Reduce, children, walk
from symbp.calculus.model import Model, definition_of
from symbp.errors import SymbpError
from symbp.numeric.arithmetic import Arithmetic

CALL = 4
"""A function, in nodes."""
COMPILING = 8
"""Making a node's closure, in nodes."""
GIVEN = 2
"""An element that has a value, in nodes."""
EXACT_WEIGHT = 4
DIGITS_WEIGHT = 80
"""Digits that make an operation as costly again as it is without any."""

Ends = dict[str, tuple[int, int]]
"""The least and the greatest value of each symbol."""


class Costly(SymbpError):
    """More work than was allowed."""


class Meter:
    """Counts work, and raises Costly where it exceeds what is allowed; without a limit, all is."""

    def __init__(self, limit: int | None = None) -> None:
        self.spent = 0
        self.limit = limit

    def charge(self, amount: int) -> None:
        self.spent += amount
        if self.limit is not None and self.spent > self.limit:
            raise Costly(f"it takes more than {counted(self.limit)} operations")

    def allow(self, amount: int) -> None:
        """From now on no more than so much."""
        self.limit = self.spent + amount


def weight(arithmetic: Arithmetic) -> int:
    """What an operation costs in an arithmetic."""
    if arithmetic.digits is None:
        return EXACT_WEIGHT
    return 1 if arithmetic.digits <= 15 else 2 + arithmetic.digits // DIGITS_WEIGHT


def straight(e: Expr) -> int:
    """The work of a formula for one value of its indices, without that of the reductions in it."""
    total = 0
    stack = [e]
    while stack:
        node = stack.pop()
        total += own(node)
        if not isinstance(node, Reduce):
            stack.extend(children(node))
    return total


def own(node: Expr) -> int:
    return CALL if isinstance(node, Apply | Power) else 1


def model_work(model: Model, sizes: Mapping[str, int]) -> int:
    """An upper bound on the work of one evaluation of everything in a model: ranges at their longest."""
    ends = {s: (n, n) for s, n in sizes.items()}
    total = GIVEN * sum(count(array.axes, ends) for array in model.arrays.values())
    for equation in model.equations:
        definition = definition_of(equation)
        inner = dict(ends)
        elements = _within(definition.indices, inner)
        total += elements * formula_work(definition.body, inner)
    for fact in model.facts:
        inner = dict(ends)
        conditions = _within(fact.indices, inner)
        sides = [fact.left] if fact.right is None else [fact.left, fact.right]
        total += conditions * sum(formula_work(side, inner) for side in sides)
    return total


def formula_work(e: Expr, ends: Ends) -> int:
    """An upper bound on the work of a formula, its reductions included, whose free symbols lie within their ends."""
    if not any(isinstance(node, Reduce) for node in walk(e)):
        return straight(e)
    if not isinstance(e, Reduce):
        return own(e) + sum(formula_work(part, ends) for part in children(e))
    inner = dict(ends)
    loops, points = 1, 1
    for binder in e.binders:
        points *= _longest(binder, inner)
        loops += points
    return loops + points * formula_work(e.body, inner)


def count(ranges: tuple[Range, ...], ends: Mapping[str, tuple[int, int]]) -> int:
    """The number of index tuples of ranges that depend on sizes only."""
    total = 1
    for r in ranges:
        total *= max(extreme(r.upper, ends, True) - extreme(r.lower, ends, False) + 1, 0)
    return total


def index_count(indices: tuple[Index, ...], sizes: Mapping[str, int]) -> int:
    """An upper bound on the number of index tuples, where a range may depend on the indices before it."""
    return _within(indices, {s: (n, n) for s, n in sizes.items()})


def _within(indices: tuple[Index, ...], ends: Ends) -> int:
    total = 1
    for index in indices:
        total *= _longest(index, ends)
    return total


def _longest(index: Index, ends: Ends) -> int:
    """The length of an index's range where it is longest; notes the index's own ends."""
    low, high = extreme(index.range.lower, ends, False), extreme(index.range.upper, ends, True)
    ends[index.name] = (low, max(low, high))
    return max(high - low + 1, 0)


def extreme(form: Affine, ends: Mapping[str, tuple[int, int]], greatest: bool) -> int:
    """The form's value at those ends of its symbols that make it the greatest or the least."""
    return form.constant + sum(c * ends[s][(c > 0) == greatest] for s, c in form.terms)


def counted(number: int) -> str:
    """A count for a message: 12,345; from a million on its first digit counts; 2e36 where it is long."""
    if number < 10**6:
        return f"{number:,}"
    digits = str(number)
    return f"{int(digits[0].ljust(len(digits), '0')):,}" if number < 10**15 else f"{digits[0]}e{len(digits) - 1}"
