"""What was understood of a model, for `symbp show`: names and roles, ranges, equations, sizes, conditions, warnings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import prod

from symbp.calculus.affine import Affine, Guard, Range
from symbp.calculus.derivation import DisplayEquation
from symbp.calculus.expression import Access, Expr
from symbp.calculus.folding import display_equations, fold_inline
from symbp.calculus.model import Array, ErrorName, Fact, Model
from symbp.render.conditions import print_form
from symbp.render.printer import Context, Vocabulary, print_conditions, print_expression
from symbp.render.text import TextStyle

ENTRIES = 12
"""A table of values with more entries than this is shown by its shape."""

SHORT = 10**12

Row = tuple[str, ...]


def overview(model: Model, unicode: bool = True) -> str:
    """The model as it was understood: one section for each kind of thing, each section a table."""
    return _Overview(model, unicode).text()


class _Overview:
    def __init__(self, model: Model, unicode: bool) -> None:
        self.model = model
        self.vocabulary = Vocabulary.of(model)
        self.style = TextStyle(self.vocabulary.names, unicode)
        self.equations = display_equations(model, fold_inline(model))

    def text(self) -> str:
        sections: tuple[tuple[str, Iterable[Row]], ...] = (
            ("names", self.names()),
            ("ranges", self.ranges()),
            ("sizes", self.sizes()),
            ("functions", self.functions()),
            ("equations", self.rows()),
            ("question", self.question()),
            ("error terms", map(self.error_name, self.model.error_names)),
            ("assumptions", map(self.fact, self.model.facts)),
            ("requirements", self.requirements()),
            ("values", self.values()),
            ("warnings", ((warning,) for warning in self.model.warnings)),
        )
        return "\n\n".join(f"{title}\n{table}" for title, rows in sections if (table := _table(list(rows))))

    def names(self) -> Iterator[Row]:
        """Arrays and scalars with their axes and roles; generated inline names are left out."""
        shown = {e.target.name for e in self.equations}
        for name, array in self.model.arrays.items():
            equation = self.model.by_target.get(name)
            if equation is None:
                yield self._named(array), array.role.value, self._bounds(array)
            elif name in shown:
                yield self._named(array), f"part of {self._name(equation.owner)}" if equation.owner else "defined", ""

    def _named(self, array: Array) -> str:
        if not array.axes:
            return self._name(array.name)
        letters = array.letters or ("",) * array.rank
        axes = (self._axis(letter, axis) for letter, axis in zip(letters, array.axes, strict=True))
        return f"{self._name(array.name)}[{', '.join(axes)}]"

    def _axis(self, letter: str, axis: Range) -> str:
        """The author's letter where it has this very range, else the range."""
        return self._name(letter) if letter and self.model.index_ranges.get(letter) == axis else self._range(axis)

    def _bounds(self, array: Array) -> str:
        return f"in {self._range(array.values)}" if array.values is not None else ""

    def ranges(self) -> Iterator[Row]:
        for letter, within in self.model.index_ranges.items():
            yield self._name(letter), self._range(within)

    def sizes(self) -> Iterator[Row]:
        for size in self.model.sizes:
            given = self.model.size_values.get(size)
            yield self._name(size), f"{given}" if given is not None else "any, from 1"

    def functions(self) -> Iterator[Row]:
        for name, arity in self.model.functions.items():
            of = "one argument" if arity == 1 else f"{arity} arguments"
            yield self._name(name), f"any differentiable function of {of}"

    def rows(self) -> Iterator[Row]:
        for e in self.equations:
            context = self.vocabulary.display(e.indices, e.target, e.body)
            left, right = (self._print(side, context) for side in (e.target, e.body))
            yield e.label, left, "=", right, self._where(e, context)

    def _where(self, e: DisplayEquation, context: Context) -> str:
        """The ranges of the free indices, a bound that a condition raises or lowers taken in, and other conditions."""
        guards = list(e.guards)
        ranges = []
        for index in e.indices:
            within = index.range
            for guard in e.guards:
                tighter = _tightened(index.name, within, guard)
                if tighter is not None:
                    within = tighter
                    guards.remove(guard)
            ranges.append(f"{self._name(context.letters.letter(index.name))} = {self._range(within)}")
        return ", ".join((*ranges, *print_conditions(guards, context, self.style)))

    def question(self) -> Iterator[Row]:
        loss, rate = self.model.loss, self.model.rate
        if loss is not None:
            by = ", ".join(map(self._name, self.model.wrt)) or "nothing yet: ask with --wrt"
            yield "differentiate", f"{self._name(loss)} by {by}"
        if rate is not None:
            yield "update", f"each parameter by {self.style.minus}{self._name(rate)} times its gradient"

    def error_name(self, name: ErrorName) -> Row:
        own = self._subscripted(name.name, name.letters)
        letters = [""] * len(name.letters)
        for axis, letter in enumerate(name.letters):
            letters[name.order[axis] if name.order else axis] = letter
        sign = self.style.minus if name.sign < 0 else ""
        return own, "=", f"{sign}grad({self._subscripted(name.of, letters)})"

    def _subscripted(self, name: str, letters: Iterable[str]) -> str:
        inside = ",".join(map(self._name, letters))
        return self._name(name) + (f"[{inside}]" if inside else "")

    def fact(self, fact: Fact) -> Row:
        sides = (fact.left,) if fact.right is None else (fact.left, fact.right)
        context = self.vocabulary.display(fact.indices, *sides)
        left = self._print(fact.left, context)
        if fact.relation is None or fact.right is None:
            members = ", ".join(map(self._value, fact.members))
            return (f"{left} in {{{members}}}",)
        return (f"{left} {self.style.relation(fact.relation)} {self._print(fact.right, context)}",)

    def requirements(self) -> Iterator[Row]:
        context = self.vocabulary.display(())
        return ((condition,) for condition in print_conditions(self.model.requirements, context, self.style))

    def values(self) -> Iterator[Row]:
        for name, value in self.model.values.items():
            yield self._name(name), "=", self._value(value)

    def _value(self, value: object) -> str:
        """A number, or nested lists of them, or the shape of a large table."""
        shape = _shape(value)
        if prod(shape) > ENTRIES:
            return f"a table of {' by '.join(map(str, shape))}"
        if isinstance(value, tuple):
            return f"[{', '.join(map(self._value, value))}]"
        assert isinstance(value, Fraction | int)
        return (self.style.minus if value < 0 else "") + self._positive(abs(Fraction(value)))

    def _positive(self, value: Fraction) -> str:
        """As a decimal where it is a short one, else as a formula shows it."""
        if max(value.numerator, value.denominator) <= SHORT:
            decimal = f"{float(value):.12f}".rstrip("0").rstrip(".")
            if Fraction(decimal) == value:
                return decimal
        return self.style.rational(value).text

    def _name(self, name: str) -> str:
        return self.style.name(name)

    def _range(self, within: Range) -> str:
        return f"{self._form(within.lower)}..{self._form(within.upper)}"

    def _form(self, form: Affine) -> str:
        return print_form(form, self.vocabulary.display(()).letters, self.style, tight=True).text

    def _print(self, e: Expr | Access, context: Context) -> str:
        return print_expression(e, context, self.style).text


def _tightened(name: str, within: Range, guard: Guard) -> Range | None:
    """The part of an index's range that `guard` leaves, where the guard moves one end of it by a number."""
    by = guard.form.coefficient(name)
    if guard.kind != "ge" or guard.lookup is not None or abs(by) != 1:
        return None
    end = Affine.of(name) - guard.form * by
    moved = end - within.lower if by == 1 else within.upper - end
    if not moved.is_constant or moved.constant < 0:
        return None
    return Range(end, within.upper) if by == 1 else Range(within.lower, end)


def _shape(value: object) -> tuple[int, ...]:
    return (len(value), *_shape(value[0])) if isinstance(value, tuple) and value else ()


def _table(rows: list[Row]) -> str:
    """Rows indented by two, columns aligned, two blanks between them (one round a lone `=`)."""
    if not rows:
        return ""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join("  " + line.replace("  =  ", " = ").rstrip() for line in lines)
