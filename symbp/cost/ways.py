"""The ways that are counted, by name, and what isn't counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Way = Literal["forward", "shared", "minimal", "expanded", "forward_mode", "minimal_forward"]
"""The loss alone; it and all its gradients with everything computed once, with the named quantities kept or not; the
same written out; one sweep forwards for each element of each parameter; the loss alone with the fewest operations."""
WAYS: tuple[Way, ...] = ("forward", "shared", "minimal", "expanded", "forward_mode")
"""Those that are set side by side."""

CLOSED: tuple[Way, ...] = ("forward", "shared", "minimal", "expanded")
"""Ways that are counted as formulas in the sizes too."""

ProgramName = Literal["named", "minimal"]
PROGRAMS: tuple[ProgramName, ...] = get_args(ProgramName)

PRIMITIVES = ("sigmoid",)
"""Functions of several operations that may be counted as one."""


def alone(way: Way) -> Way:
    """How the loss alone is computed that a way is compared with."""
    return "minimal_forward" if way == "minimal" else "forward"


@dataclass(frozen=True)
class Unknown:
    """Why something wasn't counted."""

    reason: str
