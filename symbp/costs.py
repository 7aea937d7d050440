"""What `Derivation.cost` hands out: counts of both ways as data, and the report on them in each format."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import get_args

from symbp.cost.report import Cost
from symbp.cost.sweep import MOST_POINTS, Sweep, sweep
from symbp.cost.tally import Tally
from symbp.cost.ways import Unknown, Way
from symbp.errors import ModelError, Refused
from symbp.render.cost_document import CostDocument, SweepDocument
from symbp.render.notation import PLAIN, Notation
from symbp.render.options import Language, Options, known_language
from symbp.settings import with_sizes


@dataclass(frozen=True)
class Costs:
    """What the loss and its gradients cost, written out and with everything computed once.

    A `way` is "forward" (the loss alone), "shared", "minimal", "expanded" or "forward_mode"; another is a ModelError.
    """

    data: Cost
    notation: Notation = field(default=PLAIN, repr=False)

    def tally(self, way: Way = "shared") -> Tally[int]:
        """Operations by kind, nodes and depth. Raises Refused where a size has no value, or there is too much to do."""
        _known("way of counting", way, get_args(Way))
        found = self.data.tally(way)
        if isinstance(found, Unknown):
            raise Refused(found.reason)
        return found

    def operations(self, way: Way = "shared") -> int:
        """The number of operations; raises Refused as `tally` does."""
        return self.tally(way).operations

    def polynomial(self, way: Way = "shared") -> str | None:
        """The number of operations as a formula in the sizes, where there is one; not for forward mode."""
        _known("way of counting", way, get_args(Way))
        return self._document().polynomial(way)

    @property
    def missing(self) -> tuple[str, ...]:
        """The sizes without a value, for want of which the counts are formulas."""
        return self.data.missing

    @property
    def ratio(self) -> Fraction | None:
        """(the loss and all gradients) / (the loss)."""
        return self.data.ratio

    def paths(self, parameter: str) -> int | None:
        """From all elements of a parameter to the loss; None where a size has no value."""
        _known("parameter with a gradient", parameter, tuple(self.data.derivation.gradients))
        return self.data.paths_from(parameter)

    def over(self, size: str, values: Iterable[int]) -> Growth:
        """The same for each value of a size. Raises ModelError."""
        at = tuple(values)
        for value in at[:MOST_POINTS]:
            with_sizes(self.data.derivation.model, {size: value})
        return Growth(sweep(self.data, size, at), self.notation)

    def text(self, language: Language = "en", *, unicode: bool = True, lines: bool = False) -> str:
        """The report for a terminal; `lines` lists the counted program as well."""
        return self._document(language, lines, unicode).text()

    def markdown(self, language: Language = "en", *, lines: bool = False) -> str:
        return self._document(language, lines).markdown()

    def latex(self, language: Language = "en", *, lines: bool = False) -> str:
        """A fragment of LaTeX that needs amsmath and nothing else."""
        return self._document(language, lines).latex()

    def document(self, language: Language = "en", *, lines: bool = False) -> str:
        """The same as a whole file: for pdflatex, in Chinese for xelatex."""
        return self._document(language, lines).whole_latex()

    def json(self, *, lines: bool = False) -> str:
        """The same as data, schema 1: see docs/costs.md."""
        return self._document("en", lines).json()

    def __str__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.text(), "text/markdown": self.markdown()}

    def _document(self, language: str = "en", lines: bool = False, unicode: bool = True) -> CostDocument:
        options = Options(language=known_language(language), unicode=unicode, notation=self.notation)
        return CostDocument(self.data.derivation, self.data, options, lines)


@dataclass(frozen=True)
class Growth:
    """How the counts grow with a size."""

    data: Sweep
    notation: Notation = field(default=PLAIN, repr=False)

    def operations(self, way: Way = "shared") -> tuple[int, ...]:
        """The number of operations at each value. Raises Refused where one can't be counted."""
        for growth in self.data.ways:
            if growth.way == way:
                return growth.operations
        raise Refused(next((reason for other, reason in self.data.left_out if other == way), f"{way} isn't counted"))

    def text(self, language: Language = "en", *, unicode: bool = True) -> str:
        """A table for a terminal."""
        return self._document(language, unicode).text()

    def markdown(self, language: Language = "en") -> str:
        return self._document(language).markdown()

    def latex(self, language: Language = "en") -> str:
        return self._document(language).latex()

    def document(self, language: Language = "en") -> str:
        """The same as a whole file."""
        return self._document(language).whole_latex()

    def json(self) -> str:
        """The same as data, schema 1: see docs/costs.md."""
        return self._document().json()

    def svg(self, language: Language = "en") -> str:
        """A picture of the curves, for light and dark pages; its vertical axis is logarithmic where one explodes."""
        return self._document(language).svg()

    def pgfplots(self, language: Language = "en") -> str:
        """The source of such a picture for a LaTeX document that has pgfplots."""
        return self._document(language).pgfplots()

    def __str__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.text(), "image/svg+xml": self.svg()}

    def _document(self, language: str = "en", unicode: bool = True) -> SweepDocument:
        options = Options(language=known_language(language), unicode=unicode, notation=self.notation)
        return SweepDocument(self.data.cost.derivation, self.data, options)


def _known(what: str, name: str, names: tuple[str, ...]) -> None:
    if name not in names:
        raise ModelError(f"`{name}` is no {what} here; there are: {', '.join(names)}")
