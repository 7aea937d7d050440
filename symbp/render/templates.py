"""Subscripts side by side, and the author's templates for them: `show w[l,j,k] as w^l_jk`."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Subscript:
    """A printed subscript; a simple one (a letter, a digit) may stand beside another without a comma."""

    text: str
    simple: bool


def join_subscripts(subscripts: tuple[Subscript, ...]) -> str:
    """`hj` where all are simple, else `2p+r,2q+s`."""
    if all(s.simple for s in subscripts):
        joined = ""
        for s in subscripts:
            joined += " " + s.text if _runs_on(joined, s.text) else s.text
        return joined
    return ",\\,".join(s.text for s in subscripts)


def _runs_on(before: str, after: str) -> bool:
    """Whether a command's name would swallow the letter that follows it."""
    return bool(re.search(r"\\[A-Za-z]+$", before)) and after[:1].isalpha()


@dataclass(frozen=True)
class Template:
    """base, then groups above and below; a group is a list of axis numbers and literal texts."""

    base: str
    above: tuple[int | str, ...]
    below: tuple[int | str, ...]
    arity: int

    def fill(self, stem: str, subscripts: tuple[Subscript, ...]) -> tuple[str, bool]:
        """The template with the printed subscripts in place of its letters, and whether it has a superscript."""
        above, below = (_fill_group(group, subscripts) for group in (self.above, self.below))
        text = stem + (f"^{{{above}}}" if above else "") + (f"_{{{below}}}" if below else "")
        return text, bool(above)

    def bare(self, stem: str) -> str:
        """The template without its letters: w² of w²_jk."""
        above, below = (_literal(group) for group in (self.above, self.below))
        return stem + (f"^{{{above}}}" if above else "") + (f"_{{{below}}}" if below else "")

    @property
    def order(self) -> tuple[int, ...]:
        """The axes in the order in which the template shows them, those above first."""
        return tuple(part for part in (*self.above, *self.below) if isinstance(part, int))

    @property
    def marks(self) -> str:
        """The letters and digits that it shows whatever the axes, for a terminal: 2 of w^2_jk, _n of E_n."""
        above, below = (
            "".join(part for part in group if isinstance(part, str) and part.isalnum())
            for group in (self.above, self.below)
        )
        return above + (f"_{below}" if below[:1].isalpha() else below)

    @property
    def is_plain(self) -> bool:
        """Whether it only gives another letter: subscripts in their order, and nothing else."""
        return not self.above and self.below == tuple(range(self.arity))


def _literal(group: tuple[int | str, ...]) -> str:
    """The literal texts of a group, unless they are the brackets and commas between axes alone."""
    text = "".join(part for part in group if isinstance(part, str))
    if not any(c.isalnum() for c in text):
        return ""
    return text if all(isinstance(part, str) for part in group) else text.replace(",)", ")").strip(",")


def _fill_group(group: tuple[int | str, ...], subscripts: tuple[Subscript, ...]) -> str:
    parts = tuple(Subscript(p, True) if isinstance(p, str) else subscripts[p] for p in group)
    numbers = [subscripts[p] for p in group if isinstance(p, int)]
    if len(parts) == 1 or any(isinstance(p, str) for p in group):
        return "".join(p.text + (" " if p.text.startswith("\\") else "") for p in parts).strip()
    return join_subscripts(tuple(numbers))


_GROUP = re.compile(r"([_^])(?:\{([A-Za-z0-9,()]*)\}|([A-Za-z0-9,()]+))")
_TEMPLATE = re.compile(r"([A-Za-z][A-Za-z0-9]*)((?:[_^](?:\{[A-Za-z0-9,()]*\}|[A-Za-z0-9,()]+))*)")


def read_template(text: str, letters: tuple[str, ...]) -> Template | None:
    """A template over its letters; None where it is malformed or leaves a letter out."""
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
    return Template(whole[1], above, below, len(letters))


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
