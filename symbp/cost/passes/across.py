"""A product that has a line is read across a sum.

    e_h = b_h (1 − b_h) Σ_j w_hj g_j    with the line  m_hj = b_h g_j:    e_h = (1 − b_h) Σ_j w_hj m_hj

One multiplication is saved for each h. In a network the line is the gradient of the weight, ∂E/∂w_hj.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import combinations

from symbp.calculus.expression import Expr, Mul, Reduce, walk
from symbp.cost.ordering import bound_apart, in_order
from symbp.cost.passes.lines import Line, Names, Place, as_it_is, covers, whole_line
from symbp.cost.passes.shapes import joint_shape
from symbp.cost.passes.sharing import Edits
from symbp.cost.passes.sites import Site, sites, wholes
from symbp.cost.passes.units import factors_of, is_negative, is_product, product, product_cost
from symbp.cost.program import Program

Lines = Mapping[int, list[Place]]
"""Lines that are products, by their shapes."""

MOST_INSIDE = 2
"""Factors under the sum that one line may have."""


def across(program: Program) -> Program:
    """The program with factors in front of sums read from lines inside them where there are such lines."""
    while True:
        lines: dict[int, list[Place]] = {}
        for d in program.definitions:
            for site in wholes(d):
                if is_product(site.part) and not is_negative(site.part):
                    place = Place(site, site.part, as_it_is)
                    lines.setdefault(joint_shape("·", factors_of(site.part)[1]), []).append(place)
        edits = Edits(Names(()))
        for d in program.definitions:
            for site in sites(d) if _weighs_a_sum(d.body) else ():
                _rewrite(site, lines, edits)
        if not edits.at:
            return program
        program = program.with_definitions(in_order([bound_apart(d) for d in edits.applied(program.definitions)]))


def _rewrite(site: Site, lines: Lines, edits: Edits) -> None:
    if not _is_sum_in_product(site.part):
        return
    sign, factors = factors_of(site.part)
    for place, f in enumerate(factors):
        if not isinstance(f, Reduce) or f.kind != "sum":
            continue
        inner_sign, inside = factors_of(f.body)
        for k, some, outer in _choices(factors, place, inside):
            if (found := lines.get(joint_shape("·", (outer, *(inside[n] for n in some))))) is None:
                continue
            part = product(1, (outer, *(inside[n] for n in some)))
            at = Place(replace(site, scope=site.scope.inside(f)), part, as_it_is)
            home, line = _line(found, at)
            if home is None or line is None or not edits.free(at):
                continue
            rest = [g for n, g in enumerate(inside) if n not in some]
            body = product(inner_sign, [*rest, line.read_at(at)])
            if product_cost(factors_of(body)[1]) > product_cost(inside):
                continue
            total = Reduce("sum", f.binders, f.guards, body)
            left = [total if n == place else g for n, g in enumerate(factors) if n != k]
            edits.put(at, product(sign, left), home)
            return


@lru_cache(maxsize=50_000)
def _weighs_a_sum(e: Expr) -> bool:
    return any(_is_sum_in_product(n) for n in walk(e))


def _is_sum_in_product(e: Expr) -> bool:
    return isinstance(e, Mul) and any(isinstance(f, Reduce) and f.kind == "sum" for f in e.factors)


def _choices(
    factors: tuple[Expr, ...], place: int, inside: tuple[Expr, ...]
) -> Iterator[tuple[int, tuple[int, ...], Expr]]:
    """A factor in front of the sum, with some of the factors in it."""
    for k, outer in enumerate(factors):
        if k != place:
            for count in range(1, min(MOST_INSIDE, len(inside)) + 1):
                for some in combinations(range(len(inside)), count):
                    yield k, some, outer


def _line(found: list[Place], at: Place) -> tuple[Place, Line] | tuple[None, None]:
    for home in found:
        if home.key == at.key and home.target != at.target and covers(home, at):
            line = whole_line(home)
            if line is not None:
                return home, line
    return None, None
