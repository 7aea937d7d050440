"""Parts of formulas as lines of their own: when they are equal, where they are needed, what they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index, Range
from symbp.calculus.expression import Access, Cases, Expr, Reduce, accesses, children, with_children
from symbp.calculus.folding import domain_of
from symbp.calculus.indices import canonical, free_symbols, fresh, in_scope, normal_guard, substitute
from symbp.calculus.model import Definition
from symbp.cost.ordering import bound_apart
from symbp.cost.passes.scopes import EVERYWHERE, Disjuncts, Scope, contains, joined, needed, shadow, sizes_known
from symbp.cost.passes.sites import Path, Site
from symbp.cost.passes.units import arranged
from symbp.cost.passes.zeros import is_conditional

MARK = "#"
"""Stands in the names of generated lines and in no author's name: L#1 is the first part of L with a name."""


def part_name(target: str, k: int) -> str:
    """The k-th part of a definition, or of what it is a part of."""
    return f"{target.partition(MARK)[0]}{MARK}{k}"


class Names:
    """New names for parts of definitions."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._last: dict[str, int] = {}

    def part_of(self, target: str) -> str:
        owner = target.partition(MARK)[0]
        k = self._last.get(owner, 0) + 1
        while part_name(owner, k) in self._taken:
            k += 1
        self._last[owner] = k
        self._taken.add(name := part_name(owner, k))
        return name


@dataclass(frozen=True)
class Place:
    """A part of a definition that may be read from a line: as it is written there, and in normal form.

    `key` is the part with its indices named ?0, ?1, … in reading order, each shifted so that it is read as it is first;
    equal keys mean equal formulas. `forms` are the values of ?0, ?1, … in the scope, `ranges` their ranges.
    """

    site: Site
    part: Expr
    insert: Callable[[Expr], Expr]
    """What stands at the path, with the part read from a line."""
    is_whole: bool = False
    """Whether the part is all that its definition says, at least in one of its cases."""

    @property
    def target(self) -> str:
        return self.site.target

    @property
    def path(self) -> Path:
        return self.site.path

    @property
    def scope(self) -> Scope:
        return self.site.scope

    @cached_property
    def _normal(self) -> tuple[Expr, tuple[Affine, ...], tuple[Index, ...]]:
        return normal_form(self.part, self.scope)

    @property
    def key(self) -> Expr:
        return self._normal[0]

    @property
    def forms(self) -> tuple[Affine, ...]:
        return self._normal[1]

    @property
    def kept(self) -> tuple[Index, ...]:
        """The scope's indices that the part depends on, in the order of `forms`."""
        return self._normal[2]

    @cached_property
    def shifts(self) -> dict[str, Affine]:
        """The scope's indices in terms of ?0, ?1, …"""
        places = enumerate(zip(self.kept, self.forms, strict=True))
        return {i.name: Affine.of(f"?{k}") - (f - i.name) for k, (i, f) in places}

    @cached_property
    def ranges(self) -> tuple[Range, ...]:
        shifted = [(i.range.substitute(self.shifts), f - i.name) for i, f in zip(self.kept, self.forms, strict=True)]
        return tuple(Range(r.lower + by, r.upper + by) for r, by in shifted)

    @cached_property
    def domain(self) -> Disjuncts | None:
        """The values of ?0, ?1, … at which the part is worked out, beyond their ranges; None where this isn't known."""
        if not self.scope.exact:
            return None
        found = shadow(self.scope, self.kept)
        if found is None:
            return None
        return tuple(tuple(g.substitute(self.shifts) for g in guards) for guards in found)


def as_it_is(e: Expr) -> Expr:
    return e


def normal_form(part: Expr, scope: Scope) -> tuple[Expr, tuple[Affine, ...], tuple[Index, ...]]:
    """The formula with its indices named in reading order, their values, and the scope's indices that they are."""
    tidy = arranged(part)
    by_name = {i.name: i for i in scope.indices}
    read = [s for s in free_symbols(tidy) if s in by_name]
    kept = [by_name[s] for s in read]
    kept += [i for i in needed(scope, read) if i.name not in read]
    shifts = first_forms(tidy)
    forms = [shifts.get(i.name, Affine.of(i.name)) for i in kept]
    sizes = {s for s in free_symbols(tidy) if s not in by_name}
    if any(s not in sizes for f, i in zip(forms, kept, strict=True) for s in f.symbols if s != i.name):
        forms = [Affine.of(i.name) for i in kept]
    renaming = {i.name: Affine.of(f"?{k}") - (f - i.name) for k, (i, f) in enumerate(zip(kept, forms, strict=True))}
    key = canonical(substitute(tidy, renaming))
    return _one_sign(key) if is_conditional(key) else key, tuple(forms), tuple(kept)


@lru_cache(maxsize=50_000)
def _one_sign(e: Expr) -> Expr:
    """The formula with one sign for i ≠ k and k ≠ i."""
    made = with_children(e, tuple(_one_sign(p) for p in children(e)))
    match made:
        case Reduce(kind, binders, guards, body, component) if guards:
            return Reduce(kind, binders, _normal(guards), body, component)
        case Cases(branches):
            return Cases(tuple((_normal(guards), body) for guards, body in branches))
        case _:
            return made


