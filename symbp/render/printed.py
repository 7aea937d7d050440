"""A printed formula and how tightly it holds together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """What a formula is at its top; each may stand, without brackets, where a lower one is asked for."""

    SUM = 0
    NEGATIVE = 1
    PRODUCT = 2
    POWER = 3
    """A factor that takes no exponent: a power, a fraction, a name with a superscript."""
    ATOM = 4


@dataclass(frozen=True)
class Printed:
    """Text with its level. `magnitude` is a negative formula without its sign.

    `open` says that the text ends in the body of an operator (Σ, log) that a following factor would seem to join;
    `closed` is how to write it there (brackets around it where None).
    """

    text: str
    level: Level = Level.ATOM
    tall: bool = False
    open: bool = False
    closed: str | None = None
    magnitude: Printed | None = None
    numeric: bool = False
    """Whether the text is digits only."""


@dataclass(frozen=True)
class Binder:
    """An operator's index as text: its letter, its ends, and the conditions that bound it."""

    letter: str
    low: str
    high: str
    conditions: tuple[str, ...] = ()
