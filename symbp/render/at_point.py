"""What happens at the point that a file gives, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symbp.calculus.affine import Affine
from symbp.calculus.derivation import Derivation
from symbp.calculus.expression import Access, Expr, Partial, PartialKind, Power, multiply, number
from symbp.calculus.point import Hit, Key, Point, Quantity
from symbp.render.blocks import Block, Comparison, Formula, Heading, Inline, Items, Paragraph
from symbp.render.ground import convention, stated
from symbp.render.lines import Lines
from symbp.render.numerals import decimal, digits_of
from symbp.render.prose import Prose

Sentence = tuple[Inline, ...]

MOST_GIVEN = 8
"""Values that are named one by one."""
DIGITS = 10
LEAST_EXPONENT = -6
"""Numbers from 10 to this power up are written without a power of ten."""


def at_point(lines: Lines, prose: Prose, point: Point) -> Iterator[Block]:
    """A section: the point, what is met there, and the values."""
    yield Heading(prose.say("point.title"), 2)
    if point.refused:
        yield Paragraph(prose.say("point.refused", reason=prose.message(point.refused)))
        return
    yield Paragraph((*place(lines, prose, point), *prose.say("point.end")))
    yield Items((*events(lines, prose, point), *values(lines, prose, point)))


def place(lines: Lines, prose: Prose, point: Point) -> Sentence:
    """`At the given point w = 0`; of many values only the names."""
    if len(point.given) <= MOST_GIVEN:
        equal = [_equal(lines, e, _exact(v)) for e, v in point.given]
        return prose.say("point.at", values=prose.listed(equal))
    names = dict.fromkeys(e.name for e, _ in point.given)
    return prose.say("point.at_names", names=prose.listed([lines.formula((), Access(name)) for name in names]))


def events(lines: Lines, prose: Prose, point: Point) -> tuple[Sentence, ...]:
    """Kinks that are hit, values that aren't defined, assumptions that don't hold, and what could not be told."""
    found = [_hit(lines, prose, h) for h in point.hits]
    if point.more_hits:
        found.append(prose.say("point.more", number=str(point.more_hits)))
    found += [prose.say("point.broken", fact=stated(lines, b.fact)) for b in point.broken]
    if point.rounded:
        found.append(prose.say("point.rounded"))
    return tuple(found)


def values(lines: Lines, prose: Prose, point: Point) -> tuple[Sentence, ...]:
    """The value of what is differentiated, and of each element of each gradient."""
    of = Access(lines.derivation.of)
    if point.rounded:
        return ()
    if point.of.value is None:
        quantity = lines.formula((), of)
        if point.of.lacks == "large":
            return (prose.say("point.large", quantity=quantity),)
        if any(h.condition.kind == "domain" and not h.defined for h in point.hits):
            return (prose.say("point.undefined_of", quantity=quantity),)
        return (prose.say("point.undefined_because", quantity=quantity, reason=prose.message(point.of.reason)),)
    found = [_value(lines, prose, of, point.of)]
    for name, elements in point.gradients.items():
        found += [_value(lines, prose, total(lines.derivation, name, key), value) for key, value in elements.items()]
    if point.left_out:
        found.append(prose.say("point.left_out", number=str(point.left_out)))
    return tuple(found)


def total(derivation: Derivation, name: str, key: Key) -> Partial:
    """∂of/∂name[key]."""
    return Partial(PartialKind.TOTAL, Access(derivation.of), Access(name, tuple(map(Affine.of, key))))


def numeral(value: Fraction) -> Expr:
    """The number exactly where it is short, else rounded to ten digits, with a power of ten where it is far from 1."""
    short = decimal(abs(value))
    if max(abs(value.numerator), value.denominator) < 10**4 or (short is not None and len(short) <= DIGITS + 2):
        return number(value)
    mantissa, _, exponent = f"{float(value):.{DIGITS - 1}e}".partition("e")
    if LEAST_EXPONENT <= int(exponent) < DIGITS:
        return number(Fraction(f"{float(value):.{DIGITS}g}"))
    return multiply((number(Fraction(mantissa)), Power(number(10), number(int(exponent)))))


def _exact(value: Fraction) -> Expr:
    return number(value) if len(digits_of(value.denominator)) <= DIGITS else numeral(value)


def _value(lines: Lines, prose: Prose, of: Expr, quantity: Quantity) -> Sentence:
    if quantity.value is not None:
        return (_equal(lines, of, numeral(quantity.value)),)
    key = "point.undefined" if quantity.lacks == "undefined" else "point.large"
    return prose.say(key, quantity=lines.formula((), of))


def _equal(lines: Lines, left: Expr, right: Expr) -> Comparison:
    context = lines.vocabulary.display((), left, right)
    return Comparison(Formula(left, context), "==", Formula(right, context))


def _hit(lines: Lines, prose: Prose, hit: Hit) -> Sentence:
    condition = hit.condition
    context = lines.vocabulary.display((), hit.part, condition.left, condition.right)
    part, left, right = (Formula(e, context) for e in (hit.part, condition.left, condition.right))
    if condition.kind == "kink":
        at = Comparison(left, "==", right)
        says = convention(lines, prose, condition)
        return prose.of_equation("point.kink", condition.label, place=at, part=part, says=says)
    needed = Comparison(left, condition.relation, right)
    key = "point.derivatives" if hit.defined else "point.domain"
    if hit.value is None:
        return prose.of_equation(key, condition.label, part=part, needed=needed)
    there = Comparison(left, "==", Formula(numeral(hit.value), context))
    return prose.of_equation(f"{key}_at", condition.label, part=part, needed=needed, place=there)
