"""A program while it is made smaller: what its definitions cost, who reads whom, and changes that can be taken back."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from symbp.calculus.cases import Context
from symbp.calculus.expression import Access, Cases, Expr, Reduce, accesses
from symbp.calculus.indices import replace_accesses
from symbp.calculus.matching import Pattern
from symbp.calculus.model import Definition
from symbp.calculus.sets import positive
from symbp.cost.counting import operations_of
from symbp.cost.ordering import bound_apart, in_order
from symbp.cost.passes.lines import part_name
from symbp.cost.passes.sites import Site, sites
from symbp.cost.program import Program
from symbp.numeric.elements import names_read

Prices = dict[Definition, int]
"""Operations of definitions with their names numbered, at some sizes."""


@dataclass(frozen=True)
class Change:
    """Definitions that are new or take the place of old ones of the same name; `facts` are the labels of what it uses.

    A definition that nothing reads any more goes with it.
    """

    definitions: tuple[Definition, ...]
    facts: tuple[str, ...] = ()


class Draft:
    """Definitions with their costs at given sizes, and given values of integer inputs."""

    def __init__(
        self,
        program: Program,
        sizes: Mapping[str, int],
        facts: tuple[Pattern, ...] = (),
        primitives: frozenset[str] = frozenset(),
        prices: Prices | None = None,
        given: Mapping[str, object] | None = None,
    ) -> None:
        self.start = program
        self.sizes = sizes
        self.facts = facts
        self.primitives = primitives
        self.given = given
        self.known: Context = positive(program.sizes)
        self._at_start = program.by_target.keys()
        self.definitions: dict[str, Definition] = {}
        self.readers: dict[str, dict[str, None]] = {}
        self.costs: dict[str, int] = {}
        self.total = 0
        self._undo: list[tuple[str, Definition | None, int]] = []
        self._prices: Prices = {} if prices is None else prices
        self._sites: dict[str, tuple[Definition, tuple[Site, ...]]] = {}
        for d in program.definitions:
            self._set(d.target, d)
        for d in program.definitions:
            self._price(d.target)

    # Looking

    @property
    def program(self) -> Program:
        return self.start.with_definitions(in_order(tuple(self.definitions.values())))

    def sites(self, name: str) -> tuple[Site, ...]:
        d = self.definitions[name]
        found = self._sites.get(name)
        if found is None or found[0] is not d:
            found = self._sites[name] = d, tuple(sites(d))
        return found[1]

    def places_of(self, name: str) -> list[tuple[str, Site]]:
        """Every place where an element of a name is read as a value, with the reader."""
        return [
            (reader, site)
            for reader in self.readers.get(name, ())
            for site in self.sites(reader)
            if isinstance(site.part, Access) and site.part.name == name
        ]

    def around(self, name: str) -> list[str]:
        """A definition, what it reads, and what reads any of these."""
        reads = reads_of(self.definitions[name].body) if name in self.definitions else ()
        near = dict.fromkeys((name, *reads))
        near.update(dict.fromkeys(r for n in (name, *reads) for r in self.readers.get(n, ())))
        return [n for n in near if n in self.definitions]

    def is_inner(self, name: str) -> bool:
        """Whether it is a definition whose values need not be kept."""
        return name in self.definitions and name not in self.start.outputs

    def parts_of(self, target: str, count: int) -> list[str]:
        """Names for new definitions that a definition is put together of."""
        names = (part_name(target, k) for k in itertools.count(1))
        free = (n for n in names if n not in self.definitions and n not in self._at_start)
        return list(itertools.islice(free, count))

    # Changing

    def mark(self) -> int:
        return len(self._undo)

    def apply(self, change: Change) -> None:
        lost: dict[str, None] = {}
        for d in map(bound_apart, change.definitions):
            before = self.definitions.get(d.target)
            lost.update(dict.fromkeys(reads_of(before.body) if before is not None else ()))
            self._set(d.target, d)
        self._drop_unread(list(lost))
        for d in change.definitions:
            if d.target in self.definitions:
                self._price(d.target)

    def take_back(self, mark: int) -> None:
        """What was changed since the mark is as it was."""
        while len(self._undo) > mark:
            name, before, cost = self._undo.pop()
            self._put(name, before)
            if before is not None:
                self._costs(name, cost)

    def _set(self, name: str, d: Definition | None) -> None:
        self._undo.append((name, self.definitions.get(name), self.costs.get(name, 0)))
        self._put(name, d)

    def _put(self, name: str, d: Definition | None) -> None:
        old = self.definitions.get(name)
        if old is not None:
            for read in reads_of(old.body):
                self.readers[read].pop(name, None)
            self.total -= self.costs.pop(name, 0)
        if d is None:
            self.definitions.pop(name, None)
            return
        self.definitions[name] = d
        for read in reads_of(d.body):
            self.readers.setdefault(read, {})[name] = None

    def _drop_unread(self, waiting: list[str]) -> None:
        while waiting:
            name = waiting.pop()
            if self.is_inner(name) and not self.readers.get(name, {}).keys() - {name}:
                waiting.extend(reads_of(self.definitions[name].body))
                self._set(name, None)

    def _price(self, name: str) -> None:
        d = self.definitions[name]
        key = _shape(d)
        if key not in self._prices:
            alone = Program((*self._positions(d), d), (name,), self.start.arrays, self.start.sizes)
            self._prices[key] = operations_of(alone, name, self.sizes, self.primitives, self.given)
        self._costs(name, self._prices[key])

    def _costs(self, name: str, cost: int) -> None:
        self.total += cost - self.costs.get(name, 0)
        self.costs[name] = cost

    def _positions(self, d: Definition) -> list[Definition]:
        """The positions of maxima that decide where terms of a definition stand."""
        read = (self.definitions[n] for n in reads_of(d.body) if n in self.definitions and n != d.target)
        return [p for p in read if _is_position(p.body)]


@lru_cache(maxsize=50_000)
def reads_of(body: Expr) -> tuple[str, ...]:
    """The names that a formula reads, in subscripts and conditions too, by name."""
    return tuple(sorted(names_read(body)))


def _is_position(body: Expr) -> bool:
    match body:
        case Reduce("argmax" | "argmin"):
            return True
        case Cases(branches):
            return any(_is_position(b) for _, b in branches)
        case _:
            return False


def _shape(d: Definition) -> Definition:
    """The definition with the names that it reads numbered; as it is where integers are read, whose values matter."""
    numbers: dict[str, str] = {d.target: "%"}
    read = [a.name for a in accesses(d.body)]
    if set(reads_of(d.body)) != set(read):
        return d
    for name in read:
        numbers.setdefault(name, f"%{len(numbers)}")
    body = replace_accesses(d.body, lambda a: Access(numbers[a.name], a.subscripts))
    return Definition("%", d.indices, body)
