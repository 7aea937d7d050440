"""How wide LaTeX prints, in widths of a letter (half a quad of Computer Modern): what a line has room for."""

from __future__ import annotations

import re
from functools import lru_cache
from math import inf

QUAD = 10.0
LETTER = QUAD / 2

FORMULA = re.compile(r"(?<!\\)\$(.*?)(?<!\\)\$", re.DOTALL)
_COMMAND = re.compile(r"\\[A-Za-z]+\{?|\\.|[{}]")
_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|\S", re.DOTALL)

SCALES = (1.0, 1.0, 0.8, 0.68)
"""Of letters in display, text, script and second script style."""
DISPLAY, TEXT, SCRIPT, SMALL = range(4)

BINARY = 4.4
"""The space around + and −, which scripts don't have."""
RELATION = 5.6
THIN = 1.7
RADICAL = 9.0
BAR = 2.4
"""The space around a fraction."""
TALL_BRACKET = 7.4
COLUMN = 10.0

DEEPEST = 60
"""Levels beyond which the rest of a formula isn't looked into, but counted."""

_LOWER = (5.3, 4.3, 4.3, 5.2, 4.7, 6.0, 5.1, 5.8, 3.5, 4.7, 5.5, 3.0, 8.8, 6.0, 4.9, 5.0, 4.8, 4.8, 4.7, 3.6, 5.7, 5.2,
          7.4, 5.7, 5.3, 5.1)
_UPPER = (7.5, 8.1, 7.9, 8.6, 8.0, 7.8, 7.9, 9.1, 5.2, 6.5, 9.2, 6.8, 10.8, 9.1, 7.9, 7.8, 7.9, 7.7, 6.7, 7.2, 7.9, 8.1,
          10.8, 9.1, 8.0, 7.6)
_GREEK = {
    "alpha": 6.4, "beta": 6.2, "gamma": 5.7, "delta": 4.8, "epsilon": 4.1, "varepsilon": 4.7, "zeta": 5.1, "eta": 5.3,
    "theta": 5.0, "iota": 3.5, "kappa": 5.8, "lambda": 5.8, "mu": 6.0, "nu": 5.5, "xi": 4.8, "pi": 6.1, "rho": 5.2,
    "sigma": 6.1, "tau": 5.5, "phi": 6.0, "varphi": 6.5, "chi": 6.3, "psi": 6.9, "omega": 6.6, "Gamma": 6.3,
    "Delta": 8.3, "Theta": 7.8, "Lambda": 6.9, "Xi": 6.7, "Pi": 7.5, "Sigma": 7.2, "Phi": 7.2, "Psi": 7.8, "Omega": 7.2,
}
_PLAIN = {
    **dict(zip("abcdefghijklmnopqrstuvwxyz", _LOWER, strict=True)),
    **dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", _UPPER, strict=True)),
    **{f"\\{name}": width for name, width in _GREEK.items()},
    **dict.fromkeys("()", 3.9), **dict.fromkeys("[]|.!:", 2.8), **dict.fromkeys(("\\{", "\\}"), 5.0), "'": 2.8,
    "/": 5.0, "\\partial": 5.9, "\\dots": 13.4, "\\,": THIN, "\\;": 2.8, "\\ ": 3.3, "\\quad": QUAD,
    "\\qquad": 2 * QUAD, "\\top": 7.8, "\\infty": 10.0, "&": 0.0, "~": 3.3,
}
_BINARY = {"+": 7.8, "-": 7.8, "\\cdot": 2.8, "\\times": 7.8, "\\odot": 7.8, "*": 5.0}
_RELATIONS = {
    **dict.fromkeys(("=", "<", ">", "\\le", "\\ge", "\\ne"), 7.8), "\\in": 6.7, "\\mid": 2.8, "\\to": 10.0,
    "\\bmod": 18.0,
}
_FUNCTIONS = {
    "\\sin": 12.3, "\\cos": 13.4, "\\tan": 13.9, "\\log": 12.8, "\\exp": 15.3, "\\sinh": 17.8, "\\cosh": 18.9,
    "\\tanh": 19.5, "\\arcsin": 25.6, "\\arccos": 26.7, "\\arctan": 27.2,
}
_LARGE = {"\\sum": (14.4, 10.6), "\\prod": (12.8, 9.4), "\\max": (18.6, 18.6), "\\min": (16.7, 16.7)}
"""Operators with their limits below and above: in display style, in others."""
_UPRIGHT = ("\\mathrm", "\\text", "\\operatorname", "\\operatorname*")
_MATRICES = ("cases", "pmatrix")
_UPRIGHT_LETTER = 5.0
_UPRIGHT_WIDTHS = {**dict.fromkeys("ijlt.,'", 3.0), **dict.fromkeys("mw", 8.0), **dict.fromkeys("frs", 3.7)}


@lru_cache(maxsize=4096)
def latex_width(latex: str, style: int = DISPLAY) -> float:
    """The width of a formula on one line; of several lines the widest."""
    return _Ruler(_TOKEN.findall(latex)).row(style, ()) / LETTER


def is_wider(latex: str, limit: float) -> bool:
    """Whether a formula on one line is wider than so much; what comes after the limit isn't measured."""
    return _Ruler(_TOKEN.findall(latex)).row(DISPLAY, (), limit) / LETTER > limit


