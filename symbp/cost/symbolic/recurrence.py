"""Definitions that read each other along an axis: what stands in their elements, in a few stretches of steps.

From the first step on, single steps at the border are worked out one by one. As soon as a step looks like the one
before it (the same literals and signs), the rest of the axis, or of a stretch that conditions cut from it, is one
linear recurrence, whose solution is a function of the step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from symbp.calculus.affine import Affine, Guard, Index, Range
from symbp.calculus.expression import Access
from symbp.calculus.indices import substitute
from symbp.calculus.model import Definition
from symbp.cost.convention import LEAF, PLAIN, Part
from symbp.cost.symbolic.axes import Order, order_of
from symbp.cost.symbolic.cells import cells, cut
from symbp.cost.symbolic.context import Context, NoClosedForm, Undecided
from symbp.cost.symbolic.form import Form
from symbp.cost.symbolic.integers import Integers
from symbp.cost.symbolic.parts import Reader, Walk
from symbp.cost.symbolic.pieces import Piece, Pieces
from symbp.cost.symbolic.reductions import Cost, Count
from symbp.cost.symbolic.solving import STEP, Earlier, at_step, law, same, solved

MOST_BORDER_STEPS = 8
"""So many steps in a row may differ from the one before; then no law is looked for any more."""


class Unsteady(Exception):
    """A stretch doesn't go on as the step before it."""


class Stretch(NamedTuple):
    """The steps first … last of the definitions that have them; parts are functions of STEP.

    A stretch that may be empty is joined: its parts hold at first − 1 as well, which is its last step then.
    """

    first: Affine
    last: Affine
    parts: Mapping[str, Part[Count]]
    joined: bool = False


