"""What lines have in common that differ in names and numbers only."""

from __future__ import annotations

import re
import unicodedata

from symbp.language.characters import fault
from symbp.language.lexemes import NAME_LENGTH
from symbp.language.words import KEYWORDS, RESERVED

NAME = r"[^\W\d][\w\u0300-\u036F\u20D0-\u20F0]*"
NUMBER = r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"

SPLIT = re.compile(f"({NAME}|{NUMBER})").split
"""A line as signs, word, signs, word, …, signs; signs may be empty."""

DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]+)?")
DECIMAL_LENGTH = 15
"""Longer numbers stand for themselves."""

LINE_LENGTH = 1000
"""Longer lines aren't compared."""

ANY_NAME, ANY_NUMBER = "@", "#"
"""What stands for a word that may be another one; no word is either of them."""

Wording = tuple[str, ...]
"""A line's signs and words, with one mark for all ordinary names and one for all short decimals."""


class Words(dict[str, str]):
    """What stands for each word in a wording."""

    def __missing__(self, word: str) -> str:
        self[word] = found = _mark(word)
        return found

    def wording(self, pieces: list[str]) -> Wording:
        """The wording of a line that SPLIT has taken apart."""
        marked = pieces.copy()
        marked[1::2] = map(self.__getitem__, pieces[1::2])
        return tuple(marked)


def _mark(word: str) -> str:
    """Words that the language knows, and those that its reader has something to say about, stand for themselves."""
    if word[0].isascii() and word[0].isdigit():
        return ANY_NUMBER if len(word) <= DECIMAL_LENGTH and DECIMAL.fullmatch(word) else word
    if word in KEYWORDS or word in RESERVED or len(word) > NAME_LENGTH:
        return word
    if not word.isascii() and (
        not unicodedata.is_normalized("NFC", word) or any(fault(c, True) or fault(c) for c in word)
    ):
        return word
    return ANY_NAME
