"""The sign of an error term, a gradient or an update, where all factors but one are known to be positive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from symbp.calculus import sets
from symbp.calculus.affine import Guard, Index
from symbp.calculus.checks import Kind, SignStatement, Target
from symbp.calculus.derivation import Derivation, Refusal
from symbp.calculus.expression import (
    ZERO,
    Access,
    Add,
    Cases,
    Expr,
    Number,
    Partial,
    PartialKind,
    Power,
    Relation,
    accesses,
    negate,
    split_coefficient,
)
from symbp.calculus.folding import domain_of
from symbp.calculus.matching import size_of
from symbp.calculus.model import Model, step_name, whole_access
from symbp.calculus.signs import Sign, Signs

OPPOSITE: dict[Relation, Relation] = {"<": ">", ">": "<"}
LONGEST = 8
"""Nodes of both sides together; a longer comparison says little."""


@dataclass(frozen=True)
class _Subject:
    """What a sign is asked of: target[indices] = body, where the guards hold."""

    kind: Kind
    target: Target
    indices: tuple[Index, ...]
    body: Expr
    guards: tuple[Guard, ...] = ()
    parameter: Access | None = None


def sign_statements(derivation: Derivation) -> Iterator[SignStatement]:
    """What follows about signs, for each error term and each update, or gradient where there are no updates."""
    model = derivation.model
    sizes = (*sets.positive(model.sizes), *model.requirements)
    signs = Signs(derivation.forward, model.facts, sizes, model.arrays)
    for subject in _subjects(derivation):
        found = _statement(subject, signs, model.rate)
        if found is not None and _reads_backwards(found, model):
            found = replace(found, left=found.right, relation=OPPOSITE[found.relation], right=found.left)
        if found is not None and _says_something(found):
            yield found


def _subjects(derivation: Derivation) -> Iterator[_Subject]:
    for error in derivation.errors:
        target = whole_access(error.indices, error.name)
        for guards, body in error.branches:
            yield _Subject("error", target, error.indices, body, guards)
    for name, gradient in derivation.gradients.items():
        parameter = whole_access(gradient.indices, name)
        update = gradient.updates.get("shared")
        if update is not None:
            step = whole_access(gradient.indices, step_name(name))
            yield from _cases(_Subject("update", step, gradient.indices, update, (), parameter))
            continue
        shared = gradient.forms["shared"]
        if not isinstance(shared, Refusal):
            total = Partial(PartialKind.TOTAL, Access(derivation.of), parameter)
            yield from _cases(_Subject("gradient", total, gradient.indices, shared, (), parameter))


def _cases(subject: _Subject) -> Iterator[_Subject]:
    """One for each branch of a case distinction at the top."""
    if not isinstance(subject.body, Cases):
        yield subject
        return
    s = subject
    for guards, body in subject.body.branches:
        yield _Subject(s.kind, s.target, s.indices, body, guards, s.parameter)


def _statement(subject: _Subject, signs: Signs, rate: str | None) -> SignStatement | None:
    """target = c · (positive factors) · (left − right), with a literal c ≠ 0; None where more is open than one factor.

    c > 0: target > 0 where left > right; c < 0: where left < right.
    """
    coefficient, factors = split_coefficient(subject.body)
    context = (*signs.sizes, *domain_of(subject.indices), *subject.guards)
    open_factors = [f for f in factors if f != Access(rate or "") and signs.of(f, context) is not Sign.POSITIVE]
    if coefficient == 0 or len(open_factors) != 1:
        return None
    (deciding,) = open_factors
    left, right = _sides(_base(deciding))
    relation: Relation = ">" if coefficient > 0 else "<"
    positive = tuple(f for f in factors if f is not deciding and f != Access(rate or "") and accesses(f))
    used = Access(rate) if rate is not None and Access(rate) in factors else None
    return SignStatement(
        subject.kind, subject.target, subject.indices, left, relation, right, positive, subject.guards,
        subject.parameter, used,
    )


def _base(e: Expr) -> Expr:
    """What decides the sign of an odd power."""
    match e:
        case Power(base, Number(exponent)) if exponent.denominator == 1 and exponent % 2 == 1:
            return base
        case _:
            return e


def _sides(e: Expr) -> tuple[Expr, Expr]:
    """e > 0 as left > right: a > b for a − b."""
    if isinstance(e, Add) and len(e.terms) == 2:
        first, second = (split_coefficient(t)[0] for t in e.terms)
        if first > 0 > second:
            return e.terms[0], negate(e.terms[1])
        if second > 0 > first:
            return e.terms[1], negate(e.terms[0])
    return e, ZERO


def _reads_backwards(statement: SignStatement, model: Model) -> bool:
    """Whether something given is compared with something computed, as in y > ŷ."""
    left, right = statement.left, statement.right
    if not (isinstance(left, Access) and isinstance(right, Access)):
        return False
    return left.name not in model.by_target and right.name in model.by_target


def _says_something(statement: SignStatement) -> bool:
    """Whether it is short, and says more than the formula: what is positive, which side is greater, where a step goes.
    """
    if size_of(statement.left) + size_of(statement.right) > LONGEST:
        return False
    plain = isinstance(statement.left, Access) and statement.kind == "update"
    return bool(statement.positive) or statement.right != ZERO or plain
