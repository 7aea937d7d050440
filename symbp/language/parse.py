"""Text to syntax tree: str -> syntax.Program, every mistake of the text in one LanguageError."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token
from lark.lark import PostLex

from symbp.language.build import Build, number
from symbp.language.syntax import Expression, Program, Source

GRAMMAR = "symbp.lark"


class LineBreaks(PostLex):
    """Drops the newlines that are blanks: inside brackets, after a comma, and on empty lines."""

    always_accept = ("NEWLINE",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        depth, last = 0, "NEWLINE"
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
            yield token


def grammar_path() -> Path:
    """The grammar as installed beside the package, else as it stands at the root of the repository."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "grammars" / GRAMMAR
    return installed if installed.is_file() else package.parent / "grammars" / GRAMMAR


@cache
def parser() -> Lark:
    return Lark(
        grammar_path().read_text(encoding="utf-8"),
        parser="lalr",
        lexer="contextual",
        start=["program", "expression"],
        postlex=LineBreaks(),
        transformer=Build(),
        keep_all_tokens=True,
        maybe_placeholders=False,
    )


def parse(text: str | bytes, name: str = "<text>") -> Program:
    """The statements of a file; raises LanguageError with every mistake."""
    source = Source(text if isinstance(text, str) else text.decode("utf-8"), name)
    statements: Any = parser().parse(source.text + "\n", start="program")
    return Program(source, statements)


def parse_expression(text: str, name: str = "<expression>") -> Expression:
    """One formula, as on a command line; raises LanguageError."""
    built: Any = parser().parse(text, start="expression")
    return number(built)
