"""What closures are made of: sums, products, cases and loops over index tuples, as functions of other closures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from symbp.calculus.expression import PartialKind
from symbp.numeric.arithmetic import Undefined, Value

Env = list[int]
Key = tuple[int, ...]
Element = tuple[str, Key]
Scope = dict[str, int]
"""Which slot of the environment each index name has."""

HOISTED = "#"
"""What the names of parts of formulas begin with that are kept like elements; no model's name does."""


class Reader(Protocol):
    """Where closures get elements of arrays from.

    A reader that `moves` has an element shifted, to see what changes. What is held still (`stop`) and which branch is
    taken (`where`, relu, a maximum) is then asked of the values at rest, so that a difference follows one branch.
    """

    moves: bool

    def still(self, closure: Closure, env: Env) -> Value:
        """The closure's value at rest."""

    def value(self, name: str, key: Key) -> Value:
        """The element as a number of the arithmetic."""

    def integer(self, name: str, key: Key) -> int:
        """The element of an integer array."""

    def partial(self, kind: PartialKind, of: Element, wrt: Element) -> Value:
        """A typed partial derivative, numerically."""


Closure = Callable[[Env, Reader], Value]
IntegerClosure = Callable[[Env], int]
KeyClosure = Callable[[Env, Reader], Key]
Test = Callable[[Env, Reader], bool]
Charge = Callable[[int], None]
"""Notes work that is about to be done, and raises Costly where it is too much."""


def lexicographic(
    levels: list[tuple[int, IntegerClosure, IntegerClosure, Test]], outer: Test, charge: Charge, work: int
) -> Callable[[Env, Reader], Iterator[None]]:
    """Sets slots to every tuple of the levels' ranges where the tests hold; `work` is that of one tuple."""

    def visit(env: Env, read: Reader, level: int) -> Iterator[None]:
        slot, lower, upper, holds = levels[level]
        last = level == len(levels) - 1
        first, final = lower(env), upper(env)
        several = max(final - first + 1, 0)
        charge(work * several if last else several)
        for value in range(first, final + 1):
            env[slot] = value
            if holds(env, read):
                if last:
                    yield
                else:
                    yield from visit(env, read, level + 1)

    def start(env: Env, read: Reader) -> Iterator[None]:
        if outer(env, read):
            if levels:
                env.extend([0] * (levels[-1][0] + 1 - len(env)))
                yield from visit(env, read, 0)
            else:
                yield

    return start


def located_in(body: Closure, shown: list[tuple[str, int]]) -> Closure:
    """The body, its undefined values told with the bound indices at which they occur."""

    def located(env: Env, read: Reader) -> Value:
        try:
            return body(env, read)
        except Undefined as undefined:
            place = ", ".join(f"{letter} = {env[slot]}" for letter, slot in shown)
            raise Undefined(f"{undefined} at {place}" if place else str(undefined)) from None

    return located


def at_rest(closure: Closure) -> Closure:
    """The closure, asked of the values at rest."""
    return lambda env, read: read.still(closure, env) if read.moves else closure(env, read)


def extremal(
    points: Callable[[Env, Reader], Iterator[None]], body: Closure, greatest: bool, slot: int | None
) -> Closure:
    """The first extremal value, or with a slot its index; the extremum is looked for at rest."""
    resting = at_rest(body)

    def chosen(env: Env, read: Reader) -> Value:
        best, where, at = None, 0, env
        for _ in points(env, read):
            value = resting(env, read)
            if best is None or (value > best if greatest else value < best):
                best, where = value, env[slot] if slot is not None else 0
                if read.moves:
                    at = list(env)
        if best is None:
            raise Undefined(f"{'max' if greatest else 'min'} over no index")
        if slot is not None:
            return where
        return body(at, read) if read.moves else best

    return chosen


def added(terms: list[Closure]) -> Closure:
    match terms:
        case [one, two]:
            return lambda env, read: one(env, read) + two(env, read)
        case _:
            first, rest = terms[0], terms[1:]

            def total(env: Env, read: Reader) -> Value:
                result = first(env, read)
                for term in rest:
                    result = result + term(env, read)
                return result

            return total


def multiplied(factors: list[Closure]) -> Closure:
    match factors:
        case [one, two]:
            return lambda env, read: one(env, read) * two(env, read)
        case _:
            first, rest = factors[0], factors[1:]

            def product(env: Env, read: Reader) -> Value:
                result = first(env, read)
                for factor in rest:
                    result = result * factor(env, read)
                return result

            return product


def multiplied_while_nonzero(factors: list[Closure]) -> Closure:
    """The product, in which what follows an exact zero is not worked out."""

    def product(env: Env, read: Reader) -> Value:
        result = factors[0](env, read)
        for factor in factors[1:]:
            if result == 0:
                return result
            result = result * factor(env, read)
        return result

    return product


def first_holding(branches: list[tuple[Test, Closure]], zero: Value) -> Closure:
    def first(env: Env, read: Reader) -> Value:
        for holds, body in branches:
            if holds(env, read):
                return body(env, read)
        return zero

    return first


