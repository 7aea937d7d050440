"""The sign of an error term, a gradient or an update, where all factors but one are known to be positive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from symbp.calculus import sets
from symbp.calculus.affine import Guard, Index
from symbp.calculus.checks import Kind, SignStatement, Target
from symbp.calculus.derivation import Derivation, Refusal, Rule
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
from symbp.checks.effects import OPPOSITE, with_effects

LOCAL_RULES = (Rule.LOCAL, Rule.FIXED, Rule.IDENTITY)
LONGEST = 8
"""Nodes of both sides together; a longer comparison says little."""

MOST_SIGNS = 12
"""Statements about signs; more than these nobody reads."""


@dataclass(frozen=True)
class _Subject:
    """What a sign is asked of: target[indices] = body, where the guards hold."""

    kind: Kind
    target: Target
    indices: tuple[Index, ...]
    body: Expr
    guards: tuple[Guard, ...] = ()
    parameter: Access | None = None


def sign_statements(derivation: Derivation) -> tuple[SignStatement, ...]:
    """What follows about signs from the forward values alone: of each error term, with what steps do there; of each
    update, or of each gradient where there are no updates, where that says more than the formula."""
    found = _Found(derivation)
    errors = {e.name for e in derivation.errors}
    told = [s for s in found.about(_errors(derivation)) if _is_told(s, errors)]
    gradients = list(found.about(_gradients(derivation)))
    losses = list(found.about(_losses(derivation)))
    others = [s for s in gradients if _is_told(s, errors)]
    return (*with_effects(derivation, told, gradients, losses), *others)


def told_signs(derivation: Derivation) -> tuple[SignStatement, ...]:
    """The first statements: those that a document has, and that a certificate compares."""
    return sign_statements(derivation)[:MOST_SIGNS]


class _Found:
    """The statements that can be made of formulas of one derivation."""

    def __init__(self, derivation: Derivation) -> None:
        self.model = derivation.model
        sizes = (*sets.positive(self.model.sizes), *self.model.requirements)
        self.signs = Signs(derivation.forward, self.model.facts, sizes, self.model.arrays)

    def about(self, subjects: Iterable[_Subject]) -> Iterator[SignStatement]:
        for subject in subjects:
            s = _statement(subject, self.signs, self.model.rate)
            if s is not None and _reads_backwards(s, self.model):
                s = replace(s, left=s.right, relation=OPPOSITE[s.relation], right=s.left)
            if s is not None:
                yield s


def _errors(derivation: Derivation) -> Iterator[_Subject]:
    for error in derivation.errors:
        target = whole_access(error.indices, error.name)
        for guards, body in error.branches:
            yield _Subject("error", target, error.indices, body, guards)


def _gradients(derivation: Derivation) -> Iterator[_Subject]:
    """The updates, and the gradients of parameters without."""
    for name, gradient in derivation.gradients.items():
        parameter = whole_access(gradient.indices, name)
        update = gradient.updates.get("shared")
        if update is not None:
            step = whole_access(gradient.indices, step_name(name))
            yield from _cases(_Subject("update", step, gradient.indices, update, (), parameter))
            continue
        shared = gradient.forms.get("shared")
        if shared is not None and not isinstance(shared, Refusal):
            total = Partial(PartialKind.TOTAL, Access(derivation.of), parameter)
            yield from _cases(_Subject("gradient", total, gradient.indices, shared, (), parameter))


def _losses(derivation: Derivation) -> Iterator[_Subject]:
    """The local derivatives of what is differentiated."""
    for step in derivation.steps:
        of = step.before.of if isinstance(step.before, Partial) else None
        if step.rule in LOCAL_RULES and of == Access(derivation.of) and not step.guards:
            assert isinstance(step.before, Partial)
            yield _Subject("gradient", step.before, step.indices, step.after)


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


def _is_told(statement: SignStatement, errors: set[str]) -> bool:
    """Whether it is short, says more than the formula, and is about forward values alone."""
    sides = (statement.left, statement.right)
    if sum(map(size_of, sides)) > LONGEST or any(a.name in errors for side in sides for a in accesses(side)):
        return False
    return bool(statement.positive) or statement.right != ZERO
