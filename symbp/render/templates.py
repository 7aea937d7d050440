"""Subscripts side by side, and the author's templates for them: `show w[l,j,k] as w^l_jk`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from symbp.calculus.looks import LookGroups, read_look


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
class Template(LookGroups):
    """How a look is filled with printed subscripts."""

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


def read_template(text: str, letters: tuple[str, ...]) -> Template | None:
    """A template over its letters; None where it is malformed or leaves a letter out."""
    read = read_look(text, letters)
    return None if read is None else Template(read.base, read.above, read.below, read.arity)
