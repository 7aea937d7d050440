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


def span_of(token: Token) -> Span:
    """Where a token stands."""
    assert token.start_pos is not None and token.line is not None and token.column is not None
    return Span(token.start_pos, token.start_pos + len(token), token.line, token.column)


def join(first: Span, last: Span) -> Span:
    """From the start of one to the end of the other."""
    return Span(first.start, last.end, first.line, first.column)
