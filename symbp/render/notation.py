"""How a notation prints, beside its letters: what a derivative is written with, and whether matrices are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Sign = Literal["∂", "d"]


@dataclass(frozen=True)
class Notation:
    """The part of a notation that the renderer takes; the letters are in the model's `looks`."""

    name: str = "plain"
    partial: Sign = "∂"
    """d: the derivative of what is differentiated by x, through every path, is dx; ∂: it is a fraction."""
    matrix: bool = False
    """Whether the book gives the formulas in matrices too."""
    bold: bool = False
    """Whether vectors and matrices are bold there."""


PLAIN = Notation()
"""The author's own letters, with ∂."""
