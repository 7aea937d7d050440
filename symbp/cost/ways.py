"""The ways that are counted, by name, and what isn't counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Way = Literal["forward", "shared", "minimal", "expanded", "forward_mode"]
"""The loss alone; it and all its gradients with everything computed once, with the named quantities kept or not; the
same written out; one sweep forwards for each element of each parameter."""
WAYS: tuple[Way, ...] = get_args(Way)

CLOSED: tuple[Way, ...] = ("forward", "shared", "minimal", "expanded")
"""Ways that are counted as formulas in the sizes too."""

ProgramName = Literal["named", "minimal"]
PROGRAMS: tuple[ProgramName, ...] = get_args(ProgramName)

PRIMITIVES = ("sigmoid",)
"""Functions of several operations that may be counted as one."""


@dataclass(frozen=True)
class Unknown:
    """Why something wasn't counted."""

    reason: str
