"""What is said of reused values, against every read of every element of the program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from itertools import product
from math import prod
from pathlib import Path

import pytest

import symbp
from symbp.calculus.affine import Affine, Index, Lookup
from symbp.calculus.expression import Access, Cases, Expr, Reduce, accesses, children, walk
from symbp.calculus.model import adjoint_name
from symbp.calculus.write_out import write_out
from symbp.cost.program import Program
from symbp.cost.report import Cost
from symbp.cost.reuse import Reuse
from symbp.shipped import example_text
from tests.cost.brute_force import BruteForce, Point
from tests.many_models import many_models

MODELS = sorted(p for room in ("examples", "tests/models", "benchmarks/models") for p in Path(room).glob("*.bp"))
FIXED = {"deep": {"L": 4, "n": 2}, "logistic": {"T": 6}, "product": {"n": 5}}
"""Sizes that a file of benchmarks/models gives are too large to write out."""

RANDOM = many_models(random=60)

Element = tuple[str, tuple[int, ...]]


def cost(path: Path) -> Cost:
    derivation = symbp.derive(symbp.load(path))
    free = [s for s in derivation.model.sizes if s not in derivation.model.size_values]
    sizes = {s: 3 + (path.stem not in ("conv", "maxpool")) * k for k, s in enumerate(free)}
    return derivation.cost({**sizes, **(FIXED.get(path.stem, {}) if path.parts[0] == "benchmarks" else {})}).data


class FirstPositions(BruteForce):
    """Positions of maxima are taken to be the first ones."""

    def looked_up(self, lookup: Lookup, point: Point) -> int:
        made = self.program.by_target.get(lookup.array)
        if made is None:
            return super().looked_up(lookup, point)
        position = next(e for e in walk(made.body) if isinstance(e, Reduce) and e.component is not None)
        return position.binders[position.component].range.lower.evaluate(point)


class Reads(FirstPositions):
    """Which element reads which, and in how many places of its formula."""

    def __init__(self, program: Program, sizes: Mapping[str, int]) -> None:
        super().__init__(program, sizes, False, frozenset())
        self.of: dict[Element, Counter[Element]] = {}
        for d in program.definitions:
            for point in self.points(d.indices, self.sizes):
                reader = d.target, tuple(point[i.name] for i in d.indices)
                for read in self.reads(d.body, {**self.sizes, **point}):
                    self.of.setdefault(read, Counter())[reader] += 1

    def reads(self, e: Expr, point: Point) -> Iterator[Element]:
        match e:
            case Access():
                yield e.name, tuple(
                    s.evaluate(point) if isinstance(s, Affine) else self.looked_up(s, point) for s in e.subscripts
                )
            case Reduce(_, binders, guards, body):
                for inner in self.points(binders, point):
                    if self.holds(guards, inner):
                        yield from self.reads(body, inner)
            case Cases(branches):
                first = next((body for guards, body in branches if self.holds(guards, point)), None)
                yield from () if first is None else self.reads(first, point)
            case _:
                for part in children(e):
                    yield from self.reads(part, point)

    def elements(self, indices: tuple[Index, ...]) -> Iterator[tuple[Point, tuple[int, ...]]]:
        for point in self.points(indices, self.sizes):
            yield point, tuple(point[i.name] for i in indices)

    def told(self, reuse: Reuse, point: Point) -> list[tuple[Element, int | None]]:
        """The elements that are said to read one element, and in how many places, if that is said."""
        return [
            ((r.target, tuple(s.evaluate(inner) for s in r.subscripts)), r.times)
            for r in reuse.readers for inner in self.points(r.running, point) if self.holds(r.where, inner)
        ]


def wrong(reads: Reads, reuses: tuple[Reuse, ...]) -> list[object]:
    """Where what is said of readers isn't what is read."""
    found: list[object] = []
    for reuse in reuses:
        for point, key in reads.elements(reuse.indices):
            told, real = reads.told(reuse, point), reads.of.get((reuse.name, key), Counter())
            names = Counter(reader for reader, _ in told)
            exact = all(r.exact for r in reuse.readers)
            if not (real.keys() == names.keys() if exact else real.keys() <= names.keys()):
                found.append((reuse.name, key, names, real))
            found += [
                (reuse.name, key, reader, n) for reader, n in told
                if n is not None and names[reader] == 1 and reader in real and real[reader] != n
            ]
    return found


@pytest.mark.parametrize("path", MODELS, ids=str)
@pytest.mark.parametrize("which", ["reused", "kept"])
def test_readers_are_those_that_read(path: Path, which: str) -> None:
    found = cost(path)
    reads = Reads(found.printed if which == "reused" else found.named, found.sizes)
    reuses = getattr(found, which)
    assert not wrong(reads, reuses)
    for reuse in reuses:
        for point, _ in reads.elements(reuse.indices):
            assert max(Counter(reader for reader, _ in reads.told(reuse, point)).values(), default=1) == 1


