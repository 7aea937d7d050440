"""Paths from a quantity to the loss through the author's equations, as products of typed partials."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index
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
    children,
    multiply,
)
from symbp.calculus.folding import Folding, author_body, domain_of
from symbp.calculus.graph import components
from symbp.calculus.indices import axis_indices, fresh, solve, substitute, truth
from symbp.calculus.model import Equation, Model, whole_access

PATH_LIMIT = 16
"""Paths that are written out one by one; beyond it the chain goes through total derivatives."""


@dataclass(frozen=True)
class Feed:
    """`reader`, at `subscripts` and for every value of `summed` under `guards`, reads name[K]."""

    reader: str
    subscripts: tuple[Affine, ...]
    summed: tuple[Index, ...]
    guards: tuple[Guard, ...]


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
        self.recurrent = self._on_cycles(())

    def _on_cycles(self, cut: Collection[str]) -> frozenset[str]:
        """The names on a cycle that no cut name breaks."""
        key = frozenset(cut)
        if key not in self._cycles:
            self._cycles[key] = self._find_cycles(key)
        return self._cycles[key]

    def _find_cycles(self, cut: frozenset[str]) -> frozenset[str]:
        left = {t: tuple(n for n in names if n not in cut) for t, names in self.reads.items() if t not in cut}
        cycles = components(list(left), left)
        return frozenset(n for c in cycles for n in c if len(c) > 1 or n in left[n])

    def indices_of(self, name: str) -> tuple[Index, ...]:
        array = self.model.arrays[name]
        return axis_indices(array.axes, array.letters, self.model.sizes)

    def feeds(self, name: str, at: Sequence[Affine], taken: Collection[str]) -> list[Feed]:
        """Where name[at] is read: an entry for each equation that reads it, and for each shift (h[t−1], h[t−2])."""
        return [feed for reader in self.readers.get(name, ()) for feed in self._feeds(name, at, reader, taken)]

    def _feeds(self, name: str, at: Sequence[Affine], reader: str, taken: Collection[str]) -> list[Feed]:
        equation, body = self.bodies[reader]
        avoid = {*taken, *(s for a in at for s in a.symbols)}
        renaming: dict[str, Affine] = {}
        unknowns = []
        for i in equation.indices:
            fresh_name = fresh(i.name, avoid)
            avoid.add(fresh_name)
            if fresh_name != i.name:
                renaming[i.name] = Affine.of(fresh_name)
            unknowns.append(Index(fresh_name, i.range.substitute(renaming)))
        found = [
            self._where(access, at, binders, unknowns, renaming)
            for access, binders in _reads(body, name, ())
        ]
        places = [f for f in dict.fromkeys(found) if f is not None]
        apart = all(_never_meet(a[0], b[0]) for k, a in enumerate(places) for b in places[k + 1:])
        if None in found or not apart:
            return [Feed(reader, tuple(Affine.of(u.name) for u in unknowns), tuple(unknowns), ())]
        return [Feed(reader, *place) for place in places]

    def _where(
        self,
        access: Access,
        at: Sequence[Affine],
        binders: tuple[Index, ...],
        unknowns: list[Index],
        renaming: dict[str, Affine],
    ) -> tuple[tuple[Affine, ...], tuple[Index, ...], tuple[Guard, ...]] | None:
        """(subscripts, summed, guards) of the reader where one access fixes its indices; None where it doesn't."""
        taken = {u.name for u in unknowns} | {s for a in at for s in a.symbols}
        opened = dict(renaming)
        bound = []
        for b in binders:
            b_name = fresh(b.name, taken)
            taken.add(b_name)
            opened[b.name] = Affine.of(b_name)
            bound.append(Index(b_name, b.range.substitute(opened)))
        own = {b.name for b in bound}
        solution = solve([s.substitute(opened) for s in access.subscripts], at, [*unknowns, *bound])
        values = {u.name: solution.values.get(u.name, Affine.of(u.name)) for u in unknowns}
        if any(own.intersection(form.symbols) for form in values.values()):
            return None
        summed = tuple(i for i in solution.remaining if i.name not in own)
        guards = tuple(g for g in solution.guards if g.lookup is None and not own.intersection(g.symbols))
        guards = tuple(g for g in guards if truth(g) is not True)
        return tuple(values[u.name] for u in unknowns), summed, guards

    def chain(self, name: str, at: Sequence[Affine], stop: Collection[str], domain: Sequence[Guard]) -> Expr:
        """∂of/∂name[at] by the chain rule, total derivatives kept at the names in `stop` and in recursions."""
        taken = {s for a in at for s in a.symbols}
        cut = frozenset(stop) | self._on_cycles(stop)
        if self.path_count(name, cut) > PATH_LIMIT:
            cut = frozenset(self.bodies)
        return self._chain(name, tuple(at), cut, taken, tuple(domain))

    def longest(self, name: str, cut: Collection[str]) -> int:
        """The most edges on a path from `name` up to the loss, to a cut name or to a recursion."""
        ends = frozenset(cut) | self._on_cycles(cut)
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
        for feed in self.feeds(name, at, taken):
            reader = Access(feed.reader, feed.subscripts)
            edge = Partial(PartialKind.EDGE, reader, Access(name, at))
            inner = (*domain, *domain_of(feed.summed), *feed.guards)
            head: Expr = ONE
            if feed.reader != self.of:
                if feed.reader in cut:
                    head = Partial(PartialKind.TOTAL, Access(self.of), reader)
                else:
                    used = taken | {i.name for i in feed.summed}
                    head = self._chain(feed.reader, feed.subscripts, cut, used, inner)
            for path in head.terms if isinstance(head, Add) else (head,):
                branches.append(self._summed(feed, _behind(path, edge), domain))
        return add(branches)

    def _summed(self, feed: Feed, product: Expr, domain: tuple[Guard, ...]) -> Expr:
        guards = sets.redundant_dropped(feed.guards, (*self.context, *domain, *domain_of(feed.summed)))
        if feed.summed:
            return Reduce("sum", feed.summed, tuple(guards), product)
        return Cases(((tuple(guards), product),)) if guards else product


def _behind(path: Expr, edge: Expr) -> Expr:
    """The product path · edge, with the edge inside the path's own sum: Σ_m (…) edge."""
    if isinstance(path, Reduce):
        return Reduce(path.kind, path.binders, path.guards, _behind(path.body, edge))
    if isinstance(path, Cases):
        return Cases(tuple((guards, _behind(body, edge)) for guards, body in path.branches))
    return multiply((path, edge))


def _never_meet(a: Sequence[Affine], b: Sequence[Affine]) -> bool:
    """Whether two places of one equation differ everywhere: some subscripts are a constant apart."""
    return any((x - y).is_constant and x != y for x, y in zip(a, b, strict=True))


def _reads(e: Expr, name: str, binders: tuple[Index, ...]) -> list[tuple[Access, tuple[Index, ...]]]:
    """Every read of `name` with the binders around it."""
    if isinstance(e, Access):
        return [(e, binders)] if e.name == name else []
    if isinstance(e, Reduce):
        binders = (*binders, *e.binders)
    return [found for part in children(e) for found in _reads(part, name, binders)]


def edge_at(paths: Paths, edge: Partial) -> Expr:
    """The body of the equation of `edge.of`, at its subscripts: what the local derivative differentiates."""
    equation, body = paths.bodies[edge.of.name]
    values = {i.name: s for i, s in zip(equation.indices, edge.of.subscripts, strict=True) if isinstance(s, Affine)}
    return substitute(body, values)


__all__ = ["Equation", "Feed", "Paths", "edge_at", "whole_access"]
