r"""Blocks → LaTeX: words as text, displays as \[ … \] with `aligned` inside, numbers as \tag."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil

from symbp.render.blocks import Block, Display, MatrixDisplay, MatrixRow, Paragraph, Row
from symbp.render.breaking import LATEX, broken
from symbp.render.escape import checked_latex, escape_latex
from symbp.render.latex import WIDEST_LINE, LatexStyle
from symbp.render.names import Names
from symbp.render.options import Options
from symbp.render.width import FORMULA, latex_width, sentence_width
from symbp.render.writer import PLAIN, Line, Writer

LABEL_WIDTH = 6
"""What the number of an equation takes from its lines."""
BOX_WIDTH = 2
"""What a box takes."""

COLUMN_GAP = 2.4
"""What stands between two columns of a table."""

ROOM = "\\renewcommand{\\arraystretch}{1.3}"
"""Room for superscripts between the rules of a table."""

MOST_ROWS = 30
"""Rows of a table that stays on its page."""

HEADINGS = ("section*", "subsection*", "subsubsection*")


def write_latex(blocks: Sequence[Block], names: Names, options: Options = PLAIN) -> str:
    """The body of a document; checked to hold known commands only."""
    style = LatexStyle(names, options.max_width or WIDEST_LINE)
    return checked_latex(LatexWriter(style, options).document(blocks), options.language)


class LatexWriter(Writer):
    """Blocks and rows in LaTeX."""

    notation = LATEX
    widest = WIDEST_LINE
    separator = ",\\; "
    dots = ", \\dots, "
    member_of = "\\in"
    set_brackets = ("\\{", "\\}")

    def between(self, before: Block, after: Block) -> str:
        """A blank line, except in front of a display: it goes on with the paragraph, and stays on its page."""
        displays = (Display, MatrixDisplay)
        goes_on = isinstance(after, displays) and isinstance(before, (Paragraph, *displays))
        return "\n" if goes_on and not self.options.align_left else "\n\n"

    def heading(self, title: str, level: int) -> str:
        return f"\\{HEADINGS[min(level, len(HEADINGS)) - 1]}{{{title}}}"

    def ragged(self, text: str) -> str:
        return f"{{\\raggedright {text}\\par}}"

    def quote(self, text: str) -> str:
        return _environment("quote", text)

    def items(self, items: Sequence[str]) -> str:
        return _environment("itemize", "\n".join(f"\\item {item}" for item in items))

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], alignment: str) -> str:
        """A table; a long one as several of equal length, each with the head, so that pages may part them."""
        columns, wide, room = self.columns((head, *rows), alignment)
        rows = [[_paragraph(c, room) if i == wide else c for i, c in enumerate(cells)] for cells in rows]
        pieces = max(1, ceil(len(rows) / MOST_ROWS))
        cuts = [len(rows) * k // pieces for k in range(pieces + 1)]
        return "\n\n".join(_piece(head, rows[i:j], columns) for i, j in pairwise(cuts))

    def columns(self, rows: Sequence[Sequence[str]], alignment: str) -> tuple[str, int | None, float]:
        """What `tabular` is told of its columns. If they don't fit, the widest column of words but the last becomes a
        paragraph: which one it is, and how wide."""
        widths = [max(map(sentence_width, cells)) for cells in zip(*rows, strict=True)]
        excess = sum(widths) + COLUMN_GAP * len(widths) - self.limit
        worded = [k for k in range(len(widths) - 1) if alignment[k] != "r"]
        if excess <= 0 or not worded:
            return alignment, None, 0.0
        wide = max(worded, key=widths.__getitem__)
        room = max(widths[wide] - excess, self.limit / 4)
        return f"{alignment[:wide]}p{{{room / 2:.1f}em}}{alignment[wide + 1:]}", wide, room

    def words(self, text: str) -> str:
        return escape_latex(text, self.options.language)

    def quoted(self, text: str) -> str:
        return escape_latex(text, self.options.language)

    def lead(self, words: str) -> str:
        return f"\\emph{{{words}}}"

    def maths(self, formula: str) -> str:
        return f"${formula}$"

    def display(self, display: Display | MatrixDisplay) -> str:
        return self.set_display(self.body(display), self.quoted(display.label))

    def set_display(self, body: str, label: str) -> str:
        r"""\[ body \] with its number; at the left margin, where that is asked for, as a paragraph of its own."""
        if self.options.align_left:
            number = f"\\hfill({label})" if label else ""
            return f"\\smallskip\n\\noindent$\\displaystyle {body}${number}\n\n\\smallskip"
        tag = f" \\tag{{{label}}}" if label else ""
        return f"\\[\n{body}{tag}\n\\]"

    def body(self, display: Display | MatrixDisplay) -> str:
        """The rows of a display, aligned where there are several, and what stands beside them."""
        limit = self.limit - (LABEL_WIDTH if display.label else 0) - (BOX_WIDTH if display.boxed else 0)
        lines, note = [_aligned(line) for line in self.display_lines(display, limit)], self.note(display)
        if note and not display.boxed and max(map(latex_width, lines)) + latex_width(note) > limit:
            lines, note = [*lines, f"&{note}"], ""
        alone = len(lines) == 1
        body = lines[0].replace("&", "", 1) if alone else _environment("aligned", " \\\\\n".join(lines))
        return (f"\\boxed{{{body}}}" if display.boxed else body) + note

    def rows(self, rows: Sequence[Row | MatrixRow], limit: float | None = None) -> list[str]:
        """The lines of an `aligned`, with & before each sign."""
        return [_aligned(line) for line in self.lines(rows, limit or self.limit)]

    def are_wide(self, table: str, branches: Sequence[tuple[str, str]], room: float) -> bool:
        return any(latex_width(value + condition) > room for value, condition in branches)

    def condition(self, conditions: Sequence[str]) -> str:
        return " \\qquad " + (f"({self.separator.join(conditions)})" if conditions else "\\text{otherwise}")

    def note(self, display: Display | MatrixDisplay) -> str:
        """Conditions, unusual ranges and sources, beside a display."""
        where = self.where(display)
        note = f" \\qquad ({self.separator.join(where)})" if where else ""
        cited = ",\\,".join(f"(\\mathrm{{{self.quoted(label)}}})" for label in display.source)
        return note + (f" \\qquad {cited}" if cited else "")


def _aligned(line: Line) -> str:
    left = f"{line.left} " if line.left else ""
    if line.sign:
        return f"{left}&{line.sign} {line.right}{line.beside}"
    return f"&\\quad {line.right}{line.beside}" if line.right else f"&{line.beside}"


def _piece(head: Sequence[str], rows: Sequence[Sequence[str]], columns: str) -> str:
    lines = ["\\hline", _cells(head), "\\hline", *map(_cells, rows), "\\hline"]
    table = _environment("tabular", "\n".join(lines), f"{{{columns}}}")
    return _environment("center", f"{ROOM}\n{table}")


def _cells(cells: Sequence[str]) -> str:
    return " & ".join(cells) + " \\\\"


def _paragraph(cell: str, room: float) -> str:
    """A cell of several lines; a formula that is too wide for one is broken into several."""
    parts = FORMULA.sub(lambda f: " ".join(f"${piece}$" for piece in broken(f[1], room, LATEX)), cell)
    return f"\\raggedright {parts}"


def _environment(name: str, body: str, argument: str = "") -> str:
    return f"\\begin{{{name}}}{argument}\n{body}\n\\end{{{name}}}"
