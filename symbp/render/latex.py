r"""Formulas as LaTeX, in the subset that pdflatex with amsmath, KaTeX and MathJax read alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from symbp.calculus.expression import Expr, ReductionKind, Relation
from symbp.calculus.functions import FUNCTIONS
from symbp.render.names import Names
from symbp.render.numerals import decimal, digits_of
from symbp.render.printed import Binder, Level, Printed
from symbp.render.printer import Context, print_expression
from symbp.render.style import Style
from symbp.render.templates import Subscript
from symbp.render.width import latex_width

RELATIONS: dict[str, str] = {"<": "<", "<=": "\\le", ">": ">", ">=": "\\ge", "==": "=", "!=": "\\ne"}

NATIVE = {
    "log": "\\log", "sin": "\\sin", "cos": "\\cos", "tan": "\\tan", "sinh": "\\sinh", "cosh": "\\cosh",
    "tanh": "\\tanh", "asin": "\\arcsin", "acos": "\\arccos", "atan": "\\arctan", "exp": "\\exp",
    "max": "\\max", "min": "\\min",
}
"""Functions that LaTeX has a command for."""

_LARGE = ("\\sum", "\\prod", "\\max_", "\\min_")

WIDEST_LINE = 66
"""A formula that would print wider than about so many letters is broken."""

WIDEST_SHARE = 0.85
"""Of the widest line: what may stand in a fraction, under a root or in an exponent, where no line can be broken."""

OPERATORS = {"sum": "\\sum", "prod": "\\prod", "max": "\\max", "min": "\\min"}


def latex(e: Expr, context: Context) -> str:
    """The formula as LaTeX for a mathematics environment."""
    return print_expression(e, context, LatexStyle(context.vocabulary.names)).text


class LatexStyle(Style):
    """Fractions stacked, functions in their usual signs, products by juxtaposition.

    `widest` is the widest line: parts that are nearly as wide are written so that a line may be broken in them.
    """

    def __init__(self, names: Names, widest: int = WIDEST_LINE, slanted: bool = False) -> None:
        """`slanted`: derivatives are written with a slash, as a sentence has them."""
        super().__init__(names)
        self.widest = widest
        self.widest_part = WIDEST_SHARE * widest
        self.slanted = slanted

    @property
    def in_text(self) -> LatexStyle:
        return LatexStyle(self.names, self.widest, slanted=True)

    def bracket(self, inner: Printed) -> str:
        return f"\\left({inner.text}\\right)" if inner.tall else f"({inner.text})"

    def rational(self, value: Fraction) -> Printed:
        if value.denominator == 1:
            return Printed(digits_of(value.numerator), numeric=True)
        shown = decimal(value)
        if shown is not None:
            return Printed(shown, numeric=True)
        return Printed(f"\\frac{{{digits_of(value.numerator)}}}{{{digits_of(value.denominator)}}}", Level.POWER, True)

    def name(self, name: str) -> str:
        return self.names.latex(name)

    def scaled(self, coefficient: int, symbol: str) -> str:
        return f"{coefficient}{symbol}"

    def access(self, name: str, subscripts: Sequence[Subscript]) -> Printed:
        text, raised = self.names.look(name).access(tuple(subscripts))
        return Printed(text, Level.POWER if raised else Level.ATOM)

    def product(self, factors: Sequence[Printed]) -> str:
        text = factors[0].text
        for before, after in pairwise(factors):
            text += _between(before, after) + after.text
        return text

    def fraction(self, over: Printed | None, under: Printed) -> Printed:
        if self._is_wide(under):
            return self._times_inverse(over, under)
        if over is not None and self.stands_beside(over):
            return self._multiple(over, under)
        return Printed(f"\\frac{{{over.text if over else 1}}}{{{under.text}}}", Level.POWER, tall=True)

    def stands_beside(self, over: Printed) -> bool:
        return _large(over) or (over.level in (Level.SUM, Level.PRODUCT) and self._is_wide(over))

    def _multiple(self, over: Printed, under: Printed) -> Printed:
        """A tall or wide numerator stands beside 1 / under, at its full size, where a line may break in it."""
        bracketed = over.level < Level.PRODUCT
        shown = self.bracket(over) if bracketed else over.text
        gap = " " if over.text.startswith(_LARGE) and not bracketed else "\\,"
        is_open = over.open and not bracketed
        return Printed(f"\\frac{{1}}{{{under.text}}}{gap}{shown}", Level.PRODUCT, True, is_open)

    def _times_inverse(self, over: Printed | None, under: Printed) -> Printed:
        """over · under⁻¹, for a wide denominator."""
        inverse = f"\\left({under.text}\\right)^{{-1}}"
        if over is None:
            return Printed(inverse, Level.POWER, tall=True)
        return Printed(f"{self.factor(over, last=False).text}\\,{inverse}", Level.PRODUCT, tall=True)

    def _is_wide(self, part: Printed) -> bool:
        """Whether a part is too wide to stand where no line can be broken; a very long text isn't measured."""
        if len(part.text) <= self.widest_part:
            return False
        return len(part.text) > 20 * self.widest_part or latex_width(part.text) > self.widest_part

    def power(self, base: str, exponent: Printed) -> Printed:
        return Printed(f"{base}^{_group(exponent.text)}", Level.POWER, "\\left" in base)

    def root(self, base: Printed) -> Printed:
        if self._is_wide(base):
            return Printed(f"\\left({base.text}\\right)^{{\\frac{{1}}{{2}}}}", Level.POWER, tall=True)
        return Printed(f"\\sqrt{{{base.text}}}", Level.POWER, base.tall)

    def call(self, function: str, arguments: Sequence[Printed], orders: tuple[int, ...]) -> Printed:
        marked = any(orders)
        raised = not arguments[0].tall and not self._is_wide(arguments[0])
        if function == "exp" and not marked and raised and "e" not in self.names.bare:
            return Printed(f"e^{{{arguments[0].text}}}", Level.POWER)
        if function == "abs" and not marked:
            return self._absolute(arguments[0])
        head = self._function(function) + _derivative(orders)
        inside = Printed(", ".join(a.text for a in arguments), tall=any(a.tall for a in arguments))
        closed = head + self.bracket(inside)
        plain = arguments[0].level >= Level.POWER and not arguments[0].tall
        if function == "log" and not marked and plain and not arguments[0].text.startswith(("(", "\\left")):
            return Printed(f"{head} {arguments[0].text}", Level.PRODUCT, open=True, closed=closed)
        return Printed(closed, tall=inside.tall)

    def _absolute(self, inner: Printed) -> Printed:
        text = f"\\left|{inner.text}\\right|" if inner.tall else f"|{inner.text}|"
        return Printed(text, tall=inner.tall)

    def _function(self, function: str) -> str:
        if function in NATIVE:
            return NATIVE[function]
        if function == "sigmoid" and "\\sigma" not in self.names.bare:
            return "\\sigma"
        if function in FUNCTIONS:
            return "\\operatorname{" + function.replace("_", "\\_") + "}"
        return self.names.latex(function)

    def reduction(
        self, kind: ReductionKind, binders: Sequence[Binder], body: str, component: int,
    ) -> Printed:
        if kind in ("sum", "prod"):
            head = _summation(OPERATORS[kind], binders)
        else:
            operator = OPERATORS.get(kind) or f"\\operatorname*{{{kind}}}"
            lines = [f"{b.low} \\le {b.letter} \\le {b.high}" for b in binders]
            head = f"{operator}_{{{_stacked([*lines, *(c for b in binders for c in b.conditions)])}}}"
        text = f"{head} {body}"
        if kind in ("argmax", "argmin") and len(binders) > 1:
            return Printed(f"\\left({text}\\right)_{{{component + 1}}}", tall=True)
        return Printed(text, Level.PRODUCT, tall=True, open=True)

    def iverson(self, conditions: Sequence[str]) -> Printed:
        inside = ",\\; ".join(conditions)
        tall = any(command in inside for command in ("\\frac", "\\sum", "\\left", "\\substack"))
        return Printed(f"\\left[{inside}\\right]" if tall else f"[{inside}]", tall=tall)

    def cases(self, branches: Sequence[tuple[Printed, Sequence[str]]]) -> Printed:
        rows = (f"{value.text} & {_when(conditions)}" for value, conditions in branches)
        return Printed("\\begin{cases} " + " \\\\ ".join(rows) + " \\end{cases}", Level.SUM, tall=True)

    def partial(self, of: Printed, wrt: Printed, direct: bool) -> Printed:
        d = "\\partial^{+}" if direct else "\\partial"
        text = f"\\frac{{{d} {of.text}}}{{\\partial {wrt.text}}}"
        if self.slanted:
            return Printed(f"{d} {of.text}/\\partial {wrt.text}", Level.PRODUCT, open=True)
        return Printed(text, Level.POWER, tall=True)

    def arrows(self, stations: Sequence[str]) -> str:
        return " \\to ".join(stations)

    def members(self, shown: Sequence[str], is_range: bool) -> str:
        return "\\{" + (", \\dots, " if is_range else ", ").join(shown) + "\\}"

    def differential(self, wrt: Printed) -> Printed:
        return Printed(f"d{wrt.text}", wrt.level)

    def relation(self, sign: Relation) -> str:
        return RELATIONS[sign]

    def divides(self, modulus: int, form: Printed, holds: bool) -> str:
        if holds:
            return f"{modulus} \\mid {form.text}"
        shown = form.text if form.level >= Level.PRODUCT else self.bracket(form)
        return f"{shown} \\bmod {modulus} \\ne 0"


