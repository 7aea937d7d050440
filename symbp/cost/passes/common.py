"""What is said twice is computed once: equal formulas, factors that stand together in two products, terms in two sums.

    L = Σ_p w_p h_p,  k_p = w_p h_p (1 − h_p)     with  m_p = w_p h_p:   L = Σ_p m_p,  k_p = m_p (1 − h_p)
    f = u v,  g = u v²                            with  f:               g = f v

Equal means up to the letters of indices and the order of factors and terms. Where both places have conditions of their
own, the line that they read is there where one of them holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from symbp.calculus.expression import (
    Access,
    Add,
    Apply,
    Cases,
    Constant,
    Expr,
    Mul,
    Number,
    Position,
    Power,
    Reduce,
    add,
    children,
    reciprocal,
)
from symbp.calculus.matching import size_of
from symbp.calculus.model import Definition
from symbp.calculus.terms import power_parts
from symbp.cost.ordering import bound_apart, in_order
from symbp.cost.passes.lines import Names, Place, as_it_is
from symbp.cost.passes.scopes import Site, sites
from symbp.cost.passes.sharing import Edits, share
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
from symbp.cost.program import Program

MOST_UNITS = 12
"""Factors or terms of which every two are looked at; of more, only neighbours."""

Pair = tuple[int, int]


def common(program: Program) -> Program:
    """The program with equal parts computed once."""
    names = Names([*program.arrays, *program.by_target])
    while True:
        edits = Edits(names)
        for group in _groups(program.definitions):
            share(group, edits)
        if not edits.at:
            return program
        program = program.with_definitions(in_order([bound_apart(d) for d in edits.applied(program.definitions)]))


def _groups(definitions: Sequence[Definition]) -> list[list[Place]]:
    """Places of equal parts, large parts first."""
    seen: Counter[int] = Counter()
    for d in definitions:
        seen.update(shapes(d.body))
    found: dict[Expr, list[Place]] = {}
    for d in definitions:
        if any(seen[s] > 1 for s in shapes(d.body)):
            for place in _places(d, seen):
                found.setdefault(place.key, []).append(place)
    groups = [g for g in found.values() if len(g) > 1]
    return sorted(groups, key=lambda g: -size_of(g[0].key))


def _places(d: Definition, seen: Counter[int]) -> Iterator[Place]:
    """The parts whose shapes are seen twice or more."""
    for site in sites(d):
        e = site.part
        if seen[shape(e)] > 1 and costs(e):
            yield from _whole(site, not site.path or (len(site.path) == 1 and isinstance(d.body, Cases)))
        if is_product(e):
            yield from _pairs_of_factors(site, seen)
        if isinstance(e, Add):
            yield from _pairs_of_terms(site, seen)


def _whole(site: Site, is_line: bool) -> Iterator[Place]:
    """The part itself; of a divisor what it divides by, and of a negative term its magnitude."""
    e = site.part
    if site.is_factor and divides(e):
        if costs(divisor(e)) and divisor(e) != power_parts(e)[0]:
            yield Place(site.target, site.path, divisor(e), site.scope, reciprocal)
    elif not is_negative(e):
        yield Place(site.target, site.path, e, site.scope, as_it_is, is_line)
    elif isinstance(turned(e), Mul):
        yield Place(site.target, site.path, turned(e), site.scope, turned)


def _pairs_of_factors(site: Site, seen: Counter[int]) -> Iterator[Place]:
    sign, factors = factors_of(site.part)
    if len(factors) < 3:
        return
    tried: set[tuple[Expr, Expr]] = set()
    for i, j in pairs(len(factors)):
        two = (factors[i], factors[j])
        if two[0] == two[1] or two in tried or seen[_joint("·", two)] < 2:
            continue
        tried.add(two)
        below = all(map(divides, two))
        part = product(1, [divisor(f) for f in two] if below else two)

        def insert(read: Expr, i: int = i, j: int = j, below: bool = below) -> Expr:
            new = reciprocal(read) if below else read
            return product(sign, (*factors[:i], new, *factors[i + 1:j], *factors[j + 1:]))

        after = product_cost(factors_of(insert(STAND_IN))[1])
        if after + product_cost(factors_of(part)[1]) == product_cost(factors) == after + 1:
            yield Place(site.target, site.path, part, site.scope, insert)


def _pairs_of_terms(site: Site, seen: Counter[int]) -> Iterator[Place]:
    terms = terms_of(site.part)
    if len(terms) < 3:
        return
    for i, j in pairs(len(terms)):
        two = (terms[i], terms[j])
        if seen[_joint("+", two)] < 2:
            continue
        turn = all(map(is_negative, two))

        def insert(read: Expr, i: int = i, j: int = j, turn: bool = turn) -> Expr:
            return add((*terms[:i], turned(read) if turn else read, *terms[i + 1:j], *terms[j + 1:]))

        part = add(turned(t) if turn else t for t in two)
        yield Place(site.target, site.path, part, site.scope, insert)


@lru_cache(maxsize=256)
def pairs(count: int) -> tuple[Pair, ...]:
    """Positions of every two of so many; of many, of neighbours."""
    if count > MOST_UNITS:
        return tuple((k, k + 1) for k in range(count - 1))
    return tuple((i, j) for i in range(count) for j in range(i + 1, count))


@lru_cache(maxsize=50_000)
def shapes(e: Expr) -> tuple[int, ...]:
    """The shapes of all parts that cost something, and of every two factors or terms of products and sums."""
    found = [s for p in children(e) for s in shapes(p)]
    if costs(e):
        found.append(shape(e))
    if is_product(e):
        factors = factors_of(e)[1]
        if len(factors) > 2:
            found.extend(dict.fromkeys(_joint("·", (factors[i], factors[j])) for i, j in pairs(len(factors))))
    elif isinstance(e, Add) and len(e.terms) > 2:
        found.extend(_joint("+", (e.terms[i], e.terms[j])) for i, j in pairs(len(e.terms)))
    return tuple(found)


def _joint(kind: str, two: tuple[Expr, Expr]) -> int:
    """The shape of a product or a sum of two."""
    return _together(kind, tuple(turned(t) for t in two) if kind == "+" and all(map(is_negative, two)) else two)


def _together(kind: str, parts: Sequence[Expr]) -> int:
    return hash((kind, sum(hash((shape(p),)) for p in parts)))


@lru_cache(maxsize=50_000)
def shape(e: Expr) -> int:
    """Equal for formulas that are equal up to letters, subscripts, and the order of factors and terms."""
    match e:
        case Access(name):
            return hash(name)
        case Number(value):
            return hash(value)
        case Position() | Constant():
            return hash(e)
        case Mul() | Power() if is_product(e):
            return _together("·", factors_of(e)[1])
        case Add(terms):
            return _together("+", terms)
        case Reduce(kind, binders, guards, body, component):
            return hash((kind, len(binders), len(guards), shape(body), component))
        case Apply(function, arguments, orders):
            return hash((function, orders, *(shape(a) for a in arguments)))
        case _:
            return hash((type(e).__name__, *(shape(p) for p in children(e))))
