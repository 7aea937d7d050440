"""The author's equations again: generated inline names folded back into the equations that own them."""

from __future__ import annotations

from dataclasses import dataclass

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index, Lookup, range_guards
from symbp.calculus.derivation import DisplayEquation, EquationKind
from symbp.calculus.expression import Access, Expr, add
from symbp.calculus.indices import replace_accesses, solve, substitute
from symbp.calculus.matching import size_of
from symbp.calculus.model import Equation, Model, definition_of, term_body, whole_access

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
        if equation.inline:
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
        body = folding.fold(add(term_body(t) for t in piece.terms))
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
    return folding.fold(definition_of(equation).body)


def domain_of(indices: tuple[Index, ...]) -> tuple[Guard, ...]:
    """lower ≤ i ≤ upper for each index."""
    return tuple(g for i in indices for g in range_guards(i.name, i.range))
