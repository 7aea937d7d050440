"""Immutable values whose hash is worked out once: formulas share their parts, and are looked up often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def node(cls: type[T]) -> type[T]:
    """A frozen dataclass that keeps its hash."""
    made = dataclass(frozen=True)(cls)
    hashed = made.__hash__

    def __hash__(self: Any) -> int:  # noqa: N807
        known: dict[str, int] = self.__dict__
        found = known.get("_hash")
        if found is None:
            found = known["_hash"] = hashed(self)
        return found

    made.__hash__ = __hash__  # type: ignore[method-assign]
    return made
