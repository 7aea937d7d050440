"""Elements of arrays: every index tuple of some ranges, how an element is written, and what a formula reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, product
from random import Random

from symbp.calculus.affine import Guard, Index, Lookup, Range
from symbp.calculus.expression import Access, Cases, Expr, Partial, Reduce, walk
from symbp.numeric.loops import Key

CORNERS = 0.4
"""How often an index that is drawn is at one of its ends, or next to one."""


def box(ranges: tuple[Range, ...], sizes: Mapping[str, int], names: tuple[str, ...] | None = None) -> list[Key]:
    """Every index tuple of the ranges, in lexicographic order; with names, later ranges may read earlier indices."""
    symbols = {s for r in ranges for f in (r.lower, r.upper) for s in f.symbols}
    if names is None or not symbols & set(names):
        spans = [range(r.lower.evaluate(sizes), r.upper.evaluate(sizes) + 1) for r in ranges]
        return list(product(*spans))
    return list(_tuples(ranges, sizes, names))


def first_tuples(indices: tuple[Index, ...], sizes: Mapping[str, int], most: int) -> list[Key]:
    """The first so many index tuples in lexicographic order."""
    return list(islice(_tuples(tuple(i.range for i in indices), sizes, tuple(i.name for i in indices)), most))


def _tuples(ranges: tuple[Range, ...], sizes: Mapping[str, int], names: tuple[str, ...]) -> Iterator[Key]:
    if not ranges:
        yield ()
        return
    first, rest = ranges[0], ranges[1:]
    for value in range(first.lower.evaluate(sizes), first.upper.evaluate(sizes) + 1):
        for key in _tuples(rest, {**sizes, names[0]: value}, names[1:]):
            yield (value, *key)


def drawn_tuples(indices: tuple[Index, ...], sizes: Mapping[str, int], random: Random, tries: int) -> Iterator[Key]:
    """Different index tuples of ranges that are too many to list: corners, what is next to them, and anything between.

    No more than so many are tried.
    """
    seen: set[Key] = set()
    for _ in range(tries):
        values, key = dict(sizes), []
        for index in indices:
            low, high = index.range.lower.evaluate(values), index.range.upper.evaluate(values)
            if low > high:
                break
            corners = (low, high, min(low + 1, high), max(high - 1, low))
            values[index.name] = random.choice(corners) if random.random() < CORNERS else random.randint(low, high)
            key.append(values[index.name])
        if len(key) == len(indices) and tuple(key) not in seen:
            seen.add(tuple(key))
            yield tuple(key)


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
