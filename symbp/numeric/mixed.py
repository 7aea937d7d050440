"""Numbers that are exact for as long as they can be: rationals of bounded length, else mpmath's.

A kink is hit where two values are equal, and for rationals that is decided.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from symbp.numeric.arithmetic import (
    EXACT,
    Arithmetic,
    Irrational,
    Undefined,
    Value,
    branch_functions,
    multiprecision,
    rational_functions,
)

LONGEST = 4096
"""Bits of a numerator or denominator beyond which a rational is rounded."""


@dataclass(frozen=True, eq=False)
class Mixed:
    """A rational, or a real number of `home`'s precision."""

    exact: Fraction | None
    real: Any
    home: Arithmetic

    @staticmethod
    def of(value: Fraction | int, home: Arithmetic) -> Mixed:
        rational = Fraction(value)
        if max(rational.numerator.bit_length(), rational.denominator.bit_length()) > LONGEST:
            return Mixed(None, home.number(rational), home)
        return Mixed(rational, None, home)

    @property
    def approximate(self) -> Any:
        """The value in `home`'s arithmetic."""
        return self.real if self.exact is None else self.home.number(self.exact)

    def _other(self, value: Any) -> Mixed:
        return value if isinstance(value, Mixed) else Mixed.of(value, self.home)

    def __add__(self, value: Any) -> Mixed:
        other = self._other(value)
        if self.exact is not None and other.exact is not None:
            return Mixed.of(self.exact + other.exact, self.home)
        return Mixed(None, self.approximate + other.approximate, self.home)

    def __mul__(self, value: Any) -> Mixed:
        other = self._other(value)
        if self.exact is not None and other.exact is not None:
            return Mixed.of(self.exact * other.exact, self.home)
        if 0 in (self.exact, other.exact):
            return Mixed.of(0, self.home)
        return Mixed(None, self.approximate * other.approximate, self.home)

    def __neg__(self) -> Mixed:
        return Mixed(None, -self.real, self.home) if self.exact is None else Mixed(-self.exact, None, self.home)

    def __sub__(self, value: Any) -> Mixed:
        return self + -self._other(value)

    def __abs__(self) -> Mixed:
        return -self if self < 0 else self

    def _sign_of_difference(self, value: Any) -> int:
        other = self._other(value)
        if self.exact is not None and other.exact is not None:
            return (self.exact > other.exact) - (self.exact < other.exact)
        return int(self.approximate > other.approximate) - int(self.approximate < other.approximate)

    def __lt__(self, value: Any) -> bool:
        return self._sign_of_difference(value) < 0

    def __le__(self, value: Any) -> bool:
        return self._sign_of_difference(value) <= 0

    def __gt__(self, value: Any) -> bool:
        return self._sign_of_difference(value) > 0

    def __ge__(self, value: Any) -> bool:
        return self._sign_of_difference(value) >= 0

    def __eq__(self, value: object) -> bool:
        return self._sign_of_difference(value) == 0

    __hash__ = None  # type: ignore[assignment]


@lru_cache(maxsize=8)
def mixed(digits: int) -> Arithmetic:
    """Exact where the values are rational and not too long, else mpmath at `digits` digits."""
    home = multiprecision(digits)

    def number(value: Fraction | int) -> Value:
        return Mixed.of(value, home)

    def either(exact: Callable[..., Value], real: Callable[..., Value]) -> Callable[..., Value]:
        """A function with a rational value where it has one. What it is undefined at, `real` says."""

        def value(*arguments: Mixed) -> Value:
            rationals = [x.exact for x in arguments]
            if None not in rationals:
                try:
                    return Mixed.of(exact(*rationals), home)
                except (Irrational, Undefined):
                    pass
            return Mixed(None, real(*[x.approximate for x in arguments]), home)

        return value

    def integer_power(base: Mixed, n: int) -> Value:
        return either(lambda x: EXACT.raise_to_integer(x, n), lambda x: home.raise_to_integer(x, n))(base)

    def constant(name: str) -> Callable[[], Value]:
        return lambda: Mixed(None, home.constants[name](), home)

    return Arithmetic(
        name=f"exact, or {digits} digits",
        number=number,
        functions={
            **{name: either(EXACT.functions[name], f) for name, f in home.functions.items()},
            **rational_functions(number),
        },
        branches=branch_functions(number),
        constants={name: constant(name) for name in home.constants},
        raise_to=either(EXACT.raise_to, home.raise_to),
        raise_to_integer=integer_power,
        is_finite=lambda x: x.exact is not None or home.is_finite(x.real),
        show=lambda x: home.show(x.approximate),
        magnitude=lambda x: -math.inf if x == 0 else home.magnitude(x.approximate),
        digits=digits,
    )
