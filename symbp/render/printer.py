"""Expression → printed formula: structure, order and brackets, in whatever notation a Style speaks.

Each node's rule is a generator that asks for its children's prints, and one loop runs them on a stack of its own:
a formula of any depth prints.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from symbp.calculus import sets
from symbp.calculus.affine import Guard, Index, Range, Subscript, range_guards
from symbp.calculus.expression import (
    MINUS_ONE,
    ONE,
    ZERO,
    Access,
    Add,
    Apply,
    Cases,
    Constant,
    Expr,
    Mul,
    Number,
    Partial,
    PartialKind,
    Position,
    Power,
    Reduce,
    Relation,
    Select,
)
from symbp.calculus.model import Model, adjoint_base
from symbp.errors import Refused
from symbp.render.conditions import print_form, print_guards, print_subscript
from symbp.render.direct import DirectPartials
from symbp.render.letters import Letters, Supply
from symbp.render.names import Names
from symbp.render.notation import PLAIN, Notation
from symbp.render.printed import Binder, Level, Printed
from symbp.render.products import Segment, divides, flatten, joined, quotient, with_coefficient
from symbp.render.ranges import narrowed
from symbp.render.style import Style


@dataclass(frozen=True)
class Vocabulary:
    """What all displays of one derivation share: names, letters, sizes, and which partials are marked as direct."""

    names: Names
    supply: Supply
    sizes: frozenset[str]
    direct: DirectPartials | None = None
    scalar: str | None = None
    """What is differentiated, where its derivative by x, through every path, is written dx."""
    staged: str | None = None
    """What is differentiated, where each derivative by an intermediate is a line of its own and needs no letter."""
    given: tuple[Guard, ...] = ()
    """What holds of the sizes: that they are positive, and the model's requirements."""

    @staticmethod
    def of(
        model: Model, *programs: Model, notation: Notation = PLAIN, of: str | None = None, spoken: Iterable[str] = (),
    ) -> Vocabulary:
        """The vocabulary of a model in a notation; `of` is what is differentiated, the loss where it is None.

        `spoken` are the letters that free indices have, which then stand for nothing else.
        """
        differential = notation.partial == "d"
        names = Names.of(model, *programs, differential=differential)
        scalar = (of if of is not None else model.loss) if differential else None
        given = (*sets.positive(model.sizes), *model.requirements)
        supply = Supply.of(model, names, spoken)
        return Vocabulary(names, supply, frozenset(model.sizes), scalar=scalar, given=given)

    def spelled_out(self) -> Vocabulary:
        """The same with every derivative as a fraction of ∂: for a line that says what dx is."""
        return self if self.scalar is None else replace(self, scalar=None, staged=None)

    def display(self, indices: tuple[Index, ...], *expressions: Expr) -> Context:
        """The context of one display: its free indices, and everything that stands in it."""
        return Context(self, Letters.display(self.supply, indices, expressions), {i.name: i.range for i in indices})


@dataclass(frozen=True)
class Context:
    """Where a formula stands: the vocabulary, the letters in force, and the ranges of the indices around."""

    vocabulary: Vocabulary
    letters: Letters
    ranges: Mapping[str, Range]
    holding: tuple[Guard, ...] = ()
    """The conditions of the cases and sums around."""

    def under(self, node: Reduce, binders: Sequence[Index]) -> Context:
        """Under a sum whose binders have these ranges."""
        ranges = {**self.ranges, **{b.name: b.range for b in binders}}
        holding = (*self.holding, *node.guards)
        return replace(self, letters=self.letters.bind(node), ranges=ranges, holding=holding)

    def where(self, guards: Sequence[Guard]) -> Context:
        """In a case."""
        return replace(self, holding=(*self.holding, *guards))

    def covers(self, e: Cases) -> bool:
        """Whether one of several cases holds wherever the formula stands."""
        if len(e.branches) == 1:
            return False
        around = (g for name, within in self.ranges.items() for g in range_guards(name, within))
        try:
            return sets.covered((*self.vocabulary.given, *around, *self.holding), [g for g, _ in e.branches])
        except Refused:
            return False


Request = tuple[Expr, Context]
Task = Generator[Request, Printed, Printed]


def print_expression(e: Expr, context: Context, style: Style) -> Printed:
    """The formula in a style's notation."""
    stack: list[Task] = [_task(e, context, style)]
    answer: Printed | None = None
    while True:
        try:
            request = stack[-1].send(answer) if answer is not None else next(stack[-1])
        except StopIteration as stop:
            stack.pop()
            answer = stop.value
            assert answer is not None
            if not stack:
                return answer
        else:
            stack.append(_task(*request, style))
            answer = None


