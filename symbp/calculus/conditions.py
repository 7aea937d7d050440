"""Where a derivation leaves firm ground: kinks with the value taken there, and the edges of domains."""

from __future__ import annotations

from collections.abc import Sequence

from symbp.calculus.affine import Index
from symbp.calculus.derivation import Condition, DisplayEquation
from symbp.calculus.expression import ZERO, Apply, Expr, Number, Power, Reduce, children
from symbp.calculus.functions import FUNCTIONS


def conditions_of(forward: Sequence[DisplayEquation]) -> tuple[Condition, ...]:
    """Every kink and domain condition of the forward equations, in order, each once."""
    found: dict[Condition, None] = {}
    for e in forward:
        for c in _conditions(e.body, e.indices, e.label):
            found[c] = None
    return tuple(found)


def _conditions(e: Expr, scope: tuple[Index, ...], label: str) -> list[Condition]:
    here: list[Condition] = []
    match e:
        case Apply(function, arguments):
            known = FUNCTIONS.get(function)
            if known is not None:
                first = arguments[0]
                here = [Condition("domain", scope, first, d.relation, d.bound, "", label) for d in known.domain]
                for k in known.kinks:
                    at = arguments[1] if k.at is None else k.at
                    here.append(Condition("kink", scope, first, "==", at, k.says, label))
        case Power(base, Number(n)):
            if n < 0:
                here = [Condition("domain", scope, base, "!=" if n.denominator == 1 else ">", ZERO, "", label)]
            elif n.denominator != 1:
                here = [Condition("domain", scope, base, ">=", ZERO, "", label)]
        case Power(base, _):
            here = [Condition("domain", scope, base, ">", ZERO, "", label)]
        case Reduce(kind, binders):
            scope = (*scope, *binders)
            if kind in ("max", "min"):
                says = f"where several are the {'largest' if kind == 'max' else 'smallest'}, the first one is followed"
                here = [Condition("kink", scope, e.body, "==", e.body, says, label)]
    here = [c for c in here if not isinstance(c.left, Number)]
    return here + [c for part in children(e) for c in _conditions(part, scope, label)]
