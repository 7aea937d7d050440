"""Immutable values whose hash is worked out once: formulas share their parts, and are looked up often."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def node(cls: type[T]) -> type[T]:
    """A dataclass that nobody changes, and that keeps its hash.

    A type checker holds it frozen. When it runs nothing does: a formula is made of millions of these, and the guard
    would take two thirds of the time that making one takes. The values lie in slots, of which the hash has one, and
    what `keep` puts there another.
    """
    cls.__annotations__ = {**cls.__annotations__, "_hash": "int | None", "_kept": "object"}
    cls._hash = field(default=None, init=False, repr=False, compare=False)  # type: ignore[attr-defined]
    cls._kept = field(init=False, repr=False, compare=False)  # type: ignore[attr-defined]
    made = dataclass(slots=True, unsafe_hash=True)(cls)
    hashed = made.__hash__

    def __hash__(self: Any) -> int:  # noqa: N807
        found: int | None = self._hash
        if found is None:
            found = self._hash = hashed(self)
        return found

    made.__hash__ = __hash__  # type: ignore[method-assign]
    return made


def kept(of: object) -> Any:
    """What `keep` put with this node, None where nothing was."""
    return getattr(of, "_kept", None)


def keep(of: Any, value: T) -> T:
    """Puts what was worked out of a node with it, for as long as the node lasts."""
    of._kept = value
    return value