def _large(over: Printed) -> bool:
    """Whether a numerator has operators, or a derivative, that would shrink over a line."""
    return over.tall and (over.level is Level.SUM or over.text.startswith((*_LARGE, "\\frac{\\partial")))


_DIFFERENTIAL = re.compile(r"d(?:[A-Za-z]|\\)")
"""How dx begins, and nothing else: two letters in a row."""


def _between(before: Printed, after: Printed) -> str:
    r"""What stands between two factors: nothing in ŷ(1 − ŷ), a dot beside numbers and words, a thin space elsewhere."""
    derivative = after.text.startswith("\\frac{\\partial")
    if after.text[:1].isdigit() or (before.numeric and after.text.startswith("\\frac") and not derivative):
        return " \\cdot "
    word = after.text.startswith("\\mathrm")
    if before.numeric:
        return "\\," if word or derivative or _DIFFERENTIAL.match(after.text) else ""
    if after.text.startswith(tuple(OPERATORS.values())):
        return " "
    if word or before.text.startswith("\\mathrm"):
        return " \\cdot "
    if after.text == f"(1 - {before.text})":
        return ""
    return "\\,"


def _group(text: str) -> str:
    return text if len(text) == 1 else f"{{{text}}}"


def _derivative(orders: tuple[int, ...]) -> str:
    """f′, f″, f⁽³⁾, f⁽¹˒⁰⁾."""
    if not any(orders):
        return ""
    if len(orders) > 1:
        return f"^{{({','.join(map(str, orders))})}}"
    return "'" * orders[0] if orders[0] <= 2 else f"^{{({orders[0]})}}"


def _summation(operator: str, binders: Sequence[Binder]) -> str:
    """One sign for each binder, with its conditions below."""
    signs = (f"{operator}_{{{_stacked([f'{b.letter}={b.low}', *b.conditions])}}}^{{{b.high}}}" for b in binders)
    return " ".join(signs)


def _stacked(lines: Sequence[str]) -> str:
    return lines[0] if len(lines) == 1 else "\\substack{" + " \\\\ ".join(lines) + "}"


def _when(conditions: Sequence[str]) -> str:
    return ",\\; ".join(conditions) if conditions else "\\text{otherwise}"
