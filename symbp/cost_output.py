"""What `symbp cost` is asked to write: the format, and where it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from symbp.arguments import format_of
from symbp.console import UsageError, check_file_name, printable, readable, write_bytes, write_result
from symbp.output import has_unicode

if TYPE_CHECKING:
    from symbp.costs import Costs, Growth
    from symbp.render.options import Language

CostFormat = Literal["text", "latex", "markdown", "json", "svg", "pgfplots", "pdf"]
WRITTEN: tuple[CostFormat, ...] = tuple(f for f in get_args(CostFormat) if f != "pdf")

PICTURES = ("svg", "pgfplots")

ENDINGS: dict[str, CostFormat] = {
    "txt": "text", "text": "text", "tex": "latex", "md": "markdown", "markdown": "markdown", "json": "json",
    "svg": "svg", "tikz": "pgfplots", "pgf": "pgfplots", "pdf": "pdf",
}


@dataclass(frozen=True)
class CostOutput:
    """A report in one format, on its way to a file (None or `-`: standard output)."""

    format: CostFormat
    out: str | None
    whole: bool
    """Whether LaTeX is a whole file rather than a fragment."""

    @staticmethod
    def of(style: CostFormat | None, out: str | None, whole: bool, swept: bool, once: Mapping[str, bool]) -> CostOutput:
        """What the options mean together; `once` has those that belong to one count, and whether they are given.

        Raises UsageError where they contradict each other.
        """
        if out is not None:
            check_file_name(out)
        ending = format_of(out, ENDINGS, style)
        if ending == "pdf" and style not in (None, "latex"):
            raise UsageError(f"`-o {printable(out or '')}` is made from LaTeX; leave `--format {style}` out")
        chosen = "pdf" if ending == "pdf" else style or ending or "text"
        if chosen in PICTURES and not swept:
            raise UsageError(f"`--format {chosen}` shows how counts grow: it needs `--sweep`, as in --sweep L=1..50")
        if whole and chosen not in ("latex", "pdf"):
            raise UsageError(f"`--document` makes a whole LaTeX file; it means nothing for {chosen}")
        for option, given in once.items():
            if given and swept:
                raise UsageError(f"`{option}` is about one program; it means nothing with `--sweep`")
        return CostOutput(chosen, out, whole)

    def write(self, costs: Costs, lines: bool, language: Language, inputs: tuple[str, ...]) -> None:
        """Makes the report and writes it, whole or not at all."""
        unicode = has_unicode(self.out)
        self._write({
            "text": lambda: costs.text(language, unicode=unicode, lines=lines),
            "latex": lambda: (costs.document if self.whole else costs.latex)(language, lines=lines),
            "markdown": lambda: costs.markdown(language, lines=lines),
            "json": lambda: costs.json(lines=lines),
            "pdf": lambda: costs.document(language, lines=lines),
        }, language, inputs)

    def write_growth(self, growth: Growth, language: Language, inputs: tuple[str, ...]) -> None:
        """The same for a sweep."""
        unicode = has_unicode(self.out)
        self._write({
            "text": lambda: growth.text(language, unicode=unicode),
            "latex": lambda: (growth.document if self.whole else growth.latex)(language),
            "markdown": lambda: growth.markdown(language),
            "json": growth.json,
            "svg": lambda: growth.svg(language),
            "pgfplots": lambda: growth.pgfplots(language),
            "pdf": lambda: growth.document(language),
        }, language, inputs)

    def _write(
        self, makers: dict[CostFormat, Callable[[], str]], language: Language, inputs: tuple[str, ...]
    ) -> None:
        made = makers[self.format]()
        if self.format == "pdf":
            from symbp.tex import pdf

            assert self.out is not None
            write_bytes(pdf(made, language), self.out, inputs)
        else:
            write_result(readable(made, self.out) if self.format == "text" else made, self.out, inputs)

