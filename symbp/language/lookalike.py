"""Names as they look in print: `alpha` and `α`, `yhat`, `y_hat` and `ŷ`, `x1` and `x_1` have one look each."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from symbp.alphabet import ACCENTS, GREEK, is_letter, split_accent

CYRILLIC = str.maketrans("асеорхуіјѕАВЕКМНОРСТХІЈЅ", "aceopxyijsABEKMHOPCTXIJS")
"""Cyrillic letters that can't be told from Latin ones, and these."""

_DIGITS_AT_END = re.compile(r"([^\W\d_]+)([0-9]+)")


def latin(name: str) -> str:
    """A name with Latin letters for the Cyrillic ones that look like them."""
    return name if name.isascii() else name.translate(CYRILLIC)


@lru_cache(maxsize=1024)
def _is_plain(stem: str) -> bool:
    """Whether it is Latin letters that print as they stand."""
    return stem.isascii() and stem.isalpha() and stem not in GREEK and split_accent(stem) is None


def look(name: str) -> str:
    """A key that is equal for names that print alike."""
    stem = name.rstrip("0123456789")
    if _is_plain(stem):
        return name if stem == name else f"{stem}_{name[len(stem):]}"
    name = latin(name)
    first, *rest = name.split("_")
    if not first or not all(rest):
        return name
    digits = _DIGITS_AT_END.fullmatch(first)
    stem, tags = (digits[1], [digits[2]]) if digits else (first, [])
    accented = split_accent(stem)
    if rest and rest[0] in ACCENTS and is_letter(stem):
        stem = GREEK.get(stem, stem) + ACCENTS[rest.pop(0)]
    elif accented is not None:
        stem = GREEK.get(accented[0], accented[0]) + ACCENTS[accented[1]]
    else:
        stem = GREEK.get(stem, stem)
    stem = unicodedata.normalize("NFD", stem.replace("\u00b5", "μ").replace("\u2126", "Ω"))
    return "_".join((stem, *tags, *rest))