def print_cases(e: Cases | Select, context: Context, style: Style, covering: bool) -> Printed:
    """Branches with their conditions; where they may leave something out, 0 otherwise."""
    return style.cases(case_branches(e, context, style, covering))


def case_branches(
    e: Cases | Select, context: Context, style: Style, covering: bool
) -> list[tuple[Printed, Sequence[str]]]:
    """The same branch by branch."""
    if isinstance(e, Select):
        left, right, yes, no = (print_expression(part, context, style) for part in (e.left, e.right, e.yes, e.no))
        return _selected(left, e.relation, right, yes, no, style)
    return [
        (print_expression(value, context.where(guards), style), print_conditions(guards, context, style))
        for guards, value in _every_case(e, covering or context.covers(e))
    ]


def _every_case(e: Cases, covering: bool) -> list[tuple[tuple[Guard, ...], Expr]]:
    """The branches, 0 for what they leave out; after one that has one condition stands the opposite one."""
    branches = list(e.branches)
    if not covering and all(guards for guards, _ in branches):
        branches.append(((), ZERO))
    if len(branches) == 2 and not branches[1][0] and len(branches[0][0]) == 1:
        (only,) = branches[0][0]
        if only.lookup is None or only.kind != "ge":
            branches[1] = ((sets.negation(only),), branches[1][1])
    return branches


def print_conditions(
    guards: Sequence[Guard], context: Context, style: Style, first: Sequence[str] = (),
) -> list[str]:
    """Guards in a style's notation, one text each."""
    return print_guards(guards, context.letters, style, context.vocabulary.sizes, first)


def _task(e: Expr, context: Context, style: Style) -> Task:
    match e:
        case Add():
            return _add(e, context, style)
        case Mul():
            return _multiply(e, context, style)
        case Power():
            return _power(e, context, style)
        case Apply():
            return _apply(e, context, style)
        case Reduce():
            return _reduce(e, context, style)
        case Cases():
            return _cases(e, context, style)
        case Select():
            return _select(e, context, style)
        case Partial():
            return _partial(e, context, style)
        case _:
            return _leaf(e, context, style)


def _leaf(e: Number | Constant | Position | Access, context: Context, style: Style) -> Task:
    match e:
        case Number(value):
            magnitude = style.rational(abs(value))
            return style.negative(magnitude) if value < 0 else magnitude
        case Constant(name):
            return Printed(style.name(name))
        case Position(value):
            return print_form(value, context.letters, style)
        case Access(name, subscripts) if (total := _as_partial(name, subscripts, context)) is not None:
            return (yield total, context)
        case Access(name, subscripts):
            return style.access(name, [print_subscript(s, context.letters, style) for s in subscripts])
    yield e, context


def _as_partial(name: str, subscripts: tuple[Subscript, ...], context: Context) -> Partial | None:
    """An adjoint without a letter of its own, as ∂f/∂x."""
    of, base = context.vocabulary.staged, adjoint_base(name)
    if of is None or base is None or context.vocabulary.scalar is not None:
        return None
    return Partial(PartialKind.TOTAL, Access(of), Access(base, subscripts))


def _add(e: Add, context: Context, style: Style) -> Task:
    terms = []
    for term in e.terms:
        terms.append((yield term, context))
    return style.sum(terms)


def _partial(e: Partial, context: Context, style: Style) -> Task:
    of = yield e.of, context
    wrt = yield e.wrt, context
    if e.kind is PartialKind.TOTAL and e.of.name == context.vocabulary.scalar:
        return style.differential(wrt)
    direct = context.vocabulary.direct
    return style.partial(of, wrt, direct is not None and direct.is_marked(e))


def _power(e: Power, context: Context, style: Style) -> Task:
    if divides(e):
        under = yield _inverse_of(e), context
        return style.fraction(None, under)
    base = yield e.base, context
    if e.exponent == HALF:
        return style.root(base)
    exponent = yield e.exponent, context
    return style.power(style.base(base), exponent)


HALF = Number(Fraction(1, 2))


def _inverse_of(e: Power) -> Expr:
    """What a power with a negative number for its exponent divides by."""
    assert isinstance(e.exponent, Number)
    return e.base if e.exponent == MINUS_ONE else Power(e.base, Number(-e.exponent.value))


def _apply(e: Apply, context: Context, style: Style) -> Task:
    arguments = []
    for argument in e.arguments:
        arguments.append((yield argument, context))
    if any(e.orders):
        return style.call(e.function, arguments, e.orders)
    if e.function == "sqrt" and len(arguments) == 1:
        return style.root(arguments[0])
    if e.function == "step" and len(arguments) == 1:
        return style.iverson([_comparison(arguments[0], ">", Printed("0"), style)])
    return style.call(e.function, arguments, e.orders)


