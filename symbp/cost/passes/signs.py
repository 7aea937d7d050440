"""Signs are normalised: a minus costs something only where an output or a function's argument needs it.

    g = −f              is stored as f, and what reads g takes the minus
    Σ −f = −Σ f,  (−f)² = f²,  −a − b = −(a + b)
    −(a − b) c = (b − a) c,  (a − b)² = (b − a)²
    max −f = −min f,  min −f = −max f,  argmax −f = argmin f,  argmin −f = argmax f
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from symbp.calculus.expression import (
    MINUS_ONE,
    ZERO,
    Access,
    Add,
    Apply,
    Cases,
    Expr,
    Mul,
    Number,
    Power,
    Reduce,
    ReductionKind,
    Select,
    add,
    multiply,
    negate,
)
from symbp.calculus.model import Definition
from symbp.calculus.terms import positive_first
from symbp.cost.ordering import groups, reads
from symbp.cost.outlines import Outline, outlined
from symbp.cost.passes.differences import (
    Differences,
    Kind,
    Signed,
    differences_of,
    has_minus,
    kind_of,
    plain_sign,
    sums,
)
from symbp.cost.passes.zeros import is_conditional
from symbp.cost.program import Program

OPPOSITE: dict[ReductionKind, ReductionKind] = {"max": "min", "min": "max", "argmax": "argmin", "argmin": "argmax"}

MOST_TRIALS, TRIED_TOGETHER = 16, 8_000
"""Differences that are turned to see whether this saves negations; and definitions that are rewritten for it."""

NOMINAL = 7
"""What an index counts where the numbers of negations are compared."""


def signs(program: Program) -> Program:
    """An equal program with its signs normalised.

    A name that isn't an output may hold the negative of what it held. Differences that are each other's negatives
    become the same; which way round is chosen so that outputs need few negations. A program without negations all of
    whose differences that are alike stand one way round is left as it is.
    """
    differences = differences_of(program)
    if not differences.both_ways and not any(_takes_negations(outlined(d.body)[0]) for d in program.definitions):
        return program
    written = _Signs(program, differences, kept=frozenset(program.by_target), turns=False)
    best = _Signs(program, differences, together=written.groups)
    trials = min(MOST_TRIALS, TRIED_TOGETHER // max(1, len(program.definitions)))
    for change in best.changes()[:trials]:
        tried = best.changed(change)
        if tried.negations < best.negations:
            best = tried
    made = program.with_definitions(tuple(best.made[d.target] for d in program.definitions))
    now = best.negations, len(differences_of(made).both_ways)
    return made if now < (written.negations, len(differences.both_ways)) else program


@lru_cache(maxsize=50_000)
def _takes_negations(outline: Outline) -> bool:
    """Whether a formula of this outline takes negations as it is written."""
    alone = Program((Definition("", (), outline.body),), ("",), {})
    return _Signs(alone, Differences(), turns=False).negations > 0


class _Signs:
    """A program rewritten with differences of each kind in one direction; `kept` names don't give their minus away."""

    def __init__(
        self, program: Program, differences: Differences, wanted: Mapping[Kind, int] | None = None,
        kept: frozenset[str] = frozenset(), together: list[tuple[Definition, ...]] | None = None, *,
        turns: bool = True,
    ) -> None:
        self.program = program
        self.differences = differences
        self.wanted = dict(differences.wanted if wanted is None else wanted)
        self.kept = kept
        self.turns = turns
        self.flipped: set[str] = set()
        self.made: dict[str, Definition] = {}
        self.negations = 0
        self._negated: list[str] = []
        self._here = ""
        self._outputs = frozenset(program.outputs)
        original = program.by_target
        self._read = {name: reads(d.body) for name, d in original.items()}
        self.groups = groups(program.definitions) if together is None else together
        for group in self.groups:
            self._settle(list(group))

    def changes(self) -> list[Kind | str]:
        """What may save negations: kinds of differences that negated outputs depend on, and names that are flipped."""
        behind: set[str] = set()
        waiting = list(self._negated)
        while waiting:
            name = waiting.pop()
            if name in self.made and name not in behind:
                behind.add(name)
                waiting.extend(self._read[name])
        kinds: dict[Kind, None] = {}
        for d in self.made.values():
            for e, _ in sums(d.body) if d.target in behind else ():
                parts = [plain_sign(t) for t in e.terms]
                if len({s for s, _ in parts}) == 2:
                    kinds[kind_of(parts)[0]] = None
        names = [name for name in self.made if name in behind and name in self.flipped]
        return [*(kind for kind in kinds if kind in self.wanted), *names]

    def changed(self, change: Kind | str) -> _Signs:
        """The same with another direction for a kind of differences, or with a name that keeps its minus."""
        wanted, kept = self.wanted, self.kept
        if isinstance(change, str):
            kept = kept | {change}
        else:
            wanted = {**wanted, change: -wanted[change]}
        return _Signs(self.program, self.differences, wanted, kept, self.groups)

    def _settle(self, group: list[Definition]) -> None:
        """Those of the group are flipped that come out negative everywhere if all of these are flipped."""
        if not any(has_minus(d.body) or not self.flipped.isdisjoint(self._read[d.target]) for d in group):
            self.made.update((d.target, d) for d in group)
            return
        names = {d.target for d in group}
        flipped = names - self.kept - self._outputs
        so_far = self.negations, len(self._negated)
        while True:
            self.negations = so_far[0]
            del self._negated[so_far[1]:]
            self.flipped = (self.flipped - names) | flipped
            split = {d.target: self._split(d.body) for d in group}
            positive = {name for name in flipped if split[name][0] > 0}
            if not positive:
                break
            flipped -= positive
        for d in group:
            self._here = d.target
            sign, body = split[d.target]
            weight = NOMINAL ** len(d.indices)
            whole = body if d.target in flipped else self._realised(sign, body, weight)
            if _is_negative_somewhere(whole):
                self.negations += weight // NOMINAL
                self._negated.append(d.target)
            self.made[d.target] = d if whole == d.body else Definition(d.target, d.indices, whole)

    # A sign and a magnitude

    def _split(self, e: Expr) -> Signed:
        match e:
            case Number() :
                return plain_sign(e)
            case Access(name):
                return (-1 if name in self.flipped else 1), e
            case Mul(factors):
                split = [self._split(f) for f in factors]
                return _product(split), multiply(part for _, part in split)
            case Power(base, Number(n)) if n.denominator == 1:
                sign, part = self._split(base)
                return (sign if n % 2 else 1), Power(part, Number(n))
            case Add(terms):
                return self._sum([self._split(t) for t in terms])
            case Reduce("sum", binders, guards, body):
                sign, part = self._split(body)
                return sign, Reduce("sum", binders, guards, part)
            case Cases(branches):
                sign, parts = self._alternatives([self._split(b) for _, b in branches])
                return sign, Cases(tuple((g, p) for (g, _), p in zip(branches, parts, strict=True)))
            case Select(relation, left, right, yes, no):
                sign, (one, other) = self._alternatives([self._split(yes), self._split(no)])
                return sign, Select(relation, self._whole(left), self._whole(right), one, other)
            case Reduce("max" | "min" | "argmax" | "argmin" as kind, binders, guards, body, component):
                sign, part = self._split(body)
                if sign > 0:
                    return 1, Reduce(kind, binders, guards, part, component)
                return (1 if kind.startswith("arg") else -1), Reduce(OPPOSITE[kind], binders, guards, part, component)
            case Reduce(kind, binders, guards, body, component):
                return 1, Reduce(kind, binders, guards, self._whole(body), component)
            case Power(base, exponent):
                return 1, Power(self._whole(base), self._whole(exponent))
            case Apply(function, arguments, orders):
                return 1, Apply(function, tuple(self._whole(a) for a in arguments), orders)
            case _:
                return 1, e

    def _sum(self, parts: list[Signed]) -> Signed:
        """Terms that are all negative give their sign away; a difference is turned into the direction of its kind."""
        found = {s for s, e in parts if e != ZERO}
        if len(found) <= 1:
            return (-1 if found == {-1} else 1), add(e for _, e in parts)
        if not self.turns:
            return 1, add(_signed(s, e) for s, e in parts)
        kind, sign = kind_of(parts)
        turn = sign * self.wanted.setdefault(kind, sign)
        return turn, positive_first(add(_signed(s * turn, e) for s, e in parts))

    def _alternatives(self, parts: list[Signed]) -> tuple[int, list[Expr]]:
        found = {s for s, e in parts if e != ZERO}
        if found == {-1}:
            return -1, [e for _, e in parts]
        return 1, [self._realised(s, e, 1) for s, e in parts]

    def _whole(self, e: Expr) -> Expr:
        return self._realised(*self._split(e), 1)

    def _realised(self, sign: int, e: Expr, weight: int) -> Expr:
        """sign · e, where a minus is kept: in a difference of e that stands nowhere else, if there is one."""
        if sign > 0:
            return e
        turned = self._turned(e) if self.turns else None
        if turned is not None:
            return turned
        self.negations += weight
        self._negated.append(self._here)
        return negate(e)

    def _turned(self, e: Expr) -> Expr | None:
        """−e with no minus in front: (a − b) c as (b − a) c."""
        match e:
            case Add(terms):
                parts = [plain_sign(t) for t in terms]
                if len({s for s, _ in parts}) < 2 or self.differences.count.get(kind_of(parts)[0], 0) > 1:
                    return None
                return positive_first(add(_signed(-s, t) for s, t in parts))
            case Mul(factors):
                for place, f in enumerate(factors):
                    turned = self._turned(f)
                    if turned is not None:
                        return multiply((*factors[:place], turned, *factors[place + 1:]))
                return None
            case Reduce("sum", binders, guards, body):
                turned = self._turned(body)
                return None if turned is None else Reduce("sum", binders, guards, turned)
            case Cases(branches):
                bodies = [ZERO if b == ZERO else self._turned(b) for _, b in branches]
                found = tuple((g, b) for (g, _), b in zip(branches, bodies, strict=True) if b is not None)
                return Cases(found) if len(found) == len(branches) else None
            case _:
                return None


def _is_negative_somewhere(e: Expr) -> bool:
    """Whether all terms of a sum are negative but those that aren't there everywhere: along an edge, say."""
    if not isinstance(e, Add):
        return False
    there = [plain_sign(t)[0] for t in e.terms if not is_conditional(t)]
    return bool(there) and all(s < 0 for s in there)


def _signed(sign: int, e: Expr) -> Expr:
    return e if sign > 0 else multiply((MINUS_ONE, e))


def _product(parts: Iterable[Signed]) -> int:
    sign = 1
    for s, _ in parts:
        sign *= s
    return sign