@pytest.mark.parametrize("name", [f"random {k}" for k in range(60)])
def test_readers_in_random_models(name: str) -> None:
    derivation = symbp.derive(RANDOM[name])
    found = derivation.cost({s: 2 + k % 2 for k, s in enumerate(derivation.model.sizes)}).data
    assert not wrong(Reads(found.printed, found.sizes), found.reused)
    assert not wrong(Reads(found.named, found.sizes), found.kept)


@pytest.mark.parametrize("path", MODELS, ids=str)
def test_what_is_told_is_what_is_used_twice(path: Path) -> None:
    """Every printed quantity, and every other line of the named program, that has an element with two uses, and no
    other; a wanted value is used by whoever wants it."""
    found = cost(path)
    named = {d.target for d in found.printed.definitions} - set(found.printed.outputs)
    for program, told, own in ((found.printed, found.reused, named), (found.named, found.kept, None)):
        reads = Reads(program, found.sizes)
        twice: set[str] = set()
        for (name, _), readers in reads.of.items():
            asked = name in program.by_target and (name in own if own is not None else name not in named)
            if asked and sum(readers.values()) + (name in program.outputs) > 1:
                twice.add(name)
        assert {r.name for r in told} == twice


@pytest.mark.parametrize("path", MODELS, ids=str)
def test_how_often_a_value_stands_is_what_its_readers_stand(path: Path) -> None:
    """An element stands in the formulas written out once for each place in which each of its readers stands there.

    Where an element is 0 or 1 itself, products with it vanish: there it stands less often.
    """
    found = cost(path)
    reads = Reads(found.printed, found.sizes)
    written = FirstPositions(found.printed, found.sizes, True, frozenset())

    @cache
    def stands(element: Element) -> int:
        wanted = int(element[0] in found.printed.outputs)
        return wanted + sum(n * stands(reader) for reader, n in reads.of.get(element, Counter()).items())

    values = [d for d in found.printed.definitions if not (isinstance(d.body, Reduce) and d.body.kind == "argmax")]
    for d in values:
        for _, key in reads.elements(d.indices):
            if written.element(d.target, key).literal is not None:
                return
    for reuse in found.reused:
        keys = [key for _, key in reads.elements(reuse.indices)]
        assert found.times_written(reuse) == Fraction(sum(stands((reuse.name, key)) for key in keys), len(keys))


@pytest.mark.parametrize("name", ["g", "e", "b", "yhat"])
def test_how_often_a_value_stands_is_seen_in_the_formulas_written_out(name: str) -> None:
    """Every definition is put in for its name but that of the value itself, whose elements are counted."""
    sizes = {"d": 2, "q": 3, "l": 2}
    found = symbp.derive(example_text("watermelon")).cost(sizes).data
    program = found.printed
    made = {
        (d.target, key): write_out(d.body, sizes, dict(zip((i.name for i in d.indices), key, strict=True)))
        for d in program.definitions for key in product(*(
            range(i.range.lower.evaluate(sizes), i.range.upper.evaluate(sizes) + 1) for i in d.indices
        ))
    }

    def standing(access: Access) -> int:
        key = tuple(s.evaluate({}) for s in access.subscripts if isinstance(s, Affine))
        here = int(access.name == name)
        return here + sum(map(standing, accesses(made[access.name, key]))) if (access.name, key) in made else 0

    total = sum(sum(map(standing, accesses(made[t, k]))) for t, k in made if t in program.outputs)
    reuse = next(r for r in found.reused if r.name == name)
    elements = prod(i.range.extent.evaluate(sizes) for i in reuse.indices)
    assert found.times_written(reuse) == Fraction(total, elements)


def test_who_reads_what() -> None:
    found = symbp.derive(example_text("watermelon")).cost({"d": 3, "q": 2, "l": 1}).data
    readers = {r.name: {x.target: [str(e.as_symbol) for e in x.count] for x in r.readers} for r in found.reused}
    assert readers["g"] == {"e": ["q"], adjoint_name("w"): ["q"], adjoint_name("theta"): []}
    assert readers["e"] == {adjoint_name("v"): ["d"], adjoint_name("gamma"): []}
    assert readers["b"] == {"beta": ["l"], "e": [], adjoint_name("w"): ["l"]}


def test_readers_of_a_recurrence_stand_at_their_own_layer() -> None:
    derivation = symbp.derive(example_text("deep"))
    told = derivation.cost().text()
    told = " ".join(told.split())
    assert "Each δ[l,j] is computed once and serves δ[l−1,k] for all n values of k (l ≥ 2)" in told
    assert "C (l = L)" in told
