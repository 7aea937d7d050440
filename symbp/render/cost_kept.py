"""Values that a counted program keeps under names of its own: their formulas take the place of the names."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from symbp.calculus.affine import Affine, Guard, Index
from symbp.calculus.expression import Access, Cases, Expr, walk
from symbp.calculus.indices import inline_accesses, substitute
from symbp.calculus.model import whole_access
from symbp.cost.ordering import reads
from symbp.cost.program import Program
from symbp.render.blocks import Comparison, Formula, Sentence, Where
from symbp.render.cost_lines import in_partials
from symbp.render.cost_names import quantity
from symbp.render.lines import Lines
from symbp.render.prose import Prose

LONGEST = 16
"""Nodes of a formula that stands in a sentence in place of its name."""


class Kept:
    """The lines of a program that have no name in the model."""

    def __init__(self, lines: Lines, program: Program, known: Collection[str]) -> None:
        self.lines = lines
        self.own = {d.target: d for d in program.definitions if d.target not in known}

    def element(self, prose: Prose, indices: tuple[Index, ...], name: str) -> Sentence:
        """An element as a formula; as an equation where it recurs, has several cases, or is long."""
        own = tuple(s for s in whole_access(indices, name).subscripts if isinstance(s, Affine))
        shown = self.formula(name, own)
        formula = self._inlined(name)
        if name in self.own and formula is None:
            right = in_partials(self.lines, self.own[name].body)
            context = self.lines.vocabulary.display(indices, shown, right)
            return (Comparison(Formula(shown, context), "==", Formula(right, context)),)
        context = self.lines.vocabulary.display(indices, shown)
        if formula is None or not formula.where:
            return (Formula(shown, context),)
        where = Where(formula.where, context)
        return prose.say("costs.reader_where", reader=(Formula(shown, context),), conditions=where)

    def formula(self, name: str, subscripts: tuple[Affine, ...]) -> Expr:
        """What stands for an element where it is defined: its formula where that is short, else its name."""
        made = self._inlined(name)
        return quantity(self.lines, name, subscripts) if made is None else in_partials(self.lines, made.at(subscripts))

    def _inlined(self, name: str) -> _Short | None:
        d = self.own.get(name)
        if d is None or name in reads(d.body):
            return None
        where, body = d.body.branches[0] if isinstance(d.body, Cases) and len(d.body.branches) == 1 else ((), d.body)
        if any(isinstance(e, Cases) for e in walk(body)):
            return None
        inlined = inline_accesses(body, self._instead, tuple(i.name for i in d.indices))
        return _Short(d.indices, where, inlined) if sum(1 for _ in walk(inlined)) <= LONGEST else None

    def _instead(self, access: Access) -> Expr | None:
        made = self._inlined(access.name)
        subscripts = tuple(s for s in access.subscripts if isinstance(s, Affine))
        if made is None or made.where or len(subscripts) < len(access.subscripts):
            return None
        return made.at(subscripts)


@dataclass(frozen=True)
class _Short:
    """The formula of name[indices], where the conditions hold."""

    indices: tuple[Index, ...]
    where: tuple[Guard, ...]
    body: Expr

    def at(self, subscripts: tuple[Affine, ...]) -> Expr:
        return substitute(self.body, {i.name: s for i, s in zip(self.indices, subscripts, strict=True)})
