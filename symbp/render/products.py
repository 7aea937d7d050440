"""Products: the author's order of factors, in stretches of numerator and denominator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from symbp.calculus.expression import MINUS_ONE, Expr, Mul, Number, Power
from symbp.render.printed import Level, Printed
from symbp.render.style import Style


def joined(factors: Sequence[Printed], style: Style) -> Printed:
    """A product of one or more printed factors, in order."""
    if len(factors) == 1:
        return factors[0]
    last = len(factors) - 1
    fit = [style.factor(f, last=place == last) for place, f in enumerate(factors)]
    ending = fit[-1]
    return Printed(style.product(fit), Level.PRODUCT, any(f.tall for f in fit), ending.open)


@dataclass
class Segment:
    """Factors over a denominator."""

    over: list[Printed] = field(default_factory=list)
    under: list[Printed] = field(default_factory=list)
    large: bool = False
    """Whether an operator (Σ, Π, max) stands in the numerator."""


TEN = Number(Fraction(10))


def divides(e: Expr) -> bool:
    """Whether a factor is one over something: a negative number is its exponent, and it isn't 10^(-3) or the like."""
    if not isinstance(e, Power) or not isinstance(e.exponent, Number) or e.exponent.value >= 0:
        return False
    return e.base != TEN or e.exponent == MINUS_ONE or e.exponent.value.denominator != 1


def flatten(e: Mul) -> list[Expr]:
    """The factors of nested products, in order; a quotient that is a factor of its own stays one: a/b · c/d."""
    flat: list[Expr] = []
    stack: list[Expr] = [e]
    while stack:
        node = stack.pop()
        if isinstance(node, Mul) and (node is e or not any(divides(f) for f in node.factors)):
            stack.extend(reversed(node.factors))
        else:
            flat.append(node)
    return flat


def with_coefficient(segments: list[Segment], value: Fraction, style: Style) -> list[Segment]:
    """The coefficient joins a leading fraction or a lone leading symbol (x/2), else it stands in front."""
    if value == 1:
        return segments
    head, shown = segments[0], style.rational(value)
    lone = len(head.over) == 1 and not head.large and head.over[0].level is Level.ATOM and not head.over[0].tall
    if not head.under and (shown.numeric or not lone):
        return [Segment([shown]), *segments]
    over, under = [shown], []
    if not shown.numeric:
        over = [style.rational(Fraction(value.numerator))] if value.numerator != 1 else []
        under = [style.rational(Fraction(value.denominator))]
    return [Segment(over + head.over, under + head.under, head.large), *segments[1:]]


def quotient(segment: Segment, style: Style) -> Printed:
    """A stretch as a product, or as a fraction."""
    if not segment.under:
        return joined(segment.over, style)
    over, under = joined(segment.over, style) if segment.over else None, joined(segment.under, style)
    if over is not None and style.stands_beside(over):
        short = next((k for k, f in enumerate(segment.over) if f.tall or f.level < Level.PRODUCT), 0)
        if short:
            head = style.fraction(joined(segment.over[:short], style), under)
            return joined([head, *segment.over[short:]], style)
    return style.fraction(over, under)
