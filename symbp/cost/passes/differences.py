"""Differences in formulas: those that are equal up to letters and signs, and which way round they stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from symbp.calculus.expression import Access, Add, Expr, Mul, Number, Power, children, negate, walk
from symbp.calculus.matching import Signature, signature
from symbp.cost.outlines import Outline, outlined
from symbp.cost.program import Program

Signed = tuple[int, Expr]
"""A sign and what it stands before."""

Kind = tuple[Signature, ...]
"""What differences have in common that are equal up to letters and signs."""


@dataclass
class Differences:
    """The differences of a program by kind: how often each stands there, and the sign of its first term."""

    wanted: dict[Kind, int] = field(default_factory=dict)
    count: dict[Kind, int] = field(default_factory=dict)
    both_ways: dict[Kind, None] = field(default_factory=dict)
    """Kinds of which some stand one way round and some the other."""


def differences_of(program: Program) -> Differences:
    """A difference in a square takes the direction of those that stand elsewhere."""
    found = Differences()
    squared: dict[Kind, int] = {}
    for d in program.definitions:
        outline, names = outlined(d.body)
        for difference in _outlined_differences(outline):
            kind, sign = difference.kind(names)
            found.count[kind] = found.count.get(kind, 0) + 1
            here = squared if difference.in_square else found.wanted
            if sign != here.setdefault(kind, sign) or sign != squared.get(kind, sign):
                found.both_ways[kind] = None
    found.wanted = {**squared, **found.wanted}
    return found


@dataclass(frozen=True)
class _OutlinedDifference:
    """A difference in formulas of one outline."""

    signatures: tuple[Signature, ...]
    """Of its terms, without their signs, in one formula."""
    signs: tuple[int, ...]
    order: tuple[int, ...]
    """In which order the terms stand that have the same signature."""
    accesses: tuple[tuple[int, int, int], ...]
    """Where in which signature the how manyth name stands."""
    in_square: bool

    def kind(self, names: Sequence[str]) -> tuple[Kind, int]:
        """Its kind in a formula with these names, and the sign of the term that comes first."""
        made = [list(s) for s in self.signatures]
        for term, place, name in self.accesses:
            made[term][place] = names[name]
        ordered = sorted([(tuple(s), self.order[k], self.signs[k]) for k, s in enumerate(made)])
        return tuple([s for s, _, _ in ordered]), ordered[0][2]


@lru_cache(maxsize=50_000)
def _outlined_differences(outline: Outline) -> tuple[_OutlinedDifference, ...]:
    if not has_minus(outline.body):
        return ()
    number = {name: k for k, name in enumerate(outline.names)}
    found = []
    for e, in_square in sums(outline.body):
        parts = [plain_sign(t) for t in e.terms]
        if len({s for s, _ in parts}) == 2:
            accesses = tuple(
                (term, place, number[n.name]) for term, (_, part) in enumerate(parts)
                for place, n in enumerate(walk(part)) if isinstance(n, Access)
            )
            written = sorted(range(len(parts)), key=lambda k: repr(parts[k][1]))
            order = tuple(written.index(k) for k in range(len(parts)))
            signatures = tuple(signature(part) for _, part in parts)
            found.append(_OutlinedDifference(signatures, tuple(s for s, _ in parts), order, accesses, in_square))
    return tuple(found)


@lru_cache(maxsize=50_000)
def has_minus(e: Expr) -> bool:
    """Whether a negative number stands in the formula."""
    return any(isinstance(n, Number) and n.value < 0 for n in walk(e))


def sums(body: Expr) -> Iterable[tuple[Add, bool]]:
    """Every sum of terms, and whether it is squared."""
    stack = [(body, False)]
    while stack:
        e, in_square = stack.pop()
        if isinstance(e, Add):
            yield e, in_square
        even = isinstance(e, Power) and is_even(e.exponent)
        stack.extend((c, even) for c in reversed(children(e)))


def plain_sign(e: Expr) -> Signed:
    """The sign that is written in front of a term."""
    match e:
        case Number(value) if value < 0:
            return -1, Number(-value)
        case Mul((Number(value), *_)) if value < 0:
            return -1, negate(e)
        case _:
            return 1, e


def kind_of(parts: list[Signed]) -> tuple[Kind, int]:
    """The kind of a difference, and the sign of the term that comes first among its signatures."""
    signed = sorted((signature(e), k) for k, (_, e) in enumerate(parts))
    first = [k for s, k in signed if s == signed[0][0]]
    place = first[0] if len({parts[k][0] for k in first}) == 1 else min(first, key=lambda k: repr(parts[k][1]))
    return tuple(s for s, _ in signed), parts[place][0]


def is_even(exponent: Expr) -> bool:
    return isinstance(exponent, Number) and exponent.value.denominator == 1 and exponent.value % 2 == 0
