"""Long formulas over several lines: broken before an operator, outside of everything that must stay together."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from operator import attrgetter

from symbp.render.width import is_wider, latex_width


@dataclass(frozen=True)
class Notation:
    """What a line may be broken at, and what opens and closes.

    `sums`, `products` and `commas` match a joint at the cursor. What stands for it at the head of the new line is its
    `head`, or `times` for a mere space; of a comma, nothing. Inside soft brackets a line is broken for want of better,
    inside others never. `stretched` opens a soft bracket of which each line holds a part: `ends` and `begins` stand
    where it is cut. Lines after the first are set in by `indent`.
    """

    sums: re.Pattern[str]
    products: re.Pattern[str]
    commas: re.Pattern[str]
    opening: re.Pattern[str]
    closing: re.Pattern[str]
    times: str
    width: Callable[[str], float]
    wider: Callable[[str, float], bool]
    """Whether a line is wider than so much, which takes no more time than it has to."""
    indent: float
    soft: tuple[str, ...] = ("(",)
    stretched: str = ""
    ends: str = ""
    begins: str = ""

    @cached_property
    def mark(self) -> re.Pattern[str]:
        """Where a line has anything of these."""
        patterns = (self.opening, self.closing, self.sums, self.products, self.commas)
        return re.compile("|".join(re.sub(r"\(\?P<head>", "(?:", p.pattern) for p in patterns))


@dataclass(frozen=True)
class _Joint:
    start: int
    end: int
    head: str
    tail: str
    cost: int
    """0 a sum, 1 a product; 2 more for each soft bracket around, another 2 for one that is cut in two; 1 a comma."""


def broken(line: str, limit: float, notation: Notation) -> list[str]:
    """The line in pieces, each about `limit` wide at most where there are joints; every piece but the first begins
    with an operator, or follows a comma."""
    if not _too_wide(line, limit, notation):
        return [line]
    joints = _joints(line, notation)
    pieces: list[str] = []
    head, start, room, passed = "", 0, limit, 0
    while _too_wide(head + line[start:], room, notation):
        passed = bisect_right(joints, start, passed, key=attrgetter("start"))
        joint = _best(line, head, start, room, islice(joints, passed, None), notation)
        if joint is None:
            break
        pieces.append(head + line[start : joint.start] + joint.tail)
        head, start, room = joint.head, joint.end, limit - notation.indent
    return [*pieces, head + line[start:]]


def _best(
    line: str, head: str, start: int, limit: float, joints: Iterator[_Joint], notation: Notation
) -> _Joint | None:
    """The cheapest joint that leaves a piece of a third of the line or more, the last of equals. Where there is none,
    the last before it, and where there is none either, the first one."""
    first, early, fitting = None, None, []
    for joint in joints:
        first = first or joint
        piece = head + line[start : joint.start]
        if _too_wide(piece, limit, notation):
            break
        if notation.width(piece) >= limit / 3:
            fitting.append(joint)
        else:
            early = joint
    if fitting:
        return min(reversed(fitting), key=lambda j: j.cost)
    return early or first


def _too_wide(line: str, limit: float, notation: Notation) -> bool:
    """Whether the line is wider than the limit; one of 40 times as many characters is, and isn't measured."""
    return len(line) > 40 * limit or notation.wider(line, limit)


def _joints(line: str, notation: Notation) -> list[_Joint]:
    joints: list[_Joint] = []
    around: list[str] = []
    place = 0
    while (here := notation.mark.search(line, place)) is not None:
        place = here.start()
        opened, closed = notation.opening.match(line, place), notation.closing.match(line, place)
        if opened:
            around.append(opened[0])
            place = opened.end()
        elif closed:
            if around:
                around.pop()
            place = closed.end()
        else:
            joint = _joint(line, place, around, notation) if place else None
            if joint is not None:
                joints.append(joint)
            place = joint.end if joint is not None else place + 1
    return joints


def _joint(line: str, place: int, around: list[str], notation: Notation) -> _Joint | None:
    """The joint at a place with these brackets around it."""
    if any(bracket not in notation.soft for bracket in around):
        return None
    cuts = sum(bracket == notation.stretched for bracket in around)
    kinds = (notation.sums, notation.products, notation.commas) if around else (notation.sums, notation.products)
    for cost, pattern in enumerate(kinds):
        found = pattern.match(line, place)
        if found:
            is_comma = pattern is notation.commas
            head = notation.begins * cuts + ("" if is_comma else found["head"] or notation.times)
            tail = ("," if is_comma else "") + notation.ends * cuts
            return _Joint(place, found.end(), head, tail, min(cost, 1) + 2 * (len(around) + cuts))
    return None


LATEX = Notation(
    sums=re.compile(r" (?P<head>[+-] )"),
    products=re.compile(
        r"(?:\\,| \\cdot | (?=\\(?:sum|prod|max|min|odot|oslash)(?![A-Za-z])))(?P<head>(?:\\odot |\\oslash )?)"
    ),
    commas=re.compile(r", (?=\S)"),
    opening=re.compile(r"\\left(?:\\\||[(|\[.])|\\begin\{\w+\}|(?<!\\)[{(\[]"),
    closing=re.compile(r"\\right(?:\\\||[)|\]])|\\end\{\w+\}|(?<!\\)[})\]]"),
    times="\\cdot ",
    width=latex_width,
    wider=is_wider,
    indent=2.0,
    soft=("(", "\\left("),
    stretched="\\left(",
    ends="\\right.",
    begins="\\left. {}",
)

TEXT = Notation(
    sums=re.compile(r" (?P<head>[+−-] )"),
    products=re.compile(r" (?P<head>(?:[·*⊙⊘]|\.[*/]) )"),
    commas=re.compile(r", (?=\S)"),
    opening=re.compile(r"[\[{(]"),
    closing=re.compile(r"[\]})]"),
    times="",
    width=len,
    wider=lambda line, limit: len(line) > limit,
    indent=3.0,
)
