"""Where parts of formulas stand: under which indices and conditions they are worked out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index, range_guards
from symbp.calculus.expression import Cases, Expr, Reduce, children
from symbp.calculus.folding import domain_of
from symbp.cost.passes.zeros import has_values

Disjuncts = tuple[tuple[Guard, ...], ...]
"""A set of index values: where all guards of one of these hold."""

EVERYWHERE: Disjuncts = ((),)

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


def scopes_of_parts(e: Expr, scope: Scope) -> Iterator[Scope]:
    """The scope of each direct part of a formula in a scope."""
    match e:
        case Reduce():
            yield scope.inside(e)
        case Cases(branches):
            for k, (guards, _) in enumerate(branches):
                inside = scope.under(guards)
                for before, _ in branches[:k]:
                    inside = inside.without(before)
                yield inside
        case _:
            yield from repeat(scope, len(children(e)))


def context_of(scope: Scope) -> tuple[Guard, ...]:
    """What holds wherever a formula in the scope is worked out."""
    return (*domain_of(scope.indices), *scope.guards)


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
    context = context_of(scope)
    context = (*context, *sizes_known((*context, *open_guards), [i.name for i in scope.indices]))
    return sets.all_implied(context, open_guards)


def in_place(form: Affine, index: Index, scope: Scope) -> bool:
    """Whether the form lies in the index's range wherever the scope's guards hold."""
    name = form.as_symbol
    if name is not None and any(i.name == name and i.range == index.range for i in scope.indices):
        return True
    low, high = range_guards("?", index.range)
    return contains(scope, [g.substitute({"?": form}) for g in (low, high)])
