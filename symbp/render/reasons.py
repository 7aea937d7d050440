"""Clauses about a chain's sums: which units feed which, in the letters of the display that they stand in front of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbp.calculus.affine import Affine, Index
from symbp.calculus.derivation import Route, Rule, Solved, Step
from symbp.calculus.expression import Access, Cases, Expr, Partial, PartialKind, Position, Reduce, children, walk
from symbp.render.blocks import Comparison, Formula, Sentence, Where
from symbp.render.lines import Lines
from symbp.render.printer import Context
from symbp.render.prose import Prose
from symbp.render.text import text


class Reasons:
    """The clauses of the lines that have one left side; they share the letters of all of them."""

    def __init__(self, lines: Lines, prose: Prose, steps: Sequence[Step]) -> None:
        self.prose = prose
        self.of = lines.derivation.of
        self.routes = tuple(dict.fromkeys(n for s in steps for n in s.notes if isinstance(n, Route)))
        self.in_full = any(s.rule is Rule.VANISH for s in steps)
        """Whether every sum was written in full before it shrank."""
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
        if not self.in_full and any(r.fixed or r.guards for r in self.routes):
            return self._fed()
        edges = (e for e in walk(step.after) if isinstance(e, Partial) and e.kind is PartialKind.EDGE)
        readers = dict.fromkeys(e.of for e in edges if e.of.name != self.of)
        units = [self._each(r) for r in readers]
        found = [self.prose.say("told.chain_over", units=self.prose.listed(units))] if units else []
        return [*(found or [self.prose.say("told.chain")]), *self._forks(), *self._stays()]

    def _each(self, unit: Access) -> Sentence:
        """every β_m, or μ."""
        return self.prose.say("told.every", unit=self.formula(unit)) if unit.subscripts else (self.formula(unit),)

    def _fed(self) -> list[Sentence]:
        """By the chain rule, where z_j feeds a_j alone, and a_j feeds every z_k and C: its sums are reduced at once."""
        feeds = []
        added = False
        for source, every in self._by_source().items():
            routes = tuple({text(r.reader, self.context): r for r in reversed(every)}.values())[::-1]
            alone = len(routes) == 1 and not routes[0].summed
            readers = self.prose.listed([self._place(r) for r in routes])
            key = "told.feeds_alone" if alone else "told.feeds"
            feeds.append(self.prose.say(key, source=self.formula(source), readers=readers))
            added = added or not alone
        found = [self.prose.say("told.chain_fed", feeds=_joined(feeds, self.prose.words("told.feeds_join")))]
        if added:
            found.append(self.prose.say("told.added"))
        return [*found, *(c for r in self.routes for c in self._direction(r))]

    def _place(self, route: Route) -> Sentence:
        """Every z_k; z_{l+1,k} for every k; C where l = L."""
        reader = self.formula(route.reader)
        item: Sentence = (reader,)
        if route.summed and len(route.summed) == len(route.unit):
            item = self._each(route.reader)
        elif route.summed:
            item = self.prose.say("told.for_every", reader=reader, letters=self.letters(route.summed))
        if not route.guards:
            return item
        return self.prose.say("told.where", item=item, conditions=Where(route.guards, self.context))

    def _by_source(self) -> dict[Access, list[Route]]:
        found: dict[Access, list[Route]] = {}
        for r in self.routes:
            found.setdefault(r.source, []).append(r)
        return found

    def _forks(self) -> list[Sentence]:
        """a_j feeds z_k and o_j: the branches of a sum that no index makes."""
        feeds = [
            self.prose.say(
                "told.feeds", source=self.formula(source),
                readers=self.prose.listed([self.formula(r) for r in dict.fromkeys(r.reader for r in routes)]),
            )
            for source, routes in self._by_source().items() if len({r.reader.name for r in routes}) > 1
        ]
        together = _joined(feeds, self.prose.words("told.feeds_join"))
        return [self.prose.say("told.forks", feeds=together)] if feeds else []

    def _stays(self) -> list[Sentence]:
        """b_h feeds every β_j, so that the sum over j stays; sources with the same readers speak together."""
        groups: dict[tuple[str, tuple[Access, ...] | Access, tuple[Index, ...]], list[Access]] = {}
        for r in self.routes:
            if r.summed and not r.guards:
                every = len(r.summed) == len(r.unit)
                key = ("told.branch", _unit(r), r.summed) if every else ("told.branch_shared", r.reader, r.summed)
                groups.setdefault(key, []).append(r.source)
        found = []
        for (name, reader, summed), sources in groups.items():
            assert isinstance(reader, Access)
            key_ = f"{name}_each" if len(sources) > 1 else name
            source = self.prose.listed([self.formula(s) for s in sources])
            found.append(self.prose.say(
                key_, source=source, reader=self.formula(reader), letters=self.letters(summed)
            ))
        return found

    def collapse(self, step: Step) -> list[Sentence]:
        """Of all β_m only β_j reads w_hj directly, so the sum over m keeps that one term."""
        found: list[Sentence] = []
        for note in step.notes:
            if isinstance(note, Route) and note.fixed:
                found.append(self.prose.say(
                    "told.collapse", units=self.formula(_unit(note)), reader=self.formula(note.reader),
                    source=self.formula(note.source), letters=self.letters([i for i, _ in note.fixed]),
                ))
            if isinstance(note, Route):
                found.extend(self._direction(note))
                found.extend(self._border(note))
        return found

    def _direction(self, route: Route) -> list[Sentence]:
        """s_{t+1} comes after h_t: the derivatives are found from the last t back."""
        return [
            self.prose.say(
                "told.later" if steps > 0 else "told.earlier", reader=self.formula(route.reader),
                letter=self.position(Affine.of(index.name)),
            )
            for index, steps in route.shift
        ]

    def _border(self, route: Route) -> list[Sentence]:
        if not route.guards:
            return []
        where = Where(route.guards, self.context)
        reader, source = self.formula(route.reader), self.formula(route.source)
        return [self.prose.say("told.border", reader=reader, source=source, conditions=where)]

    def solved(self, note: Solved) -> list[Sentence]:
        """z_pq reads a_{2p+r}, which is a_i exactly where r = i − 2p."""
        found = [self.prose.say(
            "told.solved", reader=self.formula(note.reader), written=self.formula(note.written),
            source=self.formula(note.source), values=_joined(self._values(note), self.prose.words("told.both")),
        )]
        if note.reversed_in:
            found.append(self.prose.say("told.reversed", letters=self.letters(note.reversed_in)))
        return found

    def reindexed(self, step: Step) -> list[Sentence]:
        """Σ_p over K_{i−p} as Σ_r over D_{i−r}, by p = i − r."""
        notes = (n for n in step.notes if isinstance(n, Solved))
        return [self.prose.say("told.reindexed", values=self.prose.listed(self._values(n))) for n in notes]

    def _values(self, note: Solved) -> list[Sentence]:
        return [
            (Comparison(self.position(Affine.of(i.name)), "==", self.position(form)),) for i, form in note.values
        ]


def _joined(clauses: Sequence[Sentence], between: str) -> Sentence:
    return tuple(part for place, c in enumerate(clauses) for part in ((between, *c) if place else c))


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
