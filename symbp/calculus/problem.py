"""A violated rule of the one form, with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from symbp.calculus.affine import Guard
from symbp.calculus.describe import equation_name
from symbp.calculus.expression import Access
from symbp.calculus.model import Equation

ProblemKind = Literal[
    "twice", "name", "role", "rank", "axis", "symbol", "shape", "overlap", "uncovered", "range", "empty", "order",
    "cycle",
]


@dataclass(frozen=True)
class Problem:
    """What is wrong, and where: the equation's target and line, and the access where one read is at fault.

    twice: one name, two equations;  name, role: an unknown name, or one that can't stand there;  rank, axis: subscripts
    or index ranges that don't match the declared axes;  symbol: an index that isn't visible, or stands for two things;
    shape: not elementary;  overlap, uncovered: two cases at one point, none at another;  range: a read outside an axis;
    empty: a max or min over nothing;  order, cycle: read before it is defined, or no order of evaluation at all.

    `requirement` is a condition on sizes that would exclude the violation, where there is one.
    """

    kind: ProblemKind
    message: str
    equation: str | None = None
    line: int | None = None
    access: Access | None = None
    requirement: Guard | None = None


def problem(
    kind: ProblemKind, equation: Equation, message: str, access: Access | None = None, requirement: Guard | None = None
) -> Problem:
    """A problem of one equation."""
    return Problem(kind, message, equation.target, equation.line, access, requirement)


def named(equation: Equation) -> str:
    return f"`{equation_name(equation)}`"
