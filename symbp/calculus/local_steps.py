"""The telling of one local derivative: from the author's equation, each activation's derivative by its identity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard
from symbp.calculus.derivation import HeldFixed, Identity, Note, OneTerm, Rule, Solved, Step
from symbp.calculus.expression import Access, Apply, Expr, Partial, accesses, walk
from symbp.calculus.folding import domain_of
from symbp.calculus.functions import answers_in_own_value, is_marked
from symbp.calculus.indices import apart, free_symbols, rename_binders, solve, substitute
from symbp.calculus.local import LocalDerivatives, Scope
from symbp.calculus.occurrences import Occurrences


@dataclass(frozen=True)
class Source:
    """The displayed equation that defines an element: its label, and its right-hand side there."""

    label: str
    body: Expr
    guards: tuple[Guard, ...] = ()


def local_steps(
    locals: LocalDerivatives, edge: Partial, scope: Scope, subject: str, label: str, solved: Sequence[Solved] = (),
) -> list[Step]:
    """edge = local derivative: the value under `label`, and a line before it where that takes two operations.

    The line before has f′(…), or what the value's names stand for. A line of rule FIXED comes from equations that are
    linear in what they are differentiated by. `solved` has what is known of the chain's edges; its own is kept.
    """
    meant = tuple(n for n in solved if (n.source, n.reader) == (edge.wrt, edge.of))
    edge, scope = locals.at_its_place(edge, scope)
    local = locals.local(edge, scope)
    sources = list(sources_of(locals, edge, scope))
    because = tuple(s.label for s in sources)
    found = [Occurrences(s.body, edge.wrt, (*locals.around(edge, scope), *s.guards)) for s in sources]
    notes: tuple[Note, ...] = tuple(n for s, o in zip(sources, found, strict=True) for n in notes_on(s, edge.wrt, o))
    rule = Rule.FIXED if notes and all(o.linear for o in found) else Rule.LOCAL
    marked = locals.marked(edge, scope)
    used = tuple(dict.fromkeys(e.function for e in walk(marked) if is_marked(e)))
    notes = (*meant, *notes)
    if not used:
        plain, folded = locals.unfolded(edge, scope)
        own = tuple(i for s in sources if (i := own_identity(s, edge, local.value)) is not None)
        if not folded or plain == local.value:
            notes = (*notes, *own)
            return [Step(rule, subject, scope.indices, edge, local.value, because, local.guards, label, notes)]
        return [
            Step(rule, subject, scope.indices, edge, plain, because, local.guards, notes=notes),
            Step(Rule.IDENTITY, subject, scope.indices, edge, local.value, folded, local.guards, label, own),
        ]
    identities = tuple(Identity(f, locals.fact_labels[f]) for f in used)
    proofs = tuple(i.label for i in identities)
    return [
        Step(rule, subject, scope.indices, edge, marked, because, local.guards, notes=notes),
        Step(
            Rule.IDENTITY, subject, scope.indices, edge, local.value, (*because, *proofs), local.guards, label,
            identities,
        ),
    ]


def sources_of(locals: LocalDerivatives, edge: Partial, scope: Scope) -> Iterator[Source]:
    """The displayed equations that define the edge's quantity somewhere in its scope; one for each case that occurs."""
    taken = {s for e in (edge.of, edge.wrt) for s in free_symbols(e)} | {i.name for i in scope.indices}
    context = locals.around(edge, scope)
    wanted = tuple(s for s in edge.of.subscripts if isinstance(s, Affine))
    for equation in locals.known.forward:
        if equation.target.name != edge.of.name:
            continue
        unknowns, renaming = apart(equation.indices, taken)
        target = substitute(equation.target, renaming)
        assert isinstance(target, Access)
        guards = tuple(g.substitute(renaming) for g in equation.guards)
        solution = solve(target.subscripts, wanted, unknowns, guards)
        holds = (*context, *domain_of(solution.remaining), *solution.guards)
        if not sets.empty(holds):
            body = substitute(substitute(equation.body, renaming), solution.values)
            yield Source(equation.label, rename_binders(body, taken), solution.guards)


def notes_on(source: Source, wrt: Access, occurrences: Occurrences) -> list[Note]:
    """Why the other terms of the sums vanish: the one term that contains the quantity, or all else held fixed."""
    if not occurrences.found:
        return []
    terms = occurrences.single_terms()
    if occurrences.linear and not occurrences.summed:
        return [HeldFixed(source.label, wrt)]
    if terms:
        told = HeldFixed if occurrences.linear else OneTerm
        return [told(label=source.label, binder=t.binder, at=t.at, wrt=wrt) for t in terms]
    alone = all(a == wrt for a in accesses(source.body))
    return [] if alone else [HeldFixed(source.label, wrt, linear=False)]


def own_identity(source: Source, edge: Partial, value: Expr) -> Identity | None:
    """For a = exp(z) with ∂a/∂z = a: that the function's derivative is in terms of its value."""
    body = source.body
    if isinstance(body, Apply) and answers_in_own_value(body.function) and edge.of in accesses(value):
        return Identity(body.function)
    return None
