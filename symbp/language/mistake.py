"""A mistake on its way from where it is noticed to the Diagnostic that tells it, and arithmetic on spans."""

from __future__ import annotations

from lark import Token

from symbp.language.syntax import Span


class Mistake(Exception):
    """What is wrong at one place of the text being read; `also` holds further places with their labels."""

    def __init__(self, span: Span, message: str, hint: str = "", also: tuple[tuple[Span, str], ...] = ()) -> None:
        self.span = span
        self.message = message
        self.hint = hint
        self.also = also
        super().__init__(message)


class TooLarge(Mistake):
    """More than can be read: told alone, and nothing else is looked for."""


def span_of(token: Token) -> Span:
    """Where a token stands."""
    assert token.start_pos is not None and token.line is not None and token.column is not None
    return Span(token.start_pos, token.start_pos + len(token), token.line, token.column)


def join(first: Span, last: Span) -> Span:
    """From the start of one to the end of the other."""
    return Span(first.start, last.end, first.line, first.column)


def shifted(mistake: Mistake, offset: int, lines: int) -> Mistake:
    """The same mistake of a part of a text that begins at a line's start, told of the whole text."""
    also = tuple((moved(span, offset, lines), label) for span, label in mistake.also)
    return Mistake(moved(mistake.span, offset, lines), mistake.message, mistake.hint, also)


def moved(span: Span, offset: int, lines: int) -> Span:
    return Span(span.start + offset, span.end + offset, span.line + lines, span.column)
