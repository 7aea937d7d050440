"""Where a derivation leaves firm ground: kinks with the value taken there, and the edges of domains."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from symbp.calculus import sets
from symbp.calculus.affine import Guard, Index
from symbp.calculus.derivation import Condition, DisplayEquation
from symbp.calculus.expression import ZERO, Apply, Cases, Expr, Number, Position, Power, Reduce, children
from symbp.calculus.folding import domain_of
from symbp.calculus.functions import FUNCTIONS
from symbp.calculus.signs import Signs


def conditions_of(forward: Sequence[DisplayEquation], signs: Signs, used: Collection[str]) -> tuple[Condition, ...]:
    """Every kink and domain condition of the equations of `used` names that isn't known to hold, each once."""
    found: dict[Condition, None] = {}
    for e in forward:
        if e.target.name in used:
            for c, context in _conditions(e.body, e.indices, e.guards, e.label):
                if not _is_settled(c, signs, (*domain_of(c.indices), *context)):
                    found[c] = None
    return tuple(found)


def _is_settled(c: Condition, signs: Signs, context: tuple[Guard, ...]) -> bool:
    """A domain condition that always holds, or a kink that is never met."""
    if c.right != ZERO:
        return False
    return signs.holds(c.left, "!=" if c.kind == "kink" else c.relation, context)


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
                    whose = function if k.taken is not None else ""
                    found.append(Condition("kink", scope, first, "==", at, k.says, label, whose, k.taken))
        case Power(base, Number(n)):
            if n < 0:
                found = [Condition("domain", scope, base, "!=" if n.denominator == 1 else ">", ZERO, "", label)]
            elif n.denominator != 1:
                found = [Condition("domain", scope, base, ">=", ZERO, "", label)]
        case Power(base, Position(form)):
            if not sets.implies(domain_of(scope), Guard("ge", form)):
                found = [Condition("domain", scope, base, "!=", ZERO, "", label)]
        case Power(base, _):
            found = [Condition("domain", scope, base, ">", ZERO, "", label)]
        case Reduce("max" | "min" as kind, _, _, body):
            says = f"where several are the {'largest' if kind == 'max' else 'smallest'}, the first one is followed"
            found = [Condition("kink", scope, body, "==", body, says, label)]
    return tuple(c for c in found if not isinstance(c.left, Number))


def _conditions(
    e: Expr, scope: tuple[Index, ...], guards: tuple[Guard, ...], label: str
) -> list[tuple[Condition, tuple[Guard, ...]]]:
    """The conditions in a formula, each with the guards under which it stands."""
    if isinstance(e, Reduce):
        scope, guards = (*scope, *e.binders), (*guards, *e.guards)
    found = [(c, guards) for c in conditions_at(e, scope, label)]
    if isinstance(e, Cases):
        return found + [c for g, body in e.branches for c in _conditions(body, scope, (*guards, *g), label)]
    return found + [c for part in children(e) for c in _conditions(part, scope, guards, label)]
