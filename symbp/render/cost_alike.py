"""What is alike is told once: of a thousand layers, one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

T = TypeVar("T")

MOST_ALIKE = 3
"""So many that are alike are told one by one."""


def grouped(items: Sequence[T], alike: Callable[[T], Hashable]) -> list[list[T]]:
    """Items with the same key together, at the place of the first; a few stay by themselves, each at its own place."""
    groups: dict[Hashable, list[T]] = {}
    told: set[Hashable] = set()
    keys = [alike(item) for item in items]
    for key, item in zip(keys, items, strict=True):
        groups.setdefault(key, []).append(item)
    found = []
    for key, item in zip(keys, items, strict=True):
        group = groups[key]
        if len(group) <= MOST_ALIKE:
            found.append([item])
        elif key not in told:
            told.add(key)
            found.append(group)
    return found
