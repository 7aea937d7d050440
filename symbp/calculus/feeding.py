"""Which units of an equation read a quantity: the index equation of an edge, solved for the reader's own indices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index
from symbp.calculus.expression import Access, Cases, Expr, Reduce, children
from symbp.calculus.folding import domain_of
from symbp.calculus.indices import Solution, fresh, solve, truth
from symbp.calculus.model import Equation

Guards = tuple[Guard, ...]


@dataclass(frozen=True)
class Place:
    """The reader's subscripts, those of its indices that go on running, and the conditions on them."""

    subscripts: tuple[Affine, ...]
    summed: tuple[Index, ...]
    guards: Guards
    lookups: Guards = ()
    """Conditions on integer inputs: the derivative is zero elsewhere."""
    exact: bool = True
    """Whether no more than lookups keeps any of these units from reading the quantity."""
    written: Access | None = None
    """The read as it stands in the reader, where it is the only one."""
    solved: tuple[tuple[Index, Affine], ...] = ()
    """The values that it gives to summed indices of the reader's equation, those that vary with the unit."""
    turned: tuple[tuple[Index, Affine], ...] = ()
    """The same read solved for the unit: its indices' values where those summed indices (`turned_by`) are given."""
    turned_by: tuple[Index, ...] = ()


@dataclass(frozen=True)
class Feed:
    """`reader`, at a place among all its `unit`s, reads name[K]."""

    reader: str
    unit: tuple[Index, ...]
    place: Place

    @property
    def fixed(self) -> tuple[tuple[Index, Affine], ...]:
        """The reader's indices that the source determines, with their values."""
        running = {i.name for i in self.place.summed}
        pairs = zip(self.unit, self.place.subscripts, strict=True)
        return tuple((u, form) for u, form in pairs if u.name not in running)


def units(equation: Equation, taken: Collection[str]) -> tuple[tuple[Index, ...], dict[str, Affine]]:
    """The indices of an equation under fresh letters, and the renaming."""
    avoid = set(taken)
    renaming: dict[str, Affine] = {}
    made = []
    for i in equation.indices:
        name = fresh(i.name, avoid)
        avoid.add(name)
        if name != i.name:
            renaming[i.name] = Affine.of(name)
        made.append(Index(name, i.range.substitute(renaming)))
    return tuple(made), renaming


def feeds_of(
    equation: Equation, body: Expr, name: str, at: Sequence[Affine], taken: Collection[str], context: Guards
) -> list[Feed]:
    """Where the equation reads name[at]: one entry, or one for each shift (h[t−1], h[t−2])."""
    avoid = {*taken, *(s for a in at for s in a.symbols)}
    unit, renaming = units(equation, avoid)
    found = [_place(read, at, unit, renaming, context) for read in _reads(body, name, (), (), True)]
    places = [p for p in dict.fromkeys(found) if p is not None and not isinstance(p, _Nowhere)]
    if None in found:
        places = [Place(tuple(Affine.of(u.name) for u in unit), unit, (), exact=False)]
    elif not all(_never_meet(a, b) for k, a in enumerate(places) for b in places[k + 1:]):
        places = [_together(places, unit, context)]
    return [Feed(equation.target, unit, p) for p in places]


@dataclass(frozen=True)
class _Read:
    access: Access
    binders: tuple[Index, ...]
    guards: Guards
    exact: bool


class _Nowhere:
    """No unit reads it there."""


_NOWHERE = _Nowhere()


def _reads(e: Expr, name: str, binders: tuple[Index, ...], guards: Guards, exact: bool) -> list[_Read]:
    """Every read of `name`, with the binders and conditions around it."""
    if isinstance(e, Access):
        return [_Read(e, binders, guards, exact)] if e.name == name else []
    if isinstance(e, Reduce):
        binders, guards = (*binders, *e.binders), (*guards, *e.guards)
    if isinstance(e, Cases):
        found = []
        for k, (own, body) in enumerate(e.branches):
            alone = all(sets.disjoint(own, other, ()) for other, _ in e.branches[:k])
            found.extend(_reads(body, name, binders, (*guards, *own), exact and alone))
        return found
    return [read for part in children(e) for read in _reads(part, name, binders, guards, exact)]


