"""σ and 1 − σ from one exponential.

    s = σ(z):  e = exp z,  c = 1/(1 + e),  s = e c,  1 − s = c

Four operations give both, where σ takes four and 1 − σ a fifth. Likewise for s written as 1/(1 + exp(−z)).
In double precision e overflows for z > 709, where s is 1: who computes so must be sure of z, or clip it.
"""

from __future__ import annotations

from collections.abc import Iterator

from symbp.calculus import sets
from symbp.calculus.affine import Affine
from symbp.calculus.expression import (
    MINUS_ONE,
    ONE,
    Access,
    Add,
    Apply,
    Cases,
    Expr,
    Power,
    add,
    apply,
    multiply,
    negate,
    reciprocal,
)
from symbp.calculus.local import Scope
from symbp.calculus.model import Definition, whole_access
from symbp.cost.passes.draft import Change, Draft
from symbp.cost.passes.sites import context_of, rewritten
from symbp.cost.stages import within_cases


def complement(draft: Draft, name: str) -> Iterator[Change]:
    """One change where a definition is σ, in one of its cases at least, and its complement is read."""
    d = draft.definitions[name]
    found = [(scope, z) for body, scope in _branches(d) if (z := argument_of_sigmoid(body)) is not None]
    if not found:
        return
    e_name, c_name = draft.fresh(f"{name}_e"), draft.fresh(f"{name}_c")

    def complements(e: Expr, scope: Scope) -> Expr | None:
        sign, read = _complement_of(e, name)
        if read is None or not _falls_in(draft, d, read, scope, [s for s, _ in found]):
            return None
        return multiply((sign, Access(c_name, read.subscripts)))

    changed = [rewritten(draft.definitions[reader], complements) for reader in draft.readers.get(name, ())]
    readers = [r for r in changed if r is not draft.definitions[r.target]]
    if not readers:
        return
    e, c = whole_access(d.indices, e_name), whole_access(d.indices, c_name)
    own = next((r for r in readers if r.target == name), d)
    product = multiply((e, c))
    yield Change(
        (
            Definition(e_name, d.indices, _where([(s, apply("exp", z)) for s, z in found])),
            Definition(c_name, d.indices, _where([(s, reciprocal(add((ONE, e)))) for s, _ in found])),
            rewritten(own, lambda part, _: product if argument_of_sigmoid(part) is not None else None),
            *(r for r in readers if r.target != name),
        )
    )


def argument_of_sigmoid(e: Expr) -> Expr | None:
    """z where the formula is σ(z), or 1/(1 + exp(−z))."""
    match e:
        case Apply("sigmoid", (z,), ()):
            return z
        case Power(Add((Apply("exp", (z,)), one)) | Add((one, Apply("exp", (z,)))), n) if one == ONE and n == MINUS_ONE:
            return negate(z)
        case _:
            return None


def _branches(d: Definition) -> list[tuple[Expr, Scope]]:
    scope = Scope(d.indices)
    if isinstance(d.body, Cases):
        return [(body, inner) for _, body, inner in within_cases(d.body, scope)]
    return [(d.body, scope)]


def _complement_of(e: Expr, name: str) -> tuple[Expr, Access | None]:
    """±1 and s[φ] where the formula is ±(1 − s[φ])."""
    if isinstance(e, Add) and len(e.terms) == 2:
        for one, other in (e.terms, e.terms[::-1]):
            if one in (ONE, MINUS_ONE):
                read = negate(multiply((one, other)))
                if isinstance(read, Access) and read.name == name:
                    return one, read
    return ONE, None


def _falls_in(draft: Draft, d: Definition, read: Access, scope: Scope, branches: list[Scope]) -> bool:
    """Whether an element that is read is always one where some of the branches holds."""
    if any(not s.guards for s in branches):
        return True
    forms = [s for s in read.subscripts if isinstance(s, Affine)]
    if len(forms) < len(d.indices):
        return False
    at = {i.name: form for i, form in zip(d.indices, forms, strict=True)}
    context = (*draft.known, *context_of(scope))
    return any(sets.all_implied(context, [g.substitute(at) for g in s.guards]) for s in branches)


def _where(branches: list[tuple[Scope, Expr]]) -> Expr:
    """The formulas by cases; a single one without conditions as it is."""
    if not branches[0][0].guards:
        return branches[0][1]
    return Cases(tuple((scope.guards, body) for scope, body in branches))