def sentence_width(latex: str) -> float:
    """The width of words with formulas between dollar signs, on one line."""
    words, formulas = FORMULA.sub("", latex), FORMULA.findall(latex)
    letters = sum(1 if c.isascii() else 2 for c in _COMMAND.sub("x", words))
    return letters + sum(latex_width(f, TEXT) for f in formulas)


class _Ruler:
    """Goes through a formula's tokens, and adds up what they take."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.place = 0
        self.depth = 0

    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.place += 1
        return token

    def row(self, style: int, stops: tuple[str, ...], limit: float = inf) -> float:
        r"""What stands before one of the stops, or a closing brace; of rows parted by \\ the widest.

        Where it is wider than `limit`, so much of it that this shows.
        """
        widest = width = 0.0
        before = ""
        tokens, scale, end = self.tokens, SCALES[style], limit * LETTER
        self.depth += 1
        if self.depth > DEEPEST:
            width, self.place = LETTER * (len(tokens) - self.place), len(tokens)
        while self.place < len(tokens) and width <= end:
            token = tokens[self.place]
            if token == "}" or token in stops:
                break
            self.place += 1
            plain = _PLAIN.get(token)
            if plain is not None:
                width += plain * scale
            elif token == "\\\\":
                widest, width, before = max(widest, width), 0.0, ""
                continue
            else:
                width += self.atom(token, style, before)
            before = token
        self.depth -= 1
        return max(widest, width)

    def atom(self, token: str, style: int, before: str) -> float:
        scale, spaced = SCALES[style], style <= TEXT
        if token in _BINARY:
            unary = not before or before in _BINARY or before in _RELATIONS or before in ("(", "[", "&")
            return _BINARY[token] * scale + (BINARY if spaced and not unary else 0.0)
        if token in _RELATIONS:
            return _RELATIONS[token] * scale + (RELATION if spaced else 0.0)
        if token in _FUNCTIONS:
            return _FUNCTIONS[token] * scale + (THIN if spaced else 0.0)
        if token in _LARGE:
            return self.operator(_LARGE[token], style)
        match token:
            case "{":
                return self.closed(style)
            case "^" | "_":
                return self.scripts(token, style)
            case ",":
                return 2.8 * scale + (THIN if spaced else 0.0)
            case "\\frac":
                inner = min(style + 1, SMALL)
                return max(self.argument(inner), self.argument(inner)) + BAR
            case "\\sqrt":
                return self.argument(style) + RADICAL * scale
            case "\\substack":
                return self.argument(style)
            case "\\left":
                return self.stretched(style)
            case "\\begin":
                return self.environment(style)
            case "\\tag":
                self.argument(style)
                return 0.0
        if token in _UPRIGHT:
            shown = self.upright() * scale
            return self.operator((shown, shown), style) if token == "\\operatorname*" else shown
        if token.startswith("\\") and token not in _PLAIN and self.peek() == "{":
            return self.argument(style)
        return _PLAIN.get(token, _UPRIGHT_LETTER) * scale

    def argument(self, style: int) -> float:
        """A group, or one token."""
        token = self.take()
        return self.closed(style) if token == "{" else self.atom(token, style, "")

    def closed(self, style: int) -> float:
        width = self.row(style, ())
        self.take()
        return width

    def scripts(self, mark: str, style: int) -> float:
        """A script, and the other one above or below it."""
        inner = max(SCRIPT, min(style + 1, SMALL))
        width = self.argument(inner)
        if self.peek() in ("^", "_") and self.peek() != mark:
            self.take()
            width = max(width, self.argument(inner))
        return width + 0.5

    def operator(self, widths: tuple[float, float], style: int) -> float:
        limits = self.scripts(self.take(), style) if self.peek() in ("^", "_") else 0.0
        if style == DISPLAY:
            return max(widths[0], limits) + THIN
        return widths[1] * SCALES[style] + limits + THIN

    def stretched(self, style: int) -> float:
        r"""\left( … \right)."""
        opening = self.take()
        start = self.place
        inner = self.row(style, ("\\right",))
        tall = any(t in ("\\frac", "\\begin", "\\substack", *_LARGE) for t in self.tokens[start : self.place])
        sides = [opening]
        if self.peek() == "\\right":
            self.take()
            sides.append(self.take())
        bracket = TALL_BRACKET if tall else 4.6
        return inner + sum(1.2 if side == "." else bracket for side in sides) + THIN

    def environment(self, style: int) -> float:
        """Rows of columns; of aligned ones the signs stand below each other."""
        name = self.name()
        if name not in _MATRICES:
            width = self.row(style, ("\\end",))
        else:
            columns: list[float] = []
            place = 0
            while self.peek() and self.peek() not in ("\\end", "}"):
                width = self.row(max(style, TEXT), ("\\end", "&", "\\\\"))
                columns += [0.0] * (place + 1 - len(columns))
                columns[place] = max(columns[place], width)
                if self.peek() in ("&", "\\\\"):
                    place = place + 1 if self.take() == "&" else 0
            brackets = 1 if name == "cases" else 2
            width = sum(columns) + COLUMN * (len(columns) - 1) + brackets * TALL_BRACKET
        self.take()
        self.name()
        return width

    def name(self) -> str:
        """The name in braces."""
        text = ""
        if self.take() == "{":
            while self.peek() and self.peek() != "}":
                text += self.take()
            self.take()
        return text

    def upright(self) -> float:
        return sum(_UPRIGHT_WIDTHS.get(c, _UPRIGHT_LETTER) for c in self.name())
