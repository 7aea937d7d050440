"""How a derivation is told: which forms, how much of it, in which language, how wide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from symbp.calculus.derivation import FormName
from symbp.errors import ModelError
from symbp.render.notation import PLAIN, Notation

Detail = Literal["brief", "textbook", "full"]
Language = Literal["en", "zh"]
DETAILS: tuple[Detail, ...] = get_args(Detail)
LANGUAGES: tuple[Language, ...] = get_args(Language)

_CALLED: dict[str, Language] = {
    "english": "en", "eng": "en", "us": "en", "uk": "en", "gb": "en", "chinese": "zh", "cn": "zh", "mandarin": "zh",
    "中文": "zh",
}
"""What people call the languages."""

NARROWEST = 30
"""The least `max_width` at which formulas can still be broken."""


def known_language(name: str) -> Language:
    """The language of that code. Raises ModelError, with the one that may be meant."""
    for language in LANGUAGES:
        if name == language:
            return language
    bare = name.lower().replace("_", "-").partition("-")[0]
    meant = _CALLED.get(bare, bare)
    hint = f"; did you mean `{meant}`?" if meant in LANGUAGES else ""
    raise ModelError(f"no document can be written in `{name}`; the languages are {' and '.join(LANGUAGES)}{hint}")


@dataclass(frozen=True)
class Options:
    """What a document is asked to look like; raises ModelError for a width that nothing fits in."""

    forms: tuple[FormName, ...] = ()
    """The ways of writing each gradient that stand in front as results; none: the story alone."""
    detail: Detail = "textbook"
    """brief: the displays alone; textbook: the whole story; full: every form, and what is known of each line."""
    reasons: bool = True
    """Whether sentences say why each line follows."""
    language: Language = "en"
    max_width: int | None = None
    """The widest line, in widths of a letter; None is what suits the format."""
    align_left: bool = False
    """Displays at the left margin rather than centred."""
    unicode: bool = True
    """Whether a text may have letters beyond ASCII."""
    notation: Notation = PLAIN
    """How derivatives are written, and whether matrices are shown."""

    def __post_init__(self) -> None:
        if self.max_width is not None and self.max_width < NARROWEST:
            raise ModelError(f"a line of {self.max_width} letters is too short for formulas: {NARROWEST} at least")
