"""The checks of a derivation as plain data."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from symbp.calculus.affine import Index
from symbp.calculus.checks import (
    Checks,
    Effect,
    ElementCheck,
    GradientStep,
    Nested,
    NoActivation,
    Numbers,
    Shape,
    SignStatement,
    SizeOne,
    SpecialCase,
    Tabled,
)
from symbp.calculus.expression import ONE, Access, Cases, Expr, Partial, PartialKind, Position
from symbp.calculus.model import step_name
from symbp.render.values import permuted

Json = dict[str, object]
Order = Callable[[str, int], tuple[int, ...]]
"""The axes of a name with so many, in the order in which its subscripts are printed."""
Show = Callable[[tuple[Index, ...], Expr], object]
"""A formula over these free indices, as it stands in the data: its LaTeX and its text, say."""


def as_declared(name: str, rank: int) -> tuple[int, ...]:
    """The axes in their own order."""
    return tuple(range(rank))


def checks_data(found: Checks, of: str, show: Show, order: Order = as_declared) -> Json:
    """Everything that `found` holds about the derivatives of `of`; numbers in double precision, formulas by `show`."""
    return {
        "signs": [_sign(s, show) for s in found.signs],
        "shapes": [_shape(s, of, show, order) for s in found.shapes],
        "numbers": None if found.numbers is None else _numbers(found.numbers, show, order),
        "refused": found.refused,
        "special": [_special(case, show) for case in found.special],
    }


def _sign(s: SignStatement, show: Show) -> Json:
    where = {"where": show(s.indices, Cases(((s.guards, ONE),)))} if s.guards else {}
    return {
        "kind": s.kind, "positive": show(s.indices, s.target), "left": show(s.indices, s.left), "relation": s.relation,
        "right": show(s.indices, s.right), "because": [show(s.indices, f) for f in s.positive],
        "effects": [_effect(s, effect, show) for effect in s.effects], **where,
    }


def _effect(s: SignStatement, effect: Effect, show: Show) -> Json:
    return {
        "quantity": show(s.indices, effect.quantity), "raised": effect.raised,
        "steps": [
            {"parameter": show((*s.indices, *m.others), m.parameter), "grows": m.grows} for m in effect.moves
        ],
    }


def _shape(s: Shape, of: str, show: Show, order: Order) -> Json:
    name: Expr = Access(step_name(s.name) if s.kind == "update" else s.name)
    if s.kind == "gradient":
        name = Partial(PartialKind.TOTAL, Access(of), Access(s.parameter))
    extents = [show((), Position(s.extents[axis])) for axis in order(s.parameter or s.name, len(s.extents))]
    return {"kind": s.kind, "name": show((), name), "extents": extents}


def _numbers(n: Numbers, show: Show, order: Order) -> Json:
    return {
        "own": n.own, "sizes": dict(n.sizes), "given": [_tabled(t, show, order) for t in n.given],
        "functions": [{"function": show((), f), "is": show((), g)} for f, g in n.functions],
        "forward": [_tabled(t, show, order) for t in n.forward],
        "backward": [_tabled(t, show, order) for t in n.backward],
        "left_out": [show((), Access(name)) for name in n.left_out], "step": float(n.step),
        "elements": [_element(e, show) for e in n.elements],
        "descent": None if n.descent is None else _descent(n.descent),
    }


def _tabled(t: Tabled, show: Show, order: Order) -> Json:
    axes = order(t.name, len(t.first))
    first = [t.first[axis] for axis in axes]
    return {"name": show((), Access(t.name)), "first": first, "values": _values(permuted(t.values, axes))}


def _values(values: Nested) -> object:
    return float(values) if isinstance(values, Fraction) else [_values(v) for v in values]


def _element(e: ElementCheck, show: Show) -> Json:
    return {
        "of": show((), Partial(PartialKind.TOTAL, Access(e.of), e.element)),
        "formula": None if e.formula is None else show((), e.formula),
        "derived": float(e.derived), "difference": float(e.difference),
    }


def _descent(step: GradientStep) -> Json:
    return {"rate": float(step.value), "before": float(step.before), "after": float(step.after)}


def _special(case: SpecialCase, show: Show) -> Json:
    change: Json
    match case.change:
        case SizeOne(size):
            change = {"size": size, "is": 1}
        case NoActivation(function, _):
            change = {"function": function, "is": "identity"}
    return {
        **change,
        "equations": [{"left": show(e.indices, e.left), "right": show(e.indices, e.right)} for e in case.equations],
    }
