"""Paths from a quantity to the loss through the author's equations, as products of typed partials."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index
from symbp.calculus.derivation import Route, Solved
from symbp.calculus.expression import (
    ONE,
    Access,
    Add,
    Cases,
    Expr,
    Partial,
    PartialKind,
    Reduce,
    accesses,
    add,
    multiply,
)
from symbp.calculus.feeding import Feed, Place, feeds_of, units
from symbp.calculus.folding import Folding, author_body, domain_of
from symbp.calculus.graph import components
from symbp.calculus.indices import axis_indices, in_scope, substitute
from symbp.calculus.model import Equation, Model
from symbp.calculus.routes import route, solved, turned

PATH_LIMIT = 16
"""Paths that are written out one by one; beyond it the chain goes through total derivatives."""

LONGEST = 200
"""Edges of a path beyond which the chain goes through total derivatives as well."""

FULL_PATHS, FULL_INDICES = 2, 3
"""A full chain has one path with at most so many summed indices, or at most so many paths with one sum each.

Beyond it the full line would be harder to read than what it explains, and the chain is told with its sums reduced.
"""


@dataclass(frozen=True)
class FullChain:
    """The chain rule with every sum in full, None where it is too long or no sum is reduced; and who reads whom.

    The routes lead to every reader with an index, and to those without one wherever its source has several readers.
    """

    everything: Expr | None
    routes: tuple[Route, ...]
    solved: tuple[Solved, ...]
    turned: tuple[Solved, ...]
    """The same reads solved for the reader's own indices: what the sums become when they run over the other side."""


