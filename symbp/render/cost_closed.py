"""Counts as formulas in the sizes, with the sizes for which each holds."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import lcm

from symbp.calculus.affine import Affine, Guard
from symbp.calculus.expression import Expr, Position, Power, add, multiply, number
from symbp.cost.report import Cost
from symbp.cost.symbolic.closed import Case, Closed, Reason
from symbp.cost.symbolic.form import Form
from symbp.cost.symbolic.leading import leading
from symbp.cost.symbolic.polynomial import Monomial, Polynomial
from symbp.cost.symbolic.shapes import PLAIN, Shape, folded
from symbp.cost.ways import CLOSED, Way
from symbp.render.blocks import Block, Items, Lead, Paragraph, Quoted, Sentence, Where
from symbp.render.cost_names import way_name
from symbp.render.lines import Lines
from symbp.render.prose import Prose

SHORT = 6
"""Terms of a formula that is given at once; a longer one comes after its leading terms."""
READ = 30
"""Terms of a formula that anybody reads; of a longer one the data has the rest."""


def closed(lines: Lines, prose: Prose, cost: Cost) -> Iterator[Block]:
    """A line for each way; where a formula holds for some sizes only, a line for each case."""
    if not cost.printed.sizes:
        return
    told = [line for way in CLOSED for line in _lines(lines, prose, cost, way)]
    gap = prose.words("common.gap")
    lead = Lead(prose.words("costs.closed_lead"))
    yield Paragraph((lead, *([gap] if gap else []), *prose.say("costs.closed")))
    yield Items(tuple(told))


def _lines(lines: Lines, prose: Prose, cost: Cost, way: Way) -> Iterator[Sentence]:
    name = way_name(lines, prose, way)
    found = cost.closed(way)
    if isinstance(found, Reason):
        yield prose.say("costs.closed_row_unknown", way=name, reason=why(prose, found))
        return
    for case in found.cases:
        formula = expression(case.operations, found.sizes)
        guards = conditions(case)
        said = _counted(lines, prose, case, found.sizes, formula)
        if guards:
            where = Where(guards, lines.vocabulary.display((), formula))
            yield prose.say("costs.closed_row_from", way=name, formula=said, sizes=where)
        else:
            yield prose.say("costs.closed_row", way=name, formula=said)
    for reason in found.elsewhere:
        yield prose.say("costs.closed_row_elsewhere", way=name, reason=why(prose, reason))


def _counted(lines: Lines, prose: Prose, case: Case, sizes: tuple[str, ...], formula: Expr) -> Sentence:
    """The formula; where it is long, after what it is for large sizes."""
    length = case.operations.length
    shown = lines.formula((), formula)
    first = leading(case.operations) if length > SHORT else None
    if first is None or first.length >= length:
        return (shown,)
    about = lines.formula((), expression(first, sizes))
    if length > READ:
        return prose.say("costs.closed_leading", leading=about, terms=str(length))
    return prose.say("costs.closed_exactly", leading=about, formula=shown)


def why(prose: Prose, reason: Reason) -> Sentence:
    """Why there is no formula."""
    return prose.say(f"costs.why_{reason.why}", name=Quoted(reason.name))


def conditions(case: Case) -> tuple[Guard, ...]:
    """The sizes that a case is for; that each is at least 1 goes without saying."""
    least = (Guard("ge", Affine.of(s) - low) for s, low in case.minimum.items() if low > 1)
    return (*least, *case.conditions)


def general(found: Closed) -> Case:
    """The first case."""
    return found.cases[0]


def expression(form: Form, sizes: tuple[str, ...]) -> Expr:
    """A closed form as a formula, its terms in falling degree."""
    terms: list[Expr] = []
    for shape, polynomial in sorted(form.terms.items(), key=lambda t: _size(t[0])):
        if shape == PLAIN:
            terms.append(_polynomial(polynomial, sizes))
            continue
        sign, numerator, powers, divisors = folded(shape, polynomial)
        factors: list[Expr] = [_power(base, Position(exponent), sizes) for base, exponent in powers]
        factors += [_power(divisor, number(-k), sizes) for divisor, k in divisors]
        terms.append(multiply((number(sign), _polynomial(numerator, sizes), *factors)))
    return add(terms)


def _size(shape: Shape) -> tuple[object, ...]:
    """Larger exponents first."""
    return -sum(c for _, exponent in shape.powers for _, c in exponent.terms), repr(shape)


def _power(base: Polynomial, exponent: Expr, sizes: tuple[str, ...]) -> Expr:
    return Power(_polynomial(base, sizes), exponent)


def _polynomial(p: Polynomial, sizes: tuple[str, ...]) -> Expr:
    """A sum over one denominator: (4 L³ + 25 L² + 11 L + 6)/2."""
    order = {s: k for k, s in enumerate(sizes)}
    terms = sorted(p.terms, key=lambda m: _rank(m, order))
    denominator = lcm(*(Fraction(c).denominator for c in p.terms.values()))
    whole = add(
        multiply((number(p.terms[m] * denominator), *(_factor(s, dict(m)[s]) for s in sizes if s in dict(m))))
        for m in terms
    )
    return whole if denominator == 1 else multiply((whole, Power(number(denominator), number(-1))))


def _factor(size: str, exponent: int) -> Expr:
    at = Position(Affine.of(size))
    return at if exponent == 1 else Power(at, number(exponent))


def _rank(m: Monomial, order: dict[str, int]) -> tuple[object, ...]:
    """Higher degrees first, then the sizes in their order."""
    known = dict(m)
    return -sum(known.values()), tuple(-known.get(s, 0) for s in order), m
