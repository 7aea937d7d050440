r"""Blocks → Markdown with formulas in $ … $ and $$ … $$, as GitHub and Jupyter show it.

GitHub reads Markdown before it reads mathematics: there `\,` loses its backslash, `<b` is a tag, `}_j` opens emphasis
and `](` makes a link. So formulas have commands that are words, and in prose special characters are escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from symbp.render.blocks import Block, Inline
from symbp.render.escape import checked_latex, escape_terminal
from symbp.render.latex import WIDEST_LINE, LatexStyle
from symbp.render.latex_document import LatexWriter
from symbp.render.names import Names
from symbp.render.options import Options
from symbp.render.writer import PLAIN

_WORDS = {
    "\\,": "\\thinspace ", "\\;": "\\thickspace ", "\\{": "\\lbrace ", "\\}": "\\rbrace ", "\\\\": "\\cr ",
    "<": "\\lt ", ">": "\\gt ", "|": "\\vert ",
}
"""Commands that are words, for those that are signs."""

_SIGNS = re.compile(r"\\[A-Za-z]+|\\.|[<>|]", re.DOTALL)
_LOOSE_SUBSCRIPT = re.compile(r"(?<![A-Za-z0-9])_(?! )")
"""An underscore that Markdown may take for the beginning of emphasis."""

_ESCAPES = {**{c: f"\\{c}" for c in "\\`*_[]|$~#{}"}, "<": "&lt;", ">": "&gt;", "&": "&amp;"}
_MARKER = re.compile(r"[-+](?= |$)|\d+(?P<stop>[.)])(?= |$)")
"""What makes a list of a line that begins with it."""

_RULES = {"l": ":--", "c": ":-:", "r": "--:"}
_SET_OFF = ("$", "**")


def write_markdown(blocks: Sequence[Block], names: Names, options: Options = PLAIN) -> str:
    """The whole document."""
    return MarkdownWriter(LatexStyle(names, options.max_width or WIDEST_LINE), options).document(blocks)


class MarkdownWriter(LatexWriter):
    """Formulas as in LaTeX, words as in Markdown."""

    def between(self, before: Block, after: Block) -> str:
        return "\n\n"

    def heading(self, title: str, level: int) -> str:
        return f"{'#' * level} {title}"

    def paragraph(self, text: str) -> str:
        return _no_list(text)

    def ragged(self, text: str) -> str:
        return self.paragraph(text)

    def quote(self, text: str) -> str:
        return f"> {_no_list(text)}"

    def items(self, items: Sequence[str]) -> str:
        return "\n".join(f"- {_no_list(item)}" for item in items)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], alignment: str) -> str:
        lines = (head, [_RULES[side] for side in alignment], *rows)
        return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)

    def words(self, text: str) -> str:
        return "".join(_ESCAPES.get(c, c) for c in text)

    def quoted(self, text: str) -> str:
        return self.words(escape_terminal(text))

    def lead(self, words: str) -> str:
        return f"**{words}**"

    def maths(self, formula: str) -> str:
        return f"${markdown_safe(formula)}$"

    def sentence(self, parts: Sequence[Inline]) -> str:
        """The parts, with a space around a formula or set-off words where a letter, or a Chinese mark, would touch."""
        text, was_set_off = "", False
        for piece in filter(None, map(self.inline, parts)):
            is_set_off = piece.startswith(_SET_OFF)
            touches = (is_set_off and not text.endswith((" ", "("))) or (was_set_off and piece[0].isalnum())
            text += (" " if text and touches else "") + piece
            was_set_off = is_set_off
        return text

    def set_display(self, body: str, label: str) -> str:
        """$$ body $$ with its number; at the left margin, where that is asked for, as a line of its own."""
        if self.options.align_left:
            line = self.maths("\\displaystyle " + body.replace("\n", " "))
            return f"{line} &emsp; ({label})" if label else line
        tag = f" \\tag{{{label}}}" if label else ""
        return f"$$\n{markdown_safe(body)}{tag}\n$$"


def markdown_safe(formula: str) -> str:
    """The same formula with nothing in it that Markdown or HTML would take for its own."""
    shown = _SIGNS.sub(lambda found: _WORDS.get(found[0], found[0]), checked_latex(formula))
    shown = _LOOSE_SUBSCRIPT.sub("_ ", shown.replace("](", "] ("))
    return re.sub(r" +$| +(?= )", "", shown, flags=re.MULTILINE)


def _no_list(text: str) -> str:
    """A paragraph that doesn't look like an entry of a list."""
    marker = _MARKER.match(text)
    if marker is None:
        return text
    stop = marker.start("stop") if marker["stop"] else 0
    return f"{text[:stop]}\\{text[stop:]}"
