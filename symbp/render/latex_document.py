r"""Blocks → LaTeX: words as text, displays as \[ … \] with `aligned` inside, numbers as \tag."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symbp.calculus.expression import Add, Cases
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
)
from symbp.render.conditions import print_form
from symbp.render.escape import checked_latex, escape_latex
from symbp.render.latex import LatexStyle
from symbp.render.names import Names
from symbp.render.printer import print_conditions, print_covering, print_expression

SEPARATOR = ",\\; "

LONGEST_LINE = 95
"""A sum that would print longer than about so many characters is broken between its terms."""


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
        lines = self.rows(display.rows)
        if len(lines) == 1:
            body = lines[0].replace("&", "", 1)
        else:
            body = "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"
        if display.boxed:
            body = f"\\boxed{{{body}}}"
        tag = f" \\tag{{{escape_latex(display.label)}}}" if display.label else ""
        return f"\\[\n{body}{self.note(display)}{tag}\n\\]"

    def rows(self, rows: Sequence[Row]) -> list[str]:
        """The lines of an `aligned`, with & before each sign; long sums take several."""
        lines: list[str] = []
        for row in rows:
            left = self.formula(row.left) + " " if row.left is not None else ""
            first, *more = self.lines(row)
            lines.append(f"{left}&{':=' if row.defines else '='} {first}")
            lines.extend(f"&\\quad {line}" for line in more)
        return lines

    def lines(self, row: Row) -> list[str]:
        """A right side in one line, or broken between the terms of its sum."""
        e, context = row.right.expression, row.right.context
        if row.covering and isinstance(e, Cases):
            return [print_covering(e, context, self.style).text]
        whole = self.formula(row.right)
        if not isinstance(e, Add) or visible_length(whole) <= LONGEST_LINE:
            return [whole]
        lines = [""]
        for place, term in enumerate(e.terms):
            shown = print_expression(term, context, self.style)
            sign, body = ("-", shown.magnitude.text) if shown.magnitude is not None else ("+", shown.text)
            text = shown.text if not place else f" {sign} {body}"
            if place and visible_length(lines[-1] + text) > LONGEST_LINE:
                lines.append(text.lstrip())
            else:
                lines[-1] += text
        return lines

    def note(self, display: Display) -> str:
        """Conditions, unusual ranges and sources, beside a display."""
        context = display.rows[0].right.context
        parts = print_conditions(display.guards, context, self.style)
        parts.extend(self.extent(Extent(i, context)) for i in display.extents)
        note = f" \\qquad ({SEPARATOR.join(parts)})" if parts else ""
        cited = ", ".join(f"({escape_latex(label)})" for label in display.source)
        return note + (f" \\qquad \\text{{from {cited}}}" if cited else "")


def visible_length(latex: str) -> int:
    """About how many characters wide the formula prints: what stands above a fraction bar counts half."""
    halved = re.sub(r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", _wider, latex)
    bare = re.sub(r"\\(?:left|right|mathrm|text|substack|begin|end|hat|bar|quad)\b", "", halved)
    return len(re.sub(r"\\[A-Za-z]+|\\.", "x", bare).translate({ord(c): None for c in "{}^_ "}))


def _wider(found: re.Match[str]) -> str:
    return max(found[1], found[2], key=len)
