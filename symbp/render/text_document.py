"""Blocks → plain text for a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import east_asian_width

from symbp.render.blocks import Block, Display, Inline, Lead, MatrixDisplay, Quoted
from symbp.render.breaking import TEXT
from symbp.render.escape import escape_terminal
from symbp.render.names import Names
from symbp.render.options import Options
from symbp.render.style import Style
from symbp.render.text import TextStyle
from symbp.render.writer import PLAIN, Line, Writer

MARGIN = 6
"""What the number of an equation takes."""

WHOLE = 40
"""A formula of so many letters isn't parted in running text."""

TIE = "\u00a0"
"""A space at which no line ends."""

SIDES = {"l": "left", "c": "center", "r": "right"}
"""How the columns of a table are aligned."""

_HAN = "\u3400-\u9fff"
_CLOSING = "\u3001\u3002\uff01\uff09\uff0c\uff1a\uff1b\uff1f\u300b\u201d"
_WORDS = re.compile(f" +|[{_HAN}][{_CLOSING}]*|[^ {_HAN}]+")
"""What a line is made of: a gap, a Chinese letter with the marks after it, a word."""


def write_text(blocks: Sequence[Block], names: Names, options: Options) -> str:
    """The document, with the letters of mathematics where the options allow them."""
    return TextWriter(TextStyle(names, options.unicode), options).document(blocks)


class TextWriter(Writer):
    """Blocks and rows in plain text."""

    notation = TEXT
    widest = 100
    """Lines longer than this are broken where there is a place for it."""
    dots = ".."
    lists_few = False

    def __init__(self, style: Style, options: Options = PLAIN) -> None:
        super().__init__(style, options)
        self.member_of = "∈" if options.unicode else "in"

    def between(self, before: Block, after: Block) -> str:
        """A blank line, but displays are close to each other."""
        displays = (Display, MatrixDisplay)
        close = isinstance(after, displays) and isinstance(before, displays) and not before.boxed
        return "\n" if close else "\n\n"

    def heading(self, title: str, level: int) -> str:
        return f"{title}\n{('=' if level == 1 else '-') * columns(title)}"

    def running(self, parts: Sequence[Inline]) -> str:
        """Short formulas are kept whole: their spaces are marked, until the lines are made."""
        shown = (self.inline(p) for p in parts)
        whole = (s.replace(" ", TIE) if not isinstance(p, str | Quoted | Lead) and len(s) <= WHOLE else s
                 for p, s in zip(parts, shown, strict=True))
        return "".join(whole)

    def paragraph(self, text: str) -> str:
        return filled(text, self.limit)

    def quote(self, text: str) -> str:
        return filled(text, self.limit, "    ", "    ")

    def items(self, items: Sequence[str]) -> str:
        return "\n".join(filled(item, self.limit, "- ", "  ") for item in items)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], alignment: str) -> str:
        import tabulate as tables

        row = tables.DataRow("", "  ", "")
        plain = tables.TableFormat(None, tables.Line("", "-", "  ", ""), None, None, row, row, 0, None)
        sides = [SIDES[side] for side in alignment]
        shown = tables.tabulate(
            [head, tables.SEPARATING_LINE, *rows], tablefmt=plain, disable_numparse=True, colalign=sides,
        )
        return "\n".join(line.rstrip() for line in shown.splitlines())

    def words(self, text: str) -> str:
        return text if self.options.unicode else text.replace("–", "-")

    def quoted(self, text: str) -> str:
        return escape_terminal(text)

    def lead(self, words: str) -> str:
        return words

    def maths(self, formula: str) -> str:
        return formula

    def display(self, display: Display | MatrixDisplay) -> str:
        tag = f"({self.quoted(display.label)})" if display.label else ""
        lines = self.formula_lines(display).split("\n")
        return "\n".join(f"{tag if not place else '':<{MARGIN}}{line}".rstrip() for place, line in enumerate(lines))

    def formula_lines(self, display: Display | MatrixDisplay) -> str:
        """A display without its number and its margin."""
        lines, note = self._aligned(self.display_lines(display, self.limit)), self.note(display)
        if len(lines[-1] + note) > self.limit:
            lines.append("")
        lines[-1] += note
        return "\n".join(lines)

    def _aligned(self, lines: Sequence[Line]) -> list[str]:
        """Continued equations aligned at the sign, continued formulas behind it."""
        found: list[str] = []
        margin, sign = 0, ""
        for line in lines:
            margin, sign = len(line.left) or margin, line.sign or sign
            if line.sign:
                found.append(f"{line.left or ' ' * margin} {sign} {line.right}{line.beside}")
            else:
                found.append(" " * (margin + len(sign)) + (f"   {line.right}" if line.right else "") + line.beside)
        return found

    def condition(self, conditions: Sequence[str]) -> str:
        return f"   if {', '.join(conditions)}" if conditions else "   otherwise"

    def note(self, display: Display | MatrixDisplay) -> str:
        """Conditions, unusual ranges and sources, after a display."""
        where = self.where(display)
        note = f"   ({', '.join(where)})" if where else ""
        return note + (f"   [{', '.join(map(self.quoted, display.source))}]" if display.source else "")


def filled(text: str, limit: int, first: str = "", others: str = "") -> str:
    """Running text in lines of so many columns, each after its margin; Chinese may be parted between any two letters,
    but for a mark, which stays with the letter before it."""
    lines, line, gap = [], first, ""
    for word in _WORDS.findall(text):
        if word.isspace():
            gap = word
        elif columns(line + gap + word) > limit and line.strip(" -"):
            lines.append(line)
            line, gap = others + word, ""
        else:
            line, gap = line + gap + word, ""
    return "\n".join((*lines, line)).replace(TIE, " ")


def columns(text: str) -> int:
    """The columns of a terminal that a text takes; a Chinese letter takes two."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)

