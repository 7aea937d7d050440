"""What the elements of a program cost where each access is replaced by the formula of what it reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from symbp.calculus.expression import Access
from symbp.calculus.model import Definition
from symbp.cost.classes import Class, Classes
from symbp.cost.convention import LEAF, Key, Part
from symbp.cost.demand import NONE, Demand
from symbp.cost.index_runs import Env
from symbp.cost.looked_at import MOST, Weigher
from symbp.cost.program import Program
from symbp.cost.uniform import Face, Uniform


class Unfolded(Classes):
    """Trees by dynamic programming: a class of elements knows which other classes it reads, and how often.

    Signs and literal 0 and 1 go through; what reads a class counts it under the class as key. Raises TooMany, before
    they are looked at, where there are more than `most` classes.
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
        super().__init__(program, sizes, primitives, given)

    def seen_of(self, known: Class, part: Part[int]) -> Part[int]:
        if part.literal is not None:
            return Part({LEAF: 1}, 1, part.literal, part.sign)
        return Part({known: 1}, part.depth, None, part.sign)

    def settle(self, group: Sequence[Definition], circular: bool) -> None:
        if circular:
            self.tell_apart(group)
            self._weigh(group)
            return
        d = group[0]
        self.axes[d.target] = axes = self.demands.within(d.indices, self.wanted[d.target])
        if axes:
            self._weigh(group)
        else:
            self.known((d.target,))
            self.alike[d.target] = seen = self.seen[(d.target,)]
            self.faces[d.target] = seen.literal, seen.sign

    def _weigh(self, group: Sequence[Definition]) -> None:
        for d in group:
            self.weigher.put(d.target, self.demands.plan(d.indices, self.wanted[d.target]))

    def settle_uniform(self, d: Definition, uniform: Uniform, names: Sequence[str]) -> None:
        alike = self.alike
        known = (d.target,)
        part = uniform.part(names, [alike[name].depth if name in alike else 1 for name in names])
        self.axes[d.target] = ()
        self.parts[known] = part
        self.seen[known] = alike[d.target] = self.seen_of(known, part)

    def roots(self, names: Iterable[str]) -> tuple[dict[Key, int], int, int]:
        """How many elements of each class the names have, how many negations stand in front, and the greatest depth."""
        wanted: dict[Key, int] = {}
        negated, depth = 0, 0
        for name in names:
            for known, part, times in self.classes(self.definitions[name]):
                wanted[known] = wanted.get(known, 0) + times
                negated += times if part.sign < 0 else 0
                depth = max(depth, part.depth)
        return wanted, negated, depth

    def occurrences(self, wanted: dict[Key, int]) -> tuple[dict[Key, int], dict[str, int]]:
        """How often each operation and leaf stands in trees of so many elements, and how often elements of each name.

        Each class is opened after all those that read it.
        """
        waiting = dict(wanted)
        found: dict[Key, int] = {}
        met: dict[str, int] = {}
        for known in reversed(self.parts):
            times = waiting.pop(known, 0)
            if not times:
                continue
            name = known[0]
            met[name] = met.get(name, 0) + times
            for key, count in self.parts[known].cost.items():
                into = found if isinstance(key, str) else waiting
                into[key] = into.get(key, 0) + count * times
        for key, times in waiting.items():
            met[key[0]] = times
        return found, met


class Operations(Unfolded):
    """Trees of which nothing but the number of operations is asked for: one number for each class."""

    def __init__(
        self,
        program: Program,
        sizes: Mapping[str, int],
        primitives: frozenset[str] = frozenset(),
        given: Mapping[str, object] | None = None,
        most: int = MOST,
    ) -> None:
        self.found: dict[Key, int] = {}
        """The operations in the tree of one element of each class."""
        super().__init__(program, sizes, primitives, given, most)

    def settle_uniform(self, d: Definition, uniform: Uniform, names: Sequence[str]) -> None:
        found = self.found
        operations = uniform.operations
        for number, times in uniform.reads:
            inside = found.get((names[number],))
            if inside:
                operations += inside if times == 1 else inside * times
        found[(d.target,)] = operations
        self.axes[d.target] = ()

    def seen_of(self, known: Class, part: Part[int]) -> Part[int]:
        self.found[known] = sum(
            times if isinstance(key, str) else times * self.found.get(key, 0)
            for key, times in part.cost.items() if key != LEAF
        )
        return super().seen_of(known, part)

    def demanded(self, access: Access) -> Demand:
        return NONE if access.name in self.faces else super().demanded(access)

    def read(self, access: Access, env: Env) -> Part[int]:
        name = access.name
        if name not in self.alike and name in self.faces:
            self.alike[name] = _with_face((name,), self.faces[name])
        return super().read(access, env)

    def operations(self, names: Iterable[str]) -> dict[str, int]:
        """The operations in the trees of all elements of each name, negations in front with them."""
        return {name: self._of_all(self.definitions[name]) for name in names}

    def _of_all(self, d: Definition) -> int:
        if d.target in self.faces:
            each = self.found[(d.target,)] + (self.faces[d.target][1] < 0)
            return each * sum(self.elements(d, dict(self.sizes)))
        roots, negated, _ = self.roots((d.target,))
        return negated + sum(times * self.found[known] for known, times in roots.items())


def _with_face(known: Class, face: Face) -> Part[int]:
    """What is seen of a class, its depth aside."""
    literal, sign = face
    return Part({known: 1} if literal is None else {LEAF: 1}, 1, literal, sign)
