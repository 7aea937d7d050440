"""Conditions inside formulas: brackets gathered, decided, and lifted to the top as cases."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Lookup
from symbp.calculus.expression import (
    ZERO,
    Access,
    Add,
    Cases,
    Expr,
    Mul,
    Number,
    Position,
    Power,
    Reduce,
    accesses,
    add,
    children,
    multiply,
    split_coefficient,
    with_children,
)
from symbp.calculus.indices import rename_binders, replace_accesses, substitute
from symbp.calculus.line_order import is_a_step

Context = tuple[Guard, ...]
Branches = tuple[tuple[tuple[Guard, ...], Expr], ...]

MOST_BRACKETS = 6
"""Conditions that a formula is split by; with more, each term keeps its own."""


def brackets_to_guards(
    guards: Sequence[Guard], factors: Sequence[Expr]
) -> tuple[tuple[Guard, ...], tuple[Expr, ...]]:
    """Iverson brackets that are factors under a sum become conditions of the sum."""
    conditions = list(guards)
    plain: list[Expr] = []
    for f in factors:
        if isinstance(f, Cases) and len(f.branches) == 1:
            conditions.extend(f.branches[0][0])
            plain.extend(split_coefficient(f.branches[0][1])[1])
            c = split_coefficient(f.branches[0][1])[0]
            if c != 1:
                plain.append(Number(c))
        else:
            plain.append(f)
    c, flat = split_coefficient(multiply(plain)) if plain else (Fraction(1), ())
    return tuple(dict.fromkeys(conditions)), (flat if c == 1 else (Number(c), *flat))


def settled_lookups(body: Expr, guards: Sequence[Guard]) -> Expr:
    """Where lab = c, p_lab is p_c."""
    known = {g.lookup: g.form for g in guards if g.kind == "eq" and g.lookup is not None}
    if not known:
        return body

    def settled(access: Access) -> Expr | None:
        if not any(s in known for s in access.subscripts):
            return None
        return Access(access.name, tuple(known.get(s, s) if isinstance(s, Lookup) else s for s in access.subscripts))

    return replace_accesses(rename_binders(body, {s for f in known.values() for s in f.symbols}), settled)


def bracketed(guards: tuple[Guard, ...], body: Expr, context: Context) -> Expr:
    """[guards] body, what is a number or made of sizes in front of the bracket; a divisor if it is never 0."""
    if not guards:
        return body
    coefficient, factors = split_coefficient(body)
    outside = [f for f in factors if _is_of_sizes(f, context)]
    inside = multiply(f for f in factors if f not in outside)
    return multiply((Number(coefficient), *outside, Cases(((guards, inside),))))


def _is_of_sizes(f: Expr, context: Context) -> bool:
    match f:
        case Power(Position(form), exponent):
            whole = isinstance(exponent, Number) and exponent.value > 0 and exponent.value.denominator == 1
            return whole or any(sets.implies(context, Guard("ge", value - 1)) for value in (form, -form))
        case _:
            return isinstance(f, Position)


def lifted_cases(e: Expr, context: Context) -> tuple[tuple[tuple[Guard, ...], Expr], ...]:
    """The formula by cases: brackets outside every sum over an index are decided, one branch for each cell."""
    found: dict[tuple[Guard, ...], None] = {}
    _bracket_guards(e, found)
    if not found or len(found) > MOST_BRACKETS:
        return (((), e),)
    branches = []
    guard_sets = list(found)
    for guards, holding in sets.cells(context, guard_sets):
        chosen = {guard_sets[k] for k in holding}
        branches.append((tuple(guards), _decide(e, chosen)))
    return tuple(branches)


def compares_single_indices(e: Expr, indices: Collection[str]) -> bool:
    """Whether every bracket outside the sums bounds one index by numbers and sizes: l = L, t ≥ 1, but not i = j."""
    found: dict[tuple[Guard, ...], None] = {}
    _bracket_guards(e, found)
    guards = [g for guards in found for g in guards]
    return all(g.lookup is None and len([s for s in g.symbols if s in indices]) <= 1 for g in guards)


def base_first(branches: Branches, names: Collection[str]) -> Branches:
    """The cases that read none of the names at another step, where a recurrence among these begins, go before."""
    if len(branches) < 2:
        return branches
    return tuple(sorted(branches, key=lambda branch: any(is_a_step(a) for a in accesses(branch[1]) if a.name in names)))


def one_formula(branches: Branches) -> Branches:
    """Two branches of which the special one says what the general one does there are the general one."""
    if len(branches) == 2:
        for (guards, special), (_, general) in (branches, branches[::-1]):
            values = solved_for(guards)
            if values and substitute(general, values) == special:
                return (((), general),)
    return branches


def solved_for(guards: Sequence[Guard]) -> dict[str, Affine]:
    """The indices that equalities among the guards fix: {t: 1} for t = 1."""
    values: dict[str, Affine] = {}
    for g in guards:
        if g.kind == "eq" and g.lookup is None:
            name = next((s for s, c in g.form.terms if c in (1, -1)), None)
            if name is not None:
                values[name] = Affine.of(name) - g.form * g.form.coefficient(name)
    return values


def _bracket_guards(e: Expr, found: dict[tuple[Guard, ...], None]) -> None:
    if isinstance(e, Reduce):
        return
    if isinstance(e, Cases):
        for guards, _ in e.branches:
            found[guards] = None
    for part in children(e):
        _bracket_guards(part, found)


def _decide(e: Expr, holding: set[tuple[Guard, ...]]) -> Expr:
    match e:
        case Cases(branches):
            for guards, body in branches:
                if guards in holding:
                    return _decide(body, holding)
            return ZERO
        case Reduce():
            return e
        case Add(terms):
            return add(_decide(t, holding) for t in terms)
        case Mul(factors):
            return multiply(_decide(f, holding) for f in factors)
        case _:
            parts = children(e)
            return with_children(e, tuple(_decide(p, holding) for p in parts)) if parts else e