def _normal(guards: Iterable[Guard]) -> tuple[Guard, ...]:
    return tuple(sorted(map(normal_guard, guards), key=repr))


@lru_cache(maxsize=50_000)
def first_forms(e: Expr) -> dict[str, Affine]:
    """For each symbol the subscript in which it is first read, where it stands there with the coefficient 1."""
    found: dict[str, Affine] = {}
    for a in accesses(e):
        for s in a.subscripts:
            if isinstance(s, Affine):
                for symbol, c in s.terms:
                    if symbol not in found:
                        found[symbol] = s if c == 1 else Affine.of(symbol)
    return found


@dataclass(frozen=True)
class Line:
    """A line from which places read: its name, its indices, and what each of these is in the normal form's terms."""

    name: str
    indices: tuple[Index, ...]
    at: tuple[Affine, ...]
    """The line's indices at ?0, ?1, …"""

    def read_at(self, place: Place) -> Access:
        return Access(self.name, self.forms_at(place))

    def forms_at(self, place: Place) -> tuple[Affine, ...]:
        """The values of the line's indices at a place."""
        values = {f"?{k}": form for k, form in enumerate(place.forms)}
        return tuple(a.substitute(values) for a in self.at)


def whole_line(place: Place) -> Line | None:
    """The definition itself as the line of a place that is all of it; None where it has more indices than are read."""
    indices = place.scope.indices
    if len(place.kept) != len(indices):
        return None
    return Line(place.target, indices, tuple(place.shifts[i.name] for i in indices))


def new_line(name: str, place: Place, domain: Disjuncts) -> tuple[Line, Definition]:
    """A line with the place's part as its value, for the values of ?0, ?1, … in the domain, in the place's letters."""
    letters: dict[str, Affine] = {}
    taken = set(free_symbols(place.key))
    for k, i in enumerate(place.kept):
        letter = fresh(i.letter, taken)
        taken.add(letter)
        letters[f"?{k}"] = Affine.of(letter)
    named = {place_name: form.symbols[0] for place_name, form in letters.items()}
    indices = tuple(
        Index(named[f"?{k}"], r.substitute(letters)) for k, r in enumerate(place.ranges)
    )
    ordered = in_scope(indices)
    assert ordered is not None
    back = {i.name: Affine.of(f"?{k}") for k, i in enumerate(indices)}
    body = substitute(place.part, {name: form.substitute(letters) for name, form in place.shifts.items()})
    if domain != EVERYWHERE:
        body = Cases(tuple((tuple(g.substitute(letters) for g in guards), body) for guards in domain))
    return Line(name, ordered, tuple(back[i.name] for i in ordered)), bound_apart(Definition(name, ordered, body))


def covers(a: Place, b: Place) -> bool:
    """Whether a's part is worked out wherever b's is."""
    if a.domain is None or len(a.domain) != 1:
        return False
    if a.ranges == b.ranges and (a.domain == EVERYWHERE or a.domain == b.domain):
        return True
    ours = (*domain_of(_normal_indices(a)), *a.domain[0])
    if b.domain is None:
        return contains(b.scope, _in_scope_of(b, ours))
    theirs = domain_of(_normal_indices(b))
    known = sizes_known((*theirs, *ours), [i.name for i in _normal_indices(b)])
    return all(sets.all_implied((*theirs, *known, *guards), ours) for guards in b.domain)


def is_stated(a: Place, domain: Disjuncts, b: Place) -> bool:
    """Whether the conditions that stand around b say that it is read where a is, and in the domain."""
    if not b.site.zero:
        return True
    ours = () if a.ranges == b.ranges else domain_of(_normal_indices(a))
    return any(contains(b.site.stated, _in_scope_of(b, (*ours, *guards))) for guards in domain)


def _normal_indices(place: Place) -> tuple[Index, ...]:
    return tuple(Index(f"?{k}", r) for k, r in enumerate(place.ranges))


def _in_scope_of(place: Place, guards: Sequence[Guard]) -> list[Guard]:
    values = {f"?{k}": form for k, form in enumerate(place.forms)}
    return [g.substitute(values) for g in guards]


def meet(a: Place, b: Place) -> bool:
    """Whether both parts are worked out at some index values, for some sizes."""
    if a.domain is None or b.domain is None:
        return False
    if EVERYWHERE in (a.domain, b.domain) and a.ranges == b.ranges:
        return True
    ours, theirs = domain_of(_normal_indices(a)), domain_of(_normal_indices(b))
    return any(
        not sets.empty((*ours, *theirs, *sizes_known((*ours, *theirs, *x, *y), [f"?{k}" for k in range(len(a.forms))]),
                        *x, *y))
        for x in a.domain for y in b.domain
    )


def union(places: Sequence[Place]) -> Disjuncts:
    """Where some of the parts is worked out, all places having the same ranges and known domains."""
    found = tuple(dict.fromkeys(guards for p in places for guards in p.domain or ()))
    if () in found:
        return EVERYWHERE
    indices = _normal_indices(places[0])
    own = domain_of(indices)
    everything = (*own, *(g for guards in found for g in guards))
    return joined(found, (*own, *sizes_known(everything, [i.name for i in indices])))
