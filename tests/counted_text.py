"""Operations, leaves and levels of a printed formula, token by token.

The text is Python's syntax for arithmetic, with brackets around every operand that is more than a name, a number or a
call. So a group of tokens between brackets is one sum, one product with its quotients, one power, one choice or one
operand, and a level of the formula is a group that holds an operation, or a call.

    a + b    add            a - b      subtract       -a           negate
    a * b    multiply       a / b      divide         a**-1        reciprocal
    a**2     square         a**3       power          max(a, b)    compare
    a if l < r else b       compare                   f(a)         f

`one` stands for the ones within a written-out σ: they are no leaves, and σ is one level, that of its exponential.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from tokenize import NAME, NUMBER, OP, TokenInfo, generate_tokens

RELATIONS = ("<", "<=", ">", ">=", "==", "!=")
CHOOSING = ("max", "min", "argmax", "argmin")
KEYWORDS = ("if", "else")
BINARY = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}
ONE = "one"


@dataclass
class Counted:
    """What stands in a text. `leaves` has every name and number, as often as it stands there."""

    by_kind: Counter[str] = field(default_factory=Counter)
    leaves: Counter[str] = field(default_factory=Counter)
    depth: int = 0

    @property
    def operations(self) -> int:
        return self.by_kind.total()

    @property
    def nodes(self) -> int:
        return self.operations + self.leaves.total()

    def and_also(self, other: Counted, times: int = 1) -> None:
        for mine, more in ((self.by_kind, other.by_kind), (self.leaves, other.leaves)):
            mine.update({what: n * times for what, n in more.items()})
        self.depth = max(self.depth, other.depth)


@dataclass
class _Group:
    """What stands between two brackets or commas; in a call, its arguments so far."""

    function: str | None = None
    arguments: int = 1
    below: int = 0
    deepest: int = 0
    operates: bool = False

    def levels(self) -> int:
        return self.deepest + self.operates

    def next_argument(self) -> None:
        self.below = max(self.below, self.levels())
        self.deepest, self.operates = 0, False
        self.arguments += 1


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens: list[TokenInfo] = [
            t for t in generate_tokens(io.StringIO(text).readline) if t.type in (NAME, NUMBER, OP)
        ]
        self.at = 0
        self.found = Counted()
        self.groups = [_Group()]
        self.operand_before = False

    def read(self) -> Counted:
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token.type == OP:
                self.operator(token.string)
            elif token.string in KEYWORDS:
                self.operand_before = False
            else:
                self.word(token.string)
        assert len(self.groups) == 1
        self.found.depth = self.groups[0].levels()
        return self.found

    def word(self, text: str) -> None:
        if self.follows("("):
            self.at += 1
            self.groups.append(_Group(text))
            self.operand_before = False
        elif text == ONE:
            self.operand_before = True
        else:
            self.found.leaves[text] += 1
            self.operand(1)

    def operator(self, text: str) -> None:
        group = self.groups[-1]
        match text:
            case "(":
                self.groups.append(_Group())
            case ",":
                group.next_argument()
            case ")":
                return self.close(self.groups.pop())
            case "**":
                return self.raised()
            case "-" if not self.operand_before:
                self.found.by_kind["negate"] += 1
            case _ if text in RELATIONS:
                self.operation("compare")
            case _:
                self.operation(BINARY[text], level=not self.of_sigmoid(text))
        self.operand_before = False
        return None

    def of_sigmoid(self, operator: str) -> bool:
        """Whether the operator just read belongs to one / (one + exp(-z))."""
        return operator in "+/" and self.tokens[self.at - 2].string == ONE

    def raised(self) -> None:
        """** and the exponent behind it: one that is a number belongs to the operation, any other is an operand."""
        if self.follows("-", "1"):
            self.at += 2
            return self.operation("reciprocal")
        exponent = self.tokens[self.at]
        self.operand_before = False
        if exponent.type == NUMBER or exponent.string.startswith("exponent_"):
            self.at += 1
            self.operand_before = True
        return self.operation("square" if exponent.string == "2" else "power")

    def close(self, group: _Group) -> None:
        if group.function is None:
            return self.operand(group.levels())
        below = max(group.below, group.levels())
        if group.function in CHOOSING:
            self.found.by_kind["compare"] += group.arguments - 1
            return self.operand(below + (group.arguments > 1))
        self.found.by_kind[_kind(group.function)] += 1
        return self.operand(1 + below)

    def operation(self, kind: str, *, level: bool = True) -> None:
        self.found.by_kind[kind] += 1
        self.groups[-1].operates |= level

    def operand(self, levels: int) -> None:
        self.groups[-1].deepest = max(self.groups[-1].deepest, levels)
        self.operand_before = True

    def follows(self, *texts: str) -> bool:
        there = self.tokens[self.at : self.at + len(texts)]
        return [t.string for t in there] == list(texts)


def _kind(function: str) -> str:
    """The name of a derivative's kind: f_orders_1 is f', phi_orders_1_0 is phi'."""
    name, _, orders = function.partition("_orders_")
    return name + "'" * sum(map(int, orders.split("_"))) if orders else name


def counted(text: str) -> Counted:
    """What stands in one formula's text."""
    return _Reader(text).read()


def counted_together(texts: Iterable[str]) -> Counted:
    """What stands in all of them; the depth is the deepest one's."""
    whole = Counted()
    for found in map(counted, texts):
        whole.and_also(found)
    return whole
