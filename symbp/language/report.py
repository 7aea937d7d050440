"""How a mistake is told: file, line, column, the line itself, a caret, and what to do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice

from symbp.errors import Diagnostic, LanguageError
from symbp.language.syntax import Span

SHOWN = 20
"""Mistakes told in full; the others are counted."""

NAME_CELLS = 120
MESSAGE_CELLS = 300
LEFT_CELLS = 60
LINE_CELLS = 100
CANDIDATES = 2000


def format_error(error: LanguageError) -> str:
    """Every mistake as a person sees it, the first 20 in full."""
    told = [format_diagnostic(d) for d in error.diagnostics[:SHOWN]]
    more = len(error.diagnostics) - SHOWN
    if more > 0:
        told.append(f"and {more} more mistake{'s' if more > 1 else ''}")
    return "\n".join(told)


def format_diagnostic(diagnostic: Diagnostic) -> str:
    """`file:line:column: message`, the line with a caret and the hint, and each further place with its label."""
    span, text = diagnostic.span, diagnostic.source.text
    where = f"{file_name(diagnostic.source.name)}:{span.line}:{span.column}"
    message = f"{where}: {shortened(visible(diagnostic.message), MESSAGE_CELLS)}"
    if not text.strip():
        return f"{message}; {diagnostic.hint}" if diagnostic.hint else message
    places = ((span, diagnostic.hint), *diagnostic.also)
    return "\n".join([message, *(excerpt(text, place, label) for place, label in places)])


def excerpt(text: str, span: Span, label: str) -> str:
    """Two lines: the text's line, cut to a window round the span, and carets under the span with the label."""
    start = min(span.start, len(text))
    home = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", start)
    stop = len(text) if stop < 0 else stop
    end = min(max(span.end, start + 1), max(stop, start + 1))
    first = backwards(text, home, start)
    last = forwards(text, start, stop)
    head = "…" if first > home else ""
    tail = "…" if last < stop else ""
    number = f"{span.line:>4}"
    line = head + "".join(drawn(c) for c in text[first:last]) + tail
    padding = " " * len(head) + "".join("\t" if c == "\t" else " " * cells(c) for c in text[first:start])
    carets = "^" * max(1, sum(cells(c) for c in text[start:min(end, last)]))
    note = f"{carets} {shortened(visible(label), MESSAGE_CELLS)}".rstrip()
    return f"{number} | {line.rstrip()}\n{' ' * len(number)} | {padding}{note}"


def backwards(text: str, home: int, start: int) -> int:
    """Where the window begins: at most LEFT_CELLS in front of the span."""
    room, at = LEFT_CELLS, start
    while at > home and room > 0:
        at -= 1
        room -= cells(text[at])
    return at


def forwards(text: str, start: int, stop: int) -> int:
    """Where the window ends: at most LINE_CELLS − LEFT_CELLS from the span's start."""
    room, at = LINE_CELLS - LEFT_CELLS, start
    while at < stop and room > 0:
        room -= cells(text[at])
        at += 1
    return at


def drawn(character: str) -> str:
    """The character where a terminal shows it safely, else `\\u{202E}`; a tab stays a tab."""
    return character if character == "\t" or character.isprintable() else f"\\u{{{ord(character):X}}}"


def cells(character: str) -> int:
    """How many terminal cells `drawn` fills: 2 for wide characters, 0 for combining marks."""
    if character.isascii() and character.isprintable():
        return 1
    shown = drawn(character)
    if len(shown) > 1:
        return len(shown)
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def visible(text: str) -> str:
    """The text on one line, with every unprintable character as `\\u{202E}`."""
    return "".join(c if c.isprintable() else f"\\u{{{ord(c):X}}}" for c in text)


def shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit - 1] + "…"


def file_name(name: str) -> str:
    """A file's name, safe to print anywhere: unprintable characters, `<` and `>` escaped; `<stdin>` stays."""
    if len(name) > NAME_CELLS:
        name = "…" + name[-NAME_CELLS:]
    if re.fullmatch(r"<[a-z]+>", name):
        return name
    return re.sub("[<>]", lambda m: f"\\u{{{ord(m.group()):X}}}", visible(name))


def suggest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that is most like the name, None where none is; the first in order wins a tie."""
    others = [c for c in dict.fromkeys(candidates) if c != name]
    for other in others:
        if other.casefold() == name.casefold():
            return other
    from difflib import get_close_matches

    near = get_close_matches(name, list(islice(others, CANDIDATES)), n=1, cutoff=0.6)
    return near[0] if near else None
