"""Two small readers that evaluate printed formulas, one for text and one for LaTeX, for the arithmetic subset.

They share nothing with the printers: what they read is what a person would read. The body of Σ is the rest of its
product; `log` without brackets takes the rest of its product too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction

Values = Callable[[str, tuple[int, ...]], Fraction]
Environment = Mapping[str, int]


class Reader:
    """A token list with a cursor; subclasses know a notation."""

    pattern: re.Pattern[str]

    def __init__(self, text: str, values: Values, environment: Environment) -> None:
        self.tokens = [t for t in self.pattern.findall(text) if not t.isspace() and t != "\\,"]
        assert re.sub(r"\s|\\,", "", "".join(self.tokens)) == re.sub(r"\s|\\,", "", text), "unread characters"
        self.values = values
        self.environment = dict(environment)
        self.place = 0

    def peek(self, ahead: int = 0) -> str:
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else ""

    def take(self, wanted: str | None = None) -> str:
        token = self.peek()
        assert token and (wanted is None or token == wanted), (wanted, token, self.tokens)
        self.place += 1
        return token

    def whole(self) -> Fraction:
        value = self.expression()
        assert not self.peek(), self.tokens[self.place:]
        return value

    def expression(self) -> Fraction:
        sign = -1 if self.peek() == "-" and self.take() else 1
        value = sign * self.term()
        while self.peek() in ("+", "-"):
            value += (1 if self.take() == "+" else -1) * self.term()
        return value

    def term(self) -> Fraction:
        raise NotImplementedError

    def summed(self, letter: str, low: int, high: int) -> Fraction:
        """Σ over the rest of the term, read once for each value of the letter."""
        start, total, outer = self.place, Fraction(0), self.environment.get(letter)
        assert outer is None, f"{letter} is bound twice"
        for value in range(low, max(low, high) + 1):
            self.place = start
            self.environment[letter] = value
            read = self.term()
            total += read if value <= high else 0
        del self.environment[letter]
        return total

    def affine(self, text: str) -> int:
        """2p+r-1 with the letters in force."""
        total = 0
        for sign, factor, letter, constant in re.findall(r"([+-]?)(?:(\d*)\*?([a-z]'*)|(\d+))", text):
            size = int(factor or 1) * self.environment[letter] if letter else int(constant)
            total += -size if sign == "-" else size
        return total


class TextReader(Reader):
    pattern = re.compile(r"sum_\{[^}]*\}|[A-Za-z_]\w*(?:\[[^\]]*\])?|\d+(?:\.\d+)?|\s+|.")

    def term(self) -> Fraction:
        value = self.factor()
        while self.peek() in ("*", "/"):
            if self.take() == "*":
                value *= self.factor()
            else:
                value /= self.factor()
        return value

    def factor(self) -> Fraction:
        if self.peek().startswith("sum_{"):
            letter, low, high = re.fullmatch(r"sum_\{([a-z]'*)=([^.]*)\.\.(.*)\}", self.take()).groups()  # type: ignore[union-attr]
            return self.summed(letter, self.affine(low), self.affine(high))
        value = self.atom()
        if self.peek() == "^":
            self.take()
            value **= self.atom()
        return value

    def atom(self) -> Fraction:
        token = self.take()
        if token == "(":
            value = self.expression()
            self.take(")")
            return value
        if token[0].isdigit():
            return Fraction(token)
        name, _, inside = token.rstrip("]").partition("[")
        if self.peek() == "(" and not inside:
            self.take("(")
            value = self.expression()
            self.take(")")
            return function(name, value)
        if name in self.environment and not inside:
            return Fraction(self.environment[name])
        return self.values(name, tuple(self.affine(s) for s in inside.split(",")) if inside else ())


class LatexReader(Reader):
    pattern = re.compile(r"\\left\(|\\right\)|\\[A-Za-z]+|\\,|\d+(?:\.\d+)?|[a-z]'*|\s+|.")

    names: Mapping[str, str] = {"\\sigma": "sigmoid", "\\log": "log", "f": "f"}

    def term(self) -> Fraction:
        value = self.factor()
        while self.peek() not in ("", "+", "-", ")", "\\right)", "}", "]"):
            if self.peek() == "\\cdot":
                self.take()
            value *= self.factor()
        return value

    def factor(self) -> Fraction:
        if self.peek() == "\\sum":
            self.take()
            letter, _, low = self.group("_").partition("=")
            return self.summed(letter, self.affine(low), self.affine(self.group("^")))
        value = self.atom()
        if self.peek() == "^":
            self.take()
            value **= self.one()
            assert self.peek() != "^"
        return value

    def group(self, mark: str) -> str:
        """The text of _{…} or ^{…}, as it stands."""
        self.take(mark)
        if self.peek() != "{":
            return self.take()
        self.take("{")
        text = ""
        while self.peek() != "}":
            text += self.take()
        self.take("}")
        return text

    def one(self) -> Fraction:
        """One token, or a braced expression."""
        if self.peek() == "{":
            return self.braced()
        return Fraction(self.take())

    def braced(self) -> Fraction:
        self.take("{")
        value = self.expression()
        self.take("}")
        return value

    def bracketed(self) -> Fraction:
        closing = {"(": ")", "\\left(": "\\right)"}[self.take()]
        value = self.expression()
        self.take(closing)
        return value

    def atom(self) -> Fraction:
        token = self.peek()
        if token in ("(", "\\left("):
            return self.bracketed()
        self.take()
        if token == "\\frac":
            over = self.braced()
            return over / self.braced()
        if token[0].isdigit():
            return Fraction(token)
        if token in self.names:
            inner = self.bracketed() if self.peek() in ("(", "\\left(") else self.term()
            return function(self.names[token], inner)
        if self.peek() == "_":
            inside = self.group("_")
            parts = inside.split(",") if "," in inside or not re.fullmatch(r"(?:[a-z]'*|\d)+", inside) else (
                re.findall(r"[a-z]'*|\d", inside)
            )
            return self.values(token, tuple(map(self.affine, parts)))
        if token in self.environment:
            return Fraction(self.environment[token])
        return self.values(token, ())


def function(name: str, value: Fraction) -> Fraction:
    """Stand-ins for functions: rational, distinct, and never what a product would give."""
    match name:
        case "f":
            return value * value + 1
        case "sigmoid":
            return 2 * value - 5
        case "log":
            return 3 * value + 7
    raise AssertionError(f"unknown function {name}")
