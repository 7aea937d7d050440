"""A factor that doesn't depend on a summed index stands in front of the sum.

    Σ_k p_j y_k = p_j Σ_k y_k
    Σ_{n,d} c_n x_nd = Σ_n c_n Σ_d x_nd
"""

from __future__ import annotations

from symbp.calculus.affine import Guard, Index
from symbp.calculus.expression import Expr, Mul, Reduce, children, with_children
from symbp.calculus.indices import free_symbols, in_scope
from symbp.calculus.model import Definition
from symbp.cost.ordering import bound_apart
from symbp.cost.passes.shapes import Skeleton, skeleton
from symbp.cost.passes.units import factors_of, product
from symbp.cost.program import Program


def factoring(program: Program) -> Program:
    """The program in which no product under a sum has a factor that could stand outside."""
    idle: set[Skeleton] = set()
    made = tuple(_definition(d, idle) for d in program.definitions)
    return program if made == program.definitions else program.with_definitions(made)


def _definition(d: Definition, idle: set[Skeleton]) -> Definition:
    """The definition factored; `idle` gathers formulas in which there is nothing to do."""
    kind = skeleton(d.body)
    if kind in idle:
        return d
    body = _factored(d.body)
    if body is not d.body:
        return bound_apart(Definition(d.target, d.indices, body))
    idle.add(kind)
    return d


def _factored(e: Expr) -> Expr:
    parts = children(e)
    new = tuple(_factored(p) for p in parts)
    if any(a is not b for a, b in zip(parts, new, strict=True)):
        e = product(*factors_of(with_children(e, new))) if isinstance(e, Mul) else with_children(e, new)
    if isinstance(e, Reduce) and e.kind == "sum" and isinstance(e.body, Mul):
        made = _sum(e.binders, e.guards, e.body)
        return e if made == e else made
    return e


def _sum(binders: tuple[Index, ...], guards: tuple[Guard, ...], body: Expr) -> Expr:
    """Σ over the binders, the factors that depend on the fewest of them outermost."""
    sign, factors = factors_of(body)
    names = {b.name: b for b in binders}
    depends = [_closure(f, names) for f in factors]
    outer = min((d for d in depends if len(d) < len(binders)), key=len, default=None)
    inside = [f for f, d in zip(factors, depends, strict=True) if outer is None or not d <= outer]
    if outer is None or not inside:
        return Reduce("sum", binders, guards, body)
    first = [f for f, d in zip(factors, depends, strict=True) if d <= outer]
    inner_guards = tuple(g for g in guards if not outer.issuperset(names.keys() & set(g.symbols)) or not outer)
    outer_guards = tuple(g for g in guards if g not in inner_guards)
    inner = in_scope([b for b in binders if b.name not in outer])
    assert inner is not None
    whole = product(sign, [*first, _sum(inner, inner_guards, product(1, inside))])
    return Reduce("sum", tuple(b for b in binders if b.name in outer), outer_guards, whole) if outer else whole


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
