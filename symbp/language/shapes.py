"""Defined names: which case gives which part of the array, and which parts none gives."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.calculus.affine import Affine, Guard, Index, Range, range_guards
from symbp.calculus.sets import empty, positive, project, shortened
from symbp.language import syntax
from symbp.language.bounds import Bounds, Hole, axis_symbol
from symbp.language.conditions import GuardSet, complement
from symbp.language.ranges import Pattern, Ranges

INVENTED = ("i", "j", "k", "l", "m", "n", "p", "q", "r", "s", "t", "u", "v")
"""Letters for an axis to which the author gave none."""


@dataclass(frozen=True)
class Case:
    """One case: its definition, its own letters as indices, and where it holds, as disjoint sets of guards."""

    definition: syntax.Definition
    env: dict[str, Index]
    axes: dict[str, str]
    """From the case's own letters to those of the array."""
    holds: tuple[GuardSet, ...]

    @property
    def whole(self) -> bool:
        """Whether it gives the whole array, under the array's own letters."""
        return self.holds == ((),) and all(a == b for a, b in self.axes.items())


@dataclass(frozen=True)
class Shape:
    """A defined array: its indices, its cases, and what is left over."""

    name: str
    indices: tuple[Index, ...]
    written: bool
    """Whether the author wrote every letter."""
    cases: tuple[Case, ...]
    holes: tuple[GuardSet, ...]


def shape_of(name: str, cases: list[syntax.Definition], ranges: Ranges, bounds: Bounds) -> Shape:
    """The shape of a defined name; overlapping cases are a mistake, missing ones are noted as holes."""
    axes = ranges.of_axes(name)
    patterns = [ranges.patterns[id(c)] for c in cases]
    plain = [p for p in patterns[0] if isinstance(p, str)]
    if len(cases) == 1 and len(plain) == len(patterns[0]):
        env = dict(zip(plain, map(Index, plain, axes), strict=True))
        return Shape(name, tuple(env.values()), True, (Case(cases[0], env, {n: n for n in env}, ((),)),), ())
    letters, written = _letters(patterns, ranges)
    indices = tuple(Index(letter, axis) for letter, axis in zip(letters, axes, strict=True))
    context = _context(indices)
    own = [_own_guards(c, p, indices, ranges) for c, p in zip(cases, patterns, strict=True)]
    fixed = [frozenset(a for a, p in enumerate(pattern) if not isinstance(p, str)) for pattern in patterns]
    found = []
    for k, (case, pattern) in enumerate(zip(cases, patterns, strict=True)):
        stronger = [own[m] for m in range(len(cases)) if len(fixed[m]) > len(fixed[k])]
        holds = _without((own[k],), stronger, context)
        env, axes_of = _names(case, pattern, indices, ranges)
        found.append(Case(case, env, axes_of, tuple(shortened(h, context) for h in holds)))
    _check_overlaps(name, found, context, indices, ranges, bounds)
    holes = tuple(shortened(shortened(h, context), context) for h in _without(((),), own, context))
    _note_holes(name, holes, indices, cases, bounds)
    return Shape(name, indices, written, tuple(found), holes)


def _letters(patterns: list[Pattern], ranges: Ranges) -> tuple[tuple[str, ...], bool]:
    """A letter for each axis: that of the case with the most letters, an invented one where there is none."""
    letters: list[str] = []
    written = True
    for axis in range(len(patterns[0])):
        own = [p[axis] for p in sorted(patterns, key=lambda p: sum(not isinstance(x, str) for x in p))]
        candidates = [x for x in own if isinstance(x, str) and x not in letters]
        if candidates:
            letters.append(candidates[0])
            continue
        written = False
        free = (x for x in INVENTED if x not in letters and x not in ranges.file.names)
        letters.append(next(free, f"i#{axis + 1}"))
    return tuple(letters), written


def _context(indices: tuple[Index, ...]) -> GuardSet:
    ranges = tuple(g for i in indices for g in range_guards(i.name, i.range))
    inside = {i.name for i in indices}
    return (*positive(dict.fromkeys(s for g in ranges for s in g.symbols if s not in inside)), *ranges)


def _own_guards(
    case: syntax.Definition, pattern: Pattern, indices: tuple[Index, ...], ranges: Ranges
) -> GuardSet:
    """Where a case's subscripts reach, before stronger cases are taken away."""
    guards: list[Guard] = []
    for part, index in zip(pattern, indices, strict=True):
        if isinstance(part, str):
            guards.extend(_narrower(index, ranges.of_letter(case, part)))
        else:
            guards.append(Guard("eq", Affine.of(index.name) - part))
    return tuple(guards)


def _narrower(index: Index, own: Range) -> list[Guard]:
    found = []
    if own.lower != index.range.lower:
        found.append(Guard("ge", Affine.of(index.name) - own.lower))
    if own.upper != index.range.upper:
        found.append(Guard("ge", own.upper - index.name))
    return found


def _names(
    case: syntax.Definition, pattern: Pattern, indices: tuple[Index, ...], ranges: Ranges
) -> tuple[dict[str, Index], dict[str, str]]:
    env: dict[str, Index] = {}
    axes: dict[str, str] = {}
    for part, index in zip(pattern, indices, strict=True):
        if isinstance(part, str):
            env[part] = Index(part, ranges.of_letter(case, part))
            axes[part] = index.name
    return env, axes


def _without(parts: tuple[GuardSet, ...], removed: list[GuardSet], context: GuardSet) -> tuple[GuardSet, ...]:
    """The parts outside every removed set, disjoint and not empty."""
    for guards in removed:
        rest: list[GuardSet] = []
        for part in parts:
            if empty((*context, *part, *guards)):
                rest.append(part)
            else:
                cut = ((*part, *c) for c in complement(guards))
                rest.extend(c for c in cut if not empty((*context, *c)))
        parts = tuple(rest)
    return parts


def _check_overlaps(
    name: str, cases: list[Case], context: GuardSet, indices: tuple[Index, ...], ranges: Ranges, bounds: Bounds
) -> None:
    """Two cases that meet at some sizes only require other sizes; two that always meet are a mistake."""
    if ranges.file.mistakes.failed:
        return
    inside = frozenset(i.name for i in indices)
    for k, second in enumerate(cases):
        for first in cases[:k]:
            both = [(*context, *a, *b) for a in first.holds for b in second.holds]
            meetings = [m for guards in both for m in project(guards, inside)]
            if not all(bounds.require_apart(m, second.definition.name_span) for m in meetings):
                message = (
                    f"`{name}` is defined twice" if not second.env and not first.env
                    else f"two cases of `{name}` overlap"
                )
                also = ((first.definition.name_span, "the first definition"),)
                ranges.file.mistakes.error(second.definition.name_span, message, "", also)
                return


def _note_holes(
    name: str, holes: tuple[GuardSet, ...], indices: tuple[Index, ...], cases: list[syntax.Definition], bounds: Bounds
) -> None:
    if holes:
        renaming = {i.name: Affine.of(axis_symbol(a)) for a, i in enumerate(indices)}
        bounds.holes[name] = [Hole(tuple(g.substitute(renaming) for g in h), cases[0].name_span) for h in holes]
