"""Values in the file: `size`, `let` and `at`, with their shapes checked against the declarations."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symbp.calculus.affine import Guard
from symbp.calculus.describe import guard_text, range_text
from symbp.calculus.model import Role
from symbp.language import syntax
from symbp.language.collector import similar
from symbp.language.elementary import Owner
from symbp.language.expressions import Formulas, World
from symbp.language.facts import constant, plain_number
from symbp.language.syntax import Span

A_SIZE = "a size is an integer, 1 or more"

Nested = Fraction | int | tuple["Nested", ...]


class Given:
    """The sizes and values that a file gives."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._mistakes = world.file.mistakes
        self._formulas = Formulas(world, Owner("let", 0, world.equations))
        self.sizes: dict[str, int] = {}
        self.values: dict[str, Nested] = {}
        self._stated: dict[str, Span] = {}

    def read(self, rate: str | None) -> None:
        for name, span, value in self._world.file.size_values:
            self._size(name, span, value)
        for statement in self._world.file.assignments:
            self._assign(statement, rate)

    def _size(self, name: str, span: Span, e: syntax.Expression) -> None:
        value = plain_number(e, self._formulas, A_SIZE)
        if value is None:
            return
        if value.denominator != 1 or value < 1:
            self._mistakes.error(span, f"the size `{name}` can't be {value}", A_SIZE)
        elif self.sizes.get(name, value) != value:
            self._mistakes.error(
                span, f"the size `{name}` is {value} here and {self.sizes[name]} elsewhere", "",
                ((self._stated[name], f"{self.sizes[name]} here"),),
            )
        else:
            self.sizes[name] = int(value)
            self._stated.setdefault(name, span)

    def _assign(self, statement: syntax.Assignment, rate: str | None) -> None:
        name, span = statement.name, statement.name_span
        if name in self.values:
            self._mistakes.error(span, f"`{name}` gets a value twice")
            return
        if name in self._world.ranges.sizes and not isinstance(statement.value, syntax.Matrix):
            self._size(name, span, statement.value)
            return
        known = self._world.file.arrays.get(name)
        if known is None and name == rate and not isinstance(statement.value, syntax.Matrix):
            self.values[name] = constant(statement.value, self._formulas)
            return
        if known is None:
            self._no_value(name, span)
            return
        value = self._numbers(statement.value)
        self._stated[name] = statement.value.span
        if self._fits(name, value, statement):
            self.values[name] = self._integers(name, value, statement) if known[0] is Role.INTEGER else value

    def _no_value(self, name: str, span: Span) -> None:
        entry = self._world.file.names.get(name)
        if entry is None:
            self._mistakes.error(span, f"`{name}` is not defined", similar(name, self._world.file.names))
        else:
            what = "computed by its definition" if entry.kind == "definition" else entry.what
            self._mistakes.error(span, f"`{name}` is {what}, so it can't be given a value")

    def _numbers(self, value: syntax.Matrix | syntax.Expression) -> Nested:
        if isinstance(value, syntax.Matrix):
            return tuple(self._numbers(item) for item in value.items)
        return constant(value, self._formulas)

    def _fits(self, name: str, value: Nested, statement: syntax.Assignment) -> bool:
        axes = self._world.ranges.of_axes(name)
        lengths = shape(value)
        if lengths is None:
            self._mistakes.error(statement.value.span, f"the rows of `{name}` are not equally long")
            return False
        if len(lengths) != len(axes):
            what = f"{_count(len(lengths), 'level')} of brackets" if lengths else "a single number"
            self._mistakes.error(
                statement.value.span, f"`{name}` has {_count(len(axes), 'axis', 'axes')}, but its value has {what}"
                if axes else f"`{name}` is a single number, but its value has {what}",
            )
            return False
        for axis, (length, within) in enumerate(zip(lengths, axes, strict=True)):
            extent = within.extent
            if extent.is_constant and extent.constant == length:
                continue
            if len(extent.terms) == 1 and self._solved(extent.terms[0], extent.constant, length, statement):
                continue
            if len(extent.terms) > 1 and self._checked_later(extent.terms):
                continue
            entries = _count(length, "entry", "entries")
            self._mistakes.error(
                statement.value.span,
                f"axis {axis + 1} of `{name}` is {range_text(within)}, but its value has {entries}",
            )
            return False
        return True

    def _solved(self, term: tuple[str, int], constant: int, length: int, statement: syntax.Assignment) -> bool:
        """Fixes the one size of an extent by the length given for it."""
        size, factor = term
        value = Fraction(length - constant, factor)
        if value.denominator != 1 or value < 1:
            return False
        if self.sizes.get(size, int(value)) != value:
            self._mistakes.error(
                statement.value.span, f"the size `{size}` is {value} here and {self.sizes[size]} elsewhere", "",
                ((self._stated[size], f"{self.sizes[size]} here"),),
            )
            return True
        self.sizes[size] = int(value)
        self._stated.setdefault(size, statement.value.span)
        return True

    def _checked_later(self, terms: tuple[tuple[str, int], ...]) -> bool:
        return any(s not in self.sizes for s, _ in terms)

    def _integers(self, name: str, value: Nested, statement: syntax.Assignment) -> Nested:
        for number in flat(value):
            if Fraction(number).denominator != 1:
                self._mistakes.error(statement.value.span, f"`{name}` is an integer input, and {number} is no integer")
                return value
        return as_integers(value)

    def _in_bounds(self, name: str, values: Nested) -> None:
        """An integer input's values must lie between its bounds, where these are known."""
        bounds = self._world.ranges.values.get(name)
        if bounds is None or any(s not in self.sizes for b in (bounds.lower, bounds.upper) for s in b.symbols):
            return
        lower, upper = bounds.lower.evaluate(self.sizes), bounds.upper.evaluate(self.sizes)
        for number in flat(values):
            if not lower <= number <= upper:
                self._mistakes.error(
                    self._stated[name], f"`{name}` takes values in {range_text(bounds)}, and {number} is outside",
                )

    def check(self, requirements: dict[Guard, Span]) -> None:
        """The given sizes must satisfy what the reads require, and integer inputs their bounds."""
        for name, values in self.values.items():
            if self._world.file.arrays.get(name, (None,))[0] is Role.INTEGER:
                self._in_bounds(name, values)
        for guard, span in requirements.items():
            if all(s in self.sizes for s in guard.symbols) and not guard.holds(self.sizes):
                told = ", ".join(f"{s} = {self.sizes[s]}" for s in guard.symbols)
                self._mistakes.error(
                    span, f"{self._mistakes.quote(span)} needs {guard_text(guard)}, and {told}", "",
                    tuple((self._stated[s], f"{s} = {self.sizes[s]} here") for s in guard.symbols),
                )


def _count(number: int, one: str, several: str = "") -> str:
    """1 axis, 2 axes."""
    return f"{number} {one if number == 1 else several or one + 's'}"


def shape(value: Nested) -> tuple[int, ...] | None:
    """The lengths of nested tuples, None where they differ."""
    if not isinstance(value, tuple):
        return ()
    inner = {shape(v) for v in value}
    if len(inner) != 1:
        return None
    below = inner.pop()
    return None if below is None else (len(value), *below)


def flat(value: Nested) -> Iterator[Fraction | int]:
    if isinstance(value, tuple):
        for v in value:
            yield from flat(v)
    else:
        yield value


def as_integers(value: Nested) -> Nested:
    return tuple(as_integers(v) for v in value) if isinstance(value, tuple) else int(value)