class Recurrence:
    """The elements of definitions that read each other."""

    def __init__(
        self, members: Sequence[Definition], context: Context, read: Reader, integers: Integers,
        primitives: frozenset[str], counted: bool, met: bool = False,
    ) -> None:
        self._order: Order = order_of(members)
        self._context = context
        self._outer = read
        self._walk = Walk(self._read, integers, primitives)
        self._counted = counted
        self._met = met
        self._stretches: list[Stretch] = []
        self._now: dict[str, Part[Count]] = {}
        self._relied_on: dict[str, None] = {}
        self._first: Affine | None = None
        self._point: Affine | None = None
        self._members = {d.target: self._stepped(d) for d in members}
        self._indices = {d.target: d.indices for d in members}

    def pieces(self) -> dict[str, Pieces]:
        """What stands in the elements; raises Undecided about sizes, and NoClosedForm."""
        first = self._extreme([r.lower for _, r in self._ranges()], -1)
        last = self._extreme([r.upper for _, r in self._ranges()], 1)
        border = 0
        while self._context.at_most(first, last):
            made = self._advance(first, last)
            border = border + 1 if made.first == made.last else 0
            if border > MOST_BORDER_STEPS:
                raise NoClosedForm("recurrence", self._order.names[0])
            self._append(made)
            first = made.last + 1
        return {name: self._pieces(name) for name in self._order.names}

    def _append(self, made: Stretch) -> None:
        """A step that the law of a joined stretch gives belongs to it."""
        before = self._stretches.pop() if made.joined else None
        if before is not None and before.first == before.last and before.parts.keys() == made.parts.keys():
            made = Stretch(before.first, made.last, made.parts)
        elif before is not None:
            self._stretches.append(before)
        self._stretches.append(made)

    def _stepped(self, d: Definition) -> tuple[Definition, Range]:
        """The definition with its index at STEP for the index at its axis, and its steps."""
        index = d.indices[self._order.axes[d.target]]
        others = tuple(i for i in d.indices if i != index)
        if _reads(index.range, d.indices):
            raise NoClosedForm("width", d.target)
        steps = self._order.index_at(d.target, Affine.of(STEP))
        ends = (self._order.step_of(d.target, index.range.lower), self._order.step_of(d.target, index.range.upper))
        body = substitute(d.body, {index.name: steps})
        moved = tuple(Index(i.name, i.range.substitute({index.name: steps})) for i in others)
        return Definition(d.target, moved, body), Range(*ends[:: self._order.direction])

    def _ranges(self) -> list[tuple[str, Range]]:
        return [(name, self._members[name][1]) for name in self._order.names]

    def _extreme(self, forms: Sequence[Affine], sign: int) -> Affine:
        """The largest form (sign 1) or the smallest (−1)."""
        best = forms[0]
        for f in forms[1:]:
            if self._context.at_most(best * sign, f * sign):
                best = f
        return best

    def _advance(self, first: Affine, last: Affine) -> Stretch:
        """The next stretch, as long as possible."""
        active = []
        for name, within in self._ranges():
            if not self._context.at_most(within.lower, first):
                last = self._extreme([last, within.lower - 1], -1)
            elif self._context.at_most(first, within.upper):
                active.append(name)
                last = self._extreme([last, within.upper], -1)
        while first != last:
            try:
                return self._steady(first, last, active)
            except Unsteady:
                if not self._context.at_most(first, last):
                    raise NoClosedForm("order", active[0]) from None
                last = first
            except Undecided as question:
                if STEP not in question.guard.symbols:
                    raise
                parts = cut(STEP, first, last, question.guard, self._context)
                last = next(b for a, b in parts if self._context.known(Guard("ge", b - a)) is not False)
        return self._single(first, active)

    def _single(self, step: Affine, active: Sequence[str]) -> Stretch:
        try:
            parts = self._evaluated(active, step, step)
        except Undecided as question:
            raise Undecided(question.guard.substitute({STEP: step})) from None
        at = {n: p._replace(cost=at_step(p.cost, step)) for n, p in parts.items()}
        return Stretch(step, step, at)

    def _steady(self, first: Affine, last: Affine, active: Sequence[str]) -> Stretch:
        parts = self._evaluated(active, first, last)
        laws = {name: law(part.cost, name) for name, part in parts.items()}
        used = {e for own in laws.values() for e in own.factors}
        states = {name: (part.literal, part.sign) for name, part in parts.items()}
        before = {name: self._known(name, first - 1) for name in active}
        for name in self._relied_on:
            known = before.get(name)
            if known is None or states[name] != (known.literal, known.sign):
                raise Unsteady
        starts = {name: known.cost for name, known in before.items() if known is not None}
        found = solved(laws, first, starts)
        back = {name: max((e.distance for e in used if e.name == name), default=0) for name in active}
        self._check_before(found, first, back)
        joined = all(
            (known := before[name]) is not None
            and states[name] == (known.literal, known.sign)
            and same(at_step(found[name], first - 1), known.cost)
            for name in active
        )
        if not joined:
            self._context.decide(Guard("ge", last - first))
        return Stretch(first, last, {n: p._replace(cost=found[n]) for n, p in parts.items()}, joined)

    def _check_before(self, found: Mapping[str, Cost], first: Affine, back: Mapping[str, int]) -> None:
        """The law must hold for the steps that the stretch reads before its own."""
        for name, far in back.items():
            for k in range(1, far + 1):
                known = self._known(name, first - k)
                if known is None or not same(at_step(found[name], first - k), known.cost):
                    raise Unsteady

    def _evaluated(self, active: Sequence[str], first: Affine, last: Affine) -> dict[str, Part[Count]]:
        self._now = {}
        self._relied_on = {}
        self._first = first
        self._point = first if first == last else None
        context = self._context.within(STEP, first, last)
        for name in active:
            self._now[name] = self._uniform(self._members[name][0], context)
        return self._now

    def _uniform(self, d: Definition, context: Context) -> Part[Count]:
        """The part that all elements of a step share."""
        found = [c.value for c in cells(d.indices, context, lambda c: self._walk.part(d.body, c))]
        first = found[0]
        own = {i.name for i in d.indices}
        for part in found:
            varied = any(own.intersection(c.symbols) for c in part.cost.values() if isinstance(c, Form))
            alike = (part.literal, part.sign) == (first.literal, first.sign)
            if not alike or (self._counted and (varied or not same(part.cost, first.cost))):
                raise NoClosedForm("width", d.target)
        if not self._counted:
            return first._replace(cost={LEAF: 1})
        return with_own(first, d.target) if self._met else first

    def _read(self, access: Access, context: Context) -> Part[Count]:
        """What an access costs; an element that doesn't exist is read in a cell that holds no point, for nothing."""
        if access.name not in self._members:
            return self._outer(access, context)
        at = access.subscripts[self._order.axes[access.name]]
        assert isinstance(at, Affine)
        behind = (Affine.of(STEP) - self._order.step_of(access.name, at)).constant
        if behind == 0:
            return self._now.get(access.name, PLAIN)
        if self._point is not None:
            return self._known(access.name, self._point - behind) or PLAIN
        return self._assumed(access.name, behind)

    def _assumed(self, name: str, behind: int) -> Part[Count]:
        """What is read `behind` steps earlier, as an unknown that looks as the steps before the stretch did."""
        assert self._first is not None
        known = [self._known(name, self._first - k) for k in range(1, behind + 1)]
        latest = known[0]
        if latest is None or any(p is None or (p.literal, p.sign) != (latest.literal, latest.sign) for p in known):
            raise Unsteady
        self._relied_on[name] = None
        cost: Cost = {Earlier(name, behind): 1} if latest.literal is None else latest.cost
        return latest._replace(cost=cost)

    def _known(self, name: str, step: Affine) -> Part[Count] | None:
        """The part at a step that has been worked out; None where there is none."""
        for stretch in reversed(self._stretches):
            first = stretch.first - 1 if stretch.joined else stretch.first
            if name in stretch.parts and self._context.at_most(first, step):
                if not self._context.at_most(step, stretch.last):
                    return None
                part = stretch.parts[name]
                return part._replace(cost=at_step(part.cost, step))
        return None

    def _pieces(self, name: str) -> Pieces:
        index = self._indices[name][self._order.axes[name]].name
        step = self._order.step_of(name, Affine.of(index))
        made = []
        for s in self._stretches:
            if name not in s.parts:
                continue
            within = (Guard("ge", step - s.first), Guard("ge", s.last - step))
            guards = (Guard("eq", step - s.first),) if s.first == s.last else within
            part = s.parts[name]
            made.append(Piece(guards, part._replace(cost=at_step(part.cost, step))))
        return Pieces(tuple(i.name for i in self._indices[name]), tuple(made))


def with_own(part: Part[Count], name: str) -> Part[Count]:
    """An element's part that counts the element besides, unless it is literal."""
    if part.literal is not None:
        return part
    return part._replace(cost={**part.cost, (name,): part.cost.get((name,), 0) + 1})


def _reads(within: Range, indices: Sequence[Index]) -> bool:
    symbols = (*within.lower.symbols, *within.upper.symbols)
    return any(i.name in symbols for i in indices)
