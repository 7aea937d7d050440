"""The words of a statement round the place where the grammar stopped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from symbp.language.syntax import Span

LEXEME = re.compile(
    r"(?P<comment>#[^\n]*)|(?P<name>[^\W\d][\w\u0300-\u036F\u20D0-\u20F0]*)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<relation><=|>=|==|!=|<(?!>)|>)|(?P<sign>\*\*|//|\+\+|\+=|-=|\*=|/=|<>|=<|=>|\.\.\.|\.\.|[^\s])"
)

Told = tuple[str, str] | tuple[str, str, int] | None
"""A message, its hint, and the position of the word to point at where it isn't the one that can't stand."""

LONGEST = 40
"""How much of a word a message quotes."""


@dataclass(frozen=True)
class Word:
    """One word or sign of a statement."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Place:
    """Where the reader stopped: the statement's words, the one that it couldn't take, what it would have taken."""

    text: str
    words: tuple[Word, ...]
    at: int
    expected: frozenset[str]
    is_statement: bool

    @property
    def word(self) -> Word | None:
        """The word that can't stand here; None at the end of the statement."""
        return self.words[self.at] if self.at < len(self.words) else None

    @property
    def before(self) -> Word | None:
        return self.words[self.at - 1] if self.at > 0 else None

    @property
    def after(self) -> Word | None:
        return self.words[self.at + 1] if self.at + 1 < len(self.words) else None

    @property
    def head(self) -> str:
        """The statement's first word, "" for a formula on its own."""
        return self.words[0].text if self.words and self.is_statement else ""

    @property
    def wants_operand(self) -> bool:
        return "NUMBER" in self.expected

    @property
    def wants_operator(self) -> bool:
        return "TIMES" in self.expected

    @cached_property
    def open(self) -> tuple[int, ...]:
        """The positions of the brackets that are open here, outermost first."""
        stack: list[int] = []
        for k, word in enumerate(self.words[:self.at]):
            if word.text in ("(", "[", "{"):
                stack.append(k)
            elif word.text in (")", "]", "}") and stack:
                stack.pop()
        return tuple(stack)

    @property
    def call(self) -> str:
        """The function between whose brackets this stands, "" where there is none."""
        if not self.open or self.words[self.open[-1]].text != "(":
            return ""
        named = self.words[self.open[-1] - 1] if self.open[-1] > 0 else None
        return named.text if named is not None and named.kind == "name" else ""

    @property
    def in_body(self) -> bool:
        """Whether a `=` stands in front, outside of brackets."""
        depth = 0
        for word in self.words[:self.at]:
            depth += (word.text in ("(", "[", "{")) - (word.text in (")", "]", "}"))
            if depth == 0 and word.text == "=":
                return True
        return False

    @property
    def defines_later(self) -> bool:
        return any(w.text == "=" for w in self.words[self.at:])

    def shown(self) -> str:
        return quoted(self.word) if self.word else "the end of the line"


def words_of(text: str) -> tuple[Word, ...]:
    found = (Word(str(m.lastgroup), m.group(), m.start(), m.end()) for m in LEXEME.finditer(text))
    return tuple(w for w in found if w.kind != "comment")


def span_at(place: Place, at: int) -> Span:
    """A word's span; at the end of the statement, the place behind its last word."""
    if at < len(place.words):
        start, end = place.words[at].start, place.words[at].end
    else:
        start = end = place.words[-1].end if place.words else 0
    line = place.text.count("\n", 0, start) + 1
    return Span(start, end, line, start - place.text.rfind("\n", 0, start))


def quoted(word: Word) -> str:
    text = word.text if len(word.text) <= LONGEST else word.text[:LONGEST] + "…"
    return f"`{text}`"


def begins_operand(word: Word) -> bool:
    return word.kind in ("name", "number") or word.text == "("


def ends_operand(word: Word) -> bool:
    return word.kind in ("name", "number") or word.text in (")", "]")
