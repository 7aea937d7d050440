"""What is said twice is computed once: equal formulas, factors that stand together in two products, terms in two sums.

    L = Σ_p w_p h_p,  k_p = w_p h_p (1 − h_p)     with  m_p = w_p h_p:   L = Σ_p m_p,  k_p = m_p (1 − h_p)
    f = u v,  g = u v²                            with  f:               g = f v

Equal means up to the letters of indices and the order of factors and terms. Where both places have conditions of their
own, the line that they read is there where one of them holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from symbp.calculus.expression import Add, Cases, Expr, Mul, add, multiply, reciprocal
from symbp.calculus.matching import size_of
from symbp.calculus.model import Definition
from symbp.calculus.terms import power_parts
from symbp.cost.ordering import bound_apart, in_order
from symbp.cost.passes.lines import Names, Place, as_it_is
from symbp.cost.passes.shapes import joint_shape, pairs, shape, shapes
from symbp.cost.passes.sharing import Edits, share
from symbp.cost.passes.sites import Site, sites
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
    known = supports(definitions)
    for d in definitions:
        seen.update(shapes(d.body))
    found: dict[Expr, list[Place]] = {}
    for d in definitions:
        if any(seen[s] > 1 for s in shapes(d.body)):
            for place in _places(d, seen, known):
                found.setdefault(place.key, []).append(place)
    groups = [g for g in found.values() if len(g) > 1]
    return sorted(groups, key=lambda g: -size_of(g[0].key))


def _places(d: Definition, seen: Counter[int], known: Supports) -> Iterator[Place]:
    """The parts whose shapes are seen twice or more."""
    for site in sites(d, known):
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
            yield Place(site, divisor(e), reciprocal)
    elif not is_negative(e):
        yield Place(site, e, as_it_is, is_line)
    elif isinstance(turned(e), Mul):
        yield Place(site, turned(e), turned)


def _pairs_of_factors(site: Site, seen: Counter[int]) -> Iterator[Place]:
    sign, factors = factors_of(site.part)
    if len(factors) < 3:
        return
    tried: set[tuple[Expr, Expr]] = set()
    plain = len(set(factors)) == len(factors) and not any(map(divides, factors))
    for i, j in pairs(len(factors)):
        two = (factors[i], factors[j])
        if two[0] == two[1] or two in tried or seen[joint_shape("·", two)] < 2:
            continue
        tried.add(two)
        below = all(map(divides, two))
        part = multiply(two) if plain else product(1, [divisor(f) for f in two] if below else two)

        def insert(read: Expr, i: int = i, j: int = j, below: bool = below) -> Expr:
            new = reciprocal(read) if below else read
            return product(sign, (*factors[:i], new, *factors[i + 1:j], *factors[j + 1:]))

        if plain or _saves_one(factors, part, insert):
            yield Place(site, part, insert)


def _saves_one(factors: Sequence[Expr], part: Expr, insert: Callable[[Expr], Expr]) -> bool:
    """Whether the part takes one operation, and what is left one less: not so where powers are torn apart."""
    after = product_cost(factors_of(insert(STAND_IN))[1])
    return after + product_cost(factors_of(part)[1]) == product_cost(factors) == after + 1


def _pairs_of_terms(site: Site, seen: Counter[int]) -> Iterator[Place]:
    terms = terms_of(site.part)
    if len(terms) < 3:
        return
    for i, j in pairs(len(terms)):
        two = (terms[i], terms[j])
        if seen[joint_shape("+", two)] < 2:
            continue
        turn = all(map(is_negative, two))

        def insert(read: Expr, i: int = i, j: int = j, turn: bool = turn) -> Expr:
            return add((*terms[:i], turned(read) if turn else read, *terms[i + 1:j], *terms[j + 1:]))

        part = add(turned(t) if turn else t for t in two)
        yield Place(site, part, insert)
