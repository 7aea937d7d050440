"""A factor that doesn't depend on a summed index stands in front of the sum.

    Σ_k p_j y_k = p_j Σ_k y_k
    Σ_{n,d} c_n x_nd = Σ_n c_n Σ_d x_nd
    Σ_{k<i} x_{i−1} y_k = x_{i−1} Σ_{k<i} y_k  for i ≥ 2        where the sum is empty, x_{i−1} needn't have a value
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbp.calculus.affine import Guard, Index
from symbp.calculus.expression import Cases, Expr, Mul, Reduce, children, with_children
from symbp.calculus.indices import free_symbols, in_scope
from symbp.calculus.model import Definition
from symbp.cost.ordering import bound_apart
from symbp.cost.passes.defined import Defined
from symbp.cost.passes.scopes import Scope, contains, scopes_of_parts, shadow
from symbp.cost.passes.shapes import Skeleton, skeleton
from symbp.cost.passes.units import factors_of, product
from symbp.cost.passes.zeros import may_be_empty
from symbp.cost.program import Program


def factoring(program: Program) -> Program:
    """The program in which no product under a sum has a factor that could stand outside."""
    idle: set[Skeleton] = set()
    factoring = _Factoring(Defined(program.arrays, program.definitions))
    made = tuple(_definition(d, factoring, idle) for d in program.definitions)
    return program if made == program.definitions else program.with_definitions(made)


def _definition(d: Definition, factoring: _Factoring, idle: set[Skeleton]) -> Definition:
    """The definition factored; `idle` gathers formulas in which there is nothing to do."""
    kind = skeleton(d.body)
    if kind in idle:
        return d
    body = factoring.of(d.body, Scope(d.indices))
    if body is not d.body:
        return bound_apart(Definition(d.target, d.indices, body))
    idle.add(kind)
    return d


@dataclass(frozen=True)
class _Factoring:
    defined: Defined

    def of(self, e: Expr, scope: Scope) -> Expr:
        parts = children(e)
        if not parts:
            return e
        new = tuple(self.of(p, inside) for p, inside in zip(parts, scopes_of_parts(e, scope), strict=True))
        if any(a is not b for a, b in zip(parts, new, strict=True)):
            e = product(*factors_of(with_children(e, new))) if isinstance(e, Mul) else with_children(e, new)
        if isinstance(e, Reduce) and e.kind == "sum" and isinstance(e.body, Mul):
            made = self.sum(e, scope)
            return e if made == e else made
        return e

    def sum(self, e: Reduce, scope: Scope) -> Expr:
        """Σ over the binders, the factors that depend on the fewest of them outermost."""
        sign, factors = factors_of(e.body)
        names = {b.name: b for b in e.binders}
        depends = [_closure(f, names) for f in factors]
        outer = min((d for d in depends if len(d) < len(e.binders)), key=len, default=None)
        inside = [f for f, d in zip(factors, depends, strict=True) if outer is None or not d <= outer]
        if outer is None or not inside:
            return e
        first = [f for f, d in zip(factors, depends, strict=True) if d <= outer]
        inner_guards = tuple(g for g in e.guards if not outer.issuperset(names.keys() & set(g.symbols)) or not outer)
        outer_guards = tuple(g for g in e.guards if g not in inner_guards)
        inner_binders = in_scope([b for b in e.binders if b.name not in outer])
        assert inner_binders is not None
        inner = Reduce("sum", inner_binders, inner_guards, product(1, inside))
        around = Reduce("sum", tuple(b for b in e.binders if b.name in outer), outer_guards, inner)
        between = scope.inside(around)
        needed = self.needed(first, inner, between)
        if needed is None:
            return e
        whole = product(sign, [*first, self.sum(inner, between.under(needed))])
        if outer:
            return Reduce("sum", around.binders, (*outer_guards, *needed), whole)
        return Cases(((needed, whole),)) if needed else whole

    def needed(self, factors: Sequence[Expr], inner: Reduce, scope: Scope) -> tuple[Guard, ...] | None:
        """Conditions under which the factors have a value, where the sum has terms; None where none can be told."""
        if not may_be_empty(inner) or all(self.defined.everywhere(f, scope) for f in factors):
            return ()
        found = shadow(scope.inside(inner), scope.indices)
        if found is None or len(found) != 1:
            return None
        return tuple(g for g in found[0] if not contains(scope, [g]))


def _closure(f: Expr, binders: dict[str, Index]) -> frozenset[str]:
    """The binders that a factor depends on, and those that their ranges read."""
    found: set[str] = set()
    waiting = list(free_symbols(f))
    while waiting:
        name = waiting.pop()
        if name in binders and name not in found:
            found.add(name)
            within = binders[name].range
            waiting.extend((*within.lower.symbols, *within.upper.symbols))
    return frozenset(found)
