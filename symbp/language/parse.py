"""Text to syntax tree: str -> syntax.Program, every mistake of the text in one LanguageError."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from lark import Lark, Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.lark import PostLex

from symbp.calculus.uncollected import uncollected
from symbp.errors import Diagnostic, LanguageError
from symbp.language.alike import is_shared, shared
from symbp.language.build import Build
from symbp.language.grammar import parser_of
from symbp.language.mistake import Mistake, TooLarge, shifted, span_of
from symbp.language.parts import Group, number
from symbp.language.syntax import Expression, Program, Source, Span
from symbp.language.text import Scanner, Statement, read

TOKEN_LIMIT = 250_000

SEARCH_LIMIT = 250_000
"""Characters read statement by statement in search of further mistakes."""

LATER = re.compile(r"[ \t]*(network|layer)[ \t]+[^\W\d]")


class LineBreaks(PostLex):
    """Drops the newlines that are blanks: inside brackets, after a comma, and on empty lines. Counts the tokens."""

    always_accept = ("NEWLINE",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        depth, last, count = 0, "NEWLINE", 0
        for token in stream:
            kind = token.type
            if kind == "NEWLINE":
                if depth or last in ("NEWLINE", "COMMA"):
                    continue
            elif kind in ("LPAR", "LSQB", "LBRACE"):
                depth += 1
            elif kind in ("RPAR", "RSQB", "RBRACE"):
                depth -= 1
            last = kind
            count += 1
            if count > TOKEN_LIMIT:
                raise TooLarge(
                    span_of(token), f"the text is too large: more than {TOKEN_LIMIT} words and signs",
                    f"{TOKEN_LIMIT} at most; an index writes many terms as one: `sum(i, w[i]*x[i])`",
                )
            yield token


@cache
def parser() -> Lark:
    return parser_of(Build(), LineBreaks())


@uncollected
def parse(text: str | bytes, name: str = "<text>") -> Program:
    """The statements of a file; raises LanguageError with every mistake in it, at most one for each statement."""
    source = read(text, name)
    statements, mistakes = scanned(source)
    if not statements and not mistakes:
        raise as_error(source, [Mistake(
            Span(0, 0, 1, 1), "the text is empty: there is no statement in it",
            "write a definition, for example `loss E = (w*x - y)^2`",
        )])
    failed = None
    if not mistakes:
        try:
            return Program(source, tuple(s for group in groups_of(source, statements) for s in group))
        except TooLarge as mistake:
            raise as_error(source, [mistake]) from None
        except (Mistake, UnexpectedInput) as error:
            failed = error
    raise as_error(source, mistakes + mistakes_of(source, statements, failed))


def groups_of(source: Source, statements: list[Statement]) -> tuple[Group, ...]:
    """What each statement says. Those that are worded as an earlier one are made after what that one says."""
    if is_shared(source, statements, TOKEN_LIMIT):
        try:
            return shared(source, statements, grouped)
        except (Mistake, UnexpectedInput):
            pass
    return grouped(source.text)


def grouped(text: str) -> tuple[Group, ...]:
    """What the statements of a text say, in order; raises Mistake and UnexpectedInput."""
    found: Any = parser().parse(text + "\n", start="program")
    return found  # type: ignore[no-any-return]


def parse_expression(text: str, name: str = "<expression>") -> Expression:
    """One formula, as on a command line; raises LanguageError."""
    source = read(text, name)
    statements, mistakes = scanned(source)
    if not statements and not mistakes:
        mistakes = [Mistake(Span(0, 0, 1, 1), "a formula is expected: the text is empty")]
    elif len(statements) > 1 and not mistakes:
        second = statements[1]
        span = Span(second.start, second.start + 1, second.line, second.start - second.home + 1)
        mistakes = [Mistake(span, "one formula is expected, on one line")]
    if mistakes:
        raise as_error(source, mistakes)
    formula = source.text[:statements[0].end]
    try:
        built: Any = parser().parse(formula, start="expression")
        return number(built)
    except Mistake as mistake:
        raise as_error(source, [mistake]) from None
    except UnexpectedInput as error:
        position, expected = stop_of(error, formula)
        raise as_error(source, [explained(formula, position, expected, is_statement=False)]) from None


def scanned(source: Source) -> tuple[list[Statement], list[Mistake]]:
    """The statements, and the mistakes that show before the grammar is asked."""
    scanner = Scanner(source)
    try:
        statements = outside_blocks(source, scanner.scan())
    except Mistake as mistake:
        raise as_error(source, [mistake]) from None
    return statements, [*scanner.comments, *(s.mistake for s in statements if s.mistake)]


def outside_blocks(source: Source, statements: list[Statement]) -> list[Statement]:
    """The statements without the indented ones of a network or layer; the head of each block gets a mistake."""
    kept: list[Statement] = []
    in_block = False
    for statement in statements:
        if in_block and statement.start > statement.home:
            continue
        kept.append(statement)
        later = LATER.match(source.text, statement.home)
        in_block = later is not None
        if later:
            start, end = later.span(1)
            span = Span(start, end, statement.line, start - statement.home + 1)
            statement.mistake = Mistake(span, "networks by layers come later", "write the equations of each layer")
    return kept


def explained(text: str, position: int, expected: frozenset[str], *, is_statement: bool = True) -> Mistake:
    """What is wrong where the grammar stopped; what knows this is loaded when it is asked."""
    from symbp.language.explain import explain

    return explain(text, position, expected, is_statement=is_statement)


def mistakes_of(source: Source, statements: list[Statement], failed: Mistake | UnexpectedInput | None) -> list[Mistake]:
    """What the grammar says of each statement on its own, from the one where it `failed` on the whole text.

    The search ends when enough was read and some mistake is known.
    """
    first = 0
    if failed is not None:
        stop = failed.span.start if isinstance(failed, Mistake) else stop_of(failed, source.text)[0]
        first = max((k for k, s in enumerate(statements) if s.start <= stop), default=0)
    found: list[Mistake] = []
    length = 0
    for statement in statements[first:]:
        if length > SEARCH_LIMIT and (found or failed is None):
            break
        if statement.mistake is None:
            length += statement.end - statement.start
            found.extend(mistake_of(source, statement))
    if not found and failed is not None:
        found.append(failed if isinstance(failed, Mistake) else explained(source.text, *stop_of(failed, source.text)))
    return found


def mistake_of(source: Source, statement: Statement) -> tuple[Mistake, ...]:
    """What the grammar says of one statement: a mistake, or nothing."""
    text = source.text[statement.home:statement.end]
    try:
        parser().parse(text + "\n", start="program")
    except Mistake as mistake:
        return (shifted(mistake, statement.home, statement.line - 1),)
    except UnexpectedInput as error:
        return (shifted(explained(text, *stop_of(error, text)), statement.home, statement.line - 1),)
    return ()


def stop_of(error: UnexpectedInput, text: str) -> tuple[int, frozenset[str]]:
    """Where the grammar stopped, and the terminals that it would have taken there."""
    if isinstance(error, UnexpectedToken):
        position = error.token.start_pos
        return len(text) if position is None or error.token.type == "$END" else position, frozenset(error.expected)
    assert isinstance(error, UnexpectedCharacters)
    return error.pos_in_stream or 0, frozenset(error.allowed or ()) - {"NEWLINE"}


def as_error(source: Source, mistakes: list[Mistake]) -> LanguageError:
    """The mistakes as one error, in the order of the text."""
    ordered = sorted(mistakes, key=lambda m: (m.span.start, m.span.end))
    return LanguageError(tuple(Diagnostic(source, m.span, m.message, m.hint, m.also) for m in ordered))
