"""Forms from other languages, and what they are here: `if c then a else b`, `W[2][3]`, `w(i)`."""

from __future__ import annotations

import re

from symbp.calculus.functions import REDUCTIONS
from symbp.language.place import LONGEST, Place, Told
from symbp.language.words import OPERATORS, ROLES


def choice(place: Place) -> Told:
    """A value chosen by `if … then … else …` or `… if … else …`."""
    words = [w.text for w in place.words]
    if place.before is not None and place.before.text == "if":
        at = place.at - 1
        if at > 0 and (words[at - 1] in (*OPERATORS, "=", ",") or words[at - 1] == "("):
            middle, last = _next(words, "then", at), _next(words, "else", at)
            parts = (at + 1, middle), (middle + 1, last), (last + 1, _formula_end(words, last))
            return "a choice is written with `where`", f"write `{_where(place, parts, at < middle < last)}`", at
        return None
    if place.word is None or place.word.text != "if" or place.call in REDUCTIONS:
        return None
    begin = place.open[-1] + 1 if place.open else words.index("=") + 1 if "=" in words[:place.at] else 0
    last = _next(words, "else", place.at)
    parts = (place.at + 1, last), (begin, place.at), (last + 1, _formula_end(words, last))
    if last < 0:
        return None
    return "a choice is written with `where`", f"write `{_where(place, parts, True)}`"


def _next(words: list[str], wanted: str, at: int) -> int:
    """Where a word stands behind `at`; -1 where it doesn't."""
    return words.index(wanted, at) if wanted in words[at:] else -1


def _formula_end(words: list[str], at: int) -> int:
    """Where the formula that begins behind `at` ends: at a comma or a bracket that it doesn't open."""
    depth = 0
    for k in range(at + 1, len(words)):
        depth += (words[k] in ("(", "[", "{")) - (words[k] in (")", "]", "}"))
        if depth < 0 or (depth == 0 and words[k] == ","):
            return k
    return len(words)


def _where(place: Place, parts: tuple[tuple[int, int], ...], whole: bool) -> str:
    """`where(condition, yes, no)` with the parts of the text in their places, where they are short and all there."""
    if not whole or any(end <= start for start, end in parts):
        return "where(condition, yes, no)"
    told = [place.text[place.words[a].start:place.words[b - 1].end] for a, b in parts]
    text = f"where({', '.join(told)})"
    return text if len(text) <= LONGEST and "\n" not in text else "where(condition, yes, no)"


def declared_axes(place: Place) -> Told:
    """`param W[2][3]`, `param w(i)`."""
    word, before = place.word, place.before
    if place.head not in ROLES or word is None or before is None or place.open:
        return None
    if word.text == "[" and before.text == "]":
        return one_bracket(place)
    if word.text != "(" or before.kind != "name" or place.at < 2:
        return None
    words = [w.text for w in place.words]
    inside = place.text[word.end:place.words[words.index(")")].start] if ")" in words[place.at:] else ""
    axes = inside if re.fullmatch(r"[\w, ]+", inside) and len(inside) <= LONGEST else "i"
    return "axes stand in square brackets", f"write `{before.text}[{axes}]`"


def one_bracket(place: Place) -> Told:
    """The subscripts of `x[1][2]` in one pair of brackets."""
    told = "subscripts stand in one pair of brackets"
    named = [w for w in place.words[:place.at] if w.kind == "name" and place.text[w.end:w.end + 1] == "["]
    name = named[-1] if named else None
    found = re.match(r"(?:\[[^\[\]]*\])+", place.text[name.end:]) if name is not None else None
    if name is None or found is None or len(found.group()) > LONGEST:
        return told, "write `x[i,j]`"
    return told, f"write `{name.text}[{found.group()[1:-1].replace('][', ',')}]`"
