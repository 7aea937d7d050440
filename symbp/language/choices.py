"""`where`: conditions on indices become cases, conditions on numbers a selection."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from symbp.calculus.affine import Guard
from symbp.calculus.expression import Relation, Select
from symbp.calculus.model import Piece
from symbp.calculus.sets import shortened
from symbp.language import syntax
from symbp.language.bounds import context_of
from symbp.language.conditions import Cases, TooManyCases, cases, is_about_indices
from symbp.language.elementary import Place, within
from symbp.language.steps import Steps
from symbp.language.value import Value, guarded, merged, of_atom, of_factor

if TYPE_CHECKING:
    from symbp.language.expressions import Formulas

RELATIONS: dict[str, Relation] = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "==", "!=": "!="}

Branch = tuple[tuple[Guard, ...], Value]


class Choices:
    """The `where`s of one author's definition."""

    def __init__(self, formulas: Formulas) -> None:
        self._formulas = formulas

    def about_indices(self, condition: syntax.Condition, place: Place) -> bool:
        return is_about_indices(condition, lambda e: self._formulas.accesses.side(e, place))

    def cases(self, condition: syntax.Condition, place: Place, holds: bool = True) -> Cases:
        """The condition as disjoint guard sets; a mistake and no set at all where there are too many."""
        context = (*context_of(place), *place.guards)
        try:
            found = cases(condition, lambda e: self._formulas.accesses.side(e, place), context, holds)
        except TooManyCases as many:
            self._formulas.error(many.condition.span, "the condition falls into too many cases", "write it in parts")
            return ()
        return tuple(shortened(g, context) for g in found)

    def branches(self, e: syntax.Expression, place: Place) -> Steps[list[Branch]]:
        """A formula as disjoint cases that cover the place: one for anything but a `where` on indices."""
        if isinstance(e, syntax.Where):
            e = separated(e, lambda c: self.about_indices(c, place))
        if not isinstance(e, syntax.Where) or not self.about_indices(e.condition, place):
            value = yield self._formulas.value(e, place)
            return [((), value)]
        found: list[Branch] = []
        for holds, part in ((True, e.yes), (False, e.no)):
            for guards in self.cases(e.condition, place, holds):
                inner = Place(place.env, place.indices, merged(place.guards, guards), place.inside, place.helpers)
                nested: list[Branch] = yield self.branches(part, inner)
                found.extend((merged(guards, further), value) for further, value in nested)
        return found

    def value(self, e: syntax.Where, place: Place) -> Steps[Value]:
        """A `where` inside a formula."""
        e = separated(e, lambda c: self.about_indices(c, place))
        if not self.about_indices(e.condition, place):
            branches: list[Value] = []
            for part in (e.yes, e.no):
                value: Value = yield self._formulas.value(part, place)
                branches.append(of_atom(self._formulas.owner.atom(value, place), value.partial))
            yes, no = branches
            chosen: Value = yield self._select(e.condition, yes, no, place, True)
            return chosen
        found: list[Branch] = yield self.branches(e, place)
        filled = [(g, v) for g, v in found if v.terms]
        if not filled:
            return Value(())
        owner = self._formulas.owner
        if len(filled) == 1:
            guards, value = filled[0]
            inner = Place(place.env, place.indices, merged(place.guards, guards), place.inside, place.helpers)
            if len(value.terms) == 1 and not value.is_extremal:
                return guarded(value, guards)
            if value.is_extremal:
                return guarded(of_atom(owner.atom(value, inner)), guards)
        pieces = tuple(Piece(g, v.terms) for g, v in found)
        if place.guards:
            pieces = within(pieces, place.guards)
        return of_atom(owner.define(pieces, place))

    def _select(
        self, condition: syntax.Condition, yes: Value, no: Value, place: Place, holds: bool
    ) -> Steps[Value]:
        """yes where a condition on numbers holds (or fails, as `holds` says), else no."""
        match condition:
            case syntax.Not(operand=operand):
                return self._select(operand, yes, no, place, not holds)
            case syntax.Comparison():
                return self._compare(condition, *((yes, no) if holds else (no, yes)), place)
            case _:
                return self._connected(condition, *((yes, no) if holds else (no, yes)), place)

    def _connected(self, condition: syntax.And | syntax.Or, yes: Value, no: Value, place: Place) -> Steps[Value]:
        conjunction = isinstance(condition, syntax.And)
        value = yes if conjunction else no
        for part in reversed(condition.operands):
            value = yield self._select(part, *((value, no) if conjunction else (yes, value)), place, True)
        return value

    def _compare(self, node: syntax.Comparison, yes: Value, no: Value, place: Place) -> Steps[Value]:
        owner = self._formulas.owner
        sides: list[Value] = []
        for operand in node.operands:
            sides.append((yield self._formulas.value(operand, place)))
        value, otherwise = yes, owner.atom(no, place)
        links = list(zip(sides[:-1], node.relations, sides[1:], strict=True))
        for left, relation, right in reversed(links):
            compared = owner.atom(left, place), owner.atom(right, place)
            chosen = Select(RELATIONS[relation], *compared, owner.atom(value, place), otherwise)
            value = of_factor(chosen, yes.partial or no.partial or left.partial or right.partial)
        return value


def separated(e: syntax.Where, about_indices: Callable[[syntax.Condition], bool]) -> syntax.Where:
    """where(A and B, a, b) with A about indices, B about numbers, as where(A, where(B, a, b), b); likewise for `or`."""
    condition = e.condition
    if not isinstance(condition, (syntax.And, syntax.Or)):
        return e
    ours = tuple(c for c in condition.operands if about_indices(c))
    others = tuple(c for c in condition.operands if not about_indices(c))
    if not ours or not others:
        return e
    kind = type(condition)
    first = ours[0] if len(ours) == 1 else kind(condition.span, ours)
    second = others[0] if len(others) == 1 else kind(condition.span, others)
    inner = syntax.Where(e.span, second, e.yes, e.no)
    if isinstance(condition, syntax.And):
        return syntax.Where(e.span, first, inner, e.no)
    return syntax.Where(e.span, first, e.yes, inner)

