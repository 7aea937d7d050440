"""A fragment as a whole LaTeX file: an article for pdflatex, in Chinese a ctexart for xelatex."""

from __future__ import annotations

from pathlib import Path
from string import Template

from symbp.render.escape import checked_latex
from symbp.render.options import Language

WIDEST_LINE = 79
"""What a line of these files has room for, in widths of a letter."""
INDENT = 5
"""What displays at the left margin are set in by."""


def room(align_left: bool) -> int:
    """The widest formula."""
    return WIDEST_LINE - INDENT if align_left else WIDEST_LINE


def standalone(fragment: str, language: Language = "en", align_left: bool = False) -> str:
    """The file of a language's template, with the fragment as its body; displays centred or at the left margin."""
    template = (Path(__file__).with_name("documents") / f"{language}.tex").read_text(encoding="utf-8")
    options = ",fleqn" if align_left else ""
    return Template(template).substitute(options=options, body=checked_latex(fragment, language))
