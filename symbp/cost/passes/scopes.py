"""Where parts of formulas stand: under which indices and conditions they are worked out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index, range_guards
from symbp.calculus.expression import ZERO, Cases, Expr, Mul, Reduce, children, with_children
from symbp.calculus.folding import domain_of
from symbp.calculus.model import Definition
from symbp.cost.passes.zeros import NEVER, Supports, has_values, is_conditional, may_be_empty, needed_for

Path = tuple[int, ...]
"""The way from a formula's root to a part: positions among `children`."""

Disjuncts = tuple[tuple[Guard, ...], ...]
"""A set of index values: where all guards of one of these hold."""

EVERYWHERE: Disjuncts = ((),)

NOTHING: Supports = {}


@dataclass(frozen=True)
class Scope:
    """The indices that have values where a part stands, outer ones first, and the conditions that hold there."""

    indices: tuple[Index, ...]
    guards: tuple[Guard, ...] = ()
    exact: bool = True
    """Whether the part is worked out at all these index values, or perhaps at some of them only."""

    def under(self, guards: Sequence[Guard]) -> Scope:
        return replace(self, guards=tuple(dict.fromkeys((*self.guards, *guards)))) if guards else self

    def inside(self, e: Reduce) -> Scope:
        return replace(self.under(e.guards), indices=(*self.indices, *e.binders))

    def without(self, guards: Sequence[Guard]) -> Scope:
        """Where not all of the guards hold as well."""
        if sets.disjoint(guards, self.guards, domain_of(self.indices)):
            return self
        if len(guards) == 1 and (guards[0].lookup is None or guards[0].kind != "ge"):
            return self.under((sets.negation(guards[0]),))
        return replace(self, exact=False)


@dataclass(frozen=True)
class Site:
    """A part of a definition."""

    target: str
    path: Path
    part: Expr
    scope: Scope
    is_factor: bool = False
    """Whether it stands in a product."""
    zero: tuple[tuple[Path, tuple[Guard, ...]], ...] = ()
    """Products around it, and conditions of its scope that nothing states: where they don't hold the product is 0."""

    @property
    def stated(self) -> Scope:
        """The scope with those conditions alone that are stated around it."""
        if not self.zero:
            return self.scope
        unstated = {g for _, guards in self.zero for g in guards}
        return replace(self.scope, guards=tuple(g for g in self.scope.guards if g not in unstated))


def sites(d: Definition, known: Supports = NOTHING) -> Iterator[Site]:
    """Every part of a definition's body, wholes before their parts; `known` says where quantities are literally 0."""
    stack = [Site(d.target, (), d.body, Scope(d.indices))]
    while stack:
        site = stack.pop()
        yield site
        stack.extend(reversed(list(_parts(site, known))))


def wholes(d: Definition) -> Iterator[Site]:
    """What a definition says: its body, or that of each of its cases."""
    whole = Site(d.target, (), d.body, Scope(d.indices))
    yield from _parts(whole, NOTHING) if isinstance(d.body, Cases) else (whole,)


def _parts(site: Site, known: Supports) -> Iterator[Site]:
    e, scope = site.part, site.scope
    for k, part in enumerate(children(e)):
        inside, zero = scope, site.zero
        match e:
            case Reduce():
                inside = scope.inside(e)
            case Mul(factors):
                for other in factors:
                    if other is not part:
                        inside = _where_not_zero(other, inside, known)
                new = tuple(g for g in inside.guards if g not in scope.guards)
                zero = (*zero, (site.path, new)) if new else zero
            case Cases(branches):
                inside = inside.under(branches[k][0])
                for guards, _ in branches[:k]:
                    inside = inside.without(guards)
        if NEVER not in inside.guards:
            yield Site(site.target, (*site.path, k), part, inside, isinstance(e, Mul), zero)


def _where_not_zero(e: Expr, scope: Scope, known: Supports) -> Scope:
    """A product isn't worked out where a factor is literally 0: outside of its cases, or as an empty sum."""
    if not known and not is_conditional(e):
        return scope
    if isinstance(e, Cases) and len(e.branches) > 1 and (e.branches[-1][0] or any(b == ZERO for _, b in e.branches)):
        scope = replace(scope, exact=False)
    if isinstance(e, Reduce) and e.kind == "sum" and may_be_empty(e):
        found = shadow(scope.inside(e), scope.indices)
        scope = scope.under(found[0]) if found and len(found) == 1 else replace(scope, exact=False)
    return scope.under(needed_for(e, known))


