"""What `symbp derive` is asked to write: the format, its options, and where it goes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from symbp.arguments import format_of
from symbp.console import UsageError, check_file_name, readable, terminal_shows_unicode, write_bytes, write_result

if TYPE_CHECKING:
    from symbp.api import Derivation, Layout
    from symbp.calculus.derivation import FormName
    from symbp.render.options import Language

Format = Literal["latex", "markdown", "text", "json", "pdf"]
WRITTEN: tuple[Format, ...] = tuple(f for f in get_args(Format) if f != "pdf")
"""What can go to standard output."""

ENDINGS: dict[str, Format] = {
    "tex": "latex", "md": "markdown", "markdown": "markdown", "txt": "text", "text": "text", "json": "json",
    "pdf": "pdf",
}


@dataclass(frozen=True)
class Output:
    """A document in one format, on its way to a file (None or `-`: standard output)."""

    format: Format
    out: str | None
    whole: bool
    """Whether LaTeX is a whole file rather than a fragment."""

    @staticmethod
    def of(style: Format | None, out: str | None, whole: bool, layout: Sequence[str] = ()) -> Output:
        """What the options mean together. Raises UsageError where they contradict each other.

        `layout` has the options given that say how a document is told and set; data has no use for any of them.
        """
        if out is not None:
            check_file_name(out)
        ending = format_of(out, ENDINGS, style)
        if ending == "pdf" and style not in (None, "latex"):
            raise UsageError(f"`-o {out}` is made from LaTeX; leave `--format {style}` out, or name another file")
        chosen = "pdf" if ending == "pdf" else style or ending or _usual(out)
        if whole and chosen not in ("latex", "pdf"):
            raise UsageError(f"`--document` makes a whole LaTeX file; it means nothing for {_called(chosen)}")
        if layout and chosen == "json":
            raise UsageError(f"`{layout[0]}` means nothing for JSON, which is data and has everything")
        return Output(chosen, out, whole)

    def write(
        self, derivation: Derivation, forms: tuple[FormName, ...], verified: bool | str, language: Language,
        layout: Layout, inputs: tuple[str, ...],
    ) -> None:
        """Makes the document and writes it, whole or not at all."""
        if self.format == "pdf":
            from symbp.tex import pdf

            assert self.out is not None
            source = derivation.document(language, *forms, verified=verified, **layout)
            write_bytes(pdf(source, language), self.out, inputs)
            return
        write_result(self._text(derivation, forms, verified, language, layout), self.out, inputs)

    def _text(
        self, derivation: Derivation, forms: tuple[FormName, ...], verified: bool | str, language: Language,
        layout: Layout,
    ) -> str:
        match self.format:
            case "json":
                return derivation.json(*forms, verified=verified, language=language)
            case "markdown":
                return derivation.markdown(*forms, verified=verified, language=language, **layout)
            case "text":
                unicode = has_unicode(self.out)
                shown = derivation.text(*forms, verified=verified, language=language, unicode=unicode, **layout)
                return readable(shown, self.out)
            case _ if self.whole:
                return derivation.document(language, *forms, verified=verified, **layout)
            case _:
                return derivation.latex(*forms, verified=verified, language=language, **layout)


def has_unicode(out: str | None) -> bool:
    """A file is UTF-8; a terminal or a pipe is what its encoding says."""
    return out not in (None, "-") or terminal_shows_unicode()


def _usual(out: str | None) -> Format:
    """The format where neither an option nor a file's name says it."""
    return "text" if out in (None, "-") and sys.stdout.isatty() else "latex"


def _called(chosen: Format) -> str:
    return {"markdown": "Markdown", "text": "text", "json": "JSON"}.get(chosen, chosen)
