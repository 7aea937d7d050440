"""The checks of a derivation in sentences: signs, shapes, numbers beside central differences, a step, special cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symbp.calculus.affine import Affine
from symbp.calculus.checks import (
    Checks,
    ElementCheck,
    GradientStep,
    NoActivation,
    Numbers,
    Shape,
    SignStatement,
    SizeOne,
    SpecialCase,
    Tabled,
)
from symbp.calculus.expression import (
    ZERO,
    Access,
    Apply,
    Expr,
    Partial,
    PartialKind,
    Position,
    Relation,
    multiply,
    number,
)
from symbp.calculus.model import step_name
from symbp.render.blocks import (
    Block,
    Comparison,
    Display,
    Formula,
    Inline,
    Lead,
    Paragraph,
    Sentence,
    Table,
    Typeset,
    Where,
)
from symbp.render.conditions import print_form
from symbp.render.latex import LatexStyle
from symbp.render.lines import Lines
from symbp.render.printer import Context
from symbp.render.prose import Prose
from symbp.render.style import Style
from symbp.render.text import TextStyle
from symbp.render.values import Listing, Numeral, digits, exactly

PLACES = 10
"""Decimals of a gradient's values."""
FORWARD_PLACES = 6
OPPOSITE: dict[Relation, Relation] = {"<": ">", ">": "<"}


def checks(lines: Lines, prose: Prose, found: Checks) -> Iterator[Block]:
    """A paragraph for each kind of check that there is, with what it displays."""
    yield from _signs(lines, prose, found.signs)
    yield from _shapes(lines, prose, found.shapes)
    if found.numbers is not None:
        yield from _numbers(lines, prose, found.numbers)
        if found.numbers.descent is not None:
            yield _paragraph(prose, "checks.descent_lead", _descent(lines, prose, found.numbers.descent))
    elif found.refused is not None:
        reason = {"large": "large", "no sizes": "no_sizes", "no point": "no_point", "kink": "kink"}[found.refused]
        yield _paragraph(prose, "checks.numbers_lead", prose.say(f"checks.{reason}"))
    for place, case in enumerate(found.special):
        yield from _special(lines, prose, case, first=place == 0)


def _paragraph(prose: Prose, lead: str, parts: Sequence[Inline]) -> Paragraph:
    gap = prose.words("common.gap")
    return Paragraph((Lead(prose.words(lead)), *([gap] if gap else []), *parts))


# Signs


def _signs(lines: Lines, prose: Prose, statements: Sequence[SignStatement]) -> Iterator[Block]:
    if not statements:
        return
    clauses: list[Sentence] = []
    rate = next((s.rate for s in statements if s.rate is not None), None)
    for statement in statements:
        if rate is not None and statement.rate == rate:
            clauses.append(prose.say("checks.rate", rate=_comparison(lines, rate, ">", ZERO)))
            rate = None
        clauses.append(_sign(lines, prose, statement))
    yield _paragraph(prose, "checks.signs_lead", prose.sentence(clauses, "checks.end"))


def _sign(lines: Lines, prose: Prose, statement: SignStatement) -> Sentence:
    s = statement
    sides = (s.target, s.left, s.right, *s.positive, *([s.parameter] if s.parameter is not None else []))
    context = lines.vocabulary.display(s.indices, *sides)

    def compared(left: Expr, relation: Relation, right: Expr) -> Comparison:
        return Comparison(Formula(left, context), relation, Formula(right, context))

    condition = compared(s.left, s.relation, s.right)
    said: Sentence
    if s.kind == "update" and s.parameter is not None:
        slots = {
            "parameter": Formula(s.parameter, context), "more": condition,
            "less": compared(s.left, OPPOSITE[s.relation], s.right),
        }
        key = "checks.grows"
    else:
        slots = {"result": compared(s.target, ">", ZERO), "condition": condition}
        key = "checks.sign"
    if s.positive:
        said = prose.say(f"{key}_since", positive=compared(multiply(s.positive), ">", ZERO), **slots)
    else:
        said = prose.say(key, **slots)
    return prose.say("checks.case", guards=Where(s.guards, context), statement=said) if s.guards else said


# Shapes


@dataclass(frozen=True)
class Dimensions(Typeset):
    """q × l."""

    extents: tuple[Affine, ...]
    context: Context

    def printed(self, style: Style) -> str:
        shown = [
            f"({text})" if len(e.terms) + bool(e.constant) > 1 else text
            for e in self.extents for text in [print_form(e, self.context.letters, style).text]
        ]
        if isinstance(style, LatexStyle):
            return " \\times ".join(shown)
        return (" × " if isinstance(style, TextStyle) and style.unicode else " x ").join(shown)


def _shapes(lines: Lines, prose: Prose, shapes: Sequence[Shape]) -> Iterator[Block]:
    if shapes:
        separator = prose.words("checks.semicolon")
        parts = [p for shape in shapes for p in (separator, *_shape(lines, prose, shape))][1:]
        yield _paragraph(prose, "checks.shapes_lead", (*parts, prose.words("checks.end")))