def replaced(e: Expr, new: Mapping[Path, Expr], where: Mapping[Path, tuple[Guard, ...]], path: Path = ()) -> Expr:
    """The formula with other parts at some places, and parts around these that are only there `where` guards hold."""
    if path in new:
        return new[path]
    heads = {p[len(path)] for p in new if p[:len(path)] == path}
    if not heads:
        return e
    parts = tuple(
        replaced(p, new, where, (*path, k)) if k in heads else p for k, p in enumerate(children(e))
    )
    made = with_children(e, parts)
    return Cases(((where[path], made),)) if path in where else made


def needed(scope: Scope, names: Collection[str]) -> tuple[Index, ...]:
    """The scope's indices of these names, and those that their ranges read, outer ones first."""
    wanted: set[str] = set()
    waiting = list(names)
    by_name = {i.name: i for i in scope.indices}
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in wanted:
            wanted.add(name)
            waiting.extend(_symbols(by_name[name]))
    return tuple(i for i in scope.indices if i.name in wanted)


def shadow(scope: Scope, kept: Sequence[Index]) -> Disjuncts | None:
    """The values of the kept indices to which the others have values in the scope; None where this can't be told.

    What the kept indices' own ranges say is left out.
    """
    names = {i.name for i in kept}
    others = tuple(i for i in scope.indices if i.name not in names)
    gone = {i.name for i in others}
    symbols = names | gone
    free = not any(gone.intersection(g.symbols) for g in scope.guards)
    if free and all(has_values(i) and not symbols.intersection(_symbols(i)) for i in others):
        return (scope.guards,)
    if any(g.lookup is not None and gone.intersection(g.symbols) for g in scope.guards):
        return None
    own = domain_of(tuple(kept))
    everything = (*own, *domain_of(others), *scope.guards)
    known = (*own, *sizes_known(everything, [i.name for i in scope.indices]))
    found = tuple(dict.fromkeys(sets.redundant_dropped(d, known) for d in sets.project(everything, gone)))
    return found if len(found) == 1 else joined(found, known, others)


def joined(disjuncts: Disjuncts, known: Sequence[Guard], others: Sequence[Index] = ()) -> Disjuncts:
    """The same set with fewer disjuncts, one if conditions on how many values other indices have will do."""
    lengths = [Guard("ge", i.range.extent - least) for i in others for least in (1, 2, 3)]
    common = [g for g in lengths if all(sets.implies((*known, *d), g) for d in disjuncts)]
    common = [g for g in common if not sets.implies(known, g)]
    if sets.covered((*known, *common), disjuncts):
        return (sets.redundant_dropped(common, known),)
    return tuple(sets.merged(disjuncts, known))


def _symbols(i: Index) -> tuple[str, ...]:
    return (*i.range.lower.symbols, *i.range.upper.symbols)


def sizes_known(guards: Sequence[Guard], indices: Collection[str]) -> tuple[Guard, ...]:
    """Sizes are at least 1: for the symbols of guards that are no indices."""
    symbols = dict.fromkeys(s for g in guards for s in g.symbols)
    return sets.positive(s for s in symbols if s not in indices)


def contains(scope: Scope, guards: Sequence[Guard]) -> bool:
    """Whether the guards hold wherever the scope's do."""
    open_guards = [g for g in guards if g not in scope.guards]
    if not open_guards:
        return True
    context = (*domain_of(scope.indices), *scope.guards)
    context = (*context, *sizes_known((*context, *open_guards), [i.name for i in scope.indices]))
    return sets.all_implied(context, open_guards)


def in_place(form: Affine, index: Index, scope: Scope) -> bool:
    """Whether the form lies in the index's range wherever the scope's guards hold."""
    name = form.as_symbol
    if name is not None and any(i.name == name and i.range == index.range for i in scope.indices):
        return True
    low, high = range_guards("?", index.range)
    return contains(scope, [g.substitute({"?": form}) for g in (low, high)])
