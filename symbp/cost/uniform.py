"""Definitions all of whose elements look alike, over names of which the same is true: counted once for each outline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from symbp.calculus.expression import Access
from symbp.cost.bodies import Bodies
from symbp.cost.convention import LEAF, Key, Part
from symbp.cost.demand import NONE, Demands, OfAccess
from symbp.cost.index_runs import Env, Runs
from symbp.cost.outlines import Outline

Face = tuple[int | None, int]
"""What formulas see of a name all of whose elements look alike: its literal, and its sign."""

PLAIN_FACE: Face = None, 1

DEEP = 1 << 60
"""More levels than any formula has."""

MANY = 16
"""Names that are looked at one by one; a formula of more names is gone through for each of its definitions."""


class Uniform:
    """An element of a definition with this outline, over names with these faces."""

    def __init__(self, bodies: _OutlineBodies, outline: Outline, faces: tuple[Face, ...]) -> None:
        self._bodies, self._outline, self._faces = bodies, outline, faces
        seen = self._seen([1] * len(faces))
        self.face: Face = seen.literal, seen.sign
        self.own: dict[Key, int] = {key: n for key, n in seen.cost.items() if isinstance(key, str)}
        """How often each operation stands in it, and leaves that read nothing."""
        self.operations = sum(n for key, n in self.own.items() if key != LEAF)
        self.reads = [(key[0], n) for key, n in seen.cost.items() if not isinstance(key, str)]
        """Which of the names it reads, by its number, and how often."""
        self._least_depth = seen.depth

    def part(self, names: Sequence[str], depths: Sequence[int]) -> Part[int]:
        """With what the names are, and how deep one element of each is."""
        cost = self.own.copy()
        for number, times in self.reads:
            cost[(names[number],)] = times
        depth = self._depth(depths)
        literal, sign = self.face
        return Part(cost, depth, literal, sign)

    def _depth(self, depths: Sequence[int]) -> int:
        if len(self.reads) > MANY:
            return self._seen(depths).depth
        return max([self._least_depth, *[depths[k] + above for k, above in self._levels]])

    @cached_property
    def _levels(self) -> list[tuple[int, int]]:
        """How many levels stand above the deepest place of each name that is read."""
        found = []
        for number, _ in self.reads:
            depths = [1] * len(self._faces)
            depths[number] = DEEP
            found.append((number, self._seen(depths).depth - DEEP))
        return found

    def _seen(self, depths: Sequence[int]) -> Part[int]:
        parts = [
            Part({LEAF: 1} if literal is not None else {(number,): 1}, depth, literal, sign)
            for number, ((literal, sign), depth) in enumerate(zip(self._faces, depths, strict=True))
        ]
        return self._bodies.seen(self._outline, dict(zip(self._outline.names, parts, strict=True)))


class _OutlineBodies:
    """Works out the formulas that stand for outlines."""

    def __init__(self, sizes: Mapping[str, int], runs: Runs, primitives: frozenset[str]) -> None:
        self.sizes = sizes
        self.walker = Bodies(runs, {}, self._read, primitives)
        self._parts: Mapping[str, Part[int]] = {}

    def seen(self, outline: Outline, parts: Mapping[str, Part[int]]) -> Part[int]:
        self._parts = parts
        return self.walker.part(outline.body, dict(self.sizes))

    def _read(self, access: Access, env: Env) -> Part[int]:
        return self._parts[access.name]


class Uniforms:
    """What is known of outlines at given sizes."""

    def __init__(
        self, sizes: Mapping[str, int], runs: Runs, primitives: frozenset[str], demands: Callable[[OfAccess], Demands]
    ) -> None:
        self._demands = demands
        self._bodies = _OutlineBodies(sizes, runs, primitives)
        self._known: dict[tuple[Outline, tuple[Face, ...]], Uniform | None] = {}

    @property
    def vanished(self) -> bool:
        """Whether any product was found to be 0."""
        return self._bodies.walker.vanished

    def of(self, outline: Outline, faces: Iterable[Face]) -> Uniform | None:
        """None where an element of such a definition may look unlike another."""
        key = outline, tuple(faces)
        if key not in self._known:
            self._known[key] = Uniform(self._bodies, *key) if self._is_uniform(outline) else None
        return self._known[key]

    def _is_uniform(self, outline: Outline) -> bool:
        return not outline.has_position and self._demands(lambda _: NONE).of(outline.body) is NONE
