"""Clauses about a chain's sums: which units feed which, in the letters of the display that they stand in front of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbp.calculus.affine import Affine, Index
from symbp.calculus.derivation import Route, Solved, Step
from symbp.calculus.expression import Access, Cases, Expr, Position, Reduce, children
from symbp.render.blocks import Comparison, Formula, Inline, Sentence, Where
from symbp.render.lines import Lines
from symbp.render.printer import Context
from symbp.render.prose import Prose


class Reasons:
    """The clauses of the steps that make one display."""

    def __init__(self, lines: Lines, prose: Prose, steps: Sequence[Step]) -> None:
        self.prose = prose
        self.routes = [n for s in steps for n in s.notes if isinstance(n, Route)]
        first = steps[0]
        afters = [s.after for s in steps]
        shown = lines.vocabulary.display(first.indices, first.before, *afters)
        spelled: dict[str, str] = {}
        for e in (first.before, *afters):
            spelled = {**_spelled(e, shown), **spelled}
        self.context = _with_letters(shown, spelled)

    def formula(self, e: Expr) -> Formula:
        return Formula(e, self.context)

    def position(self, form: Affine) -> Formula:
        return Formula(Position(form), self.context)

    def letters(self, indices: Sequence[Index]) -> Sentence:
        return self.prose.listed([self.position(Affine.of(i.name)) for i in indices])

    def chain(self, step: Step) -> list[Sentence]:
        """By the chain rule over every β_m; b_h feeds every β_m, so their contributions are added."""
        routes = [n for n in step.notes if isinstance(n, Route)]
        units = [self.formula(u) for u in dict.fromkeys(_unit(r) for r in self.routes if r.unit)]
        over = self.prose.say("told.chain_over", units=self.prose.listed(units)) if units else None
        found = [over or self.prose.say("told.chain")]
        found.extend(self._forks())
        for r in routes:
            found.extend(self._stays(r))
        return [*found, *self.solved(step)]

    def _forks(self) -> list[Sentence]:
        """a_j feeds z_k and o_j: the branches of a sum that no index makes."""
        readers: dict[Access, dict[Access, None]] = {}
        for r in self.routes:
            readers.setdefault(r.source, {})[r.reader] = None
        return [
            self.prose.say(
                "told.forks", source=self.formula(source), readers=self.prose.listed([self.formula(r) for r in read_by])
            )
            for source, read_by in readers.items() if len({r.name for r in read_by}) > 1
        ]

    def _stays(self, route: Route) -> list[Sentence]:
        if not route.summed:
            return []
        every = len(route.summed) == len(route.unit)
        reader = self.formula(_unit(route) if every else route.reader)
        key = "told.branch" if every else "told.branch_shared"
        letters = self.letters(route.summed)
        return [self.prose.say(key, source=self.formula(route.source), reader=reader, letters=letters)]

    def collapse(self, step: Step) -> list[Sentence]:
        """Of all β_m only β_j depends on w_hj, so the sum over m keeps that one term."""
        found: list[Sentence] = []
        for note in step.notes:
            if isinstance(note, Route) and note.fixed:
                found.append(self.prose.say(
                    "told.collapse", units=self.formula(_unit(note)), reader=self.formula(note.reader),
                    source=self.formula(note.source), letters=self.letters([i for i, _ in note.fixed]),
                ))
            if isinstance(note, Route):
                found.extend(self._borders(note))
        return found

    def _borders(self, route: Route) -> list[Sentence]:
        found = []
        for index, steps in route.shift:
            key = "told.later" if steps > 0 else "told.earlier"
            letter = self.position(Affine.of(index.name))
            found.append(self.prose.say(key, reader=self.formula(route.reader), letter=letter))
        if route.guards:
            where = Where(route.guards, self.context)
            reader, source = self.formula(route.reader), self.formula(route.source)
            found.append(self.prose.say("told.border", reader=reader, source=source, conditions=where))
        return found

    def solved(self, step: Step) -> list[Sentence]:
        """z_pq reads a_{2p+r}, which is a_i exactly where r = i − 2p."""
        found: list[Sentence] = []
        for note in step.notes:
            if isinstance(note, Solved):
                found.append(self.prose.say(
                    "told.solved", reader=self.formula(note.reader), written=self.formula(note.written),
                    source=self.formula(note.source), values=self._values(note),
                ))
                if note.reversed_in:
                    found.append(self.prose.say("told.reversed", letters=self.letters(note.reversed_in)))
        return found

    def reindexed(self, step: Step) -> list[Sentence]:
        """Σ_p over K_{i−p} as Σ_r over D_{i−r}, by p = i − r."""
        notes = (n for n in step.notes if isinstance(n, Solved))
        return [self.prose.say("told.reindexed", values=self._values(n)) for n in notes]

    def _values(self, note: Solved) -> tuple[Inline, ...]:
        return self.prose.listed([
            Comparison(self.position(Affine.of(i.name)), "==", self.position(form)) for i, form in note.values
        ])


def _unit(route: Route) -> Access:
    """The reader at its own letters: any of its units."""
    values = {i.name for i in route.unit}
    fixed = {form: index for index, form in route.fixed}
    subscripts = []
    for s in route.reader.subscripts:
        index = fixed.get(s) if isinstance(s, Affine) and s.as_symbol not in values else None
        subscripts.append(Affine.of(index.name) if index is not None else s)
    return Access(route.reader.name, tuple(subscripts))


def _spelled(e: Expr, context: Context) -> dict[str, str]:
    """The letters that the printer gives to the binders in a formula, the first for each."""
    found: dict[str, str] = {}
    if isinstance(e, Reduce):
        context = context.under(e, e.binders)
        found = {b.name: context.letters.letter(b.name) for b in e.binders}
    parts = [body for _, body in e.branches] if isinstance(e, Cases) else children(e)
    for part in parts:
        found = {**_spelled(part, context), **found}
    return found


def _with_letters(context: Context, spelled: dict[str, str]) -> Context:
    letters = context.letters
    return replace(context, letters=replace(letters, spelled={**spelled, **letters.spelled}))
