"""A program one step at a time: every function, power, product or choice among others has its own line.

A line is then cases of sums of products, or one function, power, reduction or choice; its factors and arguments are
elements, numbers, and what no parameter moves. The operations are the same: nothing but names is added.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from symbp.calculus import sets
from symbp.calculus.affine import Guard
from symbp.calculus.expression import (
    Access,
    Add,
    Apply,
    Cases,
    Constant,
    Expr,
    Mul,
    Number,
    Position,
    Power,
    Reduce,
    Select,
    accesses,
    add,
    multiply,
)
from symbp.calculus.indices import fresh
from symbp.calculus.local import Scope
from symbp.calculus.model import Definition, whole_access
from symbp.cost.program import Program


def staged(program: Program, active: Collection[str]) -> Program:
    """The program in stages; what reads none of the `active` names stays as it is written."""
    stages = _Stages(program, active)
    for d in program.definitions:
        stages.add(d)
    return program.with_definitions(tuple(stages.lines))


def is_simple(e: Expr) -> bool:
    """Whether it is read without an operation."""
    return isinstance(e, Access | Number | Constant | Position)


def within_cases(e: Cases, scope: Scope) -> Sequence[tuple[tuple[Guard, ...], Expr, Scope]]:
    """Each branch with the scope in which it is the first that holds, as far as one set of guards can say so."""
    found = []
    excluded: tuple[Guard, ...] = ()
    for guards, body in e.branches:
        found.append((guards, body, scope.under((), (*excluded, *guards))))
        if len(guards) == 1 and (guards[0].kind != "ge" or guards[0].lookup is None):
            excluded = (*excluded, sets.negation(guards[0]))
    return found


def line_about(name: str, e: Expr, scope: Scope) -> tuple[Definition, Access]:
    """A formula that stands in a scope as a line over the indices that it needs, and its element there."""
    about = scope.about(e)
    body = Cases(((about.guards, e),)) if about.guards else e
    return Definition(name, about.indices, body), whole_access(about.indices, name)


class _Stages:
    """The lines made so far."""

    def __init__(self, program: Program, active: Collection[str]) -> None:
        self.active = active
        self.taken = {*program.arrays, *program.by_target}
        self.lines: list[Definition] = []

    def add(self, d: Definition) -> None:
        body = self.root(d.body, Scope(d.indices), d.target)
        self.lines.append(Definition(d.target, d.indices, body))

    def root(self, e: Expr, scope: Scope, owner: str) -> Expr:
        """What may stand as a line's whole right-hand side."""
        if isinstance(e, Cases):
            return Cases(tuple((g, self.root(b, inner, owner)) for g, b, inner in within_cases(e, scope)))
        if isinstance(e, Apply | Power | Select) or (isinstance(e, Reduce) and e.kind != "sum"):
            return self.step(e, scope, owner)
        return self.sum(e, scope, owner)

    def sum(self, e: Expr, scope: Scope, owner: str) -> Expr:
        """Sums of products of simple factors."""
        match e:
            case _ if is_simple(e) or not self.moves(e):
                return e
            case Add(terms):
                return add(self.sum(t, scope, owner) for t in terms)
            case Reduce("sum", binders, guards, body):
                return Reduce("sum", binders, guards, self.sum(body, scope.under(binders, guards), owner))
            case Cases():
                return Cases(tuple((g, self.sum(b, inner, owner)) for g, b, inner in within_cases(e, scope)))
            case Mul(factors):
                return multiply(self.simple(f, scope, owner) for f in factors)
            case _:
                return self.simple(e, scope, owner)

    def simple(self, e: Expr, scope: Scope, owner: str) -> Expr:
        """The formula, or an element of a new line that holds it."""
        if is_simple(e):
            return e
        body = self.root(e, scope, owner)
        self.taken.add(name := fresh(f"{owner}#step", self.taken))
        line, element = line_about(name, body, scope)
        self.lines.append(line)
        return element

    def step(self, e: Apply | Power | Select | Reduce, scope: Scope, owner: str) -> Expr:
        """One operation of simple parts."""
        if not self.moves(e):
            return e
        match e:
            case Apply(function, arguments, orders):
                return Apply(function, tuple(self.simple(a, scope, owner) for a in arguments), orders)
            case Power(base, exponent):
                return Power(self.simple(base, scope, owner), self.simple(exponent, scope, owner))
            case Select(relation, left, right, yes, no):
                return Select(relation, left, right, self.simple(yes, scope, owner), self.simple(no, scope, owner))
            case Reduce(kind, binders, guards, body, component):
                inside = self.simple(body, scope.under(binders, guards), owner)
                return Reduce(kind, binders, guards, inside, component)

    def moves(self, e: Expr) -> bool:
        return any(a.name in self.active for a in accesses(e))

