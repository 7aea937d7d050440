"""What small steps of descent do to a quantity whose error has a known sign: they raise it, or lower it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from symbp.calculus.affine import Affine
from symbp.calculus.checks import Effect, Move, SignStatement
from symbp.calculus.derivation import Derivation, Station, Way, Ways
from symbp.calculus.expression import ZERO, Access, Expr, Partial, Relation
from symbp.calculus.indices import substitute

OPPOSITE: dict[Relation, Relation] = {"<": ">", ">": "<"}


@dataclass(frozen=True)
class _Node:
    """A quantity u that falls in descent where `left relation right`, since ∂of/∂u > 0 there."""

    access: Access
    statement: SignStatement
    relation: Relation


@dataclass(frozen=True)
class _Passed:
    """A node that every way from a parameter goes through, at this station; its place is counted from the parameter."""

    node: _Node
    place: int
    element: Access


def with_effects(
    derivation: Derivation, statements: Sequence[SignStatement], updates: Sequence[SignStatement],
    losses: Sequence[SignStatement],
) -> Iterator[SignStatement]:
    """The statements about error terms, each with what it means for the steps of parameters.

    All that a parameter p does to `of` it does through one element of u: ∂of/∂p = ∂of/∂u · ∂u/∂p, so the step
    −η ∂of/∂p changes u by −η (∂u/∂p)² ∂of/∂u to first order, against the sign of ∂of/∂u. `updates` are about the steps
    themselves, `losses` about the derivatives by what `of` alone reads.
    """
    nodes = [*_error_nodes(derivation, statements), *_loss_nodes(derivation, statements, losses)]
    effects: dict[int, list[tuple[_Passed, Move]]] = {}
    for ways in derivation.ways:
        gradient = derivation.gradients.get(ways.parameter.name)
        if gradient is None or not gradient.updates:
            continue
        passed = max(_passed(ways, nodes), key=lambda p: p.place, default=None)
        if passed is not None:
            move = _move(ways, passed, updates)
            if move is not None:
                place = next(k for k, s in enumerate(statements) if s is passed.node.statement)
                effects.setdefault(place, []).append((passed, move))
    for place, statement in enumerate(statements):
        yield replace(statement, effects=tuple(_effects(statement, effects.get(place, []))))


def _effects(statement: SignStatement, found: Sequence[tuple[_Passed, Move]]) -> Iterator[Effect]:
    """Those on one quantity, together."""
    for node in dict.fromkeys(passed.node for passed, _ in found):
        sides = (statement.left, statement.right)
        other = next((b for a, b in (sides, sides[::-1]) if a == node.access), None)
        moves = tuple(move for passed, move in found if passed.node == node)
        yield Effect(node.access, node.relation != statement.relation, moves, other)


def _error_nodes(derivation: Derivation, statements: Sequence[SignStatement]) -> Iterator[_Node]:
    """What error terms are the derivatives by."""
    errors = {e.name: e for e in derivation.errors}
    for s in statements:
        error = errors.get(s.target.name) if isinstance(s.target, Access) else None
        if error is not None and isinstance(s.target, Access):
            access = Access(error.of, s.target.subscripts)
            yield _Node(access, s, s.relation if error.sign > 0 else OPPOSITE[s.relation])


def _loss_nodes(
    derivation: Derivation, statements: Sequence[SignStatement], losses: Sequence[SignStatement]
) -> Iterator[_Node]:
    """What nothing but `of` reads, where the sign of its derivative hangs on the comparison of a statement."""
    for loss in losses:
        assert isinstance(loss.target, Partial)
        if any(_goes_on(way, loss.target.wrt.name) for ways in derivation.ways for way in ways.ways):
            continue
        for s in statements:
            if len(s.indices) == len(loss.indices):
                names = {a.name: Affine.of(b.name) for a, b in zip(loss.indices, s.indices, strict=True)}
                access = substitute(loss.target.wrt, names)
                sides = (substitute(loss.left, names), substitute(loss.right, names))
                if isinstance(access, Access) and sides in ((s.left, s.right), (s.right, s.left)):
                    same = sides == (s.left, s.right)
                    yield _Node(access, s, loss.relation if same else OPPOSITE[loss.relation])


def _goes_on(way: Way, name: str) -> bool:
    """Whether a way meets a quantity, and goes on from there through another one."""
    names = [s.access.name for s in way.stations]
    return name in names[:-2]


def _passed(ways: Ways, nodes: Sequence[_Node]) -> Iterator[_Passed]:
    """The nodes of which every way from a parameter meets one element first, and the same."""
    if ways.left_out:
        return
    for node in nodes:
        met = [_first(way, node.access.name) for way in ways.ways]
        elements = {s.access for _, s in met if s is not None}
        single = all(s is not None and not s.summed and not s.guards and s.exact for _, s in met)
        if single and len(elements) == 1:
            yield _Passed(node, min(k for k, _ in met), next(iter(elements)))


def _first(way: Way, name: str) -> tuple[int, Station | None]:
    return next(((k, s) for k, s in enumerate(way.stations) if s.access.name == name), (0, None))


def _move(ways: Ways, passed: _Passed, updates: Sequence[SignStatement]) -> Move | None:
    """The parameter with the letters of the statement, and whether its step is up where the statement holds."""
    names: dict[str, Affine] = {}
    for here, there in zip(passed.element.subscripts, passed.node.access.subscripts, strict=True):
        letter = here.as_symbol if isinstance(here, Affine) else None
        if letter is None or not isinstance(there, Affine):
            return None
        names[letter] = there
    others = tuple(i for i in ways.indices if i.name not in names)
    if {i.name for i in others} & {s for f in names.values() for s in f.symbols}:
        return None
    parameter = substitute(ways.parameter, names)
    assert isinstance(parameter, Access)
    step = next((u for u in updates if u.parameter == ways.parameter), None)
    grows, since = _direction(step, passed, names) if step is not None else (None, ())
    return Move(parameter, others, grows, since)


def _direction(
    step: SignStatement, passed: _Passed, names: dict[str, Affine]
) -> tuple[bool | None, tuple[Expr, ...]]:
    """Whether a step is up where the statement about the node holds, and the positive factors which that hangs on."""
    s = passed.node.statement
    left, right = substitute(step.left, names), substitute(step.right, names)
    since = tuple(substitute(f, names) for f in step.positive)
    if step.guards:
        return None, ()
    if left == s.target and right == ZERO:
        return step.relation == ">", since
    if (left, right) == (s.left, s.right):
        return step.relation == s.relation, since
    return (step.relation != s.relation, since) if (right, left) == (s.left, s.right) else (None, ())
