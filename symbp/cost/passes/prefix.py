"""A product of all but one factor, for every one of them, from the products of the first and of the last factors.

    x̄_i = Π_{j ≠ i} x_j    with  p_1 = x_1,  p_k = p_{k−1} x_k   and  s_n = x_n,  s_k = x_k s_{k+1}:
    x̄_1 = s_2,   x̄_n = p_{n−1},   x̄_i = p_{i−1} s_{i+1} between them;   Π_j x_j = p_n

3n − 5 multiplications for the product and all of these, where n factors without one, n times, are n(n − 2).
Nothing is divided, so a factor may be 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from symbp.calculus.affine import Affine, Guard, Index, Range
from symbp.calculus.expression import ONE, Access, Cases, Expr, Reduce, multiply, walk
from symbp.calculus.indices import free_symbols, fresh, substitute
from symbp.calculus.model import Definition
from symbp.cost.ordering import bound_apart, in_order
from symbp.cost.passes.lines import Names, Place, as_it_is, covers, new_line
from symbp.cost.passes.scopes import EVERYWHERE
from symbp.cost.passes.sharing import Edits
from symbp.cost.passes.sites import Site, sites
from symbp.cost.passes.units import costs
from symbp.cost.program import Program


def prefix(program: Program) -> Program:
    """The program with products that leave one factor out made from products of the first and of the last factors."""
    whole: dict[Expr, list[Place]] = {}
    partial: dict[Expr, list[Partial]] = {}
    for d in program.definitions:
        for site in sites(d) if _multiplies(d.body) else ():
            if isinstance(site.part, Reduce) and site.part.kind == "prod" and len(site.part.binders) == 1:
                _sort(site, whole, partial)
    edits = Edits(Names([*program.arrays, *program.by_target]))
    for key, places in partial.items():
        _chain(places, whole.get(key, []), edits)
    if not edits.at:
        return program
    return program.with_definitions(in_order([bound_apart(d) for d in edits.applied(program.definitions)]))


@lru_cache(maxsize=50_000)
def _multiplies(e: Expr) -> bool:
    return any(isinstance(n, Reduce) and n.kind == "prod" for n in walk(e))


@dataclass(frozen=True)
class Partial:
    """The place of a product that leaves a factor out, as the place of the full product, and where that factor is."""

    place: Place
    left_out: Index


def _sort(site: Site, whole: dict[Expr, list[Place]], partial: dict[Expr, list[Partial]]) -> None:
    """Full products by themselves, those that leave one factor out by the full product that they are a part of."""
    e = site.part
    assert isinstance(e, Reduce)
    full = Reduce("prod", e.binders, (), e.body)
    place = Place(site, full, as_it_is)
    if not e.guards:
        whole.setdefault(place.key, []).append(place)
    else:
        left_out = _left_out(site)
        if left_out is not None:
            partial.setdefault(place.key, []).append(Partial(place, left_out))


def _left_out(site: Site) -> Index | None:
    """i where the product leaves out the factor at i, which runs through all the factors."""
    e = site.part
    assert isinstance(e, Reduce)
    if len(e.guards) != 1 or e.guards[0].kind != "ne" or e.guards[0].lookup is not None:
        return None
    binder, form = e.binders[0], e.guards[0].form
    for i in site.scope.indices:
        if i.range == binder.range and form in (Affine.of(i.name) - binder.name, Affine.of(binder.name) - i.name):
            free = i.name not in free_symbols(e.body)
            return i if free and not any(i.name in g.symbols for g in site.scope.guards) else None
    return None


@dataclass(frozen=True)
class _Chains:
    """The products p_k of the first factors and s_k of the last ones, over the other indices that the factors have."""

    first: str
    last: str
    others: tuple[Index, ...]
    binder: Index
    factor: Expr

    def read(self, name: str, at: Affine) -> Access:
        return Access(name, (*(Affine.of(i.name) for i in self.others), at))

    def definitions(self, to_the_end: bool) -> tuple[Definition, Definition]:
        low, high = self.binder.range.lower, self.binder.range.upper
        k = Affine.of(self.binder.name)
        until = high if to_the_end else high - 1
        forth = Cases((
            ((Guard("eq", k - low),), self.factor),
            ((Guard("ge", k - low - 1),), multiply((self.read(self.first, k - 1), self.factor))),
        ))
        back = Cases((
            ((Guard("eq", high - k),), self.factor),
            ((Guard("ge", high - k - 1),), multiply((self.factor, self.read(self.last, k + 1)))),
        ))
        return (
            Definition(self.first, (*self.others, Index(self.binder.name, Range(low, until))), forth),
            Definition(self.last, (*self.others, Index(self.binder.name, Range(low + 1, high))), back),
        )

    def without(self, i: Affine, others: Sequence[Affine]) -> Expr:
        """The product of all factors but that at i, at some values of the other indices."""
        low, high = self.binder.range.lower, self.binder.range.upper
        at = Affine.of("?")
        several = Guard("ge", high - low - 1)
        before, after = self.read(self.first, at - 1), self.read(self.last, at + 1)
        found = Cases((
            ((Guard("eq", at - low), several), after),
            ((Guard("eq", high - at), several), before),
            ((Guard("ge", at - low - 1), Guard("ge", high - at - 1)), multiply((before, after))),
            ((Guard("eq", high - low),), ONE),
        ))
        return substitute(found, {"?": i, **dict(zip((o.name for o in self.others), others, strict=True))})

    def whole(self, others: Sequence[Affine]) -> Expr:
        """The product of all factors."""
        values = dict(zip((o.name for o in self.others), others, strict=True))
        return substitute(self.read(self.first, self.binder.range.upper), values)


def _chain(partial: Sequence[Partial], whole: Sequence[Place], edits: Edits) -> None:
    first = partial[0].place
    line, plain = new_line(first.target, first, EVERYWHERE)
    full = plain.body
    assert isinstance(full, Reduce)
    if first.domain != EVERYWHERE or costs(full.body):
        return
    names = (edits.names.part_of(first.target), edits.names.part_of(first.target))
    binder = full.binders[0]
    letter = fresh(binder.letter, {i.name for i in plain.indices} | set(free_symbols(full)))
    factor = substitute(full.body, {binder.name: Affine.of(letter)})
    chains = _Chains(*names, plain.indices, Index(letter, binder.range), factor)
    for p in partial:
        if covers(first, p.place) and edits.free(p.place):
            edits.put(p.place, chains.without(Affine.of(p.left_out.name), line.forms_at(p.place)), first)
    ends = [w for w in whole if covers(first, w) and edits.free(w)]
    for w in ends:
        edits.put(w, chains.whole(line.forms_at(w)), first)
    edits.new.extend(chains.definitions(bool(ends)))
