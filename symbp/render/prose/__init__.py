"""Sentences as data: a folder of tables for each language, whose templates have slots for formulas and numbers.

A key is `table.entry`; every language has the same keys with the same slots (a test compares them).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from symbp.render.blocks import Inline
from symbp.render.options import Language

_SLOT = re.compile(r"\{([a-z_]+)\}")

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
        return tuple(parts)

    def words(self, key: str) -> str:
        """A template without slots, as it stands."""
        return self._templates[key]

    def has(self, key: str) -> bool:
        return key in self._templates

    def listed(self, items: Sequence[Slot]) -> tuple[Inline, ...]:
        """a, b and c."""
        found: list[Inline] = []
        for place, item in enumerate(items):
            if place:
                found.append(self.words("common.and" if place == len(items) - 1 else "common.comma"))
            found.extend(_parts(item))
        return tuple(found)


def _parts(slot: Slot) -> tuple[Inline, ...]:
    return tuple(slot) if isinstance(slot, Sequence) and not isinstance(slot, str) else (slot,)


@cache
def templates(language: Language) -> dict[str, str]:
    """Every template of a language by its key."""
    found: dict[str, str] = {}
    folder = files(__name__) / language
    for table in sorted(folder.iterdir(), key=lambda f: f.name):
        if table.name.endswith(".toml"):
            entries = tomllib.loads(table.read_text(encoding="utf-8"))
            found.update({f"{table.name.removesuffix('.toml')}.{key}": text for key, text in entries.items()})
    return found
