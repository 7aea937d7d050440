"""The costs of a derivation in each format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace

from symbp.calculus.derivation import Derivation
from symbp.cost.report import Cost
from symbp.cost.sweep import Sweep
from symbp.cost.ways import CLOSED, Way
from symbp.render.blocks import Block
from symbp.render.cost_json import cost_json, general_formula, sweep_json
from symbp.render.cost_pgfplots import pgfplots
from symbp.render.cost_section import cost_document
from symbp.render.cost_svg import svg
from symbp.render.cost_sweep import plot, sweep_document
from symbp.render.latex import LatexStyle
from symbp.render.latex_document import LatexWriter, write_latex
from symbp.render.lines import Lines
from symbp.render.markdown_document import write_markdown
from symbp.render.options import Options
from symbp.render.prose import Prose
from symbp.render.standalone import room, standalone
from symbp.render.text import TextStyle
from symbp.render.text_document import TextWriter, write_text


class _Document(ABC):
    """Blocks in the formats that have words."""

    def __init__(self, derivation: Derivation, options: Options) -> None:
        self.lines = Lines(derivation, options.notation)
        self.prose = Prose(options.language)
        self.options = options

    @abstractmethod
    def blocks(self) -> Iterable[Block]:
        """What the document says."""

    def text(self) -> str:
        """For a terminal."""
        return write_text(list(self.blocks()), self.lines.vocabulary.names, self.options)

    def markdown(self) -> str:
        return write_markdown(list(self.blocks()), self.lines.vocabulary.names, self.options)

    def latex(self) -> str:
        """A fragment that needs amsmath and nothing else."""
        return self._latex(self.options)

    def whole_latex(self) -> str:
        """A whole file, for pdflatex in English and for xelatex in Chinese."""
        width = self.options.max_width or room(False)
        return standalone(self._latex(replace(self.options, max_width=width)), self.options.language)

    def _latex(self, options: Options) -> str:
        return write_latex(list(self.blocks()), self.lines.vocabulary.names, options)


class CostDocument(_Document):
    """One report. `with_lines` lists the counted program."""

    def __init__(self, derivation: Derivation, cost: Cost, options: Options, with_lines: bool = False) -> None:
        super().__init__(derivation, options)
        self.cost = cost
        self.with_lines = with_lines

    def blocks(self) -> Iterable[Block]:
        return cost_document(self.lines, self.prose, self.cost, self.with_lines)

    def polynomial(self, way: Way) -> str | None:
        """The operations of a way as a formula in the sizes, in ASCII."""
        return general_formula(self.lines, self.cost, way) if way in CLOSED else None

    def json(self) -> str:
        """The same as data, schema 1; the language doesn't matter."""
        return cost_json(self.lines, self.cost, self.with_lines)


class SweepDocument(_Document):
    """How the counts grow with a size."""

    def __init__(self, derivation: Derivation, sweep: Sweep, options: Options) -> None:
        super().__init__(derivation, options)
        self.sweep = sweep

    def blocks(self) -> Iterable[Block]:
        return sweep_document(self.lines, self.prose, self.sweep)

    def json(self) -> str:
        """The same as data, schema 1."""
        return sweep_json(self.sweep)

    def svg(self) -> str:
        """A picture, for light and dark pages."""
        return svg(plot(self.lines, self.prose, self.sweep), TextWriter(TextStyle(self.lines.vocabulary.names, True)))

    def pgfplots(self) -> str:
        """The source of a picture, for a LaTeX document that has pgfplots."""
        writer = LatexWriter(LatexStyle(self.lines.vocabulary.names), self.options)
        return pgfplots(plot(self.lines, self.prose, self.sweep), writer)
