"""The walk over a document's blocks that all formats share; a subclass says how each part looks in its format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self, TypeGuard

from symbp.calculus.expression import ZERO, Cases, Expr, Select
from symbp.render.blocks import (
    Block,
    Citation,
    Comparison,
    Display,
    Extent,
    Formula,
    Heading,
    Inline,
    Items,
    Lead,
    MatrixDisplay,
    MatrixRow,
    Paragraph,
    Quote,
    Quoted,
    Row,
    Sentence,
    Table,
    Typeset,
    Where,
)
from symbp.render.breaking import Notation, broken
from symbp.render.conditions import print_form
from symbp.render.options import Options
from symbp.render.printer import case_branches, print_cases, print_conditions, print_expression
from symbp.render.ranges import few_values
from symbp.render.style import Style

PLAIN = Options()

MOST_SIDES = 3
"""Of a = b = c, which may stand on one line."""

Mathematics = Formula | Extent | Comparison | Where | Typeset


@dataclass(frozen=True)
class Line:
    """A line of a display: left sign right. Without a sign it goes on with the formula above; without a left side it
    continues the equation above. `beside` is a condition."""

    left: str
    sign: str
    right: str
    beside: str = ""


class Writer(ABC):
    """Blocks in one format."""

    notation: Notation
    """Where its formulas may be broken."""
    widest: int
    """The widest line where nobody asks for another."""
    separator = ", "
    """What stands between conditions."""
    dots: str
    """What stands between the ends of a range."""
    lists_few = True
    """Whether two or three values are all written: i = 1, 2, 3."""
    member_of: str
    set_brackets = ("{", "}")

    def __init__(self, style: Style, options: Options = PLAIN) -> None:
        self.style = style
        self.options = options
        self.limit = options.max_width or self.widest

    def document(self, blocks: Sequence[Block]) -> str:
        """All blocks, with what stands between them."""
        text = ""
        for before, block in zip((None, *blocks), blocks, strict=False):
            text += (self.between(before, block) if before is not None else "") + self.block(block)
        return text + "\n"

    def between(self, before: Block, after: Block) -> str:
        """What parts two blocks."""
        return "\n\n"

    def block(self, block: Block) -> str:
        match block:
            case Heading(parts, level):
                return self.heading(self.sentence(parts), level)
            case Paragraph(parts, ragged):
                return (self.ragged if ragged else self.paragraph)(self.running(parts))
            case Quote(parts):
                return self.quote(self.running(parts))
            case Items(items):
                return self.items([self.running(parts) for parts in items])
            case Table():
                return self.table(self.cells(block.head), [self.cells(row) for row in block.rows], block.alignment)
            case Display() | MatrixDisplay():
                return self.display(block)

    # Words

    def sentence(self, parts: Sequence[Inline]) -> str:
        return "".join(map(self.inline, parts))

    def running(self, parts: Sequence[Inline]) -> str:
        """A sentence of a paragraph, which may be broken into lines."""
        return self.sentence(parts)

    def cells(self, cells: Sequence[Sentence]) -> list[str]:
        return [self.sentence(cell) for cell in cells]

    def inline(self, part: Inline) -> str:
        match part:
            case str():
                return self.words(part)
            case Lead(text):
                return self.lead(self.words(text))
            case Quoted(text):
                return self.quoted(text)
            case Citation(label):
                return f"({self.quoted(label)})"
            case _:
                return self.maths(self.sentences.mathematics(part))

    @cached_property
    def sentences(self) -> Self:
        """The writer of formulas within sentences."""
        style = self.style.in_text
        return self if style is self.style else type(self)(style, self.options)

    @abstractmethod
    def heading(self, title: str, level: int) -> str: ...

    def paragraph(self, text: str) -> str:
        return text

    def ragged(self, text: str) -> str:
        """A paragraph whose lines aren't stretched."""
        return self.paragraph(text)

    @abstractmethod
    def quote(self, text: str) -> str: ...

    @abstractmethod
    def items(self, items: Sequence[str]) -> str: ...

    @abstractmethod
    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], alignment: str) -> str:
        """Cells under their heads; `alignment` has a letter of lcr for each column."""

    @abstractmethod
    def words(self, text: str) -> str:
        """Our own wording."""

    @abstractmethod
    def quoted(self, text: str) -> str:
        """Anybody's text, made harmless."""

    @abstractmethod
    def lead(self, words: str) -> str:
        """Words that are set off."""

    @abstractmethod
    def maths(self, formula: str) -> str:
        """A formula in a sentence."""

    # Formulas

    def mathematics(self, part: Mathematics) -> str:
        match part:
            case Formula():
                return self.formula(part)
            case Extent():
                return self.extent(part)
            case Comparison():
                return self.comparison(part)
            case Where(guards, context):
                return self.separator.join(print_conditions(guards, context, self.style))
            case Typeset():
                return part.printed(self.style)

    def formula(self, formula: Formula) -> str:
        return print_expression(formula.expression, formula.context, self.style).text

    def extent(self, extent: Extent) -> str:
        letters = extent.context.letters
        low, high = (
            print_form(f, letters, self.style, tight=True).text
            for f in (extent.index.range.lower, extent.index.range.upper)
        )
        shown = [self.style.name(letter) for letter in (letters.letter(extent.index.name), *extent.further)]
        numbers = few_values(extent.index.range)
        values = ", ".join(map(str, numbers)) if numbers and self.lists_few else f"{low}{self.dots}{high}"
        return f"{', '.join(shown)} = {values}"

    def comparison(self, comparison: Comparison) -> str:
        left = self.formula(comparison.left)
        if comparison.relation is None or comparison.right is None:
            opening, closing = self.set_brackets
            return f"{left} {self.member_of} {opening}{', '.join(map(self.formula, comparison.members))}{closing}"
        return f"{left} {self.style.relation(comparison.relation)} {self.formula(comparison.right)}"

    # Displays

    @abstractmethod
    def display(self, display: Display | MatrixDisplay) -> str: ...

    @abstractmethod
    def condition(self, conditions: Sequence[str]) -> str:
        """What stands beside one of several cases; beside the last of them there may be none."""

    def display_lines(self, display: Display | MatrixDisplay, limit: float) -> list[Line]:
        """The lines of a display, one alone where that is wanted and has room."""
        lines = self.lines(display.rows, limit)
        if not (isinstance(display, Display) and display.on_one_line and 1 < len(lines) < MOST_SIDES):
            return lines
        first, *others = lines
        if any(line.left or line.beside or line.sign != first.sign for line in others) or first.beside:
            return lines
        chain = f" {first.sign} ".join(line.right for line in lines)
        fits = self.notation.width(f"{first.left} {first.sign} {chain}") <= limit
        return [replace(first, right=chain)] if fits else lines

    def lines(self, rows: Sequence[Row | MatrixRow], limit: float) -> list[Line]:
        """The lines of a display; long formulas take several, long cases one each."""
        width = self.notation.width
        lines: list[Line] = []
        margin = 0.0
        for row in rows:
            left = self.mathematics(row.left) if row.left is not None else ""
            margin = width(left) if left else margin
            room = max(limit - margin, limit / 2)
            for right, condition in self.rights(row, room):
                first, *more = broken(right, room, self.notation)
                lines.append(Line(left, ":=" if row.defines else "=", first))
                lines.extend(Line("", "", piece) for piece in more)
                if condition:
                    self.add_condition(lines, condition, margin, limit)
        return lines

    def add_condition(self, lines: list[Line], condition: str, margin: float, limit: float) -> None:
        """Puts a condition beside the last line, or on lines of its own."""
        if margin + self.notation.width(lines[-1].right + condition) > limit:
            lines.append(Line("", "", ""))
        first, *more = broken(condition, max(limit - margin, limit / 2), self.notation)
        lines[-1] = replace(lines[-1], beside=first)
        lines.extend(Line("", "", piece) for piece in more)

    def rights(self, row: Row | MatrixRow, room: float) -> list[tuple[str, str]]:
        """A right side with the condition beside it; wide cases one by one."""
        e = row.right.expression if isinstance(row, Row) else None
        if isinstance(row, Row) and _has_cases(e):
            branches = case_branches(e, row.right.context, self.style, row.covering)
            found = [(value.text, self.condition(when)) for value, when in branches]
            if self.are_wide(self.right(row), found, room):
                return found
        if isinstance(row, MatrixRow) and row.where is not None:
            where = row.where
            return [(self.right(row), self.condition(print_conditions(where.guards, where.context, self.style)))]
        return [(self.right(row), "")]

    def are_wide(self, table: str, branches: Sequence[tuple[str, str]], room: float) -> bool:
        """Whether cases have no room as a table."""
        return self.notation.width(table) > room

    def right(self, row: Row | MatrixRow) -> str:
        """A right side; cases at its top stand as cases."""
        e = row.right.expression if isinstance(row, Row) else None
        if isinstance(row, Row) and isinstance(e, Cases):
            return print_cases(e, row.right.context, self.style, row.covering).text
        return self.mathematics(row.right)

    def where(self, display: Display | MatrixDisplay) -> list[str]:
        """The conditions under which a display holds, and unusual ranges."""
        if isinstance(display, MatrixDisplay):
            return []
        context = display.rows[0].right.context
        ranges = [self.extent(Extent(i, context)) for i in display.extents]
        return [*print_conditions(display.guards, context, self.style), *ranges]


def _has_cases(e: Expr | None) -> TypeGuard[Cases | Select]:
    """Whether a formula is a table of cases; one that is 0 but for one case prints as a bracket."""
    return isinstance(e, Cases) or (isinstance(e, Select) and e.no != ZERO)
