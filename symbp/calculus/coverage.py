"""Pieces of an equation: at every point of the index ranges exactly one holds; and no max or min runs over nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index, range_guards
from symbp.calculus.describe import point_text
from symbp.calculus.model import Equation, Piece, Term
from symbp.calculus.problem import Problem, named, problem
from symbp.calculus.reads import target_domain
from symbp.calculus.sets import Background

Pins = tuple[tuple[str, int], ...]


def piece_problems(equation: Equation, background: Background) -> Iterator[Problem]:
    """Overlapping pieces, then a point without a piece."""
    pieces = equation.pieces
    if len(pieces) == 1 and not pieces[0].guards:
        return
    domain = target_domain(equation)
    context = (*domain, *background.about((*domain, *(g for p in pieces for g in p.guards))))
    for a, b in _possible_overlaps(pieces):
        if not sets.disjoint(a.guards, b.guards, context):
            point = sets.sample((*context, *a.guards, *b.guards))
            yield problem("overlap", equation, f"two cases of {named(equation)} hold at {_place(equation, point)}")
    alternatives = [p.guards for p in pieces]
    if not sets.covered(context, alternatives):
        point = sets.uncovered_point(context, alternatives)
        yield problem("uncovered", equation, f"no case of {named(equation)} holds at {_place(equation, point)}")


def _place(equation: Equation, point: dict[str, int] | None) -> str:
    """The target's indices at a point."""
    values = point or {}
    return point_text({i.name: values[i.name] for i in equation.indices if i.name in values}) or "some point"


def _possible_overlaps(pieces: Sequence[Piece]) -> Iterator[tuple[Piece, Piece]]:
    """Pairs of pieces except those that fix one index at two different values."""
    classes: dict[tuple[str, ...], dict[Pins, list[Piece]]] = {}
    for p in pieces:
        pins = _pins(p.guards)
        classes.setdefault(tuple(s for s, _ in pins), {}).setdefault(pins, []).append(p)
    for alike in classes.values():
        for same in alike.values():
            yield from combinations(same, 2)
    for one, other in combinations(classes.values(), 2):
        for a in (p for same in one.values() for p in same):
            yield from ((a, b) for same in other.values() for b in same)


def _pins(guards: Sequence[Guard]) -> Pins:
    """The indices that the guards fix at a number."""
    found: dict[str, int] = {}
    for g in guards:
        if g.kind == "eq" and g.lookup is None and len(g.form.terms) == 1 and abs(g.form.terms[0][1]) == 1:
            symbol, factor = g.form.terms[0]
            found[symbol] = -g.form.constant * factor
    return tuple(sorted(found.items()))


def empty_extremum_problems(equation: Equation, background: Background) -> Iterator[Problem]:
    """Each max, min, argmax or argmin that runs over no index at some point."""
    for piece in equation.pieces:
        for term in piece.terms:
            if term.kind in ("max", "min", "argmax", "argmin") and not _never_empty(equation, piece, term, background):
                yield problem("empty", equation, f"the {term.kind} in {named(equation)} can run over no index at all")


def _never_empty(equation: Equation, piece: Piece, term: Term, background: Background) -> bool:
    inside = (*(g for i in term.binders for g in range_guards(i.name, i.range)), *term.guards)
    domain = (*target_domain(equation), *piece.guards)
    context = (*domain, *background.about((*domain, *inside)))
    if any(g.lookup is not None for g in term.guards):
        return True
    if not term.guards and all(_is_long(i, context) for i in term.binders):
        return True
    return sets.covered(context, sets.project(inside, [i.name for i in term.binders]))


def _is_long(index: Index, context: Sequence[Guard]) -> bool:
    extent = index.range.extent - 1
    if extent.is_constant:
        return extent.constant >= 0
    return sets.implies(context, Guard("ge", Affine.of(extent)))
