"""The checks of a derivation in sentences: signs, shapes, numbers beside central differences, a step, special cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from symbp.calculus.affine import Affine
from symbp.calculus.checks import (
    Checks,
    Effect,
    ElementCheck,
    GradientStep,
    Move,
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
    MatrixDisplay,
    MatrixRow,
    Paragraph,
    Sentence,
    Table,
    Typeset,
    Where,
)
from symbp.render.conditions import print_form
from symbp.render.latex import LatexStyle
from symbp.render.lines import Lines
from symbp.render.printer import Context, print_expression
from symbp.render.prose import Prose, Slot
from symbp.render.style import Style
from symbp.render.text import TextStyle
from symbp.render.values import Entries, Equal, Name, Numeral, digits, exactly, in_digits, permuted, places_of
from symbp.render.width import latex_width

PLACES = 10
"""Decimals of a gradient's values."""
FORWARD_PLACES = 6
WIDEST_FORMULA = 60
"""Letters of a formula that fits beside its two values, on two lines at most."""


def checks(lines: Lines, prose: Prose, found: Checks) -> Iterator[Block]:
    """A paragraph for each kind of check that there is, with what it displays."""
    yield from _signs(lines, prose, found.signs)
    yield from _shapes(lines, prose, found.shapes)
    if found.numbers is not None:
        yield from _numbers(lines, prose, found.numbers)
        if found.numbers.descent is not None:
            yield _led(prose, "checks.descent_lead", _descent(lines, prose, found.numbers.descent))
    elif found.refused is not None:
        reason = {"large": "large", "no sizes": "no_sizes", "no point": "no_point", "kink": "kink"}[found.refused]
        yield _led(prose, "checks.numbers_lead", prose.say(f"checks.{reason}"))
    for place, case in enumerate(found.special):
        yield from _special(lines, prose, case, first=place == 0)


def _led(prose: Prose, lead: str, parts: Sequence[Inline]) -> Paragraph:
    """A paragraph that begins with its kind of check."""
    gap = prose.words("common.gap")
    return Paragraph((Lead(prose.words(lead)), *([gap] if gap else []), *parts))


# Signs


def _signs(lines: Lines, prose: Prose, statements: Sequence[SignStatement]) -> Iterator[Block]:
    if not statements:
        return
    clauses: list[Sentence] = []
    for statement in statements:
        clauses.append(_sign(lines, prose, statement))
        clauses.extend(_effect(lines, prose, statement, effect) for effect in statement.effects)
    yield _led(prose, "checks.signs_lead", prose.sentence(clauses, "checks.end"))


def _sign(lines: Lines, prose: Prose, statement: SignStatement) -> Sentence:
    s = statement
    sides = (s.target, s.left, s.right, *s.positive)
    context = lines.vocabulary.display(s.indices, *sides)

    def compared(left: Expr, relation: Relation, right: Expr) -> Comparison:
        return Comparison(Formula(left, context), relation, Formula(right, context))

    slots: dict[str, Slot] = {
        "result": compared(s.target, ">", ZERO), "condition": compared(s.left, s.relation, s.right),
    }
    if s.positive:
        said = prose.say("checks.sign_since", positive=compared(multiply(s.positive), ">", ZERO), **slots)
    else:
        said = prose.say("checks.sign", **slots)
    return prose.say("checks.case", guards=Where(s.guards, context), statement=said) if s.guards else said


def _effect(lines: Lines, prose: Prose, statement: SignStatement, effect: Effect) -> Sentence:
    """`There w grows, since b > 0, and θ falls, which raises ŷ`, `A small step of w moves ŷ towards y`."""
    moves = effect.moves
    indices = (*statement.indices, *dict.fromkeys(i for m in moves for i in m.others))
    formulas = (effect.quantity, *(f for m in moves for f in (m.parameter, *m.since)))
    context = lines.vocabulary.display(indices, *formulas)

    def formula(e: Expr) -> Formula:
        return Formula(e, context)

    if all(m.grows is not None for m in moves):
        told: list[Inline] = []
        for place, move in enumerate(moves):
            before = [] if not place else [prose.words("checks.and" if place == len(moves) - 1 else "checks.comma")]
            told += [*before, *_moved(prose, move, formula)]
        key = "checks.raises" if effect.raised else "checks.lowers"
        return prose.say(key, moves=tuple(told), quantity=formula(effect.quantity))
    parameters = prose.listed([formula(m.parameter) for m in moves])
    each = "_all" if len(moves) > 1 else ""
    if effect.towards is not None:
        return prose.say(
            f"checks.towards{each}", parameters=parameters, quantity=formula(effect.quantity),
            aim=formula(effect.towards),
        )
    key = "checks.step_raises" if effect.raised else "checks.step_lowers"
    return prose.say(f"{key}{each}", parameters=parameters, quantity=formula(effect.quantity))


