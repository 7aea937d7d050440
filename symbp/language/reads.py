"""What the formulas read: a letter that subscripts an axis by itself meets that axis."""

from __future__ import annotations

from collections.abc import Mapping

from symbp.calculus.affine import Affine
from symbp.calculus.describe import range_text
from symbp.language import syntax
from symbp.language.extents import Extent, Union, join
from symbp.language.linear import free_names, linear, operands, parts
from symbp.language.ranges import BROKEN, Ranges
from symbp.language.scopes import binds, elementwise, free_letters
from symbp.language.syntax import Span

Scope = Mapping[str, Extent]


class Reads:
    """Scans every formula: joins the extents that meet, and notes the meetings that come later."""

    def __init__(self, ranges: Ranges) -> None:
        self._ranges = ranges
        self._file = ranges.file
        self.meetings: list[tuple[Extent, Union, Span]] = []
        """A letter and an axis put together from cases."""
        self.hints: list[tuple[Extent, Extent]] = []
        """An axis and a declared letter that subscripts it."""
        self._bound: list[tuple[str, Extent | None]] = []

    def scan(self) -> None:
        for cases in self._file.definitions.values():
            for case in cases:
                self._bound = self._ranges.met[id(case)] = []
                self._scan(case.body, self._ranges.scopes[id(case)], frozenset())
        self._bound = []
        for helper in self._file.helpers.values():
            self._scan(helper.body, {}, frozenset(n for n, _ in helper.parameters))
        for fact in self._file.facts:
            scope: dict[str, Extent] = {}
            for node in free_letters(self._file, fact.left):
                known = self._ranges.letters.get(node.name)
                scope[node.name] = known if known is not None else self._ranges.new(node.name, node.span)
            self._ranges.scopes[id(fact)] = scope
            self._scan(fact.left, scope, frozenset())

    def _scan(self, body: syntax.Expression, scope: Scope, local: frozenset[str]) -> None:
        stack: list[tuple[syntax.Expression, Scope]] = [(body, scope)]
        while stack:
            node, around = stack.pop()
            match node:
                case syntax.Subscripted():
                    self._meet(node, around)
                    stack.extend((x, around) for x in reversed(node.subscripts))
                case syntax.Reduction() if binds(self._file, node, local):
                    inner = {**around, **self._bind(node, around)}
                    inside = [x for b in node.binders if b.condition is not None for x in operands(b.condition)]
                    stack.extend((x, inner) for x in reversed((*inside, node.body)))
                case syntax.Reduction():
                    stack.append((elementwise(node), around))
                case syntax.Name() | syntax.Numeral():
                    pass
                case _:
                    stack.extend((x, around) for x in reversed(parts(node)))

    def _bind(self, node: syntax.Reduction, around: Scope) -> dict[str, Extent]:
        inner: dict[str, Extent] = {}
        for b in node.binders:
            if b.lower is not None and b.upper is not None:
                for e in (b.lower, b.upper):
                    self._sizes_in(e, {**around, **inner})
                inner[b.name] = Extent(b.name, b.name_span, BROKEN, b.span, fixed=True)
                self._bound.append((b.name, None))
                continue
            if b.name in self._ranges.letters:
                extent = self._ranges.letters[b.name]
            elif node.function == "softmax" and b.name in around:
                extent = around[b.name]
            else:
                extent = self._ranges.new(b.name, b.name_span)
            self._ranges.binders[id(b)] = inner[b.name] = extent
            self._bound.append((b.name, extent))
        return inner

    def _sizes_in(self, e: syntax.Expression, scope: Scope) -> None:
        """A name in a binder's bound that is nothing else is a size."""
        if linear(e, lambda name: Affine.of(name)) is None:
            return
        for name in free_names(e):
            if name not in scope and name not in self._file.names and self._file.register(name, "size", e.span):
                self._ranges.sizes[name] = e.span

    def _meet(self, node: syntax.Subscripted, scope: Scope) -> None:
        axes = self._ranges.axes.get(node.name)
        if axes is None or len(axes) != len(node.subscripts):
            return
        names = [s.name for s in node.subscripts if isinstance(s, syntax.Name) and s.name in scope]
        if len(names) == len(axes) == len(set(names)):
            self._ranges.letters_used.setdefault(node.name, tuple(names))
        for sub, axis in zip(node.subscripts, axes, strict=True):
            if not isinstance(sub, syntax.Name) or sub.name not in scope:
                continue
            extent = scope[sub.name]
            if isinstance(axis, Union):
                self.meetings.append((extent, axis, sub.span))
            elif extent.fixed:
                self.hints.append((axis, extent))
            else:
                self._same(extent, axis, sub, node)

    def _same(self, extent: Extent, axis: Extent, sub: syntax.Name, node: syntax.Subscripted) -> None:
        a, b = extent.root, axis.root
        if a is b:
            return
        if a.range is not None and b.range is not None:
            if a.range != b.range:
                self._conflict(a, b, sub, node)
            return
        if a.named and b.named and a.range is None and b.range is None:
            self._file.mistakes.warn(
                f"`{a.letter}` and `{b.letter}` have one range: both subscript {self._file.mistakes.quote(node.span)}"
                if a.letter == b.letter else
                f"`{a.letter}` and `{b.letter}` have one range, since `{sub.name}` subscripts `{node.name}`"
            )
        join(a, b)

    def _conflict(self, a: Extent, b: Extent, sub: syntax.Name, node: syntax.Subscripted) -> None:
        assert a.range is not None and b.range is not None
        also = tuple(
            (x.origin, f"{range_text(x.range)} here") for x in (a, b) if x.origin is not None and x.range is not None
        )
        self._file.mistakes.error(
            sub.span,
            f"`{sub.name}` runs over {range_text(a.range)} elsewhere, but this axis of `{node.name}` is "
            f"{range_text(b.range)}",
            "use another letter, or declare the index", also,
        )
