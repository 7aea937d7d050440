"""The looks that authors give to names, `show w[l,j,k] as w^l_jk`, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class LookGroups:
    """base, then groups above and below; a group is a list of axis numbers and literal texts."""

    base: str
    above: tuple[int | str, ...]
    below: tuple[int | str, ...]
    arity: int

    @property
    def order(self) -> tuple[int, ...]:
        """The axes in the order in which the look shows them, those above first."""
        return tuple(part for part in (*self.above, *self.below) if isinstance(part, int))


_GROUP = re.compile(r"([_^])(?:\{([A-Za-z0-9,()]*)\}|([A-Za-z0-9,()]+))")
_TEMPLATE = re.compile(r"([A-Za-z][A-Za-z0-9]*)((?:[_^](?:\{[A-Za-z0-9,()]*\}|[A-Za-z0-9,()]+))*)")


def read_look(text: str, letters: tuple[str, ...]) -> LookGroups | None:
    """A look over its letters; None where it is malformed or leaves a letter out."""
    whole = _TEMPLATE.fullmatch(text.strip())
    if whole is None:
        return None
    groups: dict[str, tuple[int | str, ...]] = {}
    for group in _GROUP.finditer(whole[2]):
        if group[1] in groups:
            return None
        groups[group[1]] = _read_group(group[2] if group[2] is not None else group[3], letters)
    above, below = groups.get("^", ()), groups.get("_", ())
    used = sorted(p for p in (*above, *below) if isinstance(p, int))
    if used != list(range(len(letters))) or not _balanced(above) or not _balanced(below):
        return None
    return LookGroups(whole[1], above, below, len(letters))


def _read_group(text: str, letters: tuple[str, ...]) -> tuple[int | str, ...]:
    parts: list[int | str] = []
    place = 0
    longest_first = sorted(letters, key=lambda name: (-len(name), name))
    while place < len(text):
        found = next((name for name in longest_first if text.startswith(name, place)), None)
        parts.append(letters.index(found) if found is not None else text[place])
        place += len(found) if found is not None else 1
    return tuple(parts)


def _balanced(group: tuple[int | str, ...]) -> bool:
    depth = 0
    for part in group:
        depth += {"(": 1, ")": -1}.get(part, 0) if isinstance(part, str) else 0
        if depth < 0:
            return False
    return depth == 0
