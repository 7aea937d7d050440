"""Decisions about rows: empty, implied, projected; solved equalities and paired bounds first, isl for the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from symbp.calculus import presburger
from symbp.calculus.affine import Affine, Guard, Lookup
from symbp.calculus.linear import Row, canonical, components, normal, opposite, row, shadow, substituted, tidy

Key = str | Lookup


class Numbering:
    """The symbols and lookups of some guards, numbered by where they stand; names decide between alike ones only."""

    def __init__(self, guards: Iterable[Guard]) -> None:
        marks: dict[Key, list[tuple[int, int]]] = {}
        for position, g in enumerate(guards):
            for s, c in g.form.terms:
                marks.setdefault(s, []).append((position, c))
            if g.lookup is not None:
                marks.setdefault(g.lookup, []).append((position, -1))
        if len(marks) > 1:
            self.keys: list[Key] = sorted(marks, key=lambda k: marks[k])
        else:
            self.keys = list(marks)
        self.number = {key: k for k, key in enumerate(self.keys)}

    def row(self, g: Guard) -> Row:
        coefficients = {self.number[s]: c for s, c in g.form.terms}
        if g.lookup is None:
            return row(g.kind, coefficients, g.form.constant, g.modulus)
        opposed = {k: -c for k, c in coefficients.items()}
        return row(g.kind, {**opposed, self.number[g.lookup]: 1}, -g.form.constant, g.modulus)

    def rows(self, guards: Iterable[Guard]) -> list[Row]:
        return [self.row(g) for g in guards]

    def guard(self, r: Row) -> Guard | None:
        """A row as a guard; None for a bound on lookups that a guard can't express."""
        looked_up = [(key, c) for s, c in r.terms if isinstance(key := self.keys[s], Lookup)]
        form = Affine.build({key: c for s, c in r.terms if isinstance(key := self.keys[s], str)}, r.constant)
        if not looked_up:
            return Guard(r.kind, form, r.modulus)
        (lookup, factor), *more = looked_up
        if more or abs(factor) != 1 or r.kind not in ("eq", "ne"):
            return None
        return Guard(r.kind, form * -factor, lookup=lookup)


def rows_imply(context: Sequence[Row], r: Row) -> bool:
    n = normal(r)
    if isinstance(n, bool):
        return n or rows_empty(context)
    for known in context:
        k = normal(known)
        if k == n:
            return True
        if isinstance(k, Row) and k.kind == n.kind == "ge" and k.terms == n.terms and k.constant <= n.constant:
            return True
    return rows_empty([*context, opposite(n)])


def rows_empty(rows: Iterable[Row]) -> bool:
    """Whether no integers satisfy the rows: unit equalities are solved, what is left is decided part by part."""
    left = _solved(rows)
    if left is None:
        return True
    return any(_component_empty(canonical(part)) for part in components(left))


def _solved(rows: Iterable[Row]) -> list[Row] | None:
    """The rows with every equality that has a coefficient ±1 solved and gone; None where that shows they are empty."""
    left = tidy(rows)
    while left is not None:
        step = next(((r, s) for r in left if r.kind == "eq" for s, c in r.terms if abs(c) == 1), None)
        if step is None:
            return left
        left = tidy(substituted(left, *step))
    return None


LONGEST_SPLIT = 8
"""With more ≠ than this in one component isl decides."""


@lru_cache(maxsize=65536)
def _component_empty(rows: tuple[Row, ...]) -> bool:
    """`rows_empty` of connected rows without unit equalities."""
    left = _shadowed(rows)
    if left is None:
        return True
    if not left:
        return False
    unequal = [r for r in left if r.kind == "ne"]
    if unequal and len(unequal) <= LONGEST_SPLIT:
        others = [r for r in left if r is not unequal[0]]
        if rows_empty(others):
            return True
        below = Row("ge", tuple((s, -c) for s, c in unequal[0].terms), -unequal[0].constant - 1)
        above = Row("ge", unequal[0].terms, unequal[0].constant - 1)
        return rows_empty([*others, above]) and rows_empty([*others, below])
    symbols = 1 + max(s for r in left for s, _ in r.terms)
    return presburger.is_empty(left, symbols)


def _shadowed(rows: Sequence[Row]) -> list[Row] | None:
    """The rows without the symbols that pair off exactly; None where that shows them to be empty."""
    left: list[Row] | None = list(rows)
    progress = True
    while left and progress:
        progress = False
        for symbol in dict.fromkeys(s for r in left for s, _ in r.terms):
            smaller = shadow(left, symbol, growth=4)
            if smaller is not None:
                left = _solved(smaller)
                progress = True
                break
    return left


@lru_cache(maxsize=4096)
def rows_projected(rows: tuple[Row, ...], eliminate: tuple[int, ...], symbols: int) -> tuple[tuple[Row, ...], ...]:
    """∃ eliminate of the rows, as disjuncts: by equalities, then by pairing bounds, then by isl."""
    left = tidy(rows)
    gone = set(eliminate)
    while left is not None:
        step = _elimination(left, gone)
        if step is None:
            break
        left = tidy(step)
    if left is None or rows_empty(left):
        return ()
    held = [r for r in left if any(s in gone for s, _ in r.terms)]
    free = [r for r in left if r not in held]
    if not held:
        return (tuple(free),)
    return tuple((*free, *d) for d in presburger.without(held, symbols, gone, free))


def _elimination(rows: list[Row], gone: set[int]) -> list[Row] | None:
    """The rows without one more of the symbols to eliminate; None where none goes exactly."""
    choices = [(abs(c), k, s) for k, r in enumerate(rows) if r.kind == "eq" for s, c in r.terms if s in gone]
    if choices:
        _, k, symbol = min(choices)
        return substituted(rows, rows[k], symbol)
    for symbol in sorted(gone):
        if any(s == symbol for r in rows for s, _ in r.terms):
            smaller = shadow(rows, symbol, growth=4)
            if smaller is not None:
                return smaller
    return None
