r"""The last gate: user text made harmless, and a check that emitted LaTeX holds known commands only."""

from __future__ import annotations

import re

from symbp.alphabet import GREEK, MARKS
from symbp.render.options import Language

_TABLE = {
    "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$", "%": "\\%", "&": "\\&", "#": "\\#", "_": "\\_",
    "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "\\ensuremath{<}", ">": "\\ensuremath{>}",
    "|": "\\ensuremath{|}", '"': "''", "`": "'",
}
_SYMBOLS = {"∂": "\\ensuremath{\\partial}", "−": "-", "–": "--", "≤": "\\ensuremath{\\le}", "≥": "\\ensuremath{\\ge}"}

KNOWN_COMMANDS = frozenset(
    (
        *GREEK, *MARKS.values(),
        "mathrm", "text", "operatorname", "operatorname*", "frac", "sqrt", "left", "right", "sum", "prod", "max", "min",
        "top", "odot", "oslash", "lVert", "rVert", "mathbf", "boldsymbol", "partial", "substack", "cdot", "approx",
        "le", "ge", "ne", "mid", "bmod", "in", "to", "dots", "quad", "qquad", "boxed", "tag",
        "log", "exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan",
        "begin", "end", "section*", "subsection*", "subsubsection*", "item", "textbackslash",
        "textasciitilde", "textasciicircum", "ensuremath", "documentclass", "usepackage", "emph", "hline", "noindent",
        "hfill", "displaystyle", "times", "allowbreak", "raggedright", "smallskip",
        "renewcommand", "arraystretch", "par",
    )
)
"""Every command that may stand in our LaTeX."""

KNOWN_SYMBOLS = frozenset("\\{},;_$%&#[]")
"""Every character that may follow a lone backslash."""

ENVIRONMENTS = frozenset(
    ("aligned", "cases", "pmatrix", "itemize", "quote", "center", "tabular", "document")
)

_COMMAND = re.compile(r"\\([A-Za-z]+\*?|.|\Z)", re.DOTALL)
_MATHS = re.compile(r"(?<!\\)\\\[.*?\\\]|(?<!\\)\$.*?(?<!\\)\$", re.DOTALL)
_CHINESE = re.compile("[\u4e00-\u9fff\u3001-\u3011\uff01-\uff5e\u2018\u2019\u201c\u201d\u2014\u2026]")
"""Letters and marks of written Chinese."""


class LatexGuardError(AssertionError):
    """Our own LaTeX holds something that it never should: a mistake in symbp."""


def is_chinese(c: str) -> bool:
    """Whether a letter or mark belongs to written Chinese."""
    return _CHINESE.fullmatch(c) is not None


def escape_latex(text: str, language: Language = "en") -> str:
    """Any text as harmless LaTeX text: special characters by table, letters of another language as code points."""
    return "".join(c if language == "zh" and is_chinese(c) else _escape(c) for c in text)


def _escape(c: str) -> str:
    if c in _TABLE:
        return _TABLE[c]
    if c in _SYMBOLS:
        return _SYMBOLS[c]
    return c if " " <= c <= "~" else f"U+{ord(c):04X}"


def escape_terminal(text: str) -> str:
    """Any text for a terminal: control, bidirectional and other unprintable characters as \\u{202E}."""
    return "".join(c if c.isprintable() else f"\\u{{{ord(c):X}}}" for c in text)


def checked_latex(text: str, language: Language = "en") -> str:
    """The text itself; raises LatexGuardError where it is unbalanced, or holds an unknown command or a letter that it
    shouldn't: all is ASCII but the prose of another language."""
    if language == "zh":
        for formula in _MATHS.findall(text):
            _only_ascii(formula)
    _only_ascii(_CHINESE.sub("", text) if language == "zh" else text)
    for found in _COMMAND.finditer(text):
        command = found[1]
        if not {command, command.rstrip("*")} & KNOWN_COMMANDS and command not in KNOWN_SYMBOLS:
            raise LatexGuardError(f"unknown command \\{command}")
    for name in re.findall(r"\\(?:begin|end)\{([^}]*)\}", text):
        if name not in ENVIRONMENTS:
            raise LatexGuardError(f"unknown environment {name}")
    _check_braces(text)
    return text


def _only_ascii(text: str) -> None:
    if not text.isascii():
        raise LatexGuardError(f"not ASCII: {sorted({c for c in text if not c.isascii()})}")


def _check_braces(text: str) -> None:
    depth = 0
    for c in re.sub(r"\\\\|\\[{}]", "", text):
        depth += {"{": 1, "}": -1}.get(c, 0)
        if depth < 0:
            break
    if depth:
        raise LatexGuardError("unbalanced braces")
