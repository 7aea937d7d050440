"""What happens at a point that a file gives: data, for documents to tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from symbp.calculus.derivation import Condition, DisplayFact
from symbp.calculus.expression import Access, Expr

Key = tuple[int, ...]


@dataclass(frozen=True)
class Hit:
    """A kink that is met exactly, or a part of a formula that has no value, every index a number.

    A kink: `condition` holds, and `condition.says` is what is taken there. A domain: `condition` is needed and fails,
    where its left side is `value`; the part itself may be `defined` all the same, and its derivatives not.
    """

    part: Expr
    """The function, power, maximum or choice that it happens to."""
    condition: Condition
    value: Fraction | None = None
    defined: bool = False


@dataclass(frozen=True)
class Broken:
    """An assumption that doesn't hold, every index a number."""

    fact: DisplayFact


@dataclass(frozen=True)
class Quantity:
    """A value, exact or to 17 digits; None where there is no such number, and then why."""

    value: Fraction | None
    lacks: Literal["", "undefined", "large", "rounded"] = ""
    reason: str = ""
    """What is undefined, in words."""


@dataclass(frozen=True)
class Point:
    """The values given, and what they lead to."""

    given: tuple[tuple[Access, Fraction], ...]
    """Every element that has a value and is read."""
    of: Quantity = Quantity(None)
    gradients: Mapping[str, Mapping[Key, Quantity]] = field(default_factory=dict)
    """The elements of each gradient, no more than a few; none where `of` has no value."""
    left_out: int = 0
    """Elements that there are besides."""
    hits: tuple[Hit, ...] = ()
    more_hits: int = 0
    broken: tuple[Broken, ...] = ()
    rounded: bool = False
    """Whether something is met exactly up to rounding alone, so that values there hang on how they are rounded."""
    refused: str = ""
    """Why nothing was worked out; empty where it was."""
