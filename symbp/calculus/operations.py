"""Sizes of formulas: what an operation is, counted.

An operation is one addition, multiplication, power, function, or comparison of two branches. A Σ counts as what stands
under it, once; literal coefficients and conditions on indices count nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symbp.calculus.expression import Access, Add, Apply, Cases, Expr, Mul, Number, Power, Reduce, Select, children

DEPTH_LIMIT = 120
"""Levels of nesting beyond which no page shows a formula."""


@dataclass(frozen=True)
class Size:
    """Operations of a formula, and the longest path in it. `literal` is its value where it is a number.

    A `light` formula (a literal, a Σ or a case of literals) is no factor that takes a multiplication.
    """

    operations: int = 0
    literal: Fraction | None = None
    light: bool = False
    depth: int = 0


LEAF = Size()


def literal(value: Fraction | int) -> Size:
    return Size(0, Fraction(value), True)


def total(parts: Iterable[Size]) -> Size:
    """The size of a sum; zeros are no terms."""
    terms = [p for p in parts if p.literal != 0]
    if not terms:
        return literal(0)
    if len(terms) == 1:
        return terms[0]
    return Size(sum(t.operations for t in terms) + len(terms) - 1, depth=1 + max(t.depth for t in terms))


def product(parts: Iterable[Size]) -> Size:
    """The size of a product; a zero makes it zero."""
    factors = list(parts)
    value = Fraction(1)
    for f in factors:
        if f.literal is not None:
            value *= f.literal
    if value == 0:
        return literal(0)
    heavy = [f for f in factors if not f.light]
    if all(f.literal is not None for f in factors):
        return literal(value)
    if not heavy:
        return Size(light=True, depth=1)
    return Size(sum(f.operations for f in heavy) + len(heavy) - 1, depth=1 + max(f.depth for f in heavy))


def over(parts: Sequence[Size], own: int) -> Size:
    """The size of a node with `own` operations over its parts."""
    return Size(sum(p.operations for p in parts) + own, depth=1 + max((p.depth for p in parts), default=0))


def size_of(e: Expr, of_access: Callable[[Access], Size] = lambda a: LEAF) -> Size:
    """The size of a formula."""
    match e:
        case Number(value):
            return literal(value)
        case Access():
            return of_access(e)
    parts = [size_of(p, of_access) for p in children(e)]
    match e:
        case Add():
            return total(parts)
        case Mul():
            return product(parts)
        case Reduce() | Cases():
            whole = over(parts, 0)
            return Size(0, None, True, whole.depth) if all(p.light for p in parts) else whole
        case Power() | Apply() | Select():
            return over(parts, 1)
        case _:
            return LEAF


def operations(e: Expr) -> int:
    """The operations of a formula, as defined at the top of this module."""
    return size_of(e).operations


def depth_of(e: Expr) -> int:
    """The number of nodes on the longest path from the root."""
    deepest = 0
    stack = [(e, 1)]
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        stack.extend((part, depth + 1) for part in children(node))
    return deepest
