"""What display algebra may use and must cite: the author's assumptions, and sums that are known by construction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from symbp.calculus.affine import Affine
from symbp.calculus.derivation import DisplayEquation, DisplayFact
from symbp.calculus.expression import (
    ONE,
    ZERO,
    Access,
    Cases,
    Expr,
    Mul,
    Number,
    Position,
    Power,
    Reduce,
    accesses,
    multiply,
    number,
    split_coefficient,
    subtract,
)
from symbp.calculus.indices import canonical, free_symbols, substitute
from symbp.calculus.matching import Pattern, pattern, unify
from symbp.calculus.model import Model


def stated_facts(model: Model) -> tuple[DisplayFact, ...]:
    """`assume` lines, numbered A1, A2, …; those that equate a sum with a number can shorten a formula."""
    return tuple(
        DisplayFact(f"A{k}", f.indices, f.left, f.relation, f.right, f.members)
        for k, f in enumerate(model.facts, start=1)
    )


def sums_to_one(forward: Sequence[DisplayEquation]) -> tuple[DisplayFact, ...]:
    """Σ_j p_j = 1 for every p_j = e_j / S with S = Σ_u e_u (a softmax)."""
    counts = Counter(e.target.name for e in forward)
    sums = {e.target.name: e for e in forward if counts[e.target.name] == 1 and _is_whole_sum(e)}
    found: list[DisplayFact] = []
    for e in forward:
        for position, index in enumerate(e.indices):
            if e.target.subscripts[position : position + 1] != (Affine.of(index.name),):
                continue
            whole = _normalised_sum(e, position, sums)
            if whole is not None:
                total, normaliser = whole
                others, label = tuple(i for i in e.indices if i is not index), f"S{len(found) + 1}"
                found.append(DisplayFact(label, others, total, "==", ONE, (), (normaliser, e.label), "normalised"))
    return tuple(found)


def _is_whole_sum(e: DisplayEquation) -> bool:
    """Whether one line defines the name everywhere, and as a sum."""
    plain = e.target.subscripts == tuple(Affine.of(i.name) for i in e.indices)
    return plain and not e.guards and isinstance(e.body, Reduce) and e.body.kind == "sum"


def deviations_vanish(forward: Sequence[DisplayEquation]) -> tuple[DisplayFact, ...]:
    """Σ_n (x_n − μ) = 0 for every mean μ = (1/N) Σ_n x_n."""
    found: list[DisplayFact] = []
    for e in forward:
        match e.body:
            case Mul((Power(Position(count), Number(n)), Reduce("sum", (binder,), (), body))) if n == -1:
                if count == binder.range.extent and not e.guards:
                    whole = Reduce("sum", (binder,), (), subtract(body, e.target))
                    label = f"M{len(found) + 1}"
                    found.append(DisplayFact(label, e.indices, whole, "==", ZERO, (), (e.label,), "deviations"))
    return tuple(found)


def scaled_deviations_vanish(
    forward: Sequence[DisplayEquation], vanishing: Sequence[DisplayFact]
) -> tuple[DisplayFact, ...]:
    """Σ_n x̂_n = 0 for every x̂_n = c (x_n − μ) where Σ_n (x_n − μ) = 0 and c doesn't depend on n."""
    patterns = usable(vanishing)
    if not patterns:
        return ()
    found: list[DisplayFact] = []
    for e in forward:
        for index in e.indices:
            moving = [f for f in split_coefficient(e.body)[1] if index.name in free_symbols(f)]
            whole = canonical(Reduce("sum", (index,), (), multiply(moving)))
            known = next((p.label for p in patterns if unify(p.factors[0], whole, {}) is not None), None)
            if not e.guards and len(moving) == 1 and known is not None:
                others = tuple(i for i in e.indices if i is not index)
                total = Reduce("sum", (index,), (), e.target)
                label = f"M{len(vanishing) + len(found) + 1}"
                found.append(DisplayFact(label, others, total, "==", ZERO, (), (e.label, known), "scaled"))
    return tuple(found)


def _normalised_sum(
    e: DisplayEquation, position: int, sums: dict[str, DisplayEquation]
) -> tuple[Expr, str] | None:
    """Σ_index target, where the target is a quotient whose denominator sums the numerators over that index.

    With it comes the label of the denominator's equation.
    """
    body, guards = e.body, e.guards
    if isinstance(body, Cases) and len(body.branches) == 1:
        guards, body = (*guards, *body.branches[0][0]), body.branches[0][1]
    coefficient, factors = split_coefficient(body)
    index = e.indices[position]
    for k, factor in enumerate(factors):
        match factor:
            case Power(Access(name, subscripts), Number(n)) if n == -1 and name in sums:
                rest = multiply((number(coefficient), *factors[:k], *factors[k + 1:]))
                source = sums[name]
                values = {i.name: s for i, s in zip(source.indices, subscripts, strict=True) if isinstance(s, Affine)}
                ours = Reduce("sum", (index,), guards, rest)
                if canonical(substitute(source.body, values)) == canonical(ours):
                    return Reduce("sum", (index,), guards, e.target), source.label
    return None


def usable(facts: Sequence[DisplayFact]) -> tuple[Pattern, ...]:
    """The facts that replace a sum by a number, as patterns."""
    return tuple(
        pattern(f.label, f.indices, (), f.left, f.right)
        for f in facts
        if f.relation == "==" and isinstance(f.left, Reduce) and f.left.kind == "sum" and isinstance(f.right, Number)
    )


def facts_told(
    facts: Sequence[DisplayFact], cited: Collection[str], concerned: Collection[str]
) -> tuple[DisplayFact, ...]:
    """The assumptions about `concerned` names, used or not, and what is cited with everything that it rests on."""
    wanted = set(cited)
    for f in reversed(facts):
        if f.label in wanted:
            wanted.update(f.follows_from)
    return tuple(f for f in facts if f.label in wanted or (f.kind == "assumed" and _concerns(f, concerned)))


def _concerns(fact: DisplayFact, names: Collection[str]) -> bool:
    """Whether a fact is about these names alone; one about sizes always is."""
    sides = (fact.left,) if fact.right is None else (fact.left, fact.right)
    return all(a.name in names for side in sides for a in accesses(side))
