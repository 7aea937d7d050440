"""The left sides of definitions: letters and fixed positions, and the axes that the cases make together."""

from __future__ import annotations

from symbp.calculus.affine import Affine
from symbp.language import syntax
from symbp.language.extents import Axis, Extent, Union, join
from symbp.language.linear import free_names, integer_form
from symbp.language.ranges import BROKEN, Pattern, Ranges
from symbp.language.shifted import refuse_shift


class LeftSides:
    """Reads every definition's left side into `ranges`."""

    def __init__(self, ranges: Ranges) -> None:
        self._ranges = ranges
        self._file = ranges.file

    def define(self) -> None:
        for name, cases in self._file.definitions.items():
            patterns = [self._pattern(case) for case in cases]
            if any(len(p) != len(patterns[0]) for p in patterns):
                self._ranks_differ(name, cases)
                patterns = [p[: min(map(len, patterns))] for p in patterns]
            for case, pattern in zip(cases, patterns, strict=True):
                self._ranges.patterns[id(case)] = pattern
            self._ranges.axes[name] = [self._defined_axis(cases, patterns, a) for a in range(len(patterns[0]))]

    def _ranks_differ(self, name: str, cases: list[syntax.Definition]) -> None:
        first = cases[0]
        for case in cases[1:]:
            if len(case.subscripts) != len(first.subscripts):
                self._file.mistakes.error(
                    case.name_span,
                    f"`{name}` has {len(first.subscripts)} subscripts in one case and {len(case.subscripts)} here", "",
                    ((first.name_span, "the first case"),),
                )
                return

    def _pattern(self, case: syntax.Definition) -> Pattern:
        scope = self._ranges.scopes.setdefault(id(case), {})
        pattern: list[str | Affine] = []
        for e in case.subscripts:
            if isinstance(e, syntax.Name) and self._file.is_index(e.name):
                pattern.append(self._target_letter(e, scope))
                continue
            form = integer_form(e, self._ranges.size)
            if form is None:
                pattern.append(self._refused(case, e, scope))
            else:
                pattern.append(form)
        return tuple(pattern)

    def _target_letter(self, e: syntax.Name, scope: dict[str, Extent]) -> str | Affine:
        if e.name in scope:
            self._file.mistakes.error(
                e.span, f"`{e.name}` stands twice on the left", "give each axis a letter of its own",
            )
            return Affine.of(1)
        if e.name in self._ranges.letters:
            scope[e.name] = self._ranges.letters[e.name]
        else:
            scope[e.name] = self._ranges.new(e.name, e.span)
        return e.name

    def _refused(self, case: syntax.Definition, e: syntax.Expression, scope: dict[str, Extent]) -> str | Affine:
        letter = refuse_shift(self._file, case, e)
        if letter is None:
            self._bad_target(e)
            return Affine.of(1)
        scope.setdefault(letter, Extent(letter, e.span, BROKEN, e.span))
        return letter

    def _bad_target(self, e: syntax.Expression) -> None:
        quoted = self._file.mistakes.quote(e.span)
        why = ""
        for name in free_names(e):
            entry = self._file.names.get(name)
            if entry is not None and entry.kind not in ("index", "size"):
                why = f": `{name}` is {entry.what}"
                break
        self._file.mistakes.error(
            e.span, f"{quoted} can't stand on the left{why}", "a subscript on the left is an index letter or a number",
        )

    def _defined_axis(self, cases: list[syntax.Definition], patterns: list[Pattern], axis: int) -> Axis:
        found: list[Extent | Affine] = []
        for case, pattern in zip(cases, patterns, strict=True):
            part = pattern[axis]
            found.append(self._ranges.scopes[id(case)][part] if isinstance(part, str) else part)
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
