"""Which axes make vectors and matrices, and which only count layers or steps.

An axis that is read at a shift (h[t−1]), at a fixed place (a[L]) or over a part of its range is a stack of arrays: its
index stays a subscript. Axes that one index runs over in some equation are of one kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from symbp.calculus.affine import Affine, Index, Range, Subscript
from symbp.calculus.expression import Access, Expr, Partial, Reduce, children

Axis = tuple[str, int]
Node = Axis | int


@dataclass(frozen=True)
class Scope:
    """Formulas that share their free indices."""

    indices: tuple[Index, ...]
    formulas: tuple[Expr, ...]


def stacked_axes(scopes: Iterable[Scope], axes: Mapping[str, tuple[Range, ...]]) -> frozenset[Axis]:
    """The axes (name, position) that stay subscripts."""
    search = _Search(axes)
    for scope in scopes:
        known = {i.name: (search.fresh(), i.range) for i in scope.indices}
        for formula in scope.formulas:
            search.visit(formula, known)
    return search.found()


class _Search:
    """Axes and indices, joined where one runs over the other; `marked` are those that are shifted or in part."""

    def __init__(self, axes: Mapping[str, tuple[Range, ...]]) -> None:
        self.axes = axes
        self.parent: dict[Node, Node] = {}
        self.marked: list[Node] = []
        self.count = 0

    def fresh(self) -> int:
        self.count += 1
        return self.count

    def root(self, node: Node) -> Node:
        """The node that stands for all that are joined with this one; the way to it is shortened."""
        parent = self.parent
        while (above := parent.get(node, node)) != node:
            parent[node] = parent.get(above, above)
            node = above
        return node

    def found(self) -> frozenset[Axis]:
        roots = {self.root(m) for m in self.marked}
        every = ((name, place) for name, axes in self.axes.items() for place in range(len(axes)))
        return frozenset(axis for axis in every if self.root(axis) in roots)

    def visit(self, formula: Expr, free: Mapping[str, tuple[int, Range]]) -> None:
        stack = [(formula, free)]
        while stack:
            e, known = stack.pop()
            match e:
                case Access(name, subscripts):
                    self.read(name, subscripts, known)
                case Partial(_, of, wrt):
                    self.read(of.name, of.subscripts, known)
                    self.read(wrt.name, wrt.subscripts, known)
                case Reduce(binders=binders):
                    known = {**known, **{b.name: (self.fresh(), b.range) for b in binders}}
            stack.extend((part, known) for part in children(e))

    def read(self, name: str, subscripts: tuple[Subscript, ...], known: Mapping[str, tuple[int, Range]]) -> None:
        axes = self.axes.get(name, ())
        for place, (subscript, axis) in enumerate(zip(subscripts, axes, strict=False)):
            if isinstance(subscript, Affine):
                self.place((name, place), axis, subscript, known)

    def place(self, node: Axis, axis: Range, subscript: Affine, known: Mapping[str, tuple[int, Range]]) -> None:
        running = [s for s in subscript.symbols if s in known]
        if not running:
            self.marked.append(node)
        elif len(running) == 1 and abs(subscript.coefficient(running[0])) == 1:
            index, within = known[running[0]]
            self.parent[self.root(node)] = self.root(index)
            ends = (*within.lower.symbols, *within.upper.symbols)
            partial = within != axis and not any(s in known for s in ends)
            if subscript.as_symbol is None or partial:
                self.marked.append(node)
