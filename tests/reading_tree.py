"""What a printed formula says, as a reader understands it: a small tree with no model behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from fractions import Fraction


class Misread(AssertionError):
    """What is printed can't be read, or says something that no reader can make sense of."""


@dataclass(frozen=True)
class Numeral:
    value: Fraction

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True)
class Symbol:
    """A stem with its marks, and what stands above and below it as indices."""

    stem: str
    above: tuple[Node, ...] = ()
    below: tuple[Node, ...] = ()

    def __str__(self) -> str:
        above, below = (",".join(map(str, part)) for part in (self.above, self.below))
        return self.stem + (f"^{{{above}}}" if above else "") + (f"_{{{below}}}" if below else "")


@dataclass(frozen=True)
class Sum:
    terms: tuple[Node, ...]


@dataclass(frozen=True)
class Product:
    factors: tuple[Node, ...]


@dataclass(frozen=True)
class Negative:
    of: Node


@dataclass(frozen=True)
class Quotient:
    over: Node
    under: Node


@dataclass(frozen=True)
class Power:
    base: Node
    exponent: Node


@dataclass(frozen=True)
class Call:
    """function(arguments), or its derivative of these orders."""

    function: str
    arguments: tuple[Node, ...]
    orders: tuple[int, ...] = ()


@dataclass(frozen=True)
class Binder:
    letter: str
    low: Node
    high: Node


@dataclass(frozen=True)
class Big:
    """Σ, Π, max, min, argmax, argmin over binders, the first outermost, where the conditions hold."""

    operator: str
    binders: tuple[Binder, ...]
    conditions: tuple[Condition, ...]
    body: Node
    component: int = 0


@dataclass(frozen=True)
class Iverson:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Cases:
    """Values with their conditions; None is otherwise."""

    branches: tuple[tuple[Node, tuple[Condition, ...] | None], ...]


@dataclass(frozen=True)
class Partial:
    of: Symbol
    wrt: Symbol
    direct: bool = False


Node = Numeral | Symbol | Sum | Product | Negative | Quotient | Power | Call | Big | Iverson | Cases | Partial


@dataclass(frozen=True)
class Comparison:
    """A chain: sides[0] relations[0] sides[1] … ."""

    sides: tuple[Node, ...]
    relations: tuple[str, ...]


@dataclass(frozen=True)
class Span:
    """letter = low, …, high."""

    letters: tuple[str, ...]
    low: Node
    high: Node


@dataclass(frozen=True)
class Members:
    """value ∈ {members}."""

    value: Node
    members: tuple[Node, ...]


Condition = Comparison | Span | Members


def parts(node: object) -> Iterator[object]:
    """A node and everything in it, conditions included."""
    stack = [node]
    while stack:
        here = stack.pop()
        if isinstance(here, tuple):
            stack.extend(reversed(here))
        elif hasattr(here, "__dataclass_fields__"):
            yield here
            stack.extend(getattr(here, f.name) for f in reversed(fields(here)))  # type: ignore[arg-type]


def free_symbols(node: object, bound: frozenset[str] = frozenset()) -> Iterator[Symbol]:
    """The symbols that no binder in the node binds; raises Misread where a letter is bound twice, one in the other."""
    match node:
        case tuple():
            for part in node:
                yield from free_symbols(part, bound)
        case Symbol(stem, above, below):
            if stem not in bound or above or below:
                yield node
            yield from free_symbols((above, below), bound)
        case Big(binders=binders, conditions=conditions, body=body):
            inner = bound
            for b in binders:
                yield from free_symbols((b.low, b.high), inner)
                if b.letter in inner:
                    raise Misread(f"{b.letter} is bound under a sum over {b.letter}")
                inner = inner | {b.letter}
            yield from free_symbols((conditions, body), inner)
        case _ if hasattr(node, "__dataclass_fields__"):
            for f in fields(node):  # type: ignore[arg-type]
                yield from free_symbols(getattr(node, f.name), bound)


def bound_letters(node: object) -> set[str]:
    return {b.letter for part in parts(node) if isinstance(part, Big) for b in part.binders}