def _shape(lines: Lines, prose: Prose, shape: Shape) -> Sentence:
    """`g has l entries`, `Δw is q × l, as w is`."""
    context = lines.vocabulary.display(())
    name = lines.formula((), _bare(lines, shape))
    like = {} if not shape.parameter else {"parameter": lines.formula((), Access(shape.parameter))}
    extents: dict[str, Inline] = {}
    match shape.extents:
        case ():
            key = "number"
        case (extent,) if extent == Affine.of(1):
            key = "one_entry"
        case (extent,):
            key, extents = "vector", {"extent": Dimensions((extent,), context)}
        case _:
            key, extents = "matrix", {"extents": Dimensions(shape.extents, context)}
    return prose.say(f"checks.{key}{'_like' if like else ''}", name=name, **extents, **like)


def _bare(lines: Lines, shape: Shape) -> Expr:
    """The name by itself: g, Δw, ∂E/∂w."""
    if shape.kind == "gradient":
        return Partial(PartialKind.TOTAL, Access(lines.derivation.of), Access(shape.parameter))
    return Access(step_name(shape.name) if shape.kind == "update" else shape.name)


# Numbers


def _numbers(lines: Lines, prose: Prose, found: Numbers) -> Iterator[Block]:
    sizes = [_comparison(lines, Position(Affine.of(s)), "==", number(v)) for s, v in found.sizes]
    given = [_listing(lines, t, None) for t in found.given]
    chosen = prose.say("checks.own" if found.own else "checks.at", values=prose.listed([*sizes, *given]))
    clauses = [chosen]
    clauses += [
        prose.say("checks.instance", function=lines.formula((), Access(f)), instance=_function(lines, concrete))
        for f, concrete in found.functions
    ]
    shifted = [t for t in (*found.given, *found.forward) if any(k != 1 for k in t.first)]
    if shifted:
        firsts = [lines.formula((), Access(t.name, tuple(map(Affine.of, t.first)))) for t in shifted]
        clauses.append(prose.say("checks.first", elements=prose.listed(firsts)))
    clauses.append(
        prose.say("checks.forward", values=prose.listed([_listing(lines, t, FORWARD_PLACES) for t in found.forward]))
    )
    clauses.append(prose.say("checks.compare", step=Numeral(_power_of_ten(found.step))))
    yield _paragraph(prose, "checks.numbers_lead", prose.sentence(clauses, "told.end"))
    head = ((), prose.say("checks.formula"), prose.say("checks.difference"))
    yield Table(head, tuple(_element(lines, e) for e in found.elements), "lrr")


def _element(lines: Lines, element: ElementCheck) -> tuple[Sentence, ...]:
    partial = Partial(PartialKind.TOTAL, Access(element.of), element.element)
    left: Inline = lines.formula((), partial)
    if element.formula is not None:
        left = _comparison(lines, partial, "==", element.formula)
    return (left,), (Numeral(digits(element.derived, PLACES)),), (Numeral(digits(element.difference, PLACES)),)


def _listing(lines: Lines, tabled: Tabled, places: int | None) -> Listing:
    """name = values, exactly where no number of decimals is given."""
    def shown(value: Fraction) -> str:
        return exactly(value) if places is None else digits(value, places)

    return Listing.of(lines.formula((), Access(tabled.name)), tabled.values, shown)


def _function(lines: Lines, name: str) -> Formula:
    """A concrete function by its name, of a letter."""
    return lines.formula((), Apply(name, (Access("z"),)))


def _power_of_ten(value: Fraction) -> str:
    return f"{float(value):.0e}"


def _descent(lines: Lines, prose: Prose, step: GradientStep) -> Sentence:
    return prose.say(
        "checks.descent", rate=Listing(lines.formula((), Access(step.rate)), exactly(step.value)),
        of=lines.formula((), Access(step.of)), before=Numeral(digits(step.before, FORWARD_PLACES)),
        after=Numeral(digits(step.after, FORWARD_PLACES)),
    )


# Special cases


def _special(lines: Lines, prose: Prose, case: SpecialCase, first: bool) -> Iterator[Block]:
    match case.change:
        case SizeOne(size, steps):
            equal = _comparison(lines, Position(Affine.of(size)), "==", number(1))
            said = prose.say("checks.one_step" if steps else "checks.size_one", size=equal)
        case NoActivation(function, argument):
            equal = _comparison(lines, Apply(function, (argument,)), "==", argument)
            said = prose.say("checks.identity", function=equal)
    yield _paragraph(prose, "checks.special_lead", said) if first else Paragraph(said)
    for equation in case.equations:
        rows = lines.rows(equation.indices, equation.left, [equation.right], covering=True)
        yield Display(rows)


def _comparison(lines: Lines, left: Expr, relation: Relation, right: Expr) -> Comparison:
    """Between formulas without free indices."""
    context = lines.vocabulary.display((), left, right)
    return Comparison(Formula(left, context), relation, Formula(right, context))