def _place(
    read: _Read, at: Sequence[Affine], unit: tuple[Index, ...], renaming: dict[str, Affine], context: Guards
) -> Place | _Nowhere | None:
    """The units that make one read; None where the index equation leaves them entangled with sums of their own."""
    bound, opened = _opened(read.binders, renaming, {u.name for u in unit} | {s for a in at for s in a.symbols})
    own = {b.name for b in bound}
    subscripts = [s.substitute(opened) for s in read.access.subscripts]
    guards = tuple(g.substitute(opened) for g in read.guards)
    solution = solve(subscripts, at, [*unit, *bound], guards)
    turned: tuple[tuple[Index, Affine], ...] = ()
    if _entangled(solution, unit, own):
        turned = tuple((u, v) for u in unit if (v := solution.values.get(u.name)) and own.intersection(v.symbols))
        solution = solve(subscripts, at, [*bound, *unit], guards)
        if _entangled(solution, unit, own):
            return None
    summed = tuple(u for u in solution.remaining if u.name not in own)
    left = tuple(b for b in solution.remaining if b.name in own)
    conditions, lookups, exact = _conditions(solution.guards, left, own, context)
    if conditions is None:
        return _NOWHERE
    values = tuple(solution.values.get(u.name, Affine.of(u.name)) for u in unit)
    running = {u.name for u in summed}
    gathered = tuple((b, v) for b in bound if (v := solution.values.get(b.name)) and running.intersection(v.symbols))
    of_units = {u.name: form for u, form in zip(unit, values, strict=True)}
    written = Access(read.access.name, tuple(s.substitute(of_units) for s in subscripts))
    by = tuple(b for b in bound if any(b.name in form.symbols for _, form in turned))
    return Place(values, summed, conditions, lookups, exact and read.exact, written, gathered, turned, by)


def _opened(
    binders: tuple[Index, ...], renaming: dict[str, Affine], taken: set[str]
) -> tuple[tuple[Index, ...], dict[str, Affine]]:
    opened = dict(renaming)
    bound = []
    for b in binders:
        name = fresh(b.name, taken)
        taken.add(name)
        opened[b.name] = Affine.of(name)
        bound.append(Index(name, b.range.substitute(opened)))
    return tuple(bound), opened


def _entangled(solution: Solution, unit: Iterable[Index], own: set[str]) -> bool:
    values = (solution.values[u.name] for u in unit if u.name in solution.values)
    ranges = (s for i in solution.remaining if i.name not in own for s in _range_symbols(i))
    return any(own.intersection(form.symbols) for form in values) or any(s in own for s in ranges)


def _range_symbols(i: Index) -> tuple[str, ...]:
    return (*i.range.lower.symbols, *i.range.upper.symbols)


def _conditions(
    guards: Guards, left: tuple[Index, ...], own: set[str], context: Guards
) -> tuple[Guards | None, Guards, bool]:
    """(conditions on the units, those on integer inputs, whether these are all); None where they can't hold."""
    outer = tuple(g for g in guards if not own.intersection(g.symbols) and truth(g) is not True)
    inner = tuple(g for g in guards if own.intersection(g.symbols))
    plain = tuple(g for g in outer if g.lookup is None)
    lookups = tuple(g for g in outer if g.lookup is not None)
    inside = tuple(g for g in inner if g.lookup is None)
    if any(truth(g) is False for g in plain):
        return None, (), True
    disjuncts = sets.project((*inside, *domain_of(left)), own) if left else ((),)
    exact = len(disjuncts) == 1 and len(inside) == len(inner)
    if len(disjuncts) == 1:
        plain = (*plain, *sets.redundant_dropped(disjuncts[0], (*context, *plain)))
    return plain, lookups, exact


def _never_meet(a: Place, b: Place) -> bool:
    """Whether two places of one equation differ everywhere: some subscripts are a constant apart."""
    pairs = zip(a.subscripts, b.subscripts, strict=True)
    return any((x - y).is_constant and x != y for x, y in pairs)


def _together(places: Sequence[Place], unit: tuple[Index, ...], context: Guards) -> Place:
    """One place that holds all of them: an index stays fixed where all agree on its value."""
    first = places[0].subscripts
    agreed = {
        u.name: form
        for k, (u, form) in enumerate(zip(unit, first, strict=True))
        if all(p.subscripts[k] == form and u.name not in {s.name for s in p.summed} for p in places)
    }
    subscripts = tuple(agreed.get(u.name, Affine.of(u.name)) for u in unit)
    summed = tuple(Index(u.name, u.range.substitute(agreed)) for u in unit if u.name not in agreed)
    wide = [p for p in places if p.subscripts == subscripts]
    guards = next((p.guards for p in wide if _holds_all(p, places, context)), None)
    if guards is not None:
        return Place(subscripts, summed, guards, (), any(p.exact and not p.lookups for p in wide))
    common = tuple(g for g in places[0].guards if all(g in p.guards for p in places))
    known = (*context, *domain_of(summed), *common)
    exact = len(wide) == len(places) and all(p.exact and not p.lookups for p in places)
    return Place(subscripts, summed, common, (), exact and sets.covered(known, [p.guards for p in places]))


def _holds_all(wide: Place, places: Sequence[Place], context: Guards) -> bool:
    """Whether every place lies within the wide one."""
    for p in places:
        values = {w.as_symbol: form for w, form in zip(wide.subscripts, p.subscripts, strict=True) if w.as_symbol}
        known = (*context, *domain_of(p.summed), *p.guards)
        if not sets.all_implied(known, (g.substitute(values) for g in wide.guards)):
            return False
    return True