def _moved(prose: Prose, move: Move, formula: Callable[[Expr], Formula]) -> Sentence:
    key = "checks.grows" if move.grows else "checks.falls"
    if not move.since:
        return prose.say(key, parameter=formula(move.parameter))
    positive = Comparison(formula(multiply(move.since)), ">", formula(ZERO))
    return prose.say(f"{key}_since", parameter=formula(move.parameter), positive=positive)


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
    """Error terms first, then gradients or updates; those of one shape share a clause. Numbers alone need no word."""
    groups: dict[tuple[bool, tuple[Affine, ...]], list[Shape]] = {}
    for shape in shapes:
        shape = replace(shape, extents=_as_printed(lines, shape))
        groups.setdefault((bool(shape.parameter), shape.extents), []).append(shape)
    if any(shape.extents for shape in shapes):
        separator = prose.words("checks.semicolon")
        parts = [p for group in groups.values() for p in (separator, *_shape(lines, prose, group))][1:]
        yield _led(prose, "checks.shapes_lead", (*parts, prose.words("checks.end")))


def _as_printed(lines: Lines, shape: Shape) -> tuple[Affine, ...]:
    """The extents in the order in which the subscripts are printed."""
    order = lines.vocabulary.names.text_order(shape.parameter or shape.name, len(shape.extents))
    return tuple(shape.extents[axis] for axis in order)


def _shape(lines: Lines, prose: Prose, group: Sequence[Shape]) -> Sentence:
    """`g has l entries`, `Δw is q × l, as w is`, `Δγ and Δθ have l entries each, as their parameters have`."""
    first = group[0]
    extents: dict[str, Slot] = {"extents": Dimensions(first.extents, lines.vocabulary.display(()))}
    match first.extents:
        case ():
            key, extents = "number", {}
        case (extent,) if extent == Affine.of(1):
            key, extents = "entry", {}
        case (_,):
            key = "vector"
        case _:
            key = "matrix"
    names = prose.listed([lines.formula((), _bare(lines, shape)) for shape in group])
    if len(group) > 1:
        return prose.say(f"checks.{key}_all{'_like' if first.parameter else ''}", names=names, **extents)
    if not first.parameter:
        return prose.say(f"checks.{key}", name=names, **extents)
    return prose.say(f"checks.{key}_like", name=names, parameter=lines.formula((), Access(first.parameter)), **extents)


def _bare(lines: Lines, shape: Shape) -> Expr:
    """The name by itself: g, Δw, ∂E/∂w."""
    if shape.kind == "gradient":
        return Partial(PartialKind.TOTAL, Access(lines.derivation.of), Access(shape.parameter))
    return Access(step_name(shape.name) if shape.kind == "update" else shape.name)


# Numbers


def _numbers(lines: Lines, prose: Prose, found: Numbers) -> Iterator[Block]:
    """The point, what the forward pass gives there, and the table of gradients; matrices on lines of their own."""
    chosen: list[Slot] = [_sizes(lines, value, names) for value, names in _by_value(found.sizes)]
    yield from _values(lines, prose, "own" if found.own else "at", chosen, found.given, None)
    clauses = [
        prose.say("checks.instance", equation=_comparison(lines, general, "==", concrete))
        for general, concrete in found.functions
    ]
    shifted = [t for t in (*found.given, *found.forward) if any(k != 1 for k in t.first)]
    if shifted:
        firsts = [lines.formula((), Access(t.name, tuple(map(Affine.of, t.first)))) for t in shifted]
        clauses.append(prose.say("checks.first", elements=prose.listed(firsts)))
    if clauses:
        yield Paragraph(prose.sentence(clauses, "checks.end"))
    yield from _values(lines, prose, "forward", [], found.forward, FORWARD_PLACES)
    if found.backward:
        yield from _values(lines, prose, "backward", [], found.backward, FORWARD_PLACES)
    if found.left_out:
        names = prose.listed([lines.formula((), Access(name)) for name in found.left_out])
        yield Paragraph(prose.sentence([prose.say("checks.left_out", names=names)], "checks.end"))
    if found.elements:
        scalars = all(not e.element.subscripts for e in found.elements)
        key = f"checks.compare{'_one' if scalars else ''}{'_held' if found.held else ''}"
        said = prose.say(key, step=Numeral(f"1e{-len(str(1 / found.step)) + 1}"))
        yield Paragraph(prose.sentence([said], "told.end"))
        head = ((), prose.say("checks.formula"), prose.say("checks.difference"))
        yield Table(head, tuple(_element(lines, e) for e in found.elements), "lrr")


