"""The paths from each parameter to the differentiated scalar, through the author's equations, as books list them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index, Range
from symbp.calculus.derivation import Station, Way, Ways
from symbp.calculus.expression import Access
from symbp.calculus.feeding import Feed
from symbp.calculus.folding import domain_of
from symbp.calculus.graph import components
from symbp.calculus.indices import fresh, truth
from symbp.calculus.model import whole_access
from symbp.calculus.paths import PATH_LIMIT, Paths

LONGEST = 60
"""Stations of a way that is listed; one with more fills a page, and so it is only counted."""

VISITS = 4_000
"""Stations after which no further way from a parameter is looked for."""

STATES = 20_000
"""Partial ways through recurrences that are told apart in counting; each one beyond counts as one way."""


def ways_of(paths: Paths, parameters: Sequence[str]) -> tuple[Ways, ...]:
    """Every way from each parameter to the differentiated scalar, or back to a quantity that it met before.

    At most PATH_LIMIT ways of a parameter are listed, those through earlier readers first, and none of more than
    LONGEST stations; the others are counted without regard to conditions that exclude each other.
    """
    search = _Search(paths)
    return tuple(search.ways(name) for name in parameters)


@dataclass(frozen=True)
class _Prefix:
    """A way as far as it goes."""

    stations: tuple[Station, ...]
    running: tuple[Index, ...] = ()
    guards: tuple[Guard, ...] = ()
    again: bool = False
    exact: bool = True


class _Search:
    """The ways through one graph; what a quantity feeds is worked out once."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.sizes = frozenset(paths.model.sizes)
        self.feeds: dict[str, tuple[tuple[Index, ...], list[Feed]]] = {}
        self.loops = {n: k for k, c in enumerate(components(list(paths.reads), paths.reads)) for n in c}
        self.counts: dict[tuple[str, frozenset[str]], int] = {}

    def ways(self, name: str) -> Ways:
        indices = self.paths.indices_of(name)
        parameter = whole_access(indices, name)
        found: list[Way] = []
        waiting = [_Prefix((Station(parameter),))]
        visits, long = 0, False
        while waiting and len(found) < PATH_LIMIT and visits < VISITS:
            start = waiting.pop()
            visits += 1
            if start.again or start.stations[-1].access.name == self.paths.of:
                found.append(self.way(start, indices))
            elif len(start.stations) == LONGEST:
                long = True
            else:
                waiting.extend(reversed(self.onward(start, indices)))
        left_out = max(self.count(name) - len(found), 1) if waiting or long else 0
        return Ways(parameter, indices, tuple(found), left_out)

    def way(self, start: _Prefix, indices: tuple[Index, ...]) -> Way:
        """Of a way that is complete, conditions stand as ends of ranges where they can."""
        running, guards = start.running, start.guards
        if not start.again:
            running, guards = self.narrowed(running, guards, indices)
        return Way(start.stations, start.again, running, guards, start.exact)

    def onward(self, start: _Prefix, indices: tuple[Index, ...]) -> list[_Prefix]:
        """The way with each reader of its last station behind it, where the conditions leave something."""
        source = start.stations[-1].access
        own, feeds = self.fed(source.name)
        values = {i.name: s for i, s in zip(own, source.subscripts, strict=True) if isinstance(s, Affine)}
        longer = (self.extended(start, feed, values, indices) for feed in feeds)
        return [s for s in longer if s is not None]

    def fed(self, name: str) -> tuple[tuple[Index, ...], list[Feed]]:
        """The indices of a quantity, and where its element at these indices is read."""
        if name not in self.feeds:
            own = self.paths.indices_of(name)
            at = tuple(Affine.of(i.name) for i in own)
            feeds = self.paths.feeds(name, at, {i.name for i in own}, domain_of(own))
            self.feeds[name] = own, [self.tidy(feed, domain_of(own)) for feed in feeds]
        return self.feeds[name]

    def tidy(self, feed: Feed, domain: tuple[Guard, ...]) -> Feed:
        """The feed with those conditions alone that don't hold anyway."""
        known = (*self.paths.context, *domain, *domain_of(feed.place.summed))
        return replace(feed, place=replace(feed.place, guards=sets.redundant_dropped(feed.place.guards, known)))

    def extended(
        self, start: _Prefix, feed: Feed, values: Mapping[str, Affine], indices: tuple[Index, ...]
    ) -> _Prefix | None:
        taken = {i.name for i in (*indices, *start.running)}
        renaming = dict(values)
        summed = []
        for unit in feed.place.summed:
            letter = fresh(unit.name, taken)
            taken.add(letter)
            renaming[unit.name] = Affine.of(letter)
            summed.append(Index(letter, unit.range.substitute(renaming)))
        access = Access(feed.reader, tuple(s.substitute(renaming) for s in feed.place.subscripts))
        running = (*start.running, *summed)
        told = (g.substitute(renaming) for g in (*feed.place.guards, *feed.place.lookups))
        new: tuple[Guard, ...] = tuple(g for g in told if truth(g) is not True)
        if new:
            known = (*self.paths.context, *domain_of((*indices, *running)), *start.guards)
            new = sets.redundant_dropped(new, known)
            if sets.empty((*known, *new)):
                return None
        guards = (*start.guards, *new)
        again = any(s.access.name == feed.reader for s in start.stations)
        exact = start.exact and feed.place.exact
        station = self.station(access, running, guards, new, indices, exact)
        return _Prefix((*start.stations, station), running, guards, again, exact)

    def station(
        self, access: Access, running: tuple[Index, ...], guards: tuple[Guard, ...], new: Sequence[Guard],
        indices: tuple[Index, ...], exact: bool,
    ) -> Station:
        """The quantity at those of the running indices that it has, under what the guards say of these."""
        symbols = {s for a in access.subscripts for s in a.symbols}
        summed = tuple(i for i in running if i.name in symbols)
        hidden = {i.name for i in running if i.name not in symbols}
        names = {i.name for i in summed}
        if hidden and self.entangled(running, guards, hidden):
            guards, whole = self.projected(running, guards, hidden)
            exact = exact and whole
            guards = sets.redundant_dropped(guards, (*self.paths.context, *domain_of((*indices, *summed))))
        visible = (g for g in guards if not hidden.intersection(g.symbols))
        told = tuple(g for g in visible if g in new or names.intersection(g.symbols))
        return Station(access, *self.narrowed(summed, told, indices), exact)

    def narrowed(
        self, running: tuple[Index, ...], guards: tuple[Guard, ...], indices: tuple[Index, ...]
    ) -> tuple[tuple[Index, ...], tuple[Guard, ...]]:
        """Conditions as ends of ranges, where they are nothing else: t < T makes 1..T into 1..T−1."""
        known = (*self.paths.context, *domain_of(indices))
        fixed = self.sizes | {i.name for i in indices}
        ranges = {i.name: i.range for i in running}
        left = []
        for g in guards:
            bounded = [s for s in g.symbols if s in ranges]
            within = _bounded(ranges[bounded[0]], bounded[0], g, known) if len(bounded) == 1 else None
            if within is None or not fixed.issuperset((*within.lower.symbols, *within.upper.symbols)):
                left.append(g)
            else:
                ranges[bounded[0]] = within
        return tuple(Index(i.name, ranges[i.name]) for i in running), tuple(left)

    def entangled(self, running: tuple[Index, ...], guards: tuple[Guard, ...], hidden: set[str]) -> bool:
        """Whether a condition or a range relates an index that a station doesn't have to another one."""
        related = [g.symbols for g in guards]
        related += [(i.name, *i.range.lower.symbols, *i.range.upper.symbols) for i in running]
        return any(
            not hidden.isdisjoint(symbols) and any(s not in hidden and s not in self.sizes for s in symbols)
            for symbols in related if len(symbols) > 1
        )

    def projected(
        self, running: tuple[Index, ...], guards: tuple[Guard, ...], hidden: set[str]
    ) -> tuple[tuple[Guard, ...], bool]:
        """The guards where some values of the hidden indices satisfy them, and whether one set of guards says it."""
        outer = tuple(g for g in guards if not hidden.intersection(g.symbols))
        ranges = domain_of(tuple(i for i in running if i.name in hidden))
        linked = [g for g in (*guards, *ranges) if hidden.intersection(g.symbols)]
        disjuncts = sets.project([g for g in linked if g.lookup is None], hidden)
        if len(disjuncts) != 1:
            return outer, False
        return (*outer, *disjuncts[0]), all(g.lookup is None for g in linked)

    def count(self, name: str) -> int:
        """The number of ways from a name, conditions aside; within a recurrence, by the names met there so far."""
        first = name, frozenset((name,))
        stack = [first]
        while stack:
            state = stack[-1]
            further = [s for s in self.states_behind(state) if s is not None]
            pending = [s for s in further if s not in self.counts]
            if pending and len(self.counts) + len(stack) < STATES:
                stack.extend(pending)
                continue
            stack.pop()
            ends = sum(s is None for s in self.states_behind(state))
            self.counts[state] = ends + sum(self.counts.get(s, 1) for s in further)
        return self.counts[first]

    def states_behind(self, state: tuple[str, frozenset[str]]) -> list[tuple[str, frozenset[str]] | None]:
        """What follows a name that was reached through others of its recurrence; None where the way ends."""
        name, met = state
        found: list[tuple[str, frozenset[str]] | None] = []
        for feed in self.fed(name)[1]:
            reader = feed.reader
            if reader == self.paths.of or reader in met:
                found.append(None)
            else:
                inside = name in self.loops and self.loops.get(reader) == self.loops[name]
                found.append((reader, met | {reader} if inside else frozenset((reader,))))
        return found