class Paths:
    """The author's graph of one derivation: who feeds whom, and the chain rule along it."""

    def __init__(self, model: Model, folding: Folding, of: str, active: Collection[str]) -> None:
        self.model = model
        self.of = of
        self.context = (*sets.positive(model.sizes), *model.requirements)
        self.bodies: dict[str, tuple[Equation, Expr]] = {}
        self.readers: dict[str, list[str]] = {}
        for equation in model.equations:
            if equation.target in folding.bodies or not (equation.target in active or equation.target == of):
                continue
            body = author_body(equation, folding)
            self.bodies[equation.target] = (equation, body)
            for name in dict.fromkeys(a.name for a in accesses(body)):
                if name in active:
                    self.readers.setdefault(name, []).append(equation.target)
        reads = {t: tuple(dict.fromkeys(a.name for a in accesses(b))) for t, (_, b) in self.bodies.items()}
        reads = {t: tuple(n for n in names if n in reads) for t, names in reads.items()}
        self.reads = reads
        self._cycles: dict[frozenset[str], frozenset[str]] = {}
        self._cuts: dict[frozenset[str], frozenset[str]] = {}
        self.recurrent = self._on_cycles(())

    def _on_cycles(self, cut: Collection[str]) -> frozenset[str]:
        """The names on a cycle that no cut name breaks."""
        key = frozenset(cut)
        if key not in self._cycles:
            self._cycles[key] = self._find_cycles(key)
        return self._cycles[key]

    def _with_cycles(self, cut: Collection[str]) -> frozenset[str]:
        """The cut names, and those on a cycle that none of them breaks."""
        key = frozenset(cut)
        if key not in self._cuts:
            self._cuts[key] = key | self._on_cycles(key)
        return self._cuts[key]

    def _find_cycles(self, cut: frozenset[str]) -> frozenset[str]:
        left = {t: tuple(n for n in names if n not in cut) for t, names in self.reads.items() if t not in cut}
        cycles = components(list(left), left)
        return frozenset(n for c in cycles for n in c if len(c) > 1 or n in left[n])

    def indices_of(self, name: str) -> tuple[Index, ...]:
        array = self.model.arrays[name]
        return axis_indices(array.axes, array.letters, self.model.sizes)

    def feeds(
        self, name: str, at: Sequence[Affine], taken: Collection[str], domain: Sequence[Guard] = ()
    ) -> list[Feed]:
        """Where name[at] is read: an entry for each equation that reads it, and for each shift (h[t−1], h[t−2])."""
        context = (*self.context, *domain)
        found = (feeds_of(*self.bodies[r], name, at, taken, context) for r in self.readers.get(name, ()))
        return [feed for feeds in found for feed in feeds]

    def chain(self, name: str, at: Sequence[Affine], stop: Collection[str], domain: Sequence[Guard]) -> Expr:
        """∂of/∂name[at] by the chain rule, total derivatives kept at the names in `stop` and in recursions."""
        taken = {s for a in at for s in a.symbols}
        return self._chain(name, tuple(at), self._cut(name, stop), taken, tuple(domain))

    def full_chain(self, name: str, indices: tuple[Index, ...], stop: Collection[str]) -> FullChain:
        """The chain rule before any sum is reduced to the terms that are left, and why they are."""
        cut = self._cut(name, stop)
        at = tuple(Affine.of(i.name) for i in indices)
        taken = {i.name for i in indices}
        met: list[tuple[Access, Feed]] = []
        self._collect(name, at, cut, taken, domain_of(indices), met)
        everything = add(self._full(name, at, cut, taken)) if _is_readable(self._sums(name, cut)) else None
        scope = {i.name: i for i in indices} | {u.name: u for _, feed in met for u in feed.unit}
        told = (m for m in met if _is_told(m, met))
        routes = dict.fromkeys(route(source, feed, scope) for source, feed in told)
        collapses = any(feed.fixed or feed.place.guards for _, feed in met)
        solutions = dict.fromkeys(solved(source, feed) for source, feed in met if feed.place.solved)
        others = dict.fromkeys(turned(source, feed) for source, feed in met if feed.place.turned)
        return FullChain(everything if collapses else None, tuple(routes), tuple(solutions), tuple(others))

    def _cut(self, name: str, stop: Collection[str]) -> frozenset[str]:
        cut = self._with_cycles(stop)
        long = self.path_count(name, cut) > PATH_LIMIT or self.longest(name, cut) > LONGEST
        return frozenset(self.bodies) if long else cut

    def ends(self, name: str, stop: Collection[str]) -> tuple[str, ...]:
        """The names, the loss among them, at which the chain from `name` ends."""
        cut = self._cut(name, stop)
        found: dict[str, None] = {}
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            for reader in self.readers.get(waiting.pop(), ()):
                if self._ends(reader, cut):
                    found[reader] = None
                elif reader not in seen:
                    seen.add(reader)
                    waiting.append(reader)
        return tuple(found)

    def longest(self, name: str, cut: Collection[str]) -> int:
        """The most edges on a path from `name` up to the loss, to a cut name or to a recursion."""
        ends = self._with_cycles(cut)
        return self._counted(name, ends, lambda below: 1 + max(below, default=0))

    def path_count(self, name: str, cut: Collection[str]) -> int:
        """The number of paths from `name` up to the loss or to a cut name, each sum over an index counted once."""
        return self._counted(name, cut, lambda below: sum(below))

    def _counted(self, name: str, cut: Collection[str], combine: Callable[[list[int]], int]) -> int:
        """A number for `name` from those of its readers, an end of the paths counting 1; iterative."""
        counts: dict[str, int] = {}
        stack = [name]
        while stack:
            node = stack[-1]
            pending = [r for r in self.readers.get(node, ()) if not self._ends(r, cut) and r not in counts]
            if pending:
                stack.extend(pending)
                continue
            stack.pop()
            below = [1 if self._ends(r, cut) else counts[r] for r in self.readers.get(node, ())]
            counts[node] = combine(below)
        return counts[name]

    def _ends(self, reader: str, cut: Collection[str]) -> bool:
        return reader == self.of or reader in cut

    def _chain(
        self, name: str, at: tuple[Affine, ...], cut: frozenset[str], taken: set[str], domain: tuple[Guard, ...]
    ) -> Expr:
        branches = []
        for feed in self.feeds(name, at, taken, domain):
            place = feed.place
            reader = Access(feed.reader, place.subscripts)
            edge = Partial(PartialKind.EDGE, reader, Access(name, at))
            inner = (*domain, *domain_of(place.summed), *place.guards)
            head: Expr = ONE
            if feed.reader != self.of:
                if feed.reader in cut:
                    head = Partial(PartialKind.TOTAL, Access(self.of), reader)
                else:
                    head = self._chain(feed.reader, place.subscripts, cut, taken | _names(feed.unit), inner)
            for path in head.terms if isinstance(head, Add) else (head,):
                branches.append(self._summed(place, _behind(path, edge), domain))
        return add(branches)

    def _summed(self, place: Place, product: Expr, domain: tuple[Guard, ...]) -> Expr:
        guards = self._needed(place, domain)
        if place.summed:
            return Reduce("sum", place.summed, guards, product)
        return Cases(((guards, product),)) if guards else product

    def _needed(self, place: Place, domain: tuple[Guard, ...]) -> tuple[Guard, ...]:
        return sets.redundant_dropped(place.guards, (*self.context, *domain, *domain_of(place.summed)))

    def _full(self, name: str, at: tuple[Affine, ...], cut: frozenset[str], taken: set[str]) -> list[Expr]:
        """The terms of the chain rule, each summed over all units of each reader, the one next to the loss outermost.

        The letters are those of `_chain`.
        """
        terms: list[Expr] = []
        for reader in self.readers.get(name, ()):
            unit, _ = units(self.bodies[reader][0], {*taken, *_symbols(at)})
            whole = Access(reader, tuple(Affine.of(u.name) for u in unit))
            edge = Partial(PartialKind.EDGE, whole, Access(name, at))
            heads: list[Expr] = [ONE]
            if reader != self.of:
                heads = [Partial(PartialKind.TOTAL, Access(self.of), whole)]
                if reader not in cut:
                    heads = self._full(reader, tuple(Affine.of(u.name) for u in unit), cut, taken | _names(unit))
            binders = self._running_first(reader, name, at, taken, unit)
            terms.extend(_within(head, binders, edge) for head in heads)
        return terms

    def _running_first(
        self, reader: str, name: str, at: tuple[Affine, ...], taken: set[str], unit: tuple[Index, ...]
    ) -> tuple[Index, ...]:
        """The indices of a full sum, those first that stay: so they have the same letters before and after."""
        feeds = feeds_of(*self.bodies[reader], name, at, taken, self.context)
        running = {i.name for feed in feeds for i in feed.place.summed}
        return in_scope(sorted(unit, key=lambda u: u.name not in running)) or unit

    def _sums(self, name: str, cut: frozenset[str]) -> list[tuple[int, ...]]:
        """For each path, the sums in its full chain: the indices of each reader that has any."""
        found: list[tuple[int, ...]] = []
        for reader in self.readers.get(name, ()):
            own = len(self.bodies[reader][0].indices)
            heads: list[tuple[int, ...]] = [()] if self._ends(reader, cut) else self._sums(reader, cut)
            found.extend((*head, own) if own else head for head in heads)
        return found

    def _collect(
        self, name: str, at: tuple[Affine, ...], cut: frozenset[str], taken: set[str], domain: tuple[Guard, ...],
        met: list[tuple[Access, Feed]],
    ) -> None:
        """Every edge of the chain: the source, and where it is read, with no more conditions than needed."""
        for feed in self.feeds(name, at, taken, domain):
            place = replace(feed.place, guards=self._needed(feed.place, domain))
            met.append((Access(name, at), replace(feed, place=place)))
            if not self._ends(feed.reader, cut):
                inner = (*domain, *domain_of(place.summed), *place.guards)
                self._collect(feed.reader, place.subscripts, cut, taken | _names(feed.unit), inner, met)


