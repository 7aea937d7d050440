"""Sentences as data: a folder of tables for each language, whose templates have slots for formulas and numbers.

A key is `table.entry`; every language has the same keys with the same slots (a test compares them).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from symbp.render.blocks import Citation, Inline, Quoted
from symbp.render.options import Language

_SLOT = re.compile(r"\{([a-z_]+)\}")
_WIDE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")

Slot = Inline | Sequence[Inline]


class Prose:
    """The sentences of one language."""

    def __init__(self, language: Language = "en") -> None:
        self.language = language
        self._templates = templates(language)

    def say(self, key: str, **slots: Slot) -> tuple[Inline, ...]:
        """A template with its slots filled, as parts of a sentence. Raises KeyError for an unknown key or slot."""
        parts: list[Inline] = []
        for place, piece in enumerate(_SLOT.split(self._templates[key])):
            if place % 2:
                parts.extend(_parts(slots[piece]))
            elif piece:
                parts.append(piece)
        return _closed_up(parts)

    def words(self, key: str) -> str:
        """A template without slots, as it stands."""
        return self._templates[key]

    def sentences(self, said: Sequence[Sequence[Inline]]) -> tuple[Inline, ...]:
        """Sentences one after the other."""
        gap = self.words("common.gap")
        return tuple(part for place, s in enumerate(said) for part in ((gap, *s) if place and gap else s))

    def of_equation(self, key: str, label: str, **slots: Slot) -> tuple[Inline, ...]:
        """A sentence about a numbered equation, or about none: the template `key_in` has the slot `label`."""
        return self.say(f"{key}_in", label=Citation(label), **slots) if label else self.say(key, **slots)

    def message(self, text: str) -> tuple[Inline, ...]:
        """A message of the calculus in this language; in English, as it stands, where no template fits it."""
        for key, pattern in message_patterns():
            found = pattern.fullmatch(text)
            if found:
                return self.say(key, **{name: Quoted(value) for name, value in found.groupdict().items()})
        return (Quoted(text),)

    def sentence(self, clauses: Sequence[Sequence[Inline]], end: str = "told.end") -> tuple[Inline, ...]:
        """Clauses as sentences, each with a capital letter where the script has them; the last ends as `end` says."""
        parts: list[Inline] = []
        for place, clause in enumerate(clauses):
            first, *rest = clause
            if place:
                parts.append(self.words("told.then"))
            parts.extend((first[:1].upper() + first[1:] if isinstance(first, str) else first, *rest))
        return (*parts, self.words(end)) if parts else ()

    def listed(self, items: Sequence[Slot]) -> tuple[Inline, ...]:
        """a, b and c."""
        found: list[Inline] = []
        for place, item in enumerate(items):
            if place:
                found.append(self.words("common.and" if place == len(items) - 1 else "common.comma"))
            found.extend(_parts(item))
        return _closed_up(found)


def _parts(slot: Slot) -> tuple[Inline, ...]:
    return tuple(slot) if isinstance(slot, Sequence) and not isinstance(slot, str) else (slot,)


def _closed_up(parts: Sequence[Inline]) -> tuple[Inline, ...]:
    """The parts, with no space where two words meet that are written in full-width characters."""
    found: list[Inline] = []
    for part in parts:
        before = found[-1] if found else None
        if isinstance(before, str) and isinstance(part, str):
            left, right = before.rstrip(" "), part.lstrip(" ")
            if left and right and _WIDE.match(left[-1]) and _WIDE.match(right[0]):
                found[-1], part = left, right
        found.append(part)
    return tuple(found)


@cache
def message_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The English messages that tables translate, as patterns whose groups are the slots; the most specific first."""
    found = []
    for key, text in templates("en").items():
        if key.startswith("messages."):
            pieces = _SLOT.split(text)
            parts = (f"(?P<{p}>.+)" if place % 2 else re.escape(p) for place, p in enumerate(pieces))
            found.append((sum(map(len, pieces[::2])), key, re.compile("".join(parts))))
    return tuple((key, pattern) for _, key, pattern in sorted(found, key=lambda f: (-f[0], f[1])))


@cache
def templates(language: Language) -> dict[str, str]:
    """Every template of a language by its key."""
    found: dict[str, str] = {}
    for table in sorted((Path(__file__).parent / language).glob("*.toml")):
        entries = tomllib.loads(table.read_text(encoding="utf-8"))
        found.update({f"{table.stem}.{key}": text for key, text in entries.items()})
    return found
