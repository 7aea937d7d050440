"""Gathers the mistakes and remarks of one text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice

from symbp.errors import Diagnostic, LanguageError
from symbp.language.lookalike import latin
from symbp.language.report import CANDIDATES, SHOWN
from symbp.language.syntax import Source, Span

LIMIT = 100
"""Mistakes beyond this many are not told."""

QUOTE = 60
"""The longest piece of the text that a message quotes."""

Hint = str | Callable[[], str]


class Collector:
    """Mistakes and warnings of one source, in the order found."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.warnings: list[str] = []
        self.events = 0
        """How often something was told, new or not."""
        self._mistakes: dict[tuple[Span, str], tuple[Diagnostic, Hint]] = {}

    def error(
        self, span: Span, message: str, hint: Hint = "", also: tuple[tuple[Span, str], ...] = ()
    ) -> None:
        """Records a mistake; the same one at the same place counts once. A hint that is a function is asked only for
        the mistakes that are told in full.
        """
        self.events += 1
        if len(self._mistakes) < LIMIT:
            self._mistakes.setdefault((span, message), (Diagnostic(self.source, span, message, "", also), hint))

    def warn(self, text: str) -> None:
        self.events += 1
        if text not in self.warnings:
            self.warnings.append(text)

    @property
    def count(self) -> int:
        return len(self._mistakes)

    @property
    def failed(self) -> bool:
        return bool(self._mistakes)

    def finish(self) -> None:
        """Raises LanguageError if there is a mistake, with all of them in the order of the text."""
        if self._mistakes:
            found = sorted(self._mistakes.values(), key=lambda f: f[0].span.start)
            raise LanguageError(tuple(_hinted(d, hint, k < SHOWN) for k, (d, hint) in enumerate(found)))

    def quote(self, span: Span) -> str:
        """What stands at a place, in backticks, cut where it is long."""
        text = " ".join(self.source.text[span.start : span.end].split())
        return f"`{text}`" if len(text) <= QUOTE else f"`{text[:QUOTE]}…`"


def _hinted(diagnostic: Diagnostic, hint: Hint, told: bool) -> Diagnostic:
    if isinstance(hint, str):
        return replace(diagnostic, hint=hint)
    return replace(diagnostic, hint=hint()) if told else diagnostic


def similar(name: str, candidates: Iterable[str]) -> Callable[[], str]:
    """The hint of `nearest`, found out when it is asked for."""
    return lambda: nearest(name, candidates)


def nearest(name: str, candidates: Iterable[str]) -> str:
    """A hint that names the candidate most like `name`, or nothing."""
    pool = dict.fromkeys(candidates)
    if latin(name) in pool and latin(name) != name:
        letter = next(c for c in name if latin(c) != c)
        return f"its letter U+{ord(letter):04X} is not that of `{latin(name)}`, though it looks the same"
    folded = [c for c in pool if c.casefold() == name.casefold()]
    from difflib import get_close_matches

    close = folded or get_close_matches(name, list(islice(pool, CANDIDATES)), n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else ""