def _names(unit: Iterable[Index]) -> set[str]:
    return {u.name for u in unit}


def _is_readable(paths: Sequence[tuple[int, ...]]) -> bool:
    """Whether a chain with these sums in full explains more than it hides."""
    nested = any(len(sums) > 1 for sums in paths)
    return len(paths) <= (1 if nested else FULL_PATHS) and all(sum(sums) <= FULL_INDICES for sums in paths)


def _is_told(edge: tuple[Access, Feed], edges: Sequence[tuple[Access, Feed]]) -> bool:
    """Whether there is something to say about an edge: which units it leads to, or that its source has others."""
    source, feed = edge
    if feed.unit:
        return feed.place.exact or not feed.place.summed
    return len({f.reader for s, f in edges if s == source}) > 1


def _symbols(at: Iterable[Affine]) -> set[str]:
    return {s for form in at for s in form.symbols}


def _within(head: Expr, unit: tuple[Index, ...], edge: Expr) -> Expr:
    """The path's own sums outside, then the sum over the units of the edge: Σ_j Σ_n (…) edge."""
    if isinstance(head, Reduce):
        return Reduce(head.kind, head.binders, head.guards, _within(head.body, unit, edge))
    product = multiply((head, edge))
    return Reduce("sum", unit, (), product) if unit else product


def _behind(path: Expr, edge: Expr) -> Expr:
    """The product path · edge, with the edge inside the path's own sum: Σ_m (…) edge."""
    if isinstance(path, Reduce):
        return Reduce(path.kind, path.binders, path.guards, _behind(path.body, edge))
    if isinstance(path, Cases):
        return Cases(tuple((guards, _behind(body, edge)) for guards, body in path.branches))
    return multiply((path, edge))


def edge_at(paths: Paths, edge: Partial) -> Expr:
    """The body of the equation of `edge.of`, at its subscripts: what the local derivative differentiates."""
    equation, body = paths.bodies[edge.of.name]
    values = {i.name: s for i, s in zip(equation.indices, edge.of.subscripts, strict=True) if isinstance(s, Affine)}
    return substitute(body, values)

