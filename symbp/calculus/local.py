"""Local derivatives: each edge of a chain, from one of the author's equations, told once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from symbp.calculus import forward, sets
from symbp.calculus.activations import ACTIVATIONS
from symbp.calculus.affine import Affine, Guard, Index, Range, form_in_range
from symbp.calculus.derivation import FunctionFact
from symbp.calculus.expression import (
    Access,
    Add,
    Apply,
    Cases,
    Expr,
    Mul,
    Partial,
    PartialKind,
    Reduce,
    add,
    children,
    multiply,
)
from symbp.calculus.function_facts import function_facts, names_of
from symbp.calculus.functions import marked_partials, partials
from symbp.calculus.indices import free_symbols, rename_binders, solve, substitute, truth
from symbp.calculus.knowledge import Knowledge
from symbp.calculus.paths import Paths, edge_at

EdgeKey = tuple[Expr, tuple[Range, ...], tuple[Guard, ...]]


@dataclass(frozen=True)
class Local:
    """A local derivative and the conditions under which it is stated."""

    value: Expr
    guards: tuple[Guard, ...]


@dataclass(frozen=True)
class Scope:
    """The indices and conditions under which a part of a formula stands."""

    indices: tuple[Index, ...]
    guards: tuple[Guard, ...] = ()

    def under(self, binders: tuple[Index, ...], guards: tuple[Guard, ...]) -> Scope:
        return Scope((*self.indices, *binders), (*self.guards, *guards))

    def about(self, e: Expr) -> Scope:
        """The indices that a formula reads, those that their ranges read, and the conditions on these alone."""
        read = set(free_symbols(e))
        for index in reversed(self.indices):
            if index.name in read:
                read |= {*index.range.lower.symbols, *index.range.upper.symbols}
        unread = {i.name for i in self.indices} - read
        indices = tuple(i for i in self.indices if i.name in read)
        return Scope(indices, tuple(g for g in self.guards if unread.isdisjoint(g.symbols)))


def edges_of(e: Expr, scope: Scope) -> list[tuple[Partial, Scope]]:
    """The edges of a chain in reading order, with what is in scope there."""
    match e:
        case Partial(kind):
            return [(e, scope.about(e))] if kind is PartialKind.EDGE else []
        case Reduce(_, binders, guards, body):
            return edges_of(body, scope.under(binders, guards))
        case Cases(branches):
            return [found for guards, body in branches for found in edges_of(body, scope.under((), guards))]
        case _:
            return [found for part in children(e) for found in edges_of(part, scope)]


class LocalDerivatives:
    """The values of edges, and the labels of those that have been told."""

    def __init__(self, known: Knowledge, paths: Paths) -> None:
        self.known = known
        self.model = known.model
        self.paths = paths
        self.labels: dict[EdgeKey, str] = {}
        self.values: dict[tuple[Partial, Scope], Local] = {}
        self.simplifier = known.without_facts()
        self.plain_simplifier = known.without_definitions()

    @cached_property
    def functions(self) -> tuple[FunctionFact, ...]:
        """The activations that the forward equations use."""
        return function_facts(self.known.forward, names_of(self.model))

    @cached_property
    def fact_labels(self) -> dict[str, str]:
        """The label of the fact that proves each activation's derivative."""
        return {f.function: f.label for f in self.functions}

    def tell(self, edge: Partial, scope: Scope) -> str | None:
        """A new label where the edge hasn't been told; None where it has."""
        key = self.edge_key(edge, scope)
        if key in self.labels:
            return None
        self.labels[key] = f"L{len(self.labels) + 1}"
        return self.labels[key]

    def labels_of(self, chain: Expr, indices: tuple[Index, ...]) -> tuple[str, ...]:
        """The labels of a chain's edges, each once."""
        found = (self.labels[self.edge_key(edge, scope)] for edge, scope in edges_of(chain, Scope(indices)))
        return tuple(dict.fromkeys(found))

    def at_its_place(self, edge: Partial, scope: Scope) -> tuple[Partial, Scope]:
        """The edge where it exists: ∂C/∂a[L,j] for a ∂C/∂a[l,j] that needs l = L."""
        guards = self.local(edge, scope).guards
        solution = solve((), (), scope.indices, guards)
        if not solution.values:
            return edge, scope
        settled = substitute(edge, solution.values)
        assert isinstance(settled, Partial)
        return settled, Scope(solution.remaining, solution.guards).about(settled)

    def edge_key(self, edge: Partial, scope: Scope) -> EdgeKey:
        """The edge with its indices numbered by first occurrence, their ranges, and the conditions that it needs."""
        edge, scope = self.at_its_place(edge, scope)
        ranges = {i.name: i.range for i in scope.indices}
        letters = [s for s in free_symbols(edge) if s in ranges]
        numbered = {s: Affine.of(f"%{k}") for k, s in enumerate(letters)}
        guards = tuple(g.substitute(numbered) for g in self.local(edge, scope).guards)
        return substitute(edge, numbered), tuple(ranges[s].substitute(numbered) for s in letters), guards

    def local(self, edge: Partial, scope: Scope) -> Local:
        """The local derivative in terms of the forward values, under as few conditions of its place as it needs."""
        if (edge, scope) not in self.values:
            context = self.known.context(scope.indices)
            exists = tuple(g for access in (edge.of, edge.wrt) for g in self.in_range(access))
            needed = sets.redundant_dropped([g for g in exists if truth(g) is None], context)
            value = self.derivative(edge, (*context, *needed))
            if scope.guards and has_cases(value):
                needed = scope.guards
                value = self.derivative(edge, (*context, *needed))
            self.values[edge, scope] = Local(value, needed)
        return self.values[edge, scope]

    def in_range(self, access: Access) -> tuple[Guard, ...]:
        """What has to hold for the quantity to exist."""
        axes = self.model.arrays[access.name].axes
        pairs = zip(access.subscripts, axes, strict=True)
        return tuple(g for s, axis in pairs if isinstance(s, Affine) for g in form_in_range(s, axis))

    def marked(self, edge: Partial, scope: Scope) -> Expr:
        """The same derivative with the activations' derivatives left as f′(…)."""
        return self.derivative(edge, self.around(edge, scope), _marking_activations)

    def unfolded(self, edge: Partial, scope: Scope) -> tuple[Expr, tuple[str, ...]]:
        """The derivative before what a forward equation defines is written by its name, and these equations' labels."""
        context = self.around(edge, scope)
        found = self.slope(edge, context)
        self.simplifier.folded = {}
        self.simplifier.simplify(found, context)
        return self.plain_simplifier.simplify(found, context), tuple(self.simplifier.folded)

    def around(self, edge: Partial, scope: Scope) -> tuple[Guard, ...]:
        """What holds where the local derivative is stated."""
        return (*self.known.context(scope.indices), *self.local(edge, scope).guards)

    def derivative(
        self, edge: Partial, context: tuple[Guard, ...], rule: forward.PartialsRule = partials
    ) -> Expr:
        return self.simplifier.simplify(self.slope(edge, context, rule), context)

    def slope(self, edge: Partial, context: tuple[Guard, ...], rule: forward.PartialsRule = partials) -> Expr:
        at = tuple(s for s in edge.wrt.subscripts if isinstance(s, Affine))
        return forward.derivative(edge_at(self.paths, edge), edge.wrt.name, at, context, rule)


def _marking_activations(call: Apply) -> tuple[Expr, ...]:
    return marked_partials(call) if call.function in ACTIVATIONS else partials(call)


def has_cases(e: Expr) -> bool:
    """Whether the formula depends on conditions outside its sums."""
    return isinstance(e, Cases) or (not isinstance(e, Reduce) and any(has_cases(p) for p in children(e)))


def replace_partials(e: Expr, scope: Scope, value: Callable[[Partial, Scope], Expr]) -> Expr:
    """The formula with each partial replaced by its value, whose own binders are renamed away from those around it."""
    match e:
        case Partial():
            return rename_binders(value(e, scope), tuple(i.name for i in scope.indices))
        case Add(terms):
            return add(replace_partials(t, scope, value) for t in terms)
        case Mul(factors):
            return multiply(replace_partials(f, scope, value) for f in factors)
        case Reduce(kind, binders, guards, body, component):
            inside = replace_partials(body, scope.under(binders, guards), value)
            return Reduce(kind, binders, guards, inside, component)
        case Cases(branches):
            return Cases(tuple((g, replace_partials(b, scope.under((), g), value)) for g, b in branches))
        case _:
            return e
