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


def conditions_at(e: Expr, scope: tuple[Index, ...] = (), label: str = "") -> tuple[Condition, ...]:
    """The kinks and domains of one node by itself; `scope` has the free indices, a reduction's own included."""
    found: list[Condition] = []
    match e:
        case Apply(function, arguments):
            known = FUNCTIONS.get(function)
            if known is not None:
                first = arguments[0]
                found = [Condition("domain", scope, first, d.relation, d.bound, "", label) for d in known.domain]
                for k in known.kinks:
                    at = arguments[1] if k.at is None else k.at
                    found.append(Condition("kink", scope, first, "==", at, k.says, label))
        case Power(base, Number(n)):
            if n < 0:
                found = [Condition("domain", scope, base, "!=" if n.denominator == 1 else ">", ZERO, "", label)]
            elif n.denominator != 1:
                found = [Condition("domain", scope, base, ">=", ZERO, "", label)]
        case Power(base, _):
            found = [Condition("domain", scope, base, ">", ZERO, "", label)]
        case Reduce("max" | "min" as kind, _, _, body):
            says = f"where several are the {'largest' if kind == 'max' else 'smallest'}, the first one is followed"
            found = [Condition("kink", scope, body, "==", body, says, label)]
    return tuple(c for c in found if not isinstance(c.left, Number))


def _conditions(e: Expr, scope: tuple[Index, ...], label: str) -> list[Condition]:
    inner = (*scope, *e.binders) if isinstance(e, Reduce) else scope
    here = list(conditions_at(e, inner, label))
    return here + [c for part in children(e) for c in _conditions(part, inner, label)]
