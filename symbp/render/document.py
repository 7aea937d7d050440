"""A whole derivation as LaTeX, as Markdown, as text, as JSON.

`verified` is what the document says about its own proof: a certificate's line, True for a plain statement, and
"unverified", for all to see, where it is False or None. `point` is what happens at the point that the model gives,
`checks` is what a reader can redo: signs, shapes, numbers, special cases; `cost` is what a closing section tells of.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from symbp.calculus.checks import Checks
from symbp.calculus.derivation import Derivation
from symbp.calculus.point import Point
from symbp.render.escape import checked_latex
from symbp.render.integers import dumped
from symbp.render.json_document import json_data
from symbp.render.latex import LatexStyle
from symbp.render.latex_document import LatexWriter, write_latex
from symbp.render.markdown_document import write_markdown
from symbp.render.options import Options
from symbp.render.standalone import room, standalone
from symbp.render.story import Story
from symbp.render.text_document import write_text

if TYPE_CHECKING:
    from symbp.cost.report import Cost

__all__ = [
    "json_data", "json_document", "latex_document", "latex_document_fragment", "latex_results", "markdown_document",
    "standalone", "text_document",
]

Verified = bool | str | None

PLAIN = Options()


def latex_document_fragment(
    derivation: Derivation, options: Options = PLAIN, verified: Verified = None, point: Point | None = None,
    checks: Checks | None = None, cost: Cost | None = None,
) -> str:
    r"""The body of a LaTeX document that needs amsmath and nothing else: results, then the derivation."""
    story = Story(derivation, options, point, checks, cost)
    return write_latex(list(story.document(verified)), story.lines.vocabulary.names, options)


def latex_document(
    derivation: Derivation, options: Options = PLAIN, verified: Verified = None, point: Point | None = None,
    checks: Checks | None = None, cost: Cost | None = None,
) -> str:
    """The same as a whole file, for pdflatex in English and for xelatex in Chinese."""
    width = options.max_width or room(options.align_left)
    within = replace(options, align_left=False, max_width=width)
    fragment = latex_document_fragment(derivation, within, verified, point, checks, cost)
    return standalone(fragment, options.language, options.align_left)


def markdown_document(
    derivation: Derivation, options: Options = PLAIN, verified: Verified = None, point: Point | None = None,
    checks: Checks | None = None, cost: Cost | None = None,
) -> str:
    """The same as Markdown, for GitHub and notebooks."""
    story = Story(derivation, options, point, checks, cost)
    return write_markdown(list(story.document(verified)), story.lines.vocabulary.names, options)


def latex_results(derivation: Derivation, options: Options = PLAIN) -> str:
    r"""The results alone, for a notebook cell: $$\begin{aligned} … \end{aligned}$$."""
    story = Story(derivation, options)
    writer = LatexWriter(LatexStyle(story.lines.vocabulary.names))
    lines = [line for display in story.results.displays() for line in writer.rows(display.rows)]
    body = " \\\\[6pt]\n".join(lines)
    return checked_latex(f"$$\\begin{{aligned}}\n{body}\n\\end{{aligned}}$$")


def text_document(
    derivation: Derivation, options: Options = PLAIN, verified: Verified = None, point: Point | None = None,
    checks: Checks | None = None, cost: Cost | None = None,
) -> str:
    """The same for a terminal, with the letters of mathematics or in ASCII."""
    story = Story(derivation, options, point, checks, cost)
    return write_text(list(story.document(verified)), story.lines.vocabulary.names, options)


def json_document(
    derivation: Derivation, options: Options = PLAIN, verified: Verified = None, point: Point | None = None,
    checks: Checks | None = None, cost: Cost | None = None,
) -> str:
    """`json_data` as text, ASCII only."""
    return dumped(json_data(derivation, options, verified, point, checks, cost))