def _bounded(within: Range, name: str, guard: Guard, known: Sequence[Guard]) -> Range | None:
    """The part of a range where a guard holds: None where that isn't a range, or may end before it begins."""
    c = guard.form.coefficient(name)
    if guard.kind != "ge" or guard.lookup is not None or c not in (1, -1):
        return None
    bound = Affine.of(name) - guard.form * c
    part = Range(bound, within.upper) if c == 1 else Range(within.lower, bound)
    tighter = bound - within.lower if c == 1 else within.upper - bound
    return part if sets.all_implied(known, (Guard("ge", tighter), Guard("ge", part.extent))) else None


def path_count(ways: Ways, sizes: Mapping[str, int], at: Sequence[int]) -> int | None:
    """The number of paths from parameter[at] through single elements, at these sizes.

    None where that isn't known: through a recurrence, where ways are left out, where integer inputs decide, and where
    only some of the elements that a way names are on it.
    """
    if ways.left_out or any(w.again or not w.exact or any(g.lookup for g in w.guards) for w in ways.ways):
        return None
    values = {**sizes, **{i.name: k for i, k in zip(ways.indices, at, strict=True)}}
    return sum(_tuples(w.running, w.guards, values) for w in ways.ways)


def _tuples(running: tuple[Index, ...], guards: tuple[Guard, ...], values: Mapping[str, int]) -> int:
    """The number of values of the running indices under the guards."""
    decided = [g for g in guards if all(s in values for s in g.symbols)]
    if not all(g.holds(values) for g in decided):
        return 0
    if not running:
        return 1
    index, inner = running[0], running[1:]
    numbers = range(index.range.lower.evaluate(values), index.range.upper.evaluate(values) + 1)
    left = tuple(g for g in guards if g not in decided)
    later = {s for i in inner for e in (i.range.lower, i.range.upper) for s in e.symbols}
    if index.name not in later and not any(index.name in g.symbols for g in left):
        return len(numbers) * _tuples(inner, left, values) if numbers else 0
    return sum(_tuples(inner, left, {**values, index.name: k}) for k in numbers)
