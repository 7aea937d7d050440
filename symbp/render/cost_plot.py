"""What a plot of counts shows, before it is drawn in a format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from symbp.render.blocks import Sentence
from symbp.render.cost_axes import Axis, along, upwards


@dataclass(frozen=True)
class Curve:
    """A count at each size."""

    name: Sentence
    values: tuple[int, ...]


@dataclass(frozen=True)
class Plot:
    """Curves over the values of one size."""

    title: Sentence
    across: Sentence
    """What runs along the horizontal axis."""
    up: Sentence
    at: tuple[int, ...]
    curves: tuple[Curve, ...]

    @cached_property
    def horizontal(self) -> Axis:
        return along(self.at)

    @cached_property
    def vertical(self) -> Axis:
        return upwards([c.values for c in self.curves])

    def points(self, values: Sequence[int]) -> tuple[tuple[float, float], ...]:
        """Where a curve's points stand: both coordinates from 0 to 1."""
        return tuple(
            (self.horizontal.place(x), self.vertical.place(y)) for x, y in zip(self.at, values, strict=True)
        )
