"""Whether a read stays within its array: always, where the guards around it hold, for some sizes only, or never."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symbp.calculus.affine import Affine, Guard, Index, Lookup, Range, Subscript, range_guards
from symbp.calculus.describe import form_text, guard_text, range_text
from symbp.calculus.sets import empty, implies, negation, positive, project, shortened
from symbp.language.elementary import Place
from symbp.language.extents import UNKNOWN, nonnegative
from symbp.language.file import File
from symbp.language.syntax import Span


def lowest(form: Affine, ranges: Mapping[str, Range]) -> Affine:
    """The least value of a form over a box of indices, as a form over sizes."""
    values = {s: ranges[s].lower if c > 0 else ranges[s].upper for s, c in form.terms if s in ranges}
    return form.substitute(values)


def highest(form: Affine, ranges: Mapping[str, Range]) -> Affine:
    return -lowest(-form, ranges)


def box(place: Place) -> dict[str, Range]:
    return {i.name: i.range for i in place.indices}


def context_of(place: Place) -> tuple[Guard, ...]:
    """The ranges in scope and the sizes in them, without the guards around the place."""
    ranges = tuple(g for i in place.indices for g in range_guards(i.name, i.range))
    inside = {i.name for i in place.indices}
    sizes = dict.fromkeys(s for g in (*ranges, *place.guards) for s in g.symbols if s not in inside)
    return (*positive(sizes), *ranges)


@dataclass(frozen=True)
class Reading:
    """A read under examination, for messages."""

    array: str
    axis: Range
    subscript: Affine
    span: Span
    defined: bool
    rank: int


@dataclass(frozen=True)
class Hole:
    """A part of a defined array that no case gives: guards over the symbols `axis(0)`, `axis(1)`, …"""

    guards: tuple[Guard, ...]
    span: Span


def axis_symbol(axis: int) -> str:
    return f"axis({axis})"


class Bounds:
    """Checks reads as they are met, and gathers what they require of the sizes."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._mistakes = file.mistakes
        self.requirements: dict[Guard, Span] = {}
        self.holes: dict[str, list[Hole]] = {}
        self.consulted = 0
        """How often something depended on what was required before."""

    def _is_possible(self, *guards: Guard) -> bool:
        """Whether some sizes satisfy the guards and all that is required so far."""
        self.consulted += 1
        return not empty((*guards, *self.requirements))

    def check(self, reading: Reading, place: Place) -> bool:
        """Records a mistake or a requirement; True where the read is safe only because of the guards around it."""
        form, axis = reading.subscript, reading.axis
        ranges = box(place)
        room = (lowest(form, ranges) - axis.lower, axis.upper - highest(form, ranges))
        if any(UNKNOWN in r.symbols for r in room):
            return False
        within = tuple(nonnegative(r) for r in room)
        if all(within):
            return False
        partial = False
        for fine, guard in zip(within, (Guard("ge", form - axis.lower), Guard("ge", axis.upper - form)), strict=True):
            if not fine:
                partial = self._check_side(guard, reading, place) or partial
        return partial

    def _check_side(self, guard: Guard, reading: Reading, place: Place) -> bool:
        inside = {i.name for i in place.indices}
        sizes = positive(dict.fromkeys(s for s in guard.symbols if s not in inside))
        context = (*sizes, *context_of(place))
        if implies(context, guard):
            return False
        if place.guards and implies((*context, *place.guards), guard):
            return True
        violations = project((*context, *place.guards, negation(guard)), inside)
        for bad in violations:
            self._require(bad, reading, place)
        return bool(place.guards)

    def _require(self, bad: tuple[Guard, ...], reading: Reading, place: Place) -> None:
        """Demands that sizes in `bad` don't occur, or records that the read can't be right."""
        known = positive(dict.fromkeys(s for g in bad for s in g.symbols))
        kept = shortened([g for g in bad if not implies(known, g)], known)
        for guard in kept:
            (demand,) = shortened((negation(guard),), known) or (negation(guard),)
            if guard.lookup is None and self._is_possible(*known, demand):
                if self._is_conflict(demand, reading, place):
                    break
                self.requirements.setdefault(demand, reading.span)
                return
        self._out_of_range(reading, place)

    def require_apart(self, met: tuple[Guard, ...], span: Span) -> bool:
        """Demands sizes large enough that a case doesn't occur; False where no lower bound excludes it."""
        known = positive(dict.fromkeys(s for g in met for s in g.symbols))
        if not self._is_possible(*known, *met):
            return True
        for guard in met:
            if guard.lookup is not None or implies(known, guard):
                continue
            (demand,) = shortened((negation(guard),), known) or (negation(guard),)
            grows = demand.kind == "ge" and all(c > 0 for _, c in demand.form.terms)
            if grows and self._is_possible(*known, demand):
                self.requirements.setdefault(demand, span)
                return True
        return False

    def _is_conflict(self, demand: Guard, reading: Reading, place: Place) -> bool:
        """Whether a plain subscript would need one named extent to bound another."""
        plain = reading.subscript.as_symbol
        if plain is None or plain not in box(place):
            return False
        return any(c < 0 for _, c in demand.form.terms)

    def _out_of_range(self, reading: Reading, place: Place) -> None:
        quoted = self._mistakes.quote(reading.span)
        low, high = (f(reading.subscript, box(place)) for f in (lowest, highest))
        if low == high:
            reach = " is" if form_text(low) in quoted else f" is {form_text(low)},"
        else:
            reach = f" runs over {form_text(low)}..{form_text(high)},"
        axis = range_text(reading.axis)
        if not reading.defined:
            self._mistakes.error(
                reading.span, f"{quoted}{reach} out of range: this axis of `{reading.array}` is {axis}",
                "write `pad(…, 0)` to read 0 outside", self._places(reading, place),
            )
            return
        hint = ""
        if low.is_constant and nonnegative(reading.axis.lower - low - 1):
            dots = ",…" * (reading.rank - 1)
            hint = f"write the missing case on a line of its own: `{reading.array}[{form_text(low)}{dots}] = …`"
        self._mistakes.error(
            reading.span, f"{quoted}{reach} out of range: the cases of `{reading.array}` give {axis} only",
            hint, self._places(reading, place),
        )

    def _places(self, reading: Reading, place: Place) -> tuple[tuple[Span, str], ...]:
        """Where the range of a plain subscript and that of the axis are stated."""
        letter = reading.subscript.as_symbol
        binder = self._file.indices.get((letter or "").partition("#")[0])
        found: list[tuple[Span, str]] = []
        if binder is not None and letter in box(place):
            found.append((binder.name_span, f"{range_text(box(place)[letter])} here"))
        if reading.array in self._file.arrays:
            found.append((self._file.arrays[reading.array][1].span, f"{range_text(reading.axis)} here"))
        return tuple(found)

    def require_values(
        self, binders: tuple[Index, ...], guards: tuple[Guard, ...], place: Place, span: Span
    ) -> None:
        """Demands of the sizes that a maximum or minimum outside of all ranges has something to run over."""
        if place.guards or any(g.lookup is not None for g in guards):
            return
        ranges = tuple(g for i in binders for g in range_guards(i.name, i.range))
        found = project((*ranges, *guards), [i.name for i in binders])
        if len(found) != 1:
            return
        outer = box(place)
        for guard in found[0]:
            sizes = positive(guard.symbols)
            if any(s in outer for s in guard.symbols) or UNKNOWN in guard.symbols or implies(sizes, guard):
                continue
            if self._is_possible(*sizes, guard):
                self.requirements.setdefault(guard, span)

    def check_holes(self, name: str, subscripts: tuple[Subscript, ...], place: Place, span: Span) -> None:
        """Records a mistake where a read may meet an index that no case defines."""
        for hole in self.holes.get(name, ()):
            forms = {axis_symbol(a): s for a, s in enumerate(subscripts) if isinstance(s, Affine)}
            met = tuple(g.substitute(forms) for g in hole.guards)
            inside = {i.name for i in place.indices}
            sizes = positive(dict.fromkeys(s for g in met for s in g.symbols if s not in inside))
            if not empty((*sizes, *context_of(place), *place.guards, *met)):
                told = " and ".join(guard_text(g.substitute(_letters(len(subscripts)))) for g in hole.guards)
                message = f"{self._mistakes.quote(span)} reads a case of `{name}` that is missing: the one where {told}"
                self._mistakes.error(span, message, "", ((hole.span, f"the cases of `{name}`"),))

    def check_lookup(self, lookup: Lookup, values: Range, reading: Reading, place: Place) -> bool:
        """A subscript that is an integer input: its declared values must lie within the axis."""
        axis = reading.axis
        for form in (values.lower - axis.lower, axis.upper - values.upper):
            if UNKNOWN in form.symbols or nonnegative(form):
                continue
            sizes = positive(form.symbols)
            if any(c < 0 for _, c in form.terms) or not self._is_possible(*sizes, Guard("ge", form)):
                self._mistakes.error(
                    reading.span,
                    f"`{lookup.array}` takes the values {range_text(values)}, out of the range {range_text(axis)} of "
                    f"`{reading.array}`",
                )
            else:
                self.requirements.setdefault(Guard("ge", form), reading.span)
        return False


def _letters(rank: int) -> dict[str, Affine]:
    words = ("the subscript",) if rank == 1 else tuple(f"subscript {k + 1}" for k in range(rank))
    return {axis_symbol(a): Affine.of(word) for a, word in enumerate(words)}
