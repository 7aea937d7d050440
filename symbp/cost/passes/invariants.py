"""What doesn't depend on an index isn't computed anew for each of its values.

    x_j = p_j Σ_k y_k                    with  s = Σ_k y_k:           x_j = p_j s
    k_r = Σ_p w_p (1 − h_p) a_pr         with  m_p = w_p (1 − h_p):   k_r = Σ_p m_p a_pr

A divisor alone stays where it is: to divide costs as much as to multiply by the reciprocal.
"""

from __future__ import annotations

from collections.abc import Sequence

from symbp.calculus.affine import Index
from symbp.calculus.expression import Add, Expr, add, reciprocal
from symbp.calculus.indices import free_symbols
from symbp.calculus.model import Definition
from symbp.cost.ordering import bound_apart, in_order, reads
from symbp.cost.passes.lines import Names, Place, as_it_is, new_line
from symbp.cost.passes.scopes import Scope, needed
from symbp.cost.passes.shapes import Skeleton, skeleton
from symbp.cost.passes.sharing import Edits
from symbp.cost.passes.sites import Path, Site, sites
from symbp.cost.passes.units import (
    STAND_IN,
    costs,
    divides,
    divisor,
    factors_of,
    is_negative,
    is_product,
    product,
    product_cost,
    terms_of,
    turned,
)
from symbp.cost.passes.zeros import Supports, supports
from symbp.cost.program import Program


def invariants(program: Program) -> Program:
    """The program with every part worked out only for the indices that it depends on."""
    names = Names([*program.arrays, *program.by_target])
    known = supports(program.definitions)
    idle: set[tuple[tuple[Index, ...], Skeleton]] = set()
    waiting = program.definitions
    done: list[Definition] = []
    while waiting:
        edits = Edits(names)
        for place in (p for d in waiting for p in _movable(d, known, idle)):
            _move(place, edits)
        changed = edits.applied(waiting)
        before = set(waiting)
        done += [d for d in changed if d in before]
        waiting = tuple(bound_apart(d) for d in changed if d not in before)
    return program if tuple(done) == program.definitions else program.with_definitions(in_order(done))


def _move(place: Place, edits: Edits) -> None:
    domain = place.domain
    if domain is None or not edits.free(place):
        return
    line, definition = new_line(edits.names.part_of(place.target), place, domain)
    edits.new.append(definition)
    edits.read(place, line, place, domain)


def _movable(d: Definition, known: Supports, idle: set[tuple[tuple[Index, ...], Skeleton]]) -> list[Place]:
    """Parts that don't depend on all indices around them, the largest ones; `idle` gathers formulas without any."""
    kind = d.indices, skeleton(d.body)
    if kind in idle:
        return []
    taken: dict[Path, Place] = {}
    for site in sites(d, known):
        path = site.path
        if not site.scope.indices or (taken and any(path[:k] in taken for k in range(len(path)))):
            continue
        found = _of(site)
        if found is not None:
            taken[path] = found
    if not taken and (not known or known.keys().isdisjoint(reads(d.body))):
        idle.add(kind)
    return list(taken.values())


def _of(site: Site) -> Place | None:
    e, scope = site.part, site.scope
    if not costs(e):
        return None
    if not _varies(e, scope):
        return _whole(site)
    if is_product(e):
        return _factors(site)
    return _terms(site) if isinstance(e, Add) else None


def _whole(site: Site) -> Place | None:
    e = site.part
    if site.is_factor and divides(e):
        return None
    if is_negative(e):
        return Place(site, turned(e), turned) if costs(turned(e)) else None
    return Place(site, e, as_it_is)


def _factors(site: Site) -> Place | None:
    sign, factors = factors_of(site.part)
    for group in _groups(factors, site.scope):
        two = [factors[k] for k in group]
        rest = [f for k, f in enumerate(factors) if k not in group]
        below = all(divides(f) for f in two)
        part = product(1, [divisor(f) for f in two] if below else two)

        def insert(read: Expr, at: int = group[0], group: Sequence[int] = group, below: bool = below) -> Expr:
            new = reciprocal(read) if below else read
            return product(sign, [new if k == at else f for k, f in enumerate(factors) if k == at or k not in group])

        if costs(part) and product_cost([*rest, reciprocal(STAND_IN) if below else STAND_IN]) < product_cost(factors):
            return Place(site, part, insert)
    return None


def _terms(site: Site) -> Place | None:
    terms = terms_of(site.part)
    for group in _groups(terms, site.scope):
        some = [terms[k] for k in group]
        turn = all(map(is_negative, some))
        part = add(turned(t) if turn else t for t in some)

        def insert(read: Expr, group: Sequence[int] = group, turn: bool = turn) -> Expr:
            new = turned(read) if turn else read
            return add(new if k == group[0] else t for k, t in enumerate(terms) if k == group[0] or k not in group)

        return Place(site, part, insert)
    return None


def _groups(units: Sequence[Expr], scope: Scope) -> list[tuple[int, ...]]:
    """Two or more units that don't depend on all indices together: those with the fewest indices first."""
    alike: dict[frozenset[str], tuple[int, ...]] = {}
    for k, u in enumerate(units):
        names = frozenset(i.name for i in needed(scope, free_symbols(u)))
        alike[names] = (*alike.get(names, ()), k)
    moved = [(group, names) for names, group in alike.items() if leaves_out(names, scope)]
    while True:
        unions = [
            (len(moved[i][1] | moved[j][1]), i, j) for i in range(len(moved)) for j in range(i + 1, len(moved))
            if leaves_out(moved[i][1] | moved[j][1], scope)
        ]
        if not unions:
            return [g for g, _ in moved if len(g) > 1]
        _, i, j = min(unions)
        moved[i] = (tuple(sorted((*moved[i][0], *moved[j][0]))), moved[i][1] | moved[j][1])
        del moved[j]


def _varies(e: Expr, scope: Scope) -> bool:
    """Whether the part depends on every index around it that takes more than one value."""
    return not leaves_out(frozenset(i.name for i in needed(scope, free_symbols(e))), scope)


def leaves_out(names: frozenset[str], scope: Scope) -> bool:
    """Whether some index isn't among the names, and takes more than one value."""
    return any(i.name not in names and i.range.lower != i.range.upper and not _is_fixed(i.name, scope)
               for i in scope.indices)


def _is_fixed(name: str, scope: Scope) -> bool:
    """Whether a condition leaves one value for the index, once the others have theirs."""
    return any(g.kind == "eq" and abs(g.form.coefficient(name)) == 1 and g.lookup is None for g in scope.guards)

