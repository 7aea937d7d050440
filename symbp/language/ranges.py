"""The range of every index letter and axis: stated, taken from an axis that the letter subscripts, or 1..n_letter."""

from __future__ import annotations

from symbp.calculus.affine import Affine, Range
from symbp.language import syntax
from symbp.language.extents import UNKNOWN, Axis, Extent, Union, nonnegative
from symbp.language.file import File
from symbp.language.linear import free_names, integer_form, names_in
from symbp.language.syntax import Span

Pattern = tuple[str | Affine, ...]
"""A definition's subscripts: letters, and fixed positions."""

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
        self.binders: dict[int, Extent] = {}
        self.seen: list[Extent] = []
        self.unknown: list[Extent] = []
        self.letters_used: dict[str, tuple[str, ...]] = {}
        """For each array, the distinct letters of the first read that has only letters."""
        self.met: dict[int, list[tuple[str, Extent | None]]] = {}
        """For each definition the letters that its reductions bind, in order; None for one with bounds of its own."""
        self._made: list[syntax.Binder] = []
        self._axes: dict[str, tuple[Range, ...]] = {}

    def of_reductions(self, definition: syntax.Definition) -> tuple[Range, ...]:
        """The ranges of the undeclared letters that a definition's reductions bind, in order."""
        extents = (x for letter, x in self.met.get(id(definition), ()) if x is not self.letters.get(letter))
        return tuple(x.known or BROKEN for x in extents if x is not None)

    def all_letters(self) -> frozenset[str]:
        """Every index letter of the file."""
        met = (letter for letters in self.met.values() for letter, _ in letters)
        return frozenset((*self.letters, *(x.letter for x in self.seen), *met))

    def of_binder(self, binder: syntax.Binder) -> Range:
        """The range of a binder without bounds of its own."""
        return self.binders[id(binder)].known or BROKEN

    def give(self, binder: syntax.Binder, within: Range) -> None:
        """Sets the range of a binder that lowering makes."""
        self.binders[id(binder)] = Extent(binder.name, binder.span, within, binder.span, fixed=True)
        self._made.append(binder)

    def of_letter(self, statement: syntax.Statement, letter: str) -> Range:
        """The range of a free letter of a statement."""
        return self.scopes[id(statement)][letter].known or BROKEN

    def of_axes(self, name: str) -> tuple[Range, ...]:
        """The ranges of an array's axes, once all are found out."""
        known = self._axes.get(name)
        if known is None:
            axes = [(a.range if isinstance(a, Union) else a.known) or BROKEN for a in self.axes[name]]
            known = self._axes[name] = tuple(axes)
        return known

    def tell_unknown(self) -> None:
        """Records each letter whose range is not known: a mistake unless another one explains it."""
        for extent in self.unknown:
            self.file.mistakes.error(
                extent.span, f"the range of `{extent.letter}` is not known: no array is subscripted by it alone",
                f"declare it: `index {extent.letter} in 1..n`",
            )

    def warn_of_sizes(self) -> None:
        """A warning for each undeclared letter that looks like a size: twice in one bracket, or on axes only."""
        used = self.file.letters_in_formulas
        for name, (_, declared) in self.file.arrays.items():
            written = [a.upper.name for a in declared.axes if a.lower is None and isinstance(a.upper, syntax.Name)]
            for letter in dict.fromkeys(written):
                extent = self.letters.get(letter)
                if extent is None or not extent.named or letter in self.file.indices:
                    continue
                others = any(x.root is extent.root and x.letter in used - self.letters.keys() for x in self.seen)
                if written.count(letter) > 1 or (others and letter not in used):
                    self.file.mistakes.warn(
                        f"`{letter}` in `{name}[…]` is read as an index letter: is it a size? declare `size {letter}`"
                    )

    def index_ranges(self) -> dict[str, Range]:
        """The range of every letter in use, in order of appearance; a letter with several has its first one here."""
        found: dict[str, Range] = {}
        declared = {n.name for _, d in self.file.arrays.values() for a in d.axes for n in names_in(a.upper)}
        used = self.file.letters_in_formulas | declared
        for extent in sorted(self.seen, key=lambda x: x.span.start):
            if extent.known is not None and extent.letter in used:
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
            self.letters[binder.name] = self.new(binder.name, binder.name_span, stated)
        for name, (_, declared) in self.file.arrays.items():
            self.axes[name] = [self._axis(a, name) for a in declared.axes]
            if declared.values is not None:
                lower, upper = (self.bound(e) for e in declared.values)
                self.values[name] = Range(lower, upper)

    def new(self, letter: str, span: Span, stated: Range | None = None) -> Extent:
        extent = Extent(letter, span, stated, span if stated else None, stated is not None)
        self.seen.append(extent)
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
            self.letters[node.name] = self.new(node.name, node.span)
            self.letters[node.name].named = True
        return self.letters[node.name]
