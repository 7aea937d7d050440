"""A model at given sizes, element by element: which elements each one reads, found by writing everything out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from symbp.calculus.affine import Affine, Guard, Index, Subscript
from symbp.calculus.derivation import Derivation
from symbp.calculus.expression import Access, Cases, Expr, Reduce, accesses, children
from symbp.calculus.model import Model, definition_of
from tests.interpreter import keys

Element = tuple[str, tuple[int, ...]]
Names = tuple[str, ...]


class Instance:
    """`integers` stands for every integer input's value."""

    def __init__(self, model: Model, sizes: Mapping[str, int]) -> None:
        self.model = model
        self.sizes = dict(sizes)
        self.definitions = {e.target: definition_of(e) for e in model.equations}

    def subscript(self, s: Subscript, at: Mapping[str, int]) -> int:
        if isinstance(s, Affine):
            return s.evaluate({**self.sizes, **at})
        values = self.model.arrays[s.array].values
        assert values is not None
        return values.lower.evaluate(self.sizes)

    def element(self, access: Access, at: Mapping[str, int]) -> Element:
        return access.name, tuple(self.subscript(s, at) for s in access.subscripts)

    def hold(self, guards: Iterable[Guard], at: Mapping[str, int]) -> bool:
        return all(
            g.holds({**self.sizes, **at}, self.subscript(g.lookup, at) if g.lookup is not None else None)
            for g in guards
        )

    def points(self, e: Reduce, at: Mapping[str, int]) -> Iterator[dict[str, int]]:
        """The values of a reduction's binders, with those around it."""
        return self.tuples(e.binders, e.guards, at)

    def tuples(
        self, indices: Iterable[Index], guards: Iterable[Guard] = (), at: Mapping[str, int] | None = None
    ) -> Iterator[dict[str, int]]:
        """Every tuple of the indices at which the guards hold, in lexicographic order, with the values around them."""
        found = [dict(at or {})]
        for i in indices:
            found = [
                {**p, i.name: k} for p in found
                for k in range(self.subscript(i.range.lower, p), self.subscript(i.range.upper, p) + 1)
            ]
        return (p for p in found if self.hold(guards, p))

    def accessed(self, e: Expr, at: Mapping[str, int]) -> set[Element]:
        """The elements that a formula reads."""
        match e:
            case Access():
                return {self.element(e, at)}
            case Reduce():
                return {x for p in self.points(e, at) for x in self.accessed(e.body, p)}
            case Cases(branches):
                body = next((b for guards, b in branches if self.hold(guards, at)), None)
                return set() if body is None else self.accessed(body, at)
            case _:
                return {x for part in children(e) for x in self.accessed(part, at)}

    def read_by(self, element: Element) -> set[Element]:
        """The elements that the equation of an element reads."""
        name, key = element
        if name not in self.definitions:
            return set()
        definition = self.definitions[name]
        at = {i.name: k for i, k in zip(definition.indices, key, strict=True)}
        return self.accessed(definition.body, at)


class AuthorsGraph:
    """Who reads whom among parameters and displayed names; names that aren't displayed are looked through."""

    def __init__(self, derivation: Derivation, sizes: Mapping[str, int]) -> None:
        self.instance = Instance(derivation.model, sizes)
        self.of: Element = (derivation.of, ())
        self.shown = {e.target.name for e in derivation.forward} | set(derivation.gradients)
        self.readers: dict[Element, list[Element]] = {}
        self.leading = names_above(derivation.model, derivation.of)
        self.memo: dict[Element, int] = {}
        for name in dict.fromkeys(e.target.name for e in derivation.forward):
            for key in keys(derivation.model, name, sizes):
                for read in sorted(self.reads((name, key))):
                    self.readers.setdefault(read, []).append((name, key))

    def reads(self, element: Element) -> set[Element]:
        found: set[Element] = set()
        waiting = list(self.instance.read_by(element))
        seen = set(waiting)
        while waiting:
            read = waiting.pop()
            if read[0] in self.shown or read[0] not in self.instance.definitions:
                found.add(read)
                continue
            further = self.instance.read_by(read) - seen
            seen |= further
            waiting.extend(further)
        return found

    def paths(self, element: Element) -> int:
        """The number of paths to the differentiated scalar, through single elements."""
        if element == self.of:
            return 1
        if element not in self.memo:
            self.memo[element] = sum(self.paths(r) for r in self.readers.get(element, ()))
        return self.memo[element]

    def walks(self, element: Element) -> dict[Names, set[Element]]:
        """By the names that they pass: where walks end that go to the scalar, or to a name for the second time."""
        ended: dict[Names, set[Element]] = {}
        layer: dict[Names, set[Element]] = {(element[0],): {element}}
        while layer:
            further: dict[Names, set[Element]] = {}
            for names, reached in layer.items():
                for x in reached:
                    for reader in self.readers.get(x, ()):
                        if reader[0] in self.leading:
                            ends = reader == self.of or reader[0] in names
                            (ended if ends else further).setdefault((*names, reader[0]), set()).add(reader)
            layer = further
        return ended


def names_above(model: Model, of: str) -> set[str]:
    """The names that `of` depends on, itself included."""
    read = {e.target: {a.name for a in accesses(definition_of(e).body)} for e in model.equations}
    found, waiting = {of}, [of]
    while waiting:
        further = read.get(waiting.pop(), set()) - found
        found |= further
        waiting.extend(further)
    return found


def small_sizes(model: Model, most: int = 4) -> list[dict[str, int]]:
    """Sizes up to `most` at which the model means something, the same for all names or rising."""
    names = model.sizes
    wishes = [dict.fromkeys(names, k) for k in range(1, most + 1)]
    wishes += [{s: 2 + (k + shift) % 3 for k, s in enumerate(names)} for shift in (0, 1)]
    if len(names) <= 3:
        wishes += [dict(zip(names, v, strict=True)) for v in product(range(1, most + 1), repeat=len(names))][:6]
    found = [{**w, **model.size_values} for w in wishes]
    return [w for k, w in enumerate(found) if w not in found[:k] and all(g.holds(w) for g in model.requirements)]
