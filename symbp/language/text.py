"""From bytes to statements: decoding, the characters that may stand in a text, and where each statement ends."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import NoReturn

from symbp.errors import Diagnostic, LanguageError
from symbp.language.characters import HIDDEN, described, fault
from symbp.language.mistake import Mistake
from symbp.language.syntax import Source, Span
from symbp.language.wording import LINE_LENGTH, SPLIT, Wording, Words

TEXT_LIMIT = 2**20
"""Bytes of UTF-8."""

STATEMENT_LIMIT = 20_000
BRACKET_LIMIT = 200

CLOSING = {"(": ")", "[": "]", "{": "}"}

TOKEN = re.compile(
    r"(?P<comment>#[^\n]*)|(?P<blank>[ \t]+)|(?P<plain>[\w+\-*/^=<>!.]+)|(?P<other>.)", re.ASCII,
)


@dataclass(slots=True)
class Statement:
    """One statement's place: code points start..end from its first character to its last; `home` starts its line."""

    home: int
    line: int
    start: int
    end: int = 0
    mistake: Mistake | None = None
    bars: list[Span] = field(default_factory=list)
    pieces: list[str] | None = None
    """The line, taken apart by SPLIT, where it is one short line without mistakes and comments."""
    like: Statement | None = None
    """The first statement of the same wording, where this isn't the first."""


def read(text: str | bytes, name: str) -> Source:
    """The text, decoded, without byte-order mark, every line ended by a newline alone. Raises LanguageError."""
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > TEXT_LIMIT:
        refuse(Source("", name), Span(0, 0, 1, 1), f"the text is too long: {size} bytes", f"{TEXT_LIMIT} bytes at most")
    decoded = text if isinstance(text, str) else decode(text, name)
    return Source(decoded.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"), name)


def decode(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[:error.start].decode("utf-8").removeprefix("\ufeff")
        source = Source(data[:4096 + error.start].decode("utf-8", "backslashreplace"), name)
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        hint = "save it as UTF-8"
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            hint = "it looks like UTF-16: " + hint
        refuse(source, Span(len(before), len(before) + 1, line, column), "this is not UTF-8 text", hint)


def refuse(source: Source, span: Span, message: str, hint: str) -> NoReturn:
    raise LanguageError((Diagnostic(source, span, message, hint),))


class Scanner:
    """Goes through a text once: checks each character, pairs the brackets, cuts the text into statements.

    A newline ends a statement unless it stands inside brackets or after a comma. A line that is worded as an earlier
    one, which was a statement by itself, is one too, and isn't looked at again.
    """

    def __init__(self, source: Source) -> None:
        self.text = source.text
        self.statements: list[Statement] = []
        self.comments: list[Mistake] = []
        self._line = 1
        self._home = 0
        self._open: list[Span] = []
        self._continued = False
        self._now: Statement | None = None
        self._last = Span(0, 0, 1, 1)
        self._words = Words()
        self._first: dict[Wording, Statement] = {}

    def scan(self) -> list[Statement]:
        for line in self.text.split("\n"):
            if line:
                self._read(line)
            if not self._open and not self._continued:
                self._finish()
            self._line += 1
            self._home += len(line) + 1
        if self._open and self._now is not None:
            self._unclosed(self._now)
        self._finish()
        return self.statements

    def _read(self, line: str) -> None:
        if self._now is not None or len(line) > LINE_LENGTH or "#" in line:
            self._characters(line)
            return
        pieces = SPLIT(line)
        wording = self._words.wording(pieces)
        first = self._first.get(wording)
        count = len(self.statements)
        if first is not None and count < STATEMENT_LIMIT:
            start = self._home + len(line) - len(line.lstrip(" \t"))
            end = self._home + len(line.rstrip(" \t"))
            self.statements.append(Statement(self._home, self._line, start, end, pieces=pieces, like=first))
            return
        self._characters(line)
        if len(self.statements) > count and self._is_whole(self.statements[-1]):
            self.statements[-1].pieces = pieces
            self._first[wording] = self.statements[-1]

    def _is_whole(self, statement: Statement) -> bool:
        """Whether a statement ends with the line in which it began, and nothing is wrong in it."""
        return not self._open and not self._continued and statement.mistake is None and not statement.bars

    def _characters(self, line: str) -> None:
        for match in TOKEN.finditer(self.text, self._home, self._home + len(line)):
            kind, start, end = match.lastgroup, match.start(), match.end()
            if kind == "comment":
                self._comment(start, end)
            elif kind != "blank":
                statement = self._statement(start, end)
                self._continued = False
                if kind == "other":
                    self._other(statement, match.group(), start)

    def _statement(self, start: int, end: int) -> Statement:
        if self._now is None:
            self._now = Statement(self._home, self._line, start)
            self.statements.append(self._now)
            if len(self.statements) > STATEMENT_LIMIT:
                raise Mistake(
                    self._span(start, end), f"the text is too long: more than {STATEMENT_LIMIT} statements",
                    f"{STATEMENT_LIMIT} at most; an index writes many alike as one: `y[i] = w[i]*x[i]`",
                )
        self._now.end = end
        self._last = Span(end, end, self._line, end - self._home + 1)
        return self._now

    def _span(self, start: int, end: int) -> Span:
        return Span(start, end, self._line, start - self._home + 1)

    def _note(self, statement: Statement, mistake: Mistake) -> None:
        if statement.mistake is None:
            statement.mistake = mistake

    def _comment(self, start: int, end: int) -> None:
        hidden = HIDDEN.search(self.text, start, end)
        if hidden:
            span = self._span(hidden.start(), hidden.end())
            self.comments.append(Mistake(span, f"unexpected character {described(hidden.group())}", "leave it out"))

    def _other(self, statement: Statement, character: str, start: int) -> None:
        span = self._span(start, start + 1)
        if character in "([{":
            self._open.append(span)
            if len(self._open) > BRACKET_LIMIT:
                self._note(statement, Mistake(
                    span, f"brackets are nested too deep: more than {BRACKET_LIMIT} levels",
                    "name a part of it on a line of its own",
                ))
        elif character in ")]}":
            self._close(statement, character, span)
        elif character == ",":
            self._continued = True
        else:
            if character == "|":
                statement.bars.append(span)
            found = fault(character, self._follows_a_letter(start))
            if found:
                self._note(statement, Mistake(span, *found))

    def _follows_a_letter(self, start: int) -> bool:
        return start > 0 and (self.text[start - 1].isalnum() or not self.text[start - 1].isascii())

    def _close(self, statement: Statement, character: str, span: Span) -> None:
        if not self._open:
            self._note(statement, Mistake(span, f"`{character}` closes nothing", "leave it out, or open it before"))
            return
        opened = self._open.pop()
        expected = CLOSING[self.text[opened.start]]
        if character != expected:
            self._note(statement, Mistake(
                span, f"`{expected}` is expected here, not `{character}`", f"write `{expected}`",
                ((opened, "opened here"),),
            ))

    def _unclosed(self, statement: Statement) -> None:
        opened = self._open[-1]
        bracket = self.text[opened.start]
        self._note(statement, Mistake(
            self._last, f"`{bracket}` is never closed", f"`{CLOSING[bracket]}` is expected", ((opened, "opened here"),),
        ))

    def _finish(self) -> None:
        statement, self._now = self._now, None
        if statement is None or len(statement.bars) % 2 == 0 or statement.mistake is None:
            return
        if statement.mistake.span == statement.bars[0]:
            statement.mistake = Mistake(
                self._last, "`|` is never closed", "write `abs(x)` for the absolute value",
                ((statement.bars[-1], "opened here"),),
            )
