"""An author's definition as one equation, its cases as pieces."""

from __future__ import annotations

from dataclasses import replace

from symbp.calculus.affine import Affine, Guard, Index
from symbp.calculus.expression import Access
from symbp.calculus.model import Array, Equation, Piece, Role
from symbp.language.elementary import Equations, Owner, Place
from symbp.language.expressions import Formulas, World
from symbp.language.shapes import Case, Shape
from symbp.language.steps import run
from symbp.language.value import Value, canonical, merged, of_factor, renamed_pieces


def define(shape: Shape, world: World) -> None:
    """Adds the equation of a defined name, after those of its parts."""
    line = min(c.definition.span.line for c in shape.cases)
    owner = Owner(shape.name, line, world.equations)
    formulas = Formulas(world, owner)
    for index in shape.indices:
        owner.fresh(index.name)
    pieces: list[Piece] = []
    for case in shape.cases:
        pieces.extend(_pieces(case, shape, formulas, owner))
    pieces.extend(Piece(h, (), filler=True) for h in shape.holes)
    indices, renamed = canonical(shape.indices, tuple(pieces))
    letters = tuple(i.letter for i in shape.indices) if shape.written else ()
    array = Array(shape.name, tuple(i.range for i in shape.indices), Role.DEFINED, letters=letters)
    world.equations.add(Equation(shape.name, indices, renamed, line=line), array)


def check_uncalled(world: World) -> None:
    """Lowers every helper that nothing calls, for its mistakes only."""
    for helper in world.file.helpers.values():
        if helper.name not in world.called:
            aside = replace(world, equations=Equations({}, set()))
            formulas = Formulas(aside, Owner(helper.name, helper.span.line, aside.equations))
            env: dict[str, Index | Value] = {n: of_factor(Access(n)) for n, _ in helper.parameters}
            run(formulas.value(helper.body, Place(env, helpers=(helper.name,))))


def _pieces(case: Case, shape: Shape, formulas: Formulas, owner: Owner) -> list[Piece]:
    """The case's formula under its guards; a `where` on indices gives several."""
    fresh = {} if case.whole else {name: Index(owner.fresh(name), index.range) for name, index in case.env.items()}
    own = fresh or case.env
    indices = tuple(own.values())
    inward = {case.axes[name]: Affine.of(index.name) for name, index in own.items()}
    back = {index.name: Affine.of(case.axes[name]) for name, index in own.items()}
    letters = {i.name for i in shape.indices}
    found: list[Piece] = []
    for guards in case.holds:
        visible = [g for g in guards if all(s in inward or s not in letters for s in g.symbols)]
        inner = _beyond(tuple(g.substitute(inward) for g in visible), indices)
        place = Place(dict(own), indices, inner)
        for further, value in run(formulas.choices.branches(case.definition.body, place)):
            piece = Piece(further, value.terms)
            if not case.whole:
                (piece,) = renamed_pieces((piece,), back)
            found.append(replace(piece, guards=merged(guards, piece.guards)))
    return found


def _beyond(guards: tuple[Guard, ...], indices: tuple[Index, ...]) -> tuple[Guard, ...]:
    """The guards that the ranges of the indices don't state already."""
    stated = set()
    for i in indices:
        stated.add(Affine.of(i.name) - i.range.lower)
        stated.add(i.range.upper - i.name)
    return tuple(g for g in guards if not (g.kind == "ge" and g.form in stated))
