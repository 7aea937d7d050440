"""What the elements of a program cost where each is computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symbp.calculus.affine import Affine, Guard
from symbp.calculus.expression import Access, Cases, Expr, Number
from symbp.calculus.model import Definition
from symbp.cost.classes import Class, Classes
from symbp.cost.convention import NOTHING, Key, Part, number, positive, read
from symbp.cost.demand import NONE, Demand, conditions_at
from symbp.cost.index_runs import Env
from symbp.cost.looked_at import MOST, Weigher
from symbp.cost.program import Program
from symbp.cost.uniform import Uniform

MOST_SURPRISES = 8

Branches = tuple[tuple[tuple[Guard, ...], Part[int]], ...]
"""What is seen of an element: the first whose guards, on its indices, hold; a literal 0 where none does."""


class Shared(Classes):
    """An access is a leaf, and literal where the element's definition is.

    Which elements are literal is read off the cases of a definition first. All elements are then worked out on this
    assumption; an element where it turns out to be wrong becomes a case of its own (the first step of a recurrence,
    say). Where there are many such, all are looked at one by one.
    """

    def __init__(
        self,
        program: Program,
        sizes: Mapping[str, int],
        primitives: frozenset[str] = frozenset(),
        given: Mapping[str, object] | None = None,
        most: int = MOST,
    ) -> None:
        self.weigher = Weigher(most, sizes)
        self.costs: dict[str, dict[Key, int]] = {}
        """What all elements of a definition cost together."""
        self.depths: dict[str, int] = {}
        self.branches: dict[str, Branches] = {}
        """Names of which an element's cases say what is seen of it."""
        super().__init__(program, sizes, primitives, given)

    def seen_of(self, known: Class, part: Part[int]) -> Part[int]:
        return stored(known[0], part)

    def settle(self, group: Sequence[Definition], circular: bool) -> None:
        expected = {d.target: _expected(d) for d in group}
        for _ in range(MOST_SURPRISES):
            if circular:
                self.branches.update(expected)
                for d in group:
                    self.prepare(d)
            surprise = next((s for d in group if (s := self._surprise(d, expected[d.target]))), None)
            if surprise is None:
                for name, branches in expected.items():
                    self._assume(name, branches)
                return
            expected.update(surprise)
        for d in group:
            self.branches.pop(d.target, None)
        self.tell_apart(group)
        for d in group:
            self.weigher.put(d.target, self.demands.plan(d.indices, self.wanted[d.target]))
            self._one_by_one(d)

    def demanded(self, access: Access) -> Demand:
        branches = self.branches.get(access.name)
        if branches is None:
            return super().demanded(access)
        indices = self.definitions[access.name].indices
        found = [conditions_at(guards, indices, access) for guards, _ in branches]
        if any(guards is None for guards in found):
            return Demand(self.demands.read(access.subscripts))
        made = NONE
        for guards in found:
            for guard in guards or ():
                made = made.with_(self.demands.guard(guard))
        return made

    def read(self, access: Access, env: Env) -> Part[int]:
        branches = self.branches.get(access.name)
        if branches is None:
            return super().read(access, env)
        indices = self.definitions[access.name].indices
        needed = {s for guards, _ in branches for g in guards for s in g.symbols}
        at = dict(self.sizes)
        for index, subscript in zip(indices, access.subscripts, strict=True):
            if index.name in needed:
                at[index.name] = self.subscript(subscript, env)
        return self.first(branches, at)

    def first(self, branches: Branches, env: Env) -> Part[int]:
        for guards, seen in branches:
            if all(self.runs.holds(g, env) for g in guards):
                return seen
        return NOTHING

    def _assume(self, name: str, branches: Branches) -> None:
        if branches[0][0]:
            self.branches[name] = branches
        else:
            self.branches.pop(name, None)
            self.alike[name] = seen = branches[0][1]
            self.faces[name] = seen.literal, seen.sign

    def settle_uniform(self, d: Definition, uniform: Uniform, names: Sequence[str]) -> None:
        name = d.target
        part = uniform.part(names, [1] * len(names))
        self.alike[name] = seen = stored(name, part)
        self.faces[name] = seen.literal, seen.sign
        self.costs[name] = cost = dict[Key, int]()
        self.depths[name] = 0
        times = self.extent(d.indices)
        if times:
            self._add(name, cost, part, times)

    def _surprise(self, d: Definition, branches: Branches) -> dict[str, Branches] | None:
        """Works out all elements; where one isn't seen as expected, what to expect of its definition instead."""
        name = d.target
        self.costs[name] = cost = dict[Key, int]()
        self.depths[name] = 0
        for guards, _ in branches:
            for guard in guards:
                self.wanted[name] = self.wanted[name].with_(self.demands.guard(guard))
        self.weigher.put(name, self.demands.plan(d.indices, self.wanted[name]))
        env = dict(self.sizes)
        for times in self.elements(d, env):
            part = self.evaluated(d.body, env)
            seen, wanted = stored(name, part), self.first(branches, env)
            if seen.literal != wanted.literal or seen.sign != wanted.sign:
                told = [i.name for i in d.indices if i.name in env]
                guards = tuple(Guard("eq", Affine.of(i) - env[i]) for i in told)
                return {name: ((guards, seen), *branches)}
            self._add(name, cost, part, times)
        return None

    def _one_by_one(self, d: Definition) -> None:
        self.costs[d.target] = cost = dict[Key, int]()
        self.depths[d.target] = 0
        for _, part, times in self.classes(d):
            self._add(d.target, cost, part, times)

    def _add(self, name: str, cost: dict[Key, int], part: Part[int], times: int) -> None:
        value = positive(part)
        self.depths[name] = max(self.depths[name], value.depth)
        for key, count in value.cost.items():
            cost[key] = cost.get(key, 0) + count * times


def stored(name: str, part: Part[int]) -> Part[int]:
    """What is seen of an element that is computed on its own: a leaf, and positive, unless it is literal."""
    return read(name) if part.literal is None else part


def _expected(d: Definition) -> Branches:
    """Which elements of a definition are literal, as far as its cases say so."""
    if isinstance(d.body, Cases):
        return tuple((guards, _face(d.target, body)) for guards, body in d.body.branches)
    return (((), _face(d.target, d.body)),)


def _face(name: str, body: Expr) -> Part[int]:
    return stored(name, number(body.value)) if isinstance(body, Number) else read(name)
