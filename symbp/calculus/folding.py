"""The author's equations again: generated inline names folded back into the equations that own them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index, Lookup, range_guards
from symbp.calculus.derivation import DisplayEquation, EquationKind
from symbp.calculus.expression import Access, Cases, Expr, Number, Power, add, multiply
from symbp.calculus.indices import free_symbols, replace_accesses, solve, substitute
from symbp.calculus.matching import size_of
from symbp.calculus.model import Equation, Model, Term, adjoint_base, definition_of, term_body, whole_access

FOLD_LIMIT = 48
"""Nodes beyond which a generated inner node keeps its name, so that nothing grows without bound."""


@dataclass(frozen=True)
class Folding:
    """The folded bodies of the inline equations that printing folds back."""

    bodies: dict[str, tuple[tuple[Index, ...], Expr]]

    def fold(self, e: Expr) -> Expr:
        """The formula with every folded name written out."""
        return replace_accesses(e, self._written_out)

    def _written_out(self, access: Access) -> Expr | None:
        found = self.bodies.get(access.name)
        if found is None:
            return None
        indices, body = found
        values: dict[str, Affine] = {}
        for index, subscript in zip(indices, access.subscripts, strict=True):
            if isinstance(subscript, Lookup):
                return None
            if subscript.as_symbol != index.name:
                values[index.name] = subscript
        return substitute(body, values)


def fold_inline(model: Model) -> Folding:
    """The folding of a model: every inline equation whose written-out body stays within FOLD_LIMIT."""
    folding = Folding({})
    for equation in model.equations:
        if equation.inline and adjoint_base(equation.target) is None:
            body = folding.fold(definition_of(equation).body)
            if size_of(body) <= FOLD_LIMIT:
                folding.bodies[equation.target] = (equation.indices, body)
    return folding


def display_equations(model: Model, folding: Folding) -> tuple[DisplayEquation, ...]:
    """The forward equations as the author wrote them, one for each case, numbered F1, F2, …"""
    shown: list[DisplayEquation] = []
    for equation in model.equations:
        if equation.target not in folding.bodies:
            shown.extend(_cases_of(model, folding, equation, len(shown)))
    return tuple(shown)


def _cases_of(model: Model, folding: Folding, equation: Equation, count: int) -> list[DisplayEquation]:
    kind: EquationKind = "definition"
    if equation.target == model.loss:
        kind = "loss"
    elif equation.owner is not None:
        kind = "inner"
    context = (*sets.positive(model.sizes), *model.requirements)
    shown: list[DisplayEquation] = []
    for piece in equation.pieces:
        body = folding.fold(add(written_term(t) for t in piece.terms))
        solution = solve((), (), equation.indices, piece.guards)
        domain = tuple(g for i in solution.remaining for g in range_guards(i.name, i.range))
        guards = sets.redundant_dropped(solution.guards, (*context, *domain))
        target = substitute(whole_access(equation.indices, equation.target), solution.values)
        assert isinstance(target, Access)
        label = f"F{count + len(shown) + 1}"
        shown.append(
            DisplayEquation(label, kind, solution.remaining, target, substitute(body, solution.values), guards)
        )
    return shown


def author_body(equation: Equation, folding: Folding) -> Expr:
    """The equation's right-hand side as one formula, inline names written out."""
    branches = tuple((p.guards, add(written_term(t) for t in p.terms)) for p in equation.pieces)
    single = len(branches) == 1 and not branches[0][0]
    return folding.fold(branches[0][1] if single else Cases(branches))


def written_term(term: Term) -> Expr:
    """The term as a person writes it: what a sum is divided by stands in front of the sum."""
    names = {b.name for b in term.binders}
    divisors = [f for f in term.factors if _divides(f) and not names.intersection(free_symbols(f))]
    if term.kind != "sum" or not names or not divisors or len(divisors) == len(term.factors):
        return term_body(term)
    left = tuple(f for f in term.factors if f not in divisors)
    inner = term_body(replace(term, coefficient=Fraction(1), factors=left))
    return multiply((Number(term.coefficient), *divisors, inner))


def _divides(f: Expr) -> bool:
    return isinstance(f, Power) and isinstance(f.exponent, Number) and f.exponent.value < 0


def domain_of(indices: tuple[Index, ...]) -> tuple[Guard, ...]:
    """lower ≤ i ≤ upper for each index."""
    return tuple(g for i in indices for g in range_guards(i.name, i.range))
