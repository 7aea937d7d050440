"""Long formulas over several lines: broken before an operator, outside of everything that must stay together."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from symbp.render.width import latex_width


@dataclass(frozen=True)
class Notation:
    """What a line may be broken at, and what opens and closes.

    `sums` and `products` match a joint at the cursor; what stands for the joint at the head of the new line is its
    text, or `times` for a mere space. Inside soft brackets a line is broken for want of better, inside others never.
    `stretched` opens a soft bracket of which each line holds a part: `ends` and `begins` stand where it is cut.
    """

    sums: re.Pattern[str]
    products: re.Pattern[str]
    opening: re.Pattern[str]
    closing: re.Pattern[str]
    times: str
    width: Callable[[str], float]
    soft: tuple[str, ...] = ("(", ")")
    stretched: str = ""
    ends: str = ""
    begins: str = ""


@dataclass(frozen=True)
class _Joint:
    start: int
    end: int
    head: str
    tail: str
    cost: int
    """0 a sum, 1 a product; 2 and 3 the same inside soft brackets, 4 and 5 inside one that is cut in two."""


def broken(line: str, limit: float, notation: Notation) -> list[str]:
    """The line in pieces, each about `limit` wide at most where there are joints; every piece but the first begins
    with an operator."""
    if not _too_wide(line, limit, notation):
        return [line]
    joints = _joints(line, notation)
    pieces: list[str] = []
    head, start = "", 0
    while _too_wide(head + line[start:], limit, notation):
        joint = _best(line, head, start, limit, joints, notation)
        if joint is None:
            break
        pieces.append(head + line[start : joint.start] + joint.tail)
        head, start = joint.head, joint.end
    return [*pieces, head + line[start:]]


def _best(
    line: str, head: str, start: int, limit: float, joints: list[_Joint], notation: Notation
) -> _Joint | None:
    """The cheapest joint that leaves a piece of a third of the line or more, the last of equals; else the first one."""
    here = [j for j in joints if j.start > start]
    fitting = []
    for joint in here:
        width = notation.width(head + line[start : joint.start])
        if width > limit:
            break
        if width >= limit / 3:
            fitting.append(joint)
    if fitting:
        return min(reversed(fitting), key=lambda j: j.cost)
    return next((j for j in here if notation.width(head + line[start : j.start]) > limit / 3), None)


def _too_wide(line: str, limit: float, notation: Notation) -> bool:
    """Whether the line is wider than the limit; one of 40 times as many characters is, and isn't measured."""
    return len(line) > 40 * limit or notation.width(line) > limit


def _joints(line: str, notation: Notation) -> list[_Joint]:
    joints: list[_Joint] = []
    hard, soft, place, cut = 0, 0, 0, False
    while place < len(line):
        opened, closed = notation.opening.match(line, place), notation.closing.match(line, place)
        if opened or closed:
            step = 1 if opened else -1
            found = opened or closed
            assert found is not None
            if found[0] in notation.soft:
                cut = found[0] == notation.stretched if opened and not soft else cut
                soft += step
            else:
                hard += step
            place = found.end()
            continue
        for cost, pattern in enumerate((notation.sums, notation.products)):
            joint = pattern.match(line, place)
            if joint and hard == 0 and place and soft <= 1:
                inside = bool(soft) and cut
                head, tail = (notation.begins, notation.ends) if inside else ("", "")
                head += joint["head"] or notation.times
                joints.append(_Joint(place, joint.end(), head, tail, cost + 2 * soft + 2 * inside))
                place = joint.end() - 1
                break
        place += 1
    return joints


LATEX = Notation(
    sums=re.compile(r" (?P<head>[+-] )"),
    products=re.compile(
        r"(?:\\,| \\cdot | (?=\\(?:sum|prod|max|min|odot|oslash)(?![A-Za-z])))(?P<head>(?:\\odot |\\oslash )?)"
    ),
    opening=re.compile(r"\\left(?:\\\||[(|\[.])|\\begin\{\w+\}|(?<!\\)[{(\[]"),
    closing=re.compile(r"\\right(?:\\\||[)|\]])|\\end\{\w+\}|(?<!\\)[})\]]"),
    times="\\cdot ",
    width=latex_width,
    soft=("(", ")", "\\left(", "\\right)"),
    stretched="\\left(",
    ends="\\right.",
    begins="\\left. ",
)

TEXT = Notation(
    sums=re.compile(r" (?P<head>[+−-] )"),
    products=re.compile(r" (?P<head>(?:[·*⊙⊘]|\.[*/]) )"),
    opening=re.compile(r"[\[{(]"),
    closing=re.compile(r"[\]})]"),
    times="",
    width=len,
)