def _values(
    lines: Lines, prose: Prose, key: str, before: list[Slot], arrays: Sequence[Tabled], places: int | None
) -> Iterator[Block]:
    """A sentence with numbers and vectors, exact where no decimals are asked for, and a display with the matrices."""
    matrices = [t for t in arrays if len(t.first) > 1]
    listed = [*before, *(_equal(lines, t, places) for t in arrays if len(t.first) < 2)]
    ending = ("_only" if not listed else "_more") if matrices else ""
    said = prose.say(f"checks.{key}{ending}", **({"values": prose.listed(listed)} if listed else {}))
    sentence = prose.sentence([said], "told.end" if matrices else "checks.end")
    led = _led(prose, "checks.numbers_lead", sentence) if places is None else Paragraph(sentence)
    yield replace(led, ragged=True)
    if matrices:
        yield MatrixDisplay(tuple(_row(_equal(lines, t, places)) for t in matrices))


def _row(equation: Equal) -> MatrixRow:
    left, right = equation.parts
    return MatrixRow(left, right)


def _by_value(sizes: Sequence[tuple[str, int]]) -> list[tuple[int, list[str]]]:
    """Sizes that are equal, together."""
    found: dict[int, list[str]] = {}
    for name, value in sizes:
        found.setdefault(value, []).append(name)
    return list(found.items())


def _sizes(lines: Lines, value: int, names: Sequence[str]) -> Equal:
    """d = q = l = 2."""
    letters = [Name(lines.formula((), Position(Affine.of(name)))) for name in names]
    return Equal((*letters, Entries(str(value))))


def _equal(lines: Lines, tabled: Tabled, places: int | None) -> Equal:
    """name = values, its axes in the order in which its subscripts are printed."""
    order = lines.vocabulary.names.text_order(tabled.name, len(tabled.first))
    shown = exactly if places is None else partial(digits, places=places_of(tabled.values, places))
    values = in_digits(permuted(tabled.values, order), shown)
    return Equal((Name(lines.formula((), Access(tabled.name))), Entries(values)))


def _element(lines: Lines, element: ElementCheck) -> tuple[Sentence, ...]:
    slope = Partial(PartialKind.TOTAL, Access(element.of), element.element)
    left: Inline = lines.formula((), slope)
    if element.formula is not None and _fits(lines, element.formula):
        left = _comparison(lines, slope, "==", element.formula)
    return (left,), (Numeral(digits(element.derived, PLACES)),), (Numeral(digits(element.difference, PLACES)),)


def _fits(lines: Lines, e: Expr) -> bool:
    """Whether a formula has room beside two numbers, in LaTeX and so in all formats alike."""
    shown = print_expression(e, lines.vocabulary.display((), e), LatexStyle(lines.vocabulary.names))
    return latex_width(shown.text) <= WIDEST_FORMULA


def _descent(lines: Lines, prose: Prose, step: GradientStep) -> Sentence:
    return prose.say(
        "checks.descent",
        rate=Equal((Name(lines.formula((), Access(step.rate))), Entries(exactly(step.value)))),
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
            shown = lines.formula((), Apply(function, (argument,)))
            said = prose.say("checks.identity", function=shown, argument=lines.formula((), argument))
    yield _led(prose, "checks.special_lead", said) if first else Paragraph(said)
    yield Display(tuple(
        row for e in case.equations for row in lines.rows(e.indices, e.left, [e.right], covering=True)
    ))


def _comparison(lines: Lines, left: Expr, relation: Relation, right: Expr) -> Comparison:
    """Between formulas without free indices."""
    context = lines.vocabulary.display((), left, right)
    return Comparison(Formula(left, context), relation, Formula(right, context))
