"""What is known of indices and sizes at a place, and the questions that split it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from symbp.calculus.affine import Affine, Guard
from symbp.calculus.sets import implies, negation

Why = Literal["stride", "order", "width", "roots", "lookup", "recurrence", "sign", "length"]


class NoClosedForm(Exception):
    """There is no closed form, or none that is looked for.

    stride: an index is multiplied where a bound is symbolic; order: it depends on sizes which bound is larger; width:
    the factor of a recurrence varies along it; roots: its factors are no polynomials; lookup: an integer input decides;
    recurrence: it runs along more than one axis, or not in constant steps; sign: it depends on whether a size is odd;
    length: it has more terms than anybody reads.
    """

    def __init__(self, why: Why, name: str) -> None:
        self.why = why
        self.name = name
        super().__init__(f"{why}: {name}")


class Undecided(Exception):
    """A condition that holds here and there among the places in hand: whoever owns a symbol of it splits them."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        super().__init__(repr(guard))


class Context:
    """Integers by name that satisfy some guards."""

    __slots__ = ("guards",)

    def __init__(self, guards: tuple[Guard, ...] = ()) -> None:
        self.guards = guards

    def where(self, guards: Iterable[Guard]) -> Context:
        return Context(tuple(dict.fromkeys((*self.guards, *guards))))

    def within(self, symbol: str, lower: Affine, upper: Affine) -> Context:
        """lower ≤ symbol ≤ upper besides."""
        form = Affine.of(symbol)
        if lower == upper:
            return self.where((Guard("eq", form - lower),))
        return self.where((Guard("ge", form - lower), Guard("ge", upper - form)))

    def known(self, guard: Guard) -> bool | None:
        """Whether the guard, which reads no lookup, holds throughout or nowhere; None where it does here and there."""
        if guard.form.is_constant:
            return guard.holds({})
        return _truth(self.guards, guard)

    def decide(self, guard: Guard) -> bool:
        """Whether the guard holds; raises Undecided where that varies."""
        answer = self.known(guard)
        if answer is None:
            raise Undecided(guard)
        return answer

    def at_most(self, a: Affine, b: Affine) -> bool:
        """Whether a ≤ b; raises Undecided where that varies."""
        return self.decide(Guard("ge", b - a))


@lru_cache(maxsize=50_000)
def _truth(guards: tuple[Guard, ...], guard: Guard) -> bool | None:
    if implies(guards, guard):
        return True
    return False if implies(guards, negation(guard)) else None
