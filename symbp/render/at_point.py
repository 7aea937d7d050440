"""What happens at the point that a file gives, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symbp.calculus.affine import Affine
from symbp.calculus.derivation import Derivation
from symbp.calculus.expression import Access, Expr, Partial, PartialKind, Power, multiply, number
from symbp.calculus.point import Broken, Hit, Key, Point, Quantity
from symbp.render.blocks import Block, Citation, Comparison, Formula, Heading, Inline, Items, Paragraph, Quoted
from symbp.render.lines import Lines
from symbp.render.numerals import decimal, digits_of
from symbp.render.sentences import listed

Sentence = tuple[Inline, ...]

MOST_GIVEN = 8
"""Values that are named one by one."""
DIGITS = 10
LEAST_EXPONENT = -6
"""Numbers from 10 to this power up are written without a power of ten."""


def at_point(lines: Lines, point: Point) -> Iterator[Block]:
    """A section: the point, what is met there, and the values."""
    yield Heading(("The given point",), 2)
    if point.refused:
        yield Paragraph(("Nothing is worked out at the point that is given: ", Quoted(point.refused), "."))
        return
    yield Paragraph((*place(lines, point), ":"))
    yield Items((*events(lines, point), *values(lines, point)))


def place(lines: Lines, point: Point) -> Sentence:
    """`At the given point w = 0`; of many values only the names."""
    if len(point.given) <= MOST_GIVEN:
        return ("At the given point ", *listed([_equal(lines, e, _exact(v)) for e, v in point.given]))
    names = dict.fromkeys(e.name for e, _ in point.given)
    return ("At the given values of ", *listed([lines.formula((), Access(name)) for name in names]))


def events(lines: Lines, point: Point) -> tuple[Sentence, ...]:
    """Kinks that are hit, values that aren't defined, assumptions that don't hold, and what could not be told."""
    found = [_hit(lines, h) for h in point.hits]
    if point.more_hits:
        found.append((f"{point.more_hits} more kinks and undefined values.",))
    found += [_broken(lines, b) for b in point.broken]
    if point.rounded:
        found.append(("Some of this is so up to rounding, in 960 digits, so no values are worked out here.",))
    return tuple(found)


def values(lines: Lines, point: Point) -> tuple[Sentence, ...]:
    """The value of what is differentiated, and of each element of each gradient."""
    of = Access(lines.derivation.of)
    if point.rounded:
        return ()
    if point.of.value is None:
        if point.of.lacks == "large":
            return ((lines.formula((), of), " is too large a number."),)
        told = any(h.condition.kind == "domain" and not h.defined for h in point.hits)
        reason: Sentence = () if told else (": ", Quoted(point.of.reason))
        return ((lines.formula((), of), " and its gradients are not defined", *reason, "."),)
    found = [_value(lines, of, point.of)]
    for name, elements in point.gradients.items():
        found += [_value(lines, total(lines.derivation, name, key), value) for key, value in elements.items()]
    if point.left_out:
        found.append((f"{point.left_out} more elements are left out.",))
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


def _value(lines: Lines, of: Expr, quantity: Quantity) -> Sentence:
    if quantity.value is not None:
        return (_equal(lines, of, numeral(quantity.value)),)
    return (lines.formula((), of), " is not defined." if quantity.lacks == "undefined" else " is too large a number.")


def _equal(lines: Lines, left: Expr, right: Expr) -> Comparison:
    context = lines.vocabulary.display((), left, right)
    return Comparison(Formula(left, context), "==", Formula(right, context))


def _hit(lines: Lines, hit: Hit) -> Sentence:
    condition = hit.condition
    context = lines.vocabulary.display((), hit.part, condition.left, condition.right)
    part, left, right = (Formula(e, context) for e in (hit.part, condition.left, condition.right))
    equation: Sentence = ("In ", Citation(condition.label), ": ") if condition.label else ()
    if condition.kind == "kink":
        return (*equation, Comparison(left, "==", right), " is a kink of ", part, "; ", Quoted(condition.says), ".")
    needed = Comparison(left, condition.relation, right)
    there = None if hit.value is None else Comparison(left, "==", Formula(numeral(hit.value), context))
    if hit.defined:
        where: Sentence = () if there is None else (", and ", there)
        return (*equation, "the derivatives of ", part, " need ", needed, *where, ".")
    where = () if there is None else (" at ", there)
    return (*equation, part, " is not defined", *where, ": ", needed, " is needed.")


def _broken(lines: Lines, broken: Broken) -> Sentence:
    fact = broken.fact
    context = lines.vocabulary.display((), *([fact.left] if fact.right is None else [fact.left, fact.right]))
    right = None if fact.right is None else Formula(fact.right, context)
    members = tuple(Formula(number(m), context) for m in fact.members)
    label: Sentence = (Citation(lines.fact_label(fact.label)), " ") if fact.label else ()
    stated = Comparison(Formula(fact.left, context), fact.relation, right, members)
    return ("The assumption ", *label, stated, " doesn't hold, so the formulas that use it don't.")
