"""Formulas as small ordered trees, in the author's or the chain's order.

Nothing here reorders, cancels or distributes: what SymPy does on construction, books don't.
Bound indices occur in `Reduce` only, and only `calculus.indices` renames or substitutes under one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from fractions import Fraction
from math import prod
from operator import attrgetter
from typing import Any, Literal

from symbp.calculus.affine import Affine, Guard, Index, Subscript
from symbp.calculus.node import node


@node
class Number:
    """An exact rational."""

    value: Fraction


@node
class Constant:
    """A named real number: `pi`."""

    name: str


@node
class Position:
    """An index or a size used as a number: the D in D/2."""

    value: Affine


@node
class Access:
    """name[subscripts]; a scalar has none."""

    name: str
    subscripts: tuple[Subscript, ...] = ()


@node
class Add:
    """A sum of two or more terms, in order. a − b is Add((a, Mul((Number(-1), b))))."""

    terms: tuple[Expr, ...]


@node
class Mul:
    """A product of two or more factors, in order. a / b is Mul((a, Power(b, Number(-1))))."""

    factors: tuple[Expr, ...]


@node
class Power:
    """base ^ exponent."""

    base: Expr
    exponent: Expr


@node
class Apply:
    """function(arguments): a built-in, `stop`, or a generic function declared without a body.

    `orders` is the derivative's multi-index for a generic function: f′(z) is Apply("f", (z,), (1,)); () means f itself.
    """

    function: str
    arguments: tuple[Expr, ...]
    orders: tuple[int, ...] = ()


ReductionKind = Literal["sum", "prod", "max", "min", "argmax", "argmin"]


@node
class Reduce:
    """⊕ over binders (in order, outer first), wherever the guards hold, of body.

    An empty sum is 0, an empty product 1; an empty max or min is an error. argmax and argmin are integers: component
    `component` of the first extremal index tuple in lexicographic order of the binders.
    """

    kind: ReductionKind
    binders: tuple[Index, ...]
    guards: tuple[Guard, ...]
    body: Expr
    component: int = 0


@node
class Cases:
    """The first branch whose guards all hold; 0 where none does. An Iverson bracket is a Cases of one branch."""

    branches: tuple[tuple[tuple[Guard, ...], Expr], ...]


Relation = Literal["<", "<=", ">", ">=", "==", "!="]


@node
class Select:
    """yes where `left relation right` holds for the real values, else no; the other branch is not read."""

    relation: Relation
    left: Expr
    right: Expr
    yes: Expr
    no: Expr


class PartialKind(Enum):
    """What a displayed ∂ means."""

    EDGE = "edge"
    """∂ of one equation's right-hand side, everything else that it reads held fixed."""

    TOTAL = "total"
    """∂ of the quantity through every path."""


@node
class Partial:
    """∂of/∂wrt, typed. Both are accesses; verification evaluates it numerically, printing shows ∂."""

    kind: PartialKind
    of: Access
    wrt: Access


Expr = Number | Constant | Position | Access | Add | Mul | Power | Apply | Reduce | Cases | Select | Partial

ZERO = Number(Fraction(0))
ONE = Number(Fraction(1))
MINUS_ONE = Number(Fraction(-1))


def number(value: int | Fraction) -> Number:
    return Number(Fraction(value))


def add(terms: Iterable[Expr]) -> Expr:
    """Σ terms: sums inside are opened, literal zeros dropped; order is kept."""
    flat: list[Expr] = []
    for term in terms:
        if isinstance(term, Add):
            flat.extend(term.terms)
        elif not isinstance(term, Number) or term.value != 0:
            flat.append(term)
    if not flat:
        return ZERO
    return flat[0] if len(flat) == 1 else Add(tuple(flat))


