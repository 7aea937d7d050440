"""Elements of arrays: every index tuple of some ranges, how an element is written, and what a formula reads."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from symbp.calculus.affine import Guard, Lookup, Range
from symbp.calculus.expression import Access, Cases, Expr, Partial, Reduce, walk
from symbp.numeric.loops import Key


def box(ranges: tuple[Range, ...], sizes: Mapping[str, int], names: tuple[str, ...] | None = None) -> list[Key]:
    """Every index tuple of the ranges, in lexicographic order; with names, later ranges may read earlier indices."""
    symbols = {s for r in ranges for f in (r.lower, r.upper) for s in f.symbols}
    if names is None or not symbols & set(names):
        spans = [range(r.lower.evaluate(sizes), r.upper.evaluate(sizes) + 1) for r in ranges]
        return list(product(*spans))
    keys: list[Key] = [()]
    for position, r in enumerate(ranges):
        longer: list[Key] = []
        for key in keys:
            values = {**sizes, **dict(zip(names[:position], key, strict=True))}
            longer += [(*key, v) for v in range(r.lower.evaluate(values), r.upper.evaluate(values) + 1)]
        keys = longer
    return keys


def spell(name: str, key: Key) -> str:
    """name[1,2]; a scalar's bare name."""
    return f"{name}[{','.join(map(str, key))}]" if key else name


def names_read(body: Expr) -> frozenset[str]:
    """The arrays that a tree reads, in subscripts and guards too."""
    names: set[str] = set()
    for node in walk(body):
        match node:
            case Access(name, subscripts):
                names.add(name)
                names.update(s.array for s in subscripts if isinstance(s, Lookup))
            case Reduce(guards=guards):
                names |= _looked_up(guards)
            case Cases(branches):
                names.update(*(_looked_up(guards) for guards, _ in branches))
            case Partial(_, of, wrt):
                names |= {of.name, wrt.name}
    return frozenset(names)


def _looked_up(guards: tuple[Guard, ...]) -> set[str]:
    return {g.lookup.array for g in guards if g.lookup is not None}


def reachable(start: str, direct: Mapping[str, frozenset[str]]) -> frozenset[str]:
    seen = {start}
    stack = [start]
    while stack:
        for name in direct.get(stack.pop(), frozenset()):
            if name not in seen:
                seen.add(name)
                stack.append(name)
    return frozenset(seen)
