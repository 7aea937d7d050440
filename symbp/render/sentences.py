"""Parts of sentences put together."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.render.blocks import Inline


def listed(parts: Sequence[Inline]) -> tuple[Inline, ...]:
    """a, b and c."""
    found: list[Inline] = []
    for place, part in enumerate(parts):
        if place:
            found.append(" and " if place == len(parts) - 1 else ", ")
        found.append(part)
    return tuple(found)
