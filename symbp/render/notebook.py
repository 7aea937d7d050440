"""Single formulas of a derivation, as notebooks show them."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.calculus.derivation import Derivation, Gradient, Step
from symbp.render.blocks import Display
from symbp.render.escape import checked_latex
from symbp.render.latex import LatexStyle
from symbp.render.latex_document import LatexWriter
from symbp.render.lines import Lines
from symbp.render.notation import PLAIN, Notation
from symbp.render.prose import Prose
from symbp.render.results import Results
from symbp.render.text import TextStyle
from symbp.render.text_document import TextWriter


class Notebook:
    """The steps and the gradients of one derivation, each by itself."""

    def __init__(self, derivation: Derivation, notation: Notation = PLAIN) -> None:
        self.lines = Lines(derivation, notation)
        names = self.lines.vocabulary.names
        self._latex = LatexWriter(LatexStyle(names))
        self._text = TextWriter(TextStyle(names, unicode=True))

    def step(self, step: Step) -> tuple[Display, ...]:
        """before = after, and where it holds."""
        rows = self.lines.rows(step.indices, step.before, [step.after], guards=step.guards)
        guards, extents = self.lines.where(step.indices, step.guards)
        return (Display(rows, guards=guards, extents=extents),)

    def gradient(self, gradient: Gradient) -> tuple[Display, ...]:
        """∂of/∂parameter as a book writes it, and its update."""
        blocks = Results(self.lines, Prose()).result(gradient)
        return tuple(block for block in blocks if isinstance(block, Display))

    def latex(self, displays: Sequence[Display]) -> str:
        r"""\begin{aligned} … \end{aligned}, for a mathematics environment."""
        lines = [line for display in displays for line in self._latex.rows(display.rows)]
        lines[-1] += self._latex.note(displays[-1])
        body = " \\\\\n".join(lines)
        return checked_latex(f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}")

    def text(self, displays: Sequence[Display]) -> str:
        """The same for a terminal."""
        return "\n".join(self._text.formula_lines(display) for display in displays)

    def cell(self, displays: Sequence[Display]) -> dict[str, str]:
        """What a notebook chooses from."""
        return {"text/plain": self.text(displays), "text/latex": f"$${self.latex(displays)}$$"}
