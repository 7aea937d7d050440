r"""Blocks → LaTeX: words as text, displays as \[ … \] with `aligned` inside, numbers as \tag."""

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
from symbp.render.breaking import LATEX, broken
from symbp.render.conditions import print_form
from symbp.render.escape import checked_latex, escape_latex
from symbp.render.latex import LatexStyle
from symbp.render.names import Names
from symbp.render.printer import case_branches, print_cases, print_conditions, print_expression
from symbp.render.width import latex_width

SEPARATOR = ",\\; "

LONGEST_LINE = 66
"""A formula that would print wider than about so many letters is broken."""

LABEL_WIDTH = 6
"""What the number of an equation takes from its lines."""


def write_latex(blocks: Sequence[Block], names: Names) -> str:
    """The body of a document; checked to hold known commands only."""
    writer = LatexWriter(LatexStyle(names))
    return checked_latex("\n\n".join(writer.block(b) for b in blocks) + "\n")


class LatexWriter:
    """Blocks and rows in LaTeX."""

    def __init__(self, style: LatexStyle) -> None:
        self.style = style

    def block(self, block: Block) -> str:
        match block:
            case Heading(parts, level):
                command = "section*" if level == 1 else "subsection*"
                return f"\\{command}{{{self.sentence(parts)}}}"
            case Paragraph(parts):
                return self.sentence(parts)
            case Items(items):
                lines = "\n".join(f"\\item {self.sentence(parts)}" for parts in items)
                return f"\\begin{{itemize}}\n{lines}\n\\end{{itemize}}"
            case Display():
                return self.display(block)

    def sentence(self, parts: Sequence[Inline]) -> str:
        return "".join(self.inline(p) for p in parts)

    def inline(self, part: Inline) -> str:
        match part:
            case str():
                return escape_latex(part)
            case Quoted(text):
                return escape_latex(text)
            case Citation(label):
                return f"({escape_latex(label)})"
            case Formula():
                return f"${self.formula(part)}$"
            case Extent():
                return f"${self.extent(part)}$"
            case Comparison():
                return f"${self.comparison(part)}$"
            case Where(guards, context):
                return f"${SEPARATOR.join(print_conditions(guards, context, self.style))}$"

    def formula(self, formula: Formula) -> str:
        return print_expression(formula.expression, formula.context, self.style).text

    def extent(self, extent: Extent) -> str:
        letters = extent.context.letters
        low, high = (
            print_form(f, letters, self.style, tight=True).text
            for f in (extent.index.range.lower, extent.index.range.upper)
        )
        return f"{self.style.name(letters.letter(extent.index.name))} = {low}, \\dots, {high}"

    def comparison(self, comparison: Comparison) -> str:
        left = self.formula(comparison.left)
        if comparison.relation is None or comparison.right is None:
            return f"{left} \\in \\{{{', '.join(self.formula(m) for m in comparison.members)}\\}}"
        return f"{left} {self.style.relation(comparison.relation)} {self.formula(comparison.right)}"

    def display(self, display: Display) -> str:
        limit = LONGEST_LINE - (LABEL_WIDTH if display.label else 0)
        lines, note = self.rows(display.rows, limit), self.note(display)
        if note and not display.boxed and max(map(latex_width, lines)) + latex_width(note) > limit:
            lines, note = [*lines, f"&{note}"], ""
        if len(lines) == 1:
            body = lines[0].replace("&", "", 1)
        else:
            body = "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"
        if display.boxed:
            body = f"\\boxed{{{body}}}"
        tag = f" \\tag{{{escape_latex(display.label)}}}" if display.label else ""
        return f"\\[\n{body}{note}{tag}\n\\]"

    def rows(self, rows: Sequence[Row], limit: int = LONGEST_LINE) -> list[str]:
        """The lines of an `aligned`, with & before each sign; long formulas take several, long cases one each."""
        lines: list[str] = []
        for row in rows:
            left = self.formula(row.left) + " " if row.left is not None else ""
            room = max(limit - latex_width(left), limit / 2)
            sign = ":=" if row.defines else "="
            for right, condition in self.rights(row, room):
                first, *more = broken(right, room, LATEX)
                lines.append(f"{left}&{sign} {first}")
                lines.extend(f"&\\quad {line}" for line in more)
                if condition and latex_width(lines[-1] + condition) > limit:
                    lines.append("&")
                lines[-1] += condition
        return lines

    def rights(self, row: Row, room: float) -> list[tuple[str, str]]:
        """A right side with the condition beside it; wide cases one by one."""
        e, context = row.right.expression, row.right.context
        if not isinstance(e, Cases):
            return [(self.right(row), "")]
        branches = case_branches(e, context, self.style, row.covering)
        found = [(value.text, self.condition(when)) for value, when in branches]
        wide = any(latex_width(value + condition) > room for value, condition in found)
        return found if wide else [(self.right(row), "")]

    def condition(self, conditions: Sequence[str]) -> str:
        """What stands beside one of several cases."""
        return " \\qquad \\text{" + (f"if }} {SEPARATOR.join(conditions)}" if conditions else "otherwise}")

    def right(self, row: Row) -> str:
        """A right side; cases at its top stand as cases."""
        e, context = row.right.expression, row.right.context
        if isinstance(e, Cases):
            return print_cases(e, context, self.style, row.covering).text
        return self.formula(row.right)

    def note(self, display: Display) -> str:
        """Conditions, unusual ranges and sources, beside a display."""
        context = display.rows[0].right.context
        parts = print_conditions(display.guards, context, self.style)
        parts.extend(self.extent(Extent(i, context)) for i in display.extents)
        note = f" \\qquad ({SEPARATOR.join(parts)})" if parts else ""
        cited = ", ".join(f"({escape_latex(label)})" for label in display.source)
        return note + (f" \\qquad \\text{{from {cited}}}" if cited else "")