def _comparison(left: Printed, relation: Relation, right: Printed, style: Style) -> str:
    return f"{left.text} {style.relation(relation)} {right.text}"


OPPOSITE: dict[Relation, Relation] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def _reduce(e: Reduce, context: Context, style: Style) -> Task:
    """The operator over its body; a Σ under a condition on free indices alone stands after a bracket that says it."""
    bound, guards = narrowed(e.binders, e.guards, context.ranges, context.vocabulary.sizes)
    outside = guards_in_front(e)
    inner = context.under(e, bound)
    body = yield e.body, inner
    text = style.bracket(body) if body.level < Level.PRODUCT else body.text
    below = [g for g in guards if g not in outside]
    reduction = style.reduction(e.kind, print_binders(bound, below, inner, style), text, e.component)
    if not outside:
        return reduction
    return joined([style.iverson(print_conditions(outside, context, style)), reduction], style)


def guards_in_front(e: Reduce) -> list[Guard]:
    """Those conditions of a Σ that none of its own indices is in: where one fails, the sum is 0."""
    own = {b.name for b in e.binders}
    return [g for g in e.guards if e.kind == "sum" and own.isdisjoint(g.symbols)]


def print_binders(bound: Sequence[Index], guards: Sequence[Guard], inner: Context, style: Style) -> list[Binder]:
    """The indices of an operator; a condition stands with the innermost index that it bounds."""
    names = [b.name for b in bound]
    owners = [next((n for n in reversed(names) if n in g.symbols), names[-1]) for g in guards]
    shown = []
    for binder in bound:
        ends = (binder.range.lower, binder.range.upper)
        low, high = (print_form(end, inner.letters, style, tight=True).text for end in ends)
        own = [g for g, owner in zip(guards, owners, strict=True) if owner == binder.name]
        letter = style.name(inner.letters.letter(binder.name))
        shown.append(Binder(letter, low, high, tuple(print_conditions(own, inner, style, names))))
    return shown


def _cases(e: Cases, context: Context, style: Style) -> Task:
    """Several branches as cases; one branch as an Iverson bracket times its value."""
    if len(e.branches) == 1:
        (guards, value), = e.branches
        conditions = print_conditions(guards, context, style)
        if not conditions:
            return (yield value, context)
        return (yield from _bracketed(conditions, value, context, style))
    branches: list[tuple[Printed, Sequence[str]]] = []
    for guards, value in _every_case(e, context.covers(e)):
        shown = yield value, context.where(guards)
        branches.append((shown, print_conditions(guards, context, style)))
    return style.cases(branches)


def _bracketed(conditions: Sequence[str], value: Expr, context: Context, style: Style) -> Task:
    """[conditions] · value."""
    bracket = style.iverson(conditions)
    if value == ONE:
        return bracket
    shown = yield value, context
    if shown.magnitude is not None:
        return style.negative(joined([bracket, shown.magnitude], style))
    return joined([bracket, shown], style)


def _select(e: Select, context: Context, style: Style) -> Task:
    left = yield e.left, context
    right = yield e.right, context
    condition = _comparison(left, e.relation, right, style)
    if e.no == ZERO:
        return (yield from _bracketed([condition], e.yes, context, style))
    yes = yield e.yes, context
    no = yield e.no, context
    return style.cases(_selected(left, e.relation, right, yes, no, style))


def _selected(
    left: Printed, relation: Relation, right: Printed, yes: Printed, no: Printed, style: Style
) -> list[tuple[Printed, Sequence[str]]]:
    """One value where left relation right, the other elsewhere."""
    opposite = _comparison(left, OPPOSITE[relation], right, style)
    return [(yes, [_comparison(left, relation, right, style)]), (no, [opposite])]


def _multiply(e: Mul, context: Context, style: Style) -> Task:
    """Sign, coefficient, then the factors in order, in stretches of numerator and denominator."""
    factors = flatten(e)
    coefficient = Fraction(1)
    if isinstance(factors[0], Number):
        coefficient, factors = factors[0].value, factors[1:]
    segments: list[Segment] = [Segment()]
    for factor in factors:
        if isinstance(factor, Power) and divides(factor):
            segments[-1].under.append((yield _inverse_of(factor), context))
            continue
        large = isinstance(factor, Reduce)
        here = segments[-1]
        if (here.large or large) and (here.over or here.under):
            here = Segment()
            segments.append(here)
        here.large = large
        here.over.append((yield factor, context))
    parts = [quotient(s, style) for s in with_coefficient(segments, abs(coefficient), style) if s.over or s.under]
    product = joined(parts, style) if parts else style.rational(abs(coefficient))
    return style.negative(product) if coefficient < 0 else product
