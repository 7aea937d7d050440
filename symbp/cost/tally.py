"""What a count is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Count = TypeVar("Count")
"""An exact integer, or a polynomial in the sizes."""

KINDS = ("add", "subtract", "negate", "multiply", "divide", "reciprocal", "square", "power", "compare")
"""The kinds of operations besides functions, which are counted under their own names (exp, log, tanh, …)."""


@dataclass(frozen=True)
class Tally(Generic[Count]):
    """Operations by kind, and how large the formulas are."""

    by_kind: Mapping[str, Count]
    """Only kinds that occur; in the order of KINDS, then functions by name."""
    operations: Count
    nodes: Count
    """Operations (of two operands; a function has as many as it takes) and leaves, wherever they stand written."""
    distinct: Count
    """The same, with each element of each quantity once, and each input that is read once."""
    depth: int | None = field(default=None)
    """Levels of the deepest formula: a leaf has one; a sum or a product of many is one level above its terms."""
