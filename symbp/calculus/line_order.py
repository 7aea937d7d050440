"""The forward equations in the author's order, each after what it reads, and a recurrence after its beginning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush

from symbp.calculus.affine import Affine
from symbp.calculus.derivation import DisplayEquation
from symbp.calculus.expression import Access, accesses
from symbp.calculus.graph import components


def in_file_order(lines: Sequence[DisplayEquation], places: Mapping[str, int]) -> list[DisplayEquation]:
    """The lines in the order of their names' places in the file, where none then reads what only comes later.

    What one step of a recurrence reads of another, h[t−1] in s[t], needs no more than its beginning, h[0], to stand.
    Names without a place keep theirs among the lines.
    """
    needs = {place: set(found) for place, found in enumerate(_needs(lines))}
    needed_by: dict[int, list[int]] = {}
    for place, found in needs.items():
        for other in sorted(found):
            needed_by.setdefault(other, []).append(place)

    def priority(place: int) -> tuple[int, int]:
        return places.get(lines[place].target.name, -1), place

    ready = [(priority(place), place) for place, found in needs.items() if not found]
    heapify(ready)
    order: dict[int, None] = {}
    waiting = sorted(needs, key=priority)
    while len(order) < len(lines):
        if not ready:
            heappush(ready, next((priority(p), p) for p in waiting if p not in order))
        _, place = heappop(ready)
        if place in order:
            continue
        order[place] = None
        for reader in needed_by.get(place, ()):
            needs[reader].discard(place)
            if not needs[reader] and reader not in order:
                heappush(ready, (priority(reader), reader))
    return [lines[place] for place in order]


def _needs(lines: Sequence[DisplayEquation]) -> Iterator[list[int]]:
    """For each line the lines that have to stand in front of it."""
    of_name: dict[str, list[int]] = {}
    for place, line in enumerate(lines):
        of_name.setdefault(line.target.name, []).append(place)
    reads = [tuple(a for a in accesses(line.body) if a.name in of_name) for line in lines]
    successors = {n: tuple(dict.fromkeys(a.name for p in own for a in reads[p])) for n, own in of_name.items()}
    turns = {name: frozenset(group) for group in components(list(of_name), successors) for name in group}
    begins = [all(a.name not in turns[line.target.name] for a in read) for line, read in zip(lines, reads, strict=True)]
    for place, line in enumerate(lines):
        own = turns[line.target.name]
        found = [p for p in of_name[line.target.name] if begins[p] and not begins[place]]
        for access in reads[place]:
            only = access.name in own and is_a_step(access)
            found.extend(p for p in of_name[access.name] if p != place and (begins[p] or not only))
        yield found


def is_a_step(access: Access) -> bool:
    """Whether a subscript is a step away from an index: t + 1."""
    return any(isinstance(s, Affine) and bool(s.terms) and s.as_symbol is None for s in access.subscripts)
