"""Where one quantity stands in a formula: under which sums, in which of their terms, and whether linearly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index, Subscript
from symbp.calculus.expression import Access, Add, Cases, Expr, Mul, Reduce, children
from symbp.calculus.folding import domain_of
from symbp.calculus.indices import solve, truth

Context = tuple[Guard, ...]


@dataclass(frozen=True)
class Around:
    """A reduction around an occurrence: its place in the formula, its binders, and whether it is a sum."""

    path: tuple[int, ...]
    binders: tuple[Index, ...]
    adds: bool


@dataclass(frozen=True)
class Occurrence:
    """An access that is the quantity for some of the bound indices; `values` are those that it fixes.

    `guards` are its conditions on other indices.
    """

    around: tuple[Around, ...]
    values: dict[str, Affine]
    guards: Context
    linear: bool = True
    """Whether the formula is a multiple of it, plus what doesn't depend on it."""


@dataclass(frozen=True)
class Term:
    """Of a sum over `binder`, only the term at binder = `at` contains the quantity."""

    binder: Index
    at: Affine


class Occurrences:
    """The occurrences of the quantity in a formula whose bound letters are none of the quantity's."""

    def __init__(self, e: Expr, quantity: Access, context: Context) -> None:
        self.quantity = quantity
        self.at = tuple(s for s in quantity.subscripts if isinstance(s, Affine))
        self.context = context
        self.found = self._of(e, (), (), ())

    @property
    def linear(self) -> bool:
        return all(o.linear for o in self.found)

    @property
    def summed(self) -> bool:
        """Whether some occurrence stands under a sum."""
        return any(a.adds for o in self.found for a in o.around)

    def single_terms(self) -> list[Term]:
        """For each sum that keeps one term: its binder, and where; outer sums first."""
        sums = dict.fromkeys(a for o in self.found for a in o.around if a.adds)
        return [Term(b, at) for a in sums for b in a.binders if (at := self._only(a, b)) is not None]

    def _only(self, around: Around, binder: Index) -> Affine | None:
        """The one value of the binder at which every occurrence under this sum is the quantity."""
        inside = [o for o in self.found if around in o.around]
        first = inside[0].values.get(binder.name)
        return first if all(o.values.get(binder.name) == first for o in inside) else None

    def _of(self, e: Expr, path: tuple[int, ...], around: tuple[Around, ...], guards: Context) -> list[Occurrence]:
        match e:
            case Access(name, subscripts):
                return list(self._here(subscripts, around, guards)) if name == self.quantity.name else []
            case Reduce(kind, binders, own, body):
                inner = (*around, Around(path, binders, kind == "sum"))
                found = self._of(body, (*path, 0), inner, (*guards, *own))
                return found if kind == "sum" else _bent(found)
            case Cases(branches):
                parts = [self._of(b, (*path, k), around, (*guards, *g)) for k, (g, b) in enumerate(branches)]
                return [o for part in parts for o in part]
        parts = [self._of(p, (*path, k), around, guards) for k, p in enumerate(children(e))]
        found = [o for part in parts for o in part]
        return found if self._keeps_linear(e, parts) else _bent(found)

    def _here(
        self, subscripts: tuple[Subscript, ...], around: tuple[Around, ...], guards: Context
    ) -> Iterable[Occurrence]:
        binders = tuple(b for a in around for b in a.binders)
        solution = solve(subscripts, self.at, binders, guards)
        known = (*self.context, *domain_of(solution.remaining))
        if any(truth(g) is False for g in solution.guards) or sets.empty((*known, *solution.guards)):
            return
        bound = {b.name for b in binders}
        values = {n: v for n, v in solution.values.items() if not bound.intersection(v.symbols)}
        yield Occurrence(around, values, tuple(g for g in solution.guards if not bound.intersection(g.symbols)))

    def _keeps_linear(self, e: Expr, parts: list[list[Occurrence]]) -> bool:
        """Sums keep what is linear, products where no two factors hold the quantity at once."""
        if not isinstance(e, Mul):
            return isinstance(e, Add)
        pairs = ((a, b) for one, other in combinations(parts, 2) for a in one for b in other)
        return all(sets.empty((*self.context, *a.guards, *b.guards)) for a, b in pairs)


def _bent(found: list[Occurrence]) -> list[Occurrence]:
    return [replace(o, linear=False) for o in found]