def multiply(factors: Iterable[Expr]) -> Expr:
    """Π factors: products inside are opened, literal numbers collected in front, ones dropped; order is kept."""
    numbers: list[Fraction] = []
    flat: list[Expr] = []
    for factor in factors:
        for part in factor.factors if isinstance(factor, Mul) else (factor,):
            if isinstance(part, Number):
                numbers.append(part.value)
            else:
                flat.append(part)
    if numbers:
        coefficient = numbers[0] if len(numbers) == 1 else prod(numbers)
        if coefficient == 0:
            return ZERO
        if coefficient != 1:
            flat.insert(0, Number(Fraction(coefficient)))
    if not flat:
        return ONE
    return flat[0] if len(flat) == 1 else Mul(tuple(flat))


def negate(e: Expr) -> Expr:
    return multiply((MINUS_ONE, e))


def subtract(a: Expr, b: Expr) -> Expr:
    return add((a, negate(b)))


def divide(a: Expr, b: Expr) -> Expr:
    return multiply((a, reciprocal(b)))


def reciprocal(e: Expr) -> Expr:
    """1/e; a literal zero stays a Power, for evaluation to report."""
    if isinstance(e, Number) and e.value != 0:
        return Number(1 / e.value)
    return Power(e, MINUS_ONE)


def power(base: Expr, exponent: Expr) -> Expr:
    """base ^ exponent, with exponent 1 dropped. x^0 stays: its domain is x's."""
    return base if exponent == ONE else Power(base, exponent)


def apply(function: str, *arguments: Expr) -> Apply:
    return Apply(function, arguments)


def split_coefficient(e: Expr) -> tuple[Fraction, tuple[Expr, ...]]:
    """The literal coefficient of a term, and its other factors in order."""
    if isinstance(e, Number):
        return e.value, ()
    if isinstance(e, Mul):
        if isinstance(e.factors[0], Number):
            return e.factors[0].value, e.factors[1:]
        return Fraction(1), e.factors
    return Fraction(1), (e,)


def _none(_: Expr) -> tuple[Expr, ...]:
    return ()


PARTS: dict[type, Callable[[Any], tuple[Expr, ...]]] = {
    Number: _none,
    Constant: _none,
    Position: _none,
    Access: _none,
    Partial: _none,
    Add: attrgetter("terms"),
    Mul: attrgetter("factors"),
    Power: attrgetter("base", "exponent"),
    Apply: attrgetter("arguments"),
    Reduce: lambda e: (e.body,),
    Cases: lambda e: tuple(body for _, body in e.branches),
    Select: attrgetter("left", "right", "yes", "no"),
}
"""How each kind of node gives its direct sub-expressions, in order."""


def children(e: Expr) -> tuple[Expr, ...]:
    """The direct sub-expressions, in order."""
    return PARTS[e.__class__](e)


REMADE: dict[type, Callable[[Any, tuple[Expr, ...]], Expr]] = {
    Add: lambda _, parts: Add(parts),
    Mul: lambda _, parts: Mul(parts),
    Power: lambda _, parts: Power(parts[0], parts[1]),
    Apply: lambda e, parts: Apply(e.function, parts, e.orders),
    Reduce: lambda e, parts: Reduce(e.kind, e.binders, e.guards, parts[0], e.component),
    Cases: lambda e, parts: Cases(tuple([(g, b) for (g, _), b in zip(e.branches, parts, strict=True)])),
    Select: lambda e, parts: Select(e.relation, *parts),
}
"""How each kind of node that has sub-expressions is made over others."""


def with_children(e: Expr, parts: tuple[Expr, ...]) -> Expr:
    """The same node over other sub-expressions, unsimplified; what has none as it is."""
    remade = REMADE.get(e.__class__)
    return e if remade is None else remade(e, parts)


def walk(e: Expr) -> Iterator[Expr]:
    """Every node, parents before children, left to right; iterative."""
    stack = [e]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(PARTS[node.__class__](node)[::-1])


def accesses(e: Expr) -> tuple[Access, ...]:
    """Every access, in reading order, repeats included."""
    found: list[Access] = []
    stack = [e]
    while stack:
        node = stack.pop()
        if node.__class__ is Access:
            found.append(node)
        else:
            stack.extend(PARTS[node.__class__](node)[::-1])
    return tuple(found)
