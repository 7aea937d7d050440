"""The range of every index letter and axis: stated, taken from an axis that the letter subscripts, or 1..n_letter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from symbp.calculus.affine import Affine, Range
from symbp.calculus.describe import range_text
from symbp.language import syntax
from symbp.language.extents import UNKNOWN, Axis, Extent, Union, join, nonnegative
from symbp.language.file import File
from symbp.language.linear import integer_form, linear, names_in, operands, parts
from symbp.language.scopes import binds, elementwise, free_letters
from symbp.language.shifted import refuse_shift
from symbp.language.syntax import Span

Pattern = tuple[str | Affine, ...]
"""A definition's subscripts: letters, and fixed positions."""

Scope = Mapping[str, Extent]

BROKEN = Range.of(1, UNKNOWN)
"""Stands for a range that could not be read; a mistake has been recorded."""


class Ranges:
    """What inference finds out. Build it with `infer`."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.letters: dict[str, Extent] = {}
        self.axes: dict[str, list[Axis]] = {}
        self.values: dict[str, Range] = {}
        self.patterns: dict[int, Pattern] = {}
        self.scopes: dict[int, dict[str, Extent]] = {}
        self.sizes: dict[str, Span] = dict(file.sizes)
        self._binders: dict[int, Extent] = {}
        self._seen: list[Extent] = []
        self._meetings: list[tuple[Extent, Union, Span]] = []
        self.unknown: list[Extent] = []
        self.letters_used: dict[str, tuple[str, ...]] = {}
        """For each array, the distinct letters of the first read that has only letters."""
        self._made: list[syntax.Binder] = []
        self._hints: list[tuple[Extent, Extent]] = []

    def of_binder(self, binder: syntax.Binder) -> Range:
        """The range of a binder without bounds of its own."""
        return self._binders[id(binder)].known or BROKEN

    def give(self, binder: syntax.Binder, within: Range) -> None:
        """Sets the range of a binder that lowering makes."""
        self._binders[id(binder)] = Extent(binder.name, binder.span, within, binder.span, fixed=True)
        self._made.append(binder)

    def of_letter(self, statement: syntax.Statement, letter: str) -> Range:
        """The range of a free letter of a statement."""
        return self.scopes[id(statement)][letter].known or BROKEN

    def of_axes(self, name: str) -> tuple[Range, ...]:
        return tuple((a.range if isinstance(a, Union) else a.known) or BROKEN for a in self.axes[name])

    def tell_unknown(self) -> None:
        """Records each letter whose range is not known: a mistake unless another one explains it."""
        for extent in self.unknown:
            self.file.mistakes.error(
                extent.span, f"the range of `{extent.letter}` is not known: no array is subscripted by it alone",
                f"declare it: `index {extent.letter} in 1..n`",
            )

    def index_ranges(self) -> dict[str, Range]:
        """Every letter's range, in order of appearance; a letter with several has its first one here."""
        found: dict[str, Range] = {}
        for extent in sorted(self._seen, key=lambda x: x.span.start):
            if extent.known is not None:
                found.setdefault(extent.letter, extent.known)
        return found

    def size(self, name: str) -> Affine | None:
        """A size as a form; None for any other name."""
        return Affine.of(name) if name in self.sizes else None

    # What is declared

    def declare(self) -> None:
        for binder in self.file.indices.values():
            assert binder.lower is not None and binder.upper is not None
            stated = Range(self.bound(binder.lower), self.bound(binder.upper))
            self.letters[binder.name] = self._new(binder.name, binder.name_span, stated)
        for name, (_, declared) in self.file.arrays.items():
            self.axes[name] = [self._axis(a, name) for a in declared.axes]
            if declared.values is not None:
                lower, upper = (self.bound(e) for e in declared.values)
                self.values[name] = Range(lower, upper)

    def _new(self, letter: str, span: Span, stated: Range | None = None) -> Extent:
        extent = Extent(letter, span, stated, span if stated else None, stated is not None)
        self._seen.append(extent)
        return extent

    def bound(self, e: syntax.Expression) -> Affine:
        """An integer form over sizes; a mistake otherwise."""
        form = integer_form(e, self.size)
        if form is None:
            quoted = self.file.mistakes.quote(e.span)
            self.file.mistakes.error(e.span, f"{quoted} is no bound{self._why_no_bound(e)}", "write `2*P - 1` or `784`")
            return Affine.of(1)
        return form

    def _why_no_bound(self, e: syntax.Expression) -> str:
        for name in free_names(e):
            entry = self.file.names.get(name)
            if entry is not None and entry.kind != "size":
                return f": `{name}` is {entry.what}, and bounds are made of sizes and integers"
        return ": a bound is an integer, a size, or sums and integer multiples of these"

    def _axis(self, axis: syntax.Axis, name: str) -> Extent:
        if axis.lower is None and isinstance(axis.upper, syntax.Name) and axis.upper.name not in self.sizes:
            return self._letter(axis.upper)
        if axis.lower is not None:
            stated = Range(self.bound(axis.lower), self.bound(axis.upper))
        else:
            stated = Range(Affine.of(1), self.bound(axis.upper))
        if nonnegative(stated.lower - stated.upper - 1):
            quoted = self.file.mistakes.quote(axis.span)
            self.file.mistakes.error(axis.span, f"an axis of `{name}` is empty: its size can't be {quoted}")
        return Extent("", axis.span, stated, axis.span)

    def _letter(self, node: syntax.Name) -> Extent:
        """A letter in a declaration's bracket."""
        if not self.file.is_index(node.name):
            entry = self.file.names[node.name]
            self.file.mistakes.error(
                node.span, f"`{node.name}` is {entry.what}, not an index or a size", "",
                ((entry.span, f"{entry.what} here"),),
            )
            return Extent("", node.span, BROKEN, node.span)
        if node.name not in self.letters:
            self.letters[node.name] = self._new(node.name, node.span)
            self.letters[node.name].named = True
        return self.letters[node.name]

    # What is defined

    def define(self) -> None:
        for name, cases in self.file.definitions.items():
            patterns = [self._pattern(case) for case in cases]
            if any(len(p) != len(patterns[0]) for p in patterns):
                self._ranks_differ(name, cases)
                patterns = [p[: min(map(len, patterns))] for p in patterns]
            for case, pattern in zip(cases, patterns, strict=True):
                self.patterns[id(case)] = pattern
            self.axes[name] = [self._defined_axis(cases, patterns, a) for a in range(len(patterns[0]))]

    def _ranks_differ(self, name: str, cases: list[syntax.Definition]) -> None:
        first = cases[0]
        for case in cases[1:]:
            if len(case.subscripts) != len(first.subscripts):
                self.file.mistakes.error(
                    case.name_span,
                    f"`{name}` has {len(first.subscripts)} subscripts in one case and {len(case.subscripts)} here", "",
                    ((first.name_span, "the first case"),),
                )
                return

    def _pattern(self, case: syntax.Definition) -> Pattern:
        scope = self.scopes.setdefault(id(case), {})
        pattern: list[str | Affine] = []
        for e in case.subscripts:
            if isinstance(e, syntax.Name) and self.file.is_index(e.name):
                pattern.append(self._target_letter(e, scope))
                continue
            form = integer_form(e, self.size)
            if form is None:
                pattern.append(self._refused(case, e, scope))
            else:
                pattern.append(form)
        return tuple(pattern)

    def _target_letter(self, e: syntax.Name, scope: dict[str, Extent]) -> str | Affine:
        if e.name in scope:
            self.file.mistakes.error(
                e.span, f"`{e.name}` stands twice on the left", "give each axis a letter of its own",
            )
            return Affine.of(1)
        if e.name in self.letters:
            scope[e.name] = self.letters[e.name]
        else:
            scope[e.name] = self._new(e.name, e.span)
        return e.name

    def _refused(self, case: syntax.Definition, e: syntax.Expression, scope: dict[str, Extent]) -> str | Affine:
        letter = refuse_shift(self.file, case, e)
        if letter is None:
            self._bad_target(e)
            return Affine.of(1)
        scope.setdefault(letter, Extent(letter, e.span, BROKEN, e.span))
        return letter

    def _bad_target(self, e: syntax.Expression) -> None:
        quoted = self.file.mistakes.quote(e.span)
        why = ""
        for name in free_names(e):
            entry = self.file.names.get(name)
            if entry is not None and entry.kind not in ("index", "size"):
                why = f": `{name}` is {entry.what}"
                break
        self.file.mistakes.error(
            e.span, f"{quoted} can't stand on the left{why}", "a subscript on the left is an index letter or a number",
        )

    def _defined_axis(self, cases: list[syntax.Definition], patterns: list[Pattern], axis: int) -> Axis:
        found: list[Extent | Affine] = []
        for case, pattern in zip(cases, patterns, strict=True):
            part = pattern[axis]
            found.append(self.scopes[id(case)][part] if isinstance(part, str) else part)
        first = found[0]
        if isinstance(first, Extent) and all(part is first for part in found):
            return first
        free = [p for p in found if isinstance(p, Extent) and not p.fixed]
        if len(free) == len(found):
            return self._joined(free)
        return Union(found, [c.subscripts[axis].span for c in cases])

    def _joined(self, extents: list[Extent]) -> Axis:
        for other in extents[1:]:
            join(extents[0], other)
        return extents[0]

    # What reads

    def scan(self) -> None:
        for cases in self.file.definitions.values():
            for case in cases:
                self._scan(case.body, self.scopes[id(case)], frozenset())
        for helper in self.file.helpers.values():
            self._scan(helper.body, {}, frozenset(n for n, _ in helper.parameters))
        for fact in self.file.facts:
            scope: dict[str, Extent] = {}
            for node in free_letters(self.file, fact.left):
                known = self.letters.get(node.name)
                scope[node.name] = known if known is not None else self._new(node.name, node.span)
            self.scopes[id(fact)] = scope
            self._scan(fact.left, scope, frozenset())

    def _scan(self, body: syntax.Expression, scope: Scope, local: frozenset[str]) -> None:
        stack: list[tuple[syntax.Expression, Scope]] = [(body, scope)]
        while stack:
            node, around = stack.pop()
            match node:
                case syntax.Subscripted():
                    self._meet(node, around)
                    stack.extend((x, around) for x in reversed(node.subscripts))
                case syntax.Reduction() if binds(self.file, node, local):
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
                continue
            if b.name in self.letters:
                extent = self.letters[b.name]
            elif node.function == "softmax" and b.name in around:
                extent = around[b.name]
            else:
                extent = self._new(b.name, b.name_span)
            self._binders[id(b)] = inner[b.name] = extent
        return inner

    def _sizes_in(self, e: syntax.Expression, scope: Scope) -> None:
        """A name in a binder's bound that is nothing else is a size."""
        if linear(e, lambda name: Affine.of(name)) is None:
            return
        for name in free_names(e):
            if name not in scope and name not in self.file.names and self.file.register(name, "size", e.span):
                self.sizes[name] = e.span

    def _meet(self, node: syntax.Subscripted, scope: Scope) -> None:
        axes = self.axes.get(node.name)
        if axes is None or len(axes) != len(node.subscripts):
            return
        names = [s.name for s in node.subscripts if isinstance(s, syntax.Name) and s.name in scope]
        if len(names) == len(axes) == len(set(names)):
            self.letters_used.setdefault(node.name, tuple(names))
        for sub, axis in zip(node.subscripts, axes, strict=True):
            if not isinstance(sub, syntax.Name) or sub.name not in scope:
                continue
            extent = scope[sub.name]
            if isinstance(axis, Union):
                self._meetings.append((extent, axis, sub.span))
            elif extent.fixed:
                self._hints.append((axis, extent))
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
            self.file.mistakes.warn(
                f"`{a.letter}` and `{b.letter}` have one range: both subscript {self.file.mistakes.quote(node.span)}"
                if a.letter == b.letter else
                f"`{a.letter}` and `{b.letter}` have one range, since `{sub.name}` subscripts `{node.name}`"
            )
        join(a, b)

    def _conflict(self, a: Extent, b: Extent, sub: syntax.Name, node: syntax.Subscripted) -> None:
        assert a.range is not None and b.range is not None
        also = tuple(
            (x.origin, f"{range_text(x.range)} here") for x in (a, b) if x.origin is not None and x.range is not None
        )
        self.file.mistakes.error(
            sub.span,
            f"`{sub.name}` runs over {range_text(a.range)} elsewhere, but this axis of `{node.name}` is "
            f"{range_text(b.range)}",
            "use another letter, or declare the index", also,
        )

    # What is still unknown

    def resolve(self) -> None:
        while True:
            if self._resolve_unions() or self._resolve_from_unions() or self._resolve_from_reads():
                continue
            if not self._name_one():
                break
        for extent in self._seen:
            if extent.known is None:
                self._unknown(extent.root)

    def _unions(self) -> Iterator[tuple[str, Union]]:
        return ((name, a) for name, axes in self.axes.items() for a in axes if isinstance(a, Union))

    def _resolve_unions(self) -> bool:
        progress = False
        for name, union in self._unions():
            if union.range is not None:
                continue
            if not union.resolve():
                self.file.mistakes.error(
                    union.spans[0], f"the cases of `{name}` can't be put in order: it depends on the sizes which comes "
                    "first", "",
                )
                union.range = BROKEN
            progress = progress or union.range is not None
        return progress

    def _resolve_from_unions(self) -> bool:
        progress = False
        for extent, union, span in self._meetings:
            root = extent.root
            if root.range is None and union.range is not None:
                root.range, root.origin = union.range, span
                progress = True
        return progress

    def _resolve_from_reads(self) -> bool:
        progress = False
        for axis, extent in self._hints:
            root = axis.root
            if root.range is None and extent.known is not None and extent.known is not BROKEN:
                root.range, root.origin = extent.known, extent.origin
                progress = True
        return progress

    def _name_one(self) -> bool:
        """Gives the first extent that only a declaration's letter names a size of its own."""
        for extent in sorted(self._seen, key=lambda x: x.span.start):
            root = extent.root
            if root.range is None and root.named:
                size = f"n_{root.letter}"
                while size in self.file.names and self.file.names[size].kind != "size":
                    size += "2"
                if size not in self.sizes:
                    self.file.register(size, "size", root.span)
                    self.sizes[size] = root.span
                root.range, root.origin = Range.of(1, size), root.span
                return True
        return False

    def _unknown(self, extent: Extent) -> None:
        extent.range = BROKEN
        self.unknown.append(extent)


def free_names(e: syntax.Expression) -> Iterator[str]:
    """The bare names of a bound or subscript, in order."""
    return (n.name for n in names_in(e))


def infer(file: File) -> Ranges:
    """The ranges of a file's letters and axes; what can't be found out is recorded as a mistake."""
    ranges = Ranges(file)
    ranges.declare()
    ranges.define()
    ranges.scan()
    ranges.resolve()
    return ranges

