"""Conditions on indices as disjoint sets of guards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from symbp.calculus.affine import Guard, Lookup
from symbp.calculus.sets import empty, negation
from symbp.language import syntax
from symbp.language.linear import Linear

MOST = 64
"""A condition that falls into more cases is refused."""

GuardSet = tuple[Guard, ...]
Cases = tuple[GuardSet, ...]
Side = Linear | Lookup
"""One side of a comparison of indices: linear, or an integer input's value."""

Read = Callable[[syntax.Expression], Side | None]
"""A formula as a side; None where it is a number of the data."""


class TooManyCases(Exception):
    """A condition whose disjoint form has more than MOST parts."""

    def __init__(self, condition: syntax.Condition) -> None:
        self.condition = condition
        super().__init__()


def comparisons(condition: syntax.Condition) -> Iterable[syntax.Comparison]:
    """Every comparison of a condition, left to right."""
    stack = [condition]
    while stack:
        node = stack.pop()
        match node:
            case syntax.Comparison():
                yield node
            case syntax.Not(operand=operand):
                stack.append(operand)
            case syntax.And(operands=several) | syntax.Or(operands=several):
                stack.extend(reversed(several))


def guard_of(left: Side, relation: str, right: Side) -> Guard | None:
    """left relation right as one guard; None where no guard says it."""
    if isinstance(left, Lookup) and isinstance(right, Linear):
        return _lookup_guard(left, relation, right)
    if isinstance(right, Lookup) and isinstance(left, Linear):
        return _lookup_guard(right, relation, left)
    if isinstance(left, Lookup) or isinstance(right, Lookup):
        return None
    difference = left.plus(right, Fraction(-1))
    form = difference.times(Fraction(difference.denominator)).affine()
    if form is None:
        return None
    match relation:
        case "<":
            return Guard("ge", -form - 1)
        case "<=":
            return Guard("ge", -form)
        case ">":
            return Guard("ge", form - 1)
        case ">=":
            return Guard("ge", form)
        case "==":
            return Guard("eq", form)
        case _:
            return Guard("ne", form)


def _lookup_guard(lookup: Lookup, relation: str, side: Linear) -> Guard | None:
    form = side.affine()
    if form is None or relation not in ("==", "!="):
        return None
    return Guard("eq" if relation == "==" else "ne", form, lookup=lookup)


def comparison_guards(node: syntax.Comparison, read: Read) -> GuardSet | None:
    """A chain as guards; None where a side isn't made of indices."""
    sides = [read(e) for e in node.operands]
    guards: list[Guard] = []
    for left, relation, right in zip(sides[:-1], node.relations, sides[1:], strict=True):
        guard = None if left is None or right is None else guard_of(left, relation, right)
        if guard is None:
            return None
        guards.append(guard)
    return tuple(guards)


def is_about_indices(condition: syntax.Condition, read: Read) -> bool:
    return all(comparison_guards(c, read) is not None for c in comparisons(condition))


def cases(condition: syntax.Condition, read: Read, context: Sequence[Guard], holds: bool = True) -> Cases:
    """The condition (or its contrary) as disjoint sets of guards, none empty within the context."""
    splitter = _Splitter(read, tuple(context))
    found = splitter.split(condition, holds)
    if len(found) == 1:
        return found
    return tuple(g for g in found if not empty((*context, *g)))


def complement(guards: Sequence[Guard]) -> Cases:
    """Where not all of the guards hold, as disjoint sets."""
    return tuple((*guards[:k], negation(g)) for k, g in enumerate(guards))


class _Splitter:
    def __init__(self, read: Read, context: GuardSet) -> None:
        self._read = read
        self._context = context
        self._known: dict[tuple[int, bool], Cases] = {}

    def split(self, node: syntax.Condition, holds: bool) -> Cases:
        key = (id(node), holds)
        if key not in self._known:
            found = self._split(node, holds)
            if len(found) > MOST:
                found = tuple(g for g in found if not empty((*self._context, *g)))
            if len(found) > MOST:
                raise TooManyCases(node)
            self._known[key] = found
        return self._known[key]

    def _split(self, node: syntax.Condition, holds: bool) -> Cases:
        match node:
            case syntax.Comparison():
                guards = comparison_guards(node, self._read)
                assert guards is not None
                return (guards,) if holds else complement(guards)
            case syntax.Not(operand=operand):
                return self.split(operand, not holds)
            case syntax.And(operands=several):
                return self._all(several, holds) if holds else self._any(several, holds)
            case syntax.Or(operands=several):
                return self._any(several, holds) if holds else self._all(several, holds)

    def _all(self, several: Sequence[syntax.Condition], holds: bool) -> Cases:
        found: Cases = ((),)
        for part in several:
            found = self._both(found, self.split(part, holds))
        return found

    def _any(self, several: Sequence[syntax.Condition], holds: bool) -> Cases:
        found: Cases = ()
        before: Cases = ((),)
        for part in several:
            found = (*found, *self._both(before, self.split(part, holds)))
            before = self._both(before, self.split(part, not holds))
        return found

    def _both(self, first: Cases, second: Cases) -> Cases:
        found = []
        for a in first:
            for b in second:
                guards = tuple(dict.fromkeys((*a, *b)))
                if not any(negation(g) in guards for g in guards):
                    found.append(guards)
        if len(found) > MOST:
            found = [g for g in found if not empty((*self._context, *g))]
        return tuple(found)
