"""What is wrong with a statement that the grammar doesn't read, told from the words round where it stopped."""

from __future__ import annotations

from symbp.language.advice import RULES
from symbp.language.mistake import Mistake
from symbp.language.place import Place, span_at, words_of

HUMAN = {
    "NAME": "a name", "NUMBER": "a number", "NEWLINE": "the end of the line", "$END": "the end", "PLUS": "`+`",
    "MINUS": "`-`", "TIMES": "`*`", "DIVIDE": "`/`", "POWER": "`^`", "LPAR": "`(`", "RPAR": "`)`", "LSQB": "`[`",
    "RSQB": "`]`", "LBRACE": "`{`", "RBRACE": "`}`", "COMMA": "`,`", "EQUAL": "`=`", "DOTS": "`..`", "IN": "`in`",
    "IF": "`if`", "AS": "`as`", "RELATION": "`<`, `==`, …", "AND": "`and`", "OR": "`or`", "NOT": "`not`",
    "GRAD": "`grad(…)`",
}


def expectations(expected: frozenset[str]) -> str:
    """What could have stood there, in words."""
    if "NUMBER" in expected:
        return "a formula is expected"
    if "TIMES" in expected:
        expected = expected - {"PLUS", "MINUS", "TIMES", "DIVIDE", "POWER"}
        told = ["an operator", *(HUMAN[e] for e in HUMAN if e in expected)]
    else:
        told = [HUMAN[e] for e in HUMAN if e in expected]
    return f"expected: {', '.join(told)}" if told else ""


def explain(text: str, position: int, expected: frozenset[str], *, is_statement: bool = True) -> Mistake:
    """The mistake in `text`, one statement or formula, which the grammar read up to `position`."""
    words = words_of(text)
    at = next((k for k, w in enumerate(words) if position < w.end), len(words))
    place = Place(text, words, at, expected, is_statement)
    for rule in RULES:
        told = rule(place)
        if told is not None:
            return Mistake(span_at(place, told[2] if len(told) == 3 else at), told[0], told[1])
    return Mistake(span_at(place, at), f"{place.shown()} is not expected here", expectations(expected))
