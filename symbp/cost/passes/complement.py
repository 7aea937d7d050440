"""σ and 1 − σ from one exponential.

    s = σ(z):  e = exp z,  c = 1/(1 + e),  s = e c,  1 − s = c

Four operations give both, where σ takes four and 1 − σ a fifth. Likewise for s written as 1/(1 + exp(−z)).
In double precision e overflows for z > 709, where s is 1: who computes so must be sure of z, or clip it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard
from symbp.calculus.expression import (
    MINUS_ONE,
    ONE,
    ZERO,
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
    walk,
)
from symbp.calculus.model import Definition, whole_access
from symbp.cost.passes.draft import Change, Draft
from symbp.cost.passes.scopes import Scope, context_of
from symbp.cost.passes.sites import rewritten

Branches = tuple[tuple[tuple[Guard, ...], Expr], ...]


def complement(draft: Draft, name: str) -> Iterator[Change]:
    """One change where a definition is σ, in one of its cases at least, and its complement is read."""
    d = draft.definitions[name]
    branches = _branches(d)
    if all(argument_of_sigmoid(body) is None for _, body in branches):
        return
    e_name, c_name = draft.parts_of(name, 2)

    def complements(e: Expr, scope: Scope) -> Expr | None:
        found = _complement_of(e)
        if found is None or found[1].name != name or not _is_sigmoid_at(draft, d, found[1], scope):
            return None
        sign, read = found
        return multiply((sign, Access(c_name, read.subscripts)))

    reading = [draft.definitions[r] for r in draft.readers.get(name, ())]
    changed = [(r, rewritten(r, complements)) for r in reading if name in _complements_in(r.body)]
    readers = [new for old, new in changed if new is not old]
    if not readers:
        return
    e, c = whole_access(d.indices, e_name), whole_access(d.indices, c_name)
    own = next((r for r in readers if r.target == name), d)
    one_over = reciprocal(add((ONE, e)))
    yield Change(
        (
            Definition(e_name, d.indices, _where_sigmoid(branches, lambda z: apply("exp", z))),
            Definition(c_name, d.indices, _where_sigmoid(branches, lambda _: one_over)),
            Definition(name, d.indices, _with_product(own, multiply((e, c)))),
            *(r for r in readers if r.target != name),
        )
    )


def _branches(d: Definition) -> Branches:
    return d.body.branches if isinstance(d.body, Cases) else (((), d.body),)


def _where_sigmoid(branches: Branches, formula: Callable[[Expr], Expr]) -> Expr:
    """What the formula makes of z in the cases σ(z), and 0 in the others."""
    found = [(guards, argument_of_sigmoid(body)) for guards, body in branches]
    while found[-1][1] is None:
        del found[-1]
    made = tuple((guards, ZERO if z is None else formula(z)) for guards, z in found)
    return made[0][1] if len(made) == 1 and not made[0][0] else Cases(made)


def _with_product(d: Definition, product: Expr) -> Expr:
    """The product in place of each case that is σ as a whole; a σ inside another case stays."""
    made = tuple((g, body if argument_of_sigmoid(body) is None else product) for g, body in _branches(d))
    return Cases(made) if isinstance(d.body, Cases) else product


def argument_of_sigmoid(e: Expr) -> Expr | None:
    """z where the formula is σ(z), or 1/(1 + exp(−z))."""
    match e:
        case Apply("sigmoid", (z,), ()):
            return z
        case Power(Add((Apply("exp", (z,)), one)) | Add((one, Apply("exp", (z,)))), n) if one == ONE and n == MINUS_ONE:
            return negate(z)
        case _:
            return None


def _complement_of(e: Expr) -> tuple[Expr, Access] | None:
    """±1 and s[φ] where the formula is ±(1 − s[φ])."""
    if isinstance(e, Add) and len(e.terms) == 2:
        for one, other in (e.terms, e.terms[::-1]):
            if one in (ONE, MINUS_ONE):
                read = negate(multiply((one, other)))
                if isinstance(read, Access):
                    return one, read
    return None


@lru_cache(maxsize=50_000)
def _complements_in(body: Expr) -> frozenset[str]:
    """The names s of which 1 − s stands in a formula."""
    found = (_complement_of(e) for e in walk(body))
    return frozenset(f[1].name for f in found if f is not None)


def _is_sigmoid_at(draft: Draft, d: Definition, read: Access, scope: Scope) -> bool:
    """Whether an element that is read is always one where a case σ is the first that holds."""
    if not isinstance(d.body, Cases):
        return True
    forms = [s for s in read.subscripts if isinstance(s, Affine)]
    if len(forms) < len(d.indices):
        return False
    at = {i.name: form for i, form in zip(d.indices, forms, strict=True)}
    context = (*draft.known, *context_of(scope))
    earlier: list[list[Guard]] = []
    for guards, body in d.body.branches:
        here = [g.substitute(at) for g in guards]
        if argument_of_sigmoid(body) is not None and sets.all_implied(context, here):
            return all(sets.disjoint(before, (), context) for before in earlier)
        earlier.append(here)
    return False
