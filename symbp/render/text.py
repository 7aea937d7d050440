"""Formulas as plain text for a terminal, in Unicode or in ASCII."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symbp.calculus.expression import Expr, ReductionKind, Relation
from symbp.render.names import Names
from symbp.render.numerals import decimal, digits_of
from symbp.render.printed import Binder, Level, Printed
from symbp.render.printer import Context, print_expression
from symbp.render.style import Style
from symbp.render.templates import Subscript

_UNICODE_RELATIONS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "==": "=", "!=": "≠"}
_UNICODE_OPERATORS = {"sum": "Σ", "prod": "Π"}


def text(e: Expr, context: Context, unicode: bool = True) -> str:
    """The formula on one line."""
    return print_expression(e, context, TextStyle(context.vocabulary.names, unicode)).text


class TextStyle(Style):
    """Operators of the language, subscripts in square brackets; `unicode` draws Greek, accents and Σ."""

    def __init__(self, names: Names, unicode: bool) -> None:
        super().__init__(names)
        self.unicode = unicode
        self.minus = "−" if unicode else "-"
        self.times = "·" if unicode else "*"

    def bracket(self, inner: Printed) -> str:
        return f"({inner.text})"

    def rational(self, value: Fraction) -> Printed:
        if value.denominator == 1:
            return Printed(digits_of(value.numerator), numeric=True)
        shown = decimal(value)
        if shown is not None:
            return Printed(shown, numeric=True)
        return Printed(f"{digits_of(value.numerator)}/{digits_of(value.denominator)}", Level.PRODUCT)

    def name(self, name: str) -> str:
        return self.names.text(name, self.unicode)

    def scaled(self, coefficient: int, symbol: str) -> str:
        return f"{coefficient}{self.times}{symbol}"

    def access(self, name: str, subscripts: Sequence[Subscript]) -> Printed:
        order = self.names.text_order(name, len(subscripts))
        inside = f"[{','.join(subscripts[axis].text for axis in order)}]" if subscripts else ""
        return Printed(self.name(name) + inside)

    def product(self, factors: Sequence[Printed]) -> str:
        return f" {self.times} ".join(f.text for f in factors)

    def fraction(self, over: Printed | None, under: Printed) -> Printed:
        slope = over is not None and over.tall and over.level is Level.PRODUCT
        above = "1" if over is None else self.bracket(over) if slope else self.factor(over, last=False).text
        below = under.text if under.level >= Level.POWER and not under.open else self.bracket(under)
        return Printed(f"{above}/{below}", Level.PRODUCT)

    def power(self, base: str, exponent: Printed) -> Printed:
        return Printed(f"{base}^{self.base(exponent)}", Level.POWER)

    def root(self, base: Printed) -> Printed:
        return Printed(f"sqrt({base.text})")

    def call(self, function: str, arguments: Sequence[Printed], orders: tuple[int, ...]) -> Printed:
        if function == "sigmoid" and self.unicode and "σ" not in self.names.text_names:
            function = "σ"
        shown = self.name(function) + self._derivative(orders)
        return Printed(f"{shown}({', '.join(a.text for a in arguments)})")

    def _derivative(self, orders: tuple[int, ...]) -> str:
        if not any(orders):
            return ""
        if len(orders) == 1 and orders[0] <= 3:
            return ("′" if self.unicode else "'") * orders[0]
        return f"^({','.join(map(str, orders))})"

    def reduction(
        self, kind: ReductionKind, binders: Sequence[Binder], body: str, component: int,
    ) -> Printed:
        operator = _UNICODE_OPERATORS.get(kind, kind) if self.unicode else kind
        apart = kind in ("sum", "prod") and any(b.conditions for b in binders[:-1])
        groups = [[b] for b in binders] if apart else [list(binders)]
        shown = " ".join(f"{operator}_{{{_below(group)}}}" for group in groups) + f" {body}"
        if kind in ("argmax", "argmin") and len(binders) > 1:
            return Printed(f"({shown})[{component + 1}]")
        return Printed(shown, Level.PRODUCT, open=True)

    def iverson(self, conditions: Sequence[str]) -> Printed:
        return Printed(f"[{', '.join(conditions)}]")

    def cases(self, branches: Sequence[tuple[Printed, Sequence[str]]]) -> Printed:
        rows = (value.text + (f" if {', '.join(when)}" if when else " otherwise") for value, when in branches)
        return Printed("{ " + "; ".join(rows) + " }")

    def partial(self, of: Printed, wrt: Printed, direct: bool) -> Printed:
        d = "∂" if self.unicode else "d"
        mark = ("⁺" if self.unicode else "+") if direct else ""
        return Printed(f"{d}{mark}{of.text}/{d}{wrt.text}", Level.PRODUCT, tall=True)

    def differential(self, wrt: Printed) -> Printed:
        return Printed(f"d{wrt.text}")

    def arrows(self, stations: Sequence[str]) -> str:
        return (" → " if self.unicode else " -> ").join(stations)

    def members(self, shown: Sequence[str], is_range: bool) -> str:
        between = (", …, " if self.unicode else ", ..., ") if is_range else ", "
        return "{" + between.join(shown) + "}"

    def relation(self, sign: Relation) -> str:
        if self.unicode:
            return _UNICODE_RELATIONS[sign]
        return "=" if sign == "==" else sign

    def divides(self, modulus: int, form: Printed, holds: bool) -> str:
        shown = form.text if form.level >= Level.PRODUCT else self.bracket(form)
        if holds:
            return f"{modulus} | {shown}"
        return f"{modulus} ∤ {shown}" if self.unicode else f"not {modulus} | {shown}"


def _below(binders: Sequence[Binder]) -> str:
    """i=1..d, j=1..l; i ≠ j."""
    ranges = ", ".join(f"{b.letter}={b.low}..{b.high}" for b in binders)
    return "; ".join((ranges, *(c for b in binders for c in b.conditions)))
