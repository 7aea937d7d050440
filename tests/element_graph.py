"""A program at given sizes as a graph of single elements: who reads whom, found by writing everything out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from symbp.calculus.expression import Access, Cases, Expr, Reduce, children
from tests.written_program import Element, Writer


class ElementGraph:
    """Edges from each element that is read to each that reads it, once, whatever the reader does with it.

    Conditions are decided; factors that happen to be 0 aren't looked at.
    """

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.known: dict[Element, frozenset[Element]] = {}

    def reads(self, element: Element) -> frozenset[Element]:
        if element not in self.known:
            name, key = element
            definition = self.writer.definitions.get(name)
            if definition is None:
                self.known[element] = frozenset()
            else:
                at = {i.name: k for i, k in zip(definition.indices, key, strict=True)}
                self.known[element] = frozenset(self._accessed(definition.body, at))
        return self.known[element]

    def _accessed(self, e: Expr, at: Mapping[str, int]) -> Iterator[Element]:
        match e:
            case Access(name, subscripts):
                yield name, tuple(self.writer.subscript(s, at) for s in subscripts)
            case Reduce(_, binders, guards, body):
                for point in self.writer.points(binders, guards, at):
                    yield from self._accessed(body, point)
            case Cases(branches):
                body = next((b for guards, b in branches if self.writer.holds(guards, at)), None)
                if body is not None:
                    yield from self._accessed(body, at)
            case _:
                for part in children(e):
                    yield from self._accessed(part, at)

    def paths(self, parameter: str, end: Element) -> int:
        """How many ways lead from elements of the parameter to the end, each edge of each counted alone."""
        memo: dict[Element, int] = {}

        def arriving(element: Element) -> int:
            if element not in memo:
                if element[0] == parameter:
                    memo[element] = 1
                else:
                    memo[element] = sum(map(arriving, self.reads(element)))
            return memo[element]

        return arriving(end)

    def walks(self, parameter: str, end: Element, most: int) -> int:
        """The same by walking each of them; more than `most` are not walked."""
        found, waiting = 0, [end]
        while waiting and found <= most:
            element = waiting.pop()
            if element[0] == parameter:
                found += 1
            else:
                waiting.extend(self.reads(element))
        return found
