r"""A reader of matrix formulas in LaTeX, by the rules that a person reads them by, with values in NumPy.

A product without a sign binds tighter than \odot and \oslash, these tighter than + and −. 𝟏 takes the length that its
place asks for: products are worked out from the right, where Xᵀ 𝟏 adds up rows and 𝟏 v is v in every row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tests.matrix_values import Array

Environment = Mapping[str, int]

CALLS = {
    "\\tanh": np.tanh, "\\exp": np.exp, "\\log": np.log, "\\sin": np.sin, "\\cos": np.cos,
    "\\sigma": lambda x: 1 / (1 + np.exp(-x)), "\\operatorname{relu}": lambda x: np.maximum(x, 0),
}

SPACE = re.compile(r"(?:\s|\\,|\\cdot(?![A-Za-z]))+")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
RANGE = re.compile(r"\\sum_\{(?P<letter>\w+)=(?P<low>\w+)\}\^(?:\{(?P<high>[^{}]*)\}|(?P<single>\w))")
OPEN = re.compile(r"\\left\(|\(")


@dataclass(frozen=True)
class Ones:
    """𝟏 (or 𝟏ᵀ), of whatever length."""

    lies: bool = False


Value = Array | Ones


@dataclass
class Reader:
    """Reads one formula. `names` gives the value of each printed name, `ends` that of the end of each sum's range.

    `binders` are the sums' indices in the order of the signs.
    """

    text: str
    names: Mapping[str, Callable[[Environment], Array]]
    ends: Mapping[str, int]
    binders: list[str] = field(default_factory=list)
    calls: Mapping[str, Callable[[Array], Array]] = field(default_factory=dict)
    """Functions besides the known ones."""
    place: int = 0

    def read(self, environment: Environment) -> Array:
        value = self.sum(environment)
        assert self.place == len(self.text), self.text[self.place :]
        return array(value)

    def sum(self, environment: Environment) -> Value:
        self.skip()
        sign = -1 if self.take("-") else 1
        total: Value = self.term(environment)
        total = total if sign == 1 else -array(total)
        while True:
            self.skip()
            sign = -1 if self.take("-") else 1 if self.take("+") else 0
            if not sign:
                return total
            total = array(total) + sign * array(self.term(environment))

    def term(self, environment: Environment) -> Value:
        value = self.product(environment)
        while True:
            self.skip()
            if self.take("\\odot"):
                value = array(value) * array(self.product(environment))
            elif self.take("\\oslash"):
                value = array(value) / array(self.product(environment))
            else:
                return value

    def product(self, environment: Environment) -> Value:
        factors: list[Value] = []
        while True:
            self.skip()
            if self.text.startswith("\\sum", self.place):
                factors.append(self.series(environment))
                return multiplied(factors)
            factor = self.factor(environment)
            if factor is None:
                return multiplied(factors)
            factors.append(factor)

    def series(self, environment: Environment) -> Array:
        """Σ of the product that follows, to its end."""
        head = RANGE.match(self.text, self.place)
        assert head is not None, self.text[self.place :]
        self.place = start = head.end()
        binder = self.binders.pop(0)
        low, high = (self.end(part) for part in (head["low"], head["high"] or head["single"]))
        total: Array | None = None
        for k in range(low, high + 1):
            self.place = start
            value = array(self.product({**environment, binder: k}))
            total = value if total is None else total + value
        assert total is not None
        return total

    def end(self, text: str) -> int:
        return int(text) if text.isdigit() else self.ends[text]

    def factor(self, environment: Environment) -> Value | None:
        value = self.atom(environment)
        while value is not None:
            if self.take("^{\\top}"):
                value = Ones(True) if isinstance(value, Ones) else value.T
            elif self.take("^{\\odot 2}") or self.take("^2"):
                value = array(value) ** 2
            else:
                break
        return value

    def atom(self, environment: Environment) -> Value | None:
        if opened := OPEN.match(self.text, self.place):
            self.place = opened.end()
            value = self.sum(environment)
            self.close()
            return value
        if self.take("\\frac"):
            return array(self.group(environment)) / array(self.group(environment))
        if self.take("\\sqrt"):
            return np.sqrt(array(self.group(environment)))
        if self.take("\\mathbf{1}"):
            return Ones()
        if self.take("\\lVert") or self.take("\\left\\lVert"):
            return self.norm(environment)
        if self.take("\\operatorname{tr}"):
            return np.trace(array(self.argument(environment))).reshape(1, 1)
        if self.take("["):
            value = 1.0 * (array(self.sum(environment)) > 0)
            assert self.take(" > 0]") or self.take("> 0]"), self.text[self.place :]
            return value
        return self.named(environment)

    def named(self, environment: Environment) -> Value | None:
        for name in sorted(self.names, key=len, reverse=True):
            if self.take(name):
                return self.names[name](environment)
        calls = {**CALLS, **self.calls}
        for function in sorted(calls, key=len, reverse=True):
            if self.take(function):
                return np.asarray(calls[function](array(self.argument(environment))))
        number = NUMBER.match(self.text, self.place)
        if number is None:
            return None
        self.place = number.end()
        return np.full((1, 1), float(number[0]))

    def argument(self, environment: Environment) -> Value:
        """What a function acts on: a bracket, or the one factor behind its name."""
        self.skip()
        bracketed = OPEN.match(self.text, self.place)
        value = self.atom(environment) if bracketed else self.factor(environment)
        assert value is not None, self.text[self.place :]
        return value

    def norm(self, environment: Environment) -> Array:
        value = array(self.sum(environment))
        assert self.take("\\right\\rVert") or self.take("\\rVert"), self.text[self.place :]
        self.take("_F")
        assert self.take("^2"), self.text[self.place :]
        return np.full((1, 1), np.sum(value**2))

    def group(self, environment: Environment) -> Value:
        assert self.take("{"), self.text[self.place :]
        value = self.sum(environment)
        assert self.take("}"), self.text[self.place :]
        return value

    def close(self) -> None:
        self.skip()
        assert self.take("\\right)") or self.take(")"), self.text[self.place :]

    def skip(self) -> None:
        space = SPACE.match(self.text, self.place)
        if space:
            self.place = space.end()

    def take(self, text: str) -> bool:
        if not self.text.startswith(text, self.place):
            return False
        after = self.text[self.place + len(text) : self.place + len(text) + 1]
        if re.search(r"\\[A-Za-z]+$", text) and after.isalpha():
            return False
        self.place += len(text)
        return True


def array(value: Value) -> Array:
    """An array; 𝟏 as one entry, which stretches."""
    return np.ones((1, 1)) if isinstance(value, Ones) else value


def multiplied(factors: Sequence[Value]) -> Value:
    """A product from the right; scalars, of one entry, multiply everything."""
    assert factors
    *before, held = factors
    for factor in reversed(before):
        held = times(factor, held)
    return held


def times(left: Value, right: Value) -> Value:
    if isinstance(left, Ones) and isinstance(right, Ones):
        raise AssertionError("the length of 𝟏ᵀ 𝟏 is not known")
    if isinstance(left, Ones):
        assert not isinstance(right, Ones)
        if left.lies:
            return right.sum(axis=0, keepdims=True)
        return right
    if isinstance(right, Ones):
        if left.size == 1:
            return left
        return left.sum(axis=1, keepdims=True) if not right.lies else left
    if left.size == 1 or right.size == 1:
        return left * right
    return left @ right
