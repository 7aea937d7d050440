"""Special cases of a Model, as Models: a size that is 1, the identity in place of a function."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from symbp.calculus.affine import Affine, Guard, Index, Range
from symbp.calculus.expression import (
    Add,
    Apply,
    Expr,
    Number,
    Position,
    children,
    multiply,
    split_coefficient,
    with_children,
)
from symbp.calculus.indices import substitute, truth
from symbp.calculus.matching import size_of
from symbp.calculus.model import Array, Equation, Fact, Model, Piece, Term
from symbp.calculus.terms import collect_terms, merge_powers, multiplied_out

Forms = dict[str, Affine]


def with_size_one(model: Model, size: str) -> Model | None:
    """The model with 1 in place of a size; None where its requirements don't admit that.

    Its values and sizes of the file are left out, since they may not fit.
    """
    one = {size: Affine.of(1)}
    requirements = _substituted(model.requirements, one)
    if any(truth(g) is False for g in requirements):
        return None
    return replace(
        model,
        sizes=tuple(s for s in model.sizes if s != size),
        arrays={name: _array(a, one) for name, a in model.arrays.items()},
        equations=tuple(_equation(e, one) for e in model.equations),
        facts=tuple(_fact(f, one) for f in model.facts),
        requirements=tuple(g for g in requirements if truth(g) is not True),
        index_ranges={letter: r.substitute(one) for letter, r in model.index_ranges.items()},
        size_values={}, values={},
    )


def with_identity(model: Model, function: str) -> Model:
    """The model with f(z) = z for a function of one argument, wherever it stands."""
    return replace(
        model,
        equations=tuple(_linear(e, function) for e in model.equations),
        facts=tuple(
            replace(f, left=_opened(f.left, function), right=None if f.right is None else _opened(f.right, function))
            for f in model.facts
        ),
        functions={name: arity for name, arity in model.functions.items() if name != function},
        values={},
    )


def cancelled(e: Expr) -> Expr:
    """The formula with the brackets of its factors opened, where like terms then collect to something shorter."""
    c, factors = split_coefficient(e)
    return multiply((Number(c), *(_collected(f) if isinstance(f, Add) else f for f in factors)))


def _collected(e: Add) -> Expr:
    opened = multiplied_out(e)
    if opened is None:
        return e
    collected = collect_terms([_merged(t) for t in opened])
    return collected if size_of(collected) < size_of(e) else e


def _merged(term: Expr) -> Expr:
    coefficient, factors = merge_powers((term,))
    return multiply((Number(coefficient), *factors))


def _array(array: Array, values: Forms) -> Array:
    within = None if array.values is None else array.values.substitute(values)
    return replace(array, axes=tuple(r.substitute(values) for r in array.axes), values=within)


def _equation(equation: Equation, values: Forms) -> Equation:
    return replace(
        equation,
        indices=_indices(equation.indices, values),
        pieces=tuple(
            Piece(_substituted(p.guards, values), tuple(_term(t, values) for t in p.terms), p.filler)
            for p in equation.pieces
        ),
        written=None if equation.written is None else _put(equation.written, values),
    )


def _term(term: Term, values: Forms) -> Term:
    return replace(
        term,
        factors=tuple(_put(f, values) for f in term.factors),
        binders=_indices(term.binders, values),
        guards=_substituted(term.guards, values),
    )


def _fact(fact: Fact, values: Forms) -> Fact:
    return replace(
        fact,
        indices=_indices(fact.indices, values),
        left=_put(fact.left, values),
        right=None if fact.right is None else _put(fact.right, values),
    )


def _put(e: Expr, values: Forms) -> Expr:
    """The formula with these values for its sizes, numbers where nothing but a number is left of a size."""
    return _with_numbers(substitute(e, values))


def _with_numbers(e: Expr) -> Expr:
    if isinstance(e, Position) and e.value.is_constant:
        return Number(Fraction(e.value.constant))
    parts = children(e)
    return with_children(e, tuple(map(_with_numbers, parts))) if parts else e


def _indices(indices: tuple[Index, ...], values: Forms) -> tuple[Index, ...]:
    return tuple(Index(i.name, i.range.substitute(values)) for i in indices)


def _substituted(guards: tuple[Guard, ...], values: Forms) -> tuple[Guard, ...]:
    return tuple(g.substitute(values) for g in guards)


def _linear(equation: Equation, function: str) -> Equation:
    pieces = tuple(
        replace(p, terms=tuple(replace(t, factors=tuple(_opened(f, function) for f in t.factors)) for t in p.terms))
        for p in equation.pieces
    )
    written = None if equation.written is None else _opened(equation.written, function)
    return replace(equation, pieces=pieces, written=written)


def _opened(e: Expr, function: str) -> Expr:
    """The formula with f(z) replaced by z, f′(z) by 1 and higher derivatives by 0."""
    parts = tuple(_opened(p, function) for p in children(e))
    if isinstance(e, Apply) and e.function == function:
        order = sum(e.orders)
        return parts[0] if order == 0 else Number(Fraction(order == 1))
    return with_children(e, parts) if parts else e


def single_value(within: Range) -> int | None:
    """The one value of a range with literal ends; None where there are more, or none, or it hangs on a size."""
    same = within.lower == within.upper and within.lower.is_constant
    return within.lower.constant if same else None
