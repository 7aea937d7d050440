"""Places of equal formulas read one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from symbp.calculus.affine import Guard
from symbp.calculus.expression import Expr
from symbp.calculus.model import Definition
from symbp.cost.passes.lines import Line, Names, Place, covers, is_stated, meet, new_line, union, whole_line
from symbp.cost.passes.scopes import EVERYWHERE, Disjuncts
from symbp.cost.passes.sites import Path, replaced


@dataclass
class Edits:
    """Changes of definitions that don't touch each other, and new lines."""

    names: Names
    new: list[Definition] = field(default_factory=list)
    at: dict[str, dict[Path, Expr]] = field(default_factory=dict)
    where: dict[str, dict[Path, tuple[Guard, ...]]] = field(default_factory=dict)
    """Products around what is changed, and when they aren't 0: stated where a line mightn't have a value otherwise."""
    _busy: dict[str, set[Path]] = field(default_factory=dict)

    def free(self, place: Place) -> bool:
        """Whether nothing that is changed stands around the place, in it, or at it."""
        busy = self._busy.get(place.target)
        if not busy:
            return True
        path = place.path
        return not any(b[:len(path)] == path or path[:len(b)] == b for b in busy)

    def hold(self, place: Place) -> None:
        self._busy.setdefault(place.target, set()).add(place.path)

    def read(self, place: Place, line: Line, home: Place, domain: Disjuncts | None = None) -> None:
        """Let the place read a line that has the home's part as its value, in the domain, else the home's."""
        self.put(place, place.insert(line.read_at(place)), home, domain)

    def put(self, place: Place, e: Expr, home: Place, domain: Disjuncts | None = None) -> None:
        """Let another formula stand at the place's path, which reads lines where those conditions hold."""
        self.hold(place)
        self.at.setdefault(place.target, {})[place.path] = e
        if is_stated(home, domain or home.domain or EVERYWHERE, place):
            return
        where = self.where.setdefault(place.target, {})
        for path, guards in place.site.zero:
            where[path] = tuple(dict.fromkeys((*where.get(path, ()), *guards)))

    def applied(self, definitions: Iterable[Definition]) -> tuple[Definition, ...]:
        changed = [
            Definition(d.target, d.indices, replaced(d.body, self.at[d.target], self.where.get(d.target, {})))
            if d.target in self.at else d
            for d in definitions
        ]
        return (*changed, *self.new)


def share(places: Sequence[Place], edits: Edits) -> bool:
    """Let places of one key read a line where this saves operations: one of them if it is a whole definition, else new.

    Each index value is worked out once then. False where nothing is shared.
    """
    found = _apart([p for p in places if edits.free(p)])
    if len(found) < 2:
        return False
    for home in (p for p in found if p.is_whole):
        line = whole_line(home)
        readers = [p for p in found if p.target != home.target and covers(home, p)] if line is not None else []
        if line is not None and readers:
            edits.hold(home)
            for p in readers:
                edits.read(p, line, home)
            return True
    for first in found:
        readers = [p for p in found if covers(first, p)]
        if len(readers) > 1:
            return _read_new(readers, first, first.domain or EVERYWHERE, edits)
    alike = [p for p in found if p.ranges == found[0].ranges and p.domain is not None]
    if any(meet(a, b) for k, a in enumerate(alike) for b in alike[k + 1:]):
        return _read_new(alike, alike[0], union(alike), edits)
    return False


def _read_new(readers: Sequence[Place], first: Place, domain: Disjuncts, edits: Edits) -> bool:
    line, definition = new_line(edits.names.part_of(first.target), first, domain)
    edits.new.append(definition)
    for p in readers:
        edits.read(p, line, first, domain)
    return True


def _apart(places: Sequence[Place]) -> list[Place]:
    """The places without those that overlap with earlier ones."""
    held = Edits(Names(()))
    found = []
    for p in places:
        if held.free(p):
            held.hold(p)
            found.append(p)
    return found
