"""What one token says: a name, a look, a number."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

from lark import Token

from symbp.language.mistake import Mistake, span_of
from symbp.language.words import RESERVED

DIGITS = 50
EXPONENT = 400
NAME_LENGTH = 100

INSIDE = re.compile(r"\{[^{}]*\}|\([^()]*\)")


def name_of(token: Token) -> str:
    """The name that a token spells, composed (NFC); a reserved or overlong word is a mistake."""
    name = spelling(token)
    if name in RESERVED:
        raise Mistake(span_of(token), f"`{name}` is a reserved word, so it can't be a name", "choose another name")
    return name


def spelling(token: Token) -> str:
    """The word that a token spells, composed (NFC)."""
    if len(token) > NAME_LENGTH:
        raise Mistake(
            span_of(token), f"the name is too long: {len(token)} characters", f"{NAME_LENGTH} characters at most",
        )
    return unicodedata.normalize("NFC", str(token))


def look_of(token: Token) -> str:
    """A look as written: a base with at most one `^` and one `_` outside of brackets, each with something behind it."""
    outside = str(token)
    while INSIDE.search(outside):
        outside = INSIDE.sub("o", outside)
    if outside.count("^") > 1 or outside.count("_") > 1:
        raise Mistake(span_of(token), "a look has one `^` and one `_` at most", "join them in braces: `w^{l,n}_{j,k}`")
    if not (token[0].isalpha() and outside[-1] not in "^_" and "^_" not in outside and "_^" not in outside):
        raise Mistake(span_of(token), "a look is a letter or word, with something behind `^` and `_`", "write `w^l_jk`")
    return unicodedata.normalize("NFC", str(token))


def numeral_value(token: Token) -> Fraction:
    """The exact rational; more than 50 digits or an exponent beyond ±400 is a mistake."""
    mantissa, _, exponent = str(token).lower().partition("e")
    if len(mantissa) - mantissa.count(".") > DIGITS:
        raise Mistake(span_of(token), "the number is too long", f"{DIGITS} digits at most")
    digits = exponent.lstrip("+-0") or "0"
    if len(digits) > 3 or int(digits) > EXPONENT:
        raise Mistake(span_of(token), "the exponent is too large", f"from -{EXPONENT} to {EXPONENT}")
    power = -int(digits) if exponent.startswith("-") else int(digits)
    return Fraction(mantissa) * Fraction(10) ** power
