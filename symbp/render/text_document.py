"""Blocks → plain text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.calculus.expression import Cases
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
    Paragraph,
    Quoted,
    Row,
    Where,
)
from symbp.render.breaking import TEXT, broken
from symbp.render.conditions import print_form
from symbp.render.escape import escape_terminal
from symbp.render.names import Names
from symbp.render.printer import case_branches, print_cases, print_conditions, print_expression
from symbp.render.text import TextStyle

LONGEST_LINE = 100
"""Lines longer than this are broken where there is a place for it."""


def write_text(blocks: Sequence[Block], names: Names, unicode: bool) -> str:
    """The document, a blank line between blocks, displays indented and close to each other."""
    writer = TextWriter(TextStyle(names, unicode))
    text = ""
    for place, block in enumerate(blocks):
        before = blocks[place - 1] if place else None
        close = isinstance(block, Display) and isinstance(before, Display) and not before.boxed
        text += ("" if not place else "\n" if close else "\n\n") + writer.block(block)
    return text + "\n"


class TextWriter:
    """Blocks and rows in plain text."""

    def __init__(self, style: TextStyle) -> None:
        self.style = style

    def block(self, block: Block) -> str:
        match block:
            case Heading(parts, level):
                title = self.sentence(parts)
                return f"{title}\n{('=' if level == 1 else '-') * len(title)}"
            case Paragraph(parts):
                return self.sentence(parts)
            case Items(items):
                return "\n".join(f"- {self.sentence(parts)}" for parts in items)
            case Display():
                return self.display(block)

    def sentence(self, parts: Sequence[Inline]) -> str:
        return "".join(self.inline(p) for p in parts)

    def inline(self, part: Inline) -> str:
        match part:
            case str():
                return part
            case Quoted(text):
                return escape_terminal(text)
            case Citation(label):
                return f"({escape_terminal(label)})"
            case Formula():
                return self.formula(part)
            case Extent():
                return self.extent(part)
            case Comparison():
                return self.comparison(part)
            case Where(guards, context):
                return ", ".join(print_conditions(guards, context, self.style))

    def formula(self, formula: Formula) -> str:
        return print_expression(formula.expression, formula.context, self.style).text

    def extent(self, extent: Extent) -> str:
        letters = extent.context.letters
        low, high = (
            print_form(f, letters, self.style, tight=True).text
            for f in (extent.index.range.lower, extent.index.range.upper)
        )
        return f"{self.style.name(letters.letter(extent.index.name))} = {low}..{high}"

    def comparison(self, comparison: Comparison) -> str:
        left = self.formula(comparison.left)
        if comparison.relation is None or comparison.right is None:
            sign = "∈" if self.style.unicode else "in"
            return f"{left} {sign} {{{', '.join(self.formula(m) for m in comparison.members)}}}"
        return f"{left} {self.style.relation(comparison.relation)} {self.formula(comparison.right)}"

    def display(self, display: Display) -> str:
        tag = f"({escape_terminal(display.label)})" if display.label else ""
        lines = self.rows(display.rows)
        lines[-1] += self.note(display)
        return "\n".join(f"{tag if not place else '':<6}{line}".rstrip() for place, line in enumerate(lines))

    def rows(self, rows: Sequence[Row]) -> list[str]:
        """One line for each row, continued rows aligned at the sign."""
        lines: list[str] = []
        margin = 0
        for row in rows:
            left = self.formula(row.left) if row.left is not None else " " * margin
            margin = len(left)
            sign = ":=" if row.defines else "="
            room = max(LONGEST_LINE - margin, LONGEST_LINE // 2)
            for right, condition in self.rights(row, room):
                first, *more = broken(right, room, TEXT)
                lines.append(f"{left} {sign} {first}")
                lines.extend(f"{' ' * (margin + len(sign) + 3)}{line}" for line in more)
                if condition and len(lines[-1] + condition) > LONGEST_LINE:
                    lines.append(" " * (margin + len(sign)))
                lines[-1] += condition
        return lines

    def rights(self, row: Row, room: int) -> list[tuple[str, str]]:
        """A right side with the condition beside it; wide cases one by one."""
        e, context = row.right.expression, row.right.context
        if not isinstance(e, Cases):
            return [(self.right(row), "")]
        branches = case_branches(e, context, self.style, row.covering)
        found = [(value.text, self.condition(when)) for value, when in branches]
        return found if len(self.right(row)) > room else [(self.right(row), "")]

    def condition(self, conditions: Sequence[str]) -> str:
        """What stands beside one of several cases."""
        return f"   if {', '.join(conditions)}" if conditions else "   otherwise"

    def right(self, row: Row) -> str:
        """A right side; cases at its top stand as cases."""
        e, context = row.right.expression, row.right.context
        if isinstance(e, Cases):
            return print_cases(e, context, self.style, row.covering).text
        return self.formula(row.right)

    def note(self, display: Display) -> str:
        """Conditions, unusual ranges and sources, after a display."""
        context = display.rows[0].right.context
        parts = print_conditions(display.guards, context, self.style)
        parts.extend(self.extent(Extent(i, context)) for i in display.extents)
        note = f"   ({', '.join(parts)})" if parts else ""
        return note + (f"   [from {', '.join(f'({s})' for s in display.source)}]" if display.source else "")
