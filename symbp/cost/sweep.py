"""How the counts grow with one size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from symbp.cost.report import Cost
from symbp.cost.ways import Unknown, Way
from symbp.errors import ModelError, Refused

MOST_POINTS = 1000


@dataclass(frozen=True)
class Growth:
    """One way's operations at each value."""

    way: Way
    operations: tuple[int, ...]


@dataclass(frozen=True)
class Sweep:
    """Counts for the values of one size, all others fixed."""

    cost: Cost
    """At the first value."""
    size: str
    at: tuple[int, ...]
    ways: tuple[Growth, ...]
    left_out: tuple[tuple[Way, str], ...] = ()
    """Ways that can't be counted at some of the values, and why."""


def sweep(cost: Cost, size: str, values: Sequence[int]) -> Sweep:
    """The loss alone, both ways, and forward mode, at each value of the size.

    Raises ModelError where the size is none of the model's, other sizes have no value, or there are no or too many
    values; Refused where nothing can be counted.
    """
    at = tuple(values)
    if not at:
        raise ModelError(f"the sweep over `{size}` has no values: write them as in {size}=1..50")
    if len(at) > MOST_POINTS:
        raise ModelError(f"the sweep over `{size}` has {len(at):,} values; at most {MOST_POINTS:,} are counted")
    if size not in cost.printed.sizes:
        raise ModelError(f"`{size}` is no size of the counted equations{_instead(cost.printed.sizes)}")
    missing = [s for s in cost.missing if s != size]
    if missing:
        names = ", ".join(f"`{s}`" for s in missing)
        settings = ",".join(f"{s}=3" for s in missing)
        raise ModelError(f"the sweep over `{size}` needs a value for {names}, as with --set {settings}")
    points = [replace(cost, sizes={**cost.sizes, size: v}) for v in at]
    found: list[Growth] = []
    left: list[tuple[Way, str]] = []
    for way in ("forward", cost.shared_way, "expanded", "forward_mode"):
        numbers: list[int] = []
        for point in points:
            tally = point.tally(way)
            if isinstance(tally, Unknown):
                left.append((way, tally.reason))
                break
            numbers.append(tally.operations)
        else:
            found.append(Growth(way, tuple(numbers)))
    if not found:
        raise Refused(left[0][1])
    return Sweep(points[0], size, at, tuple(found), tuple(left))


def _instead(sizes: Sequence[str]) -> str:
    return f"; these are {', '.join(f'`{s}`' for s in sizes)}" if sizes else "; they have none"
