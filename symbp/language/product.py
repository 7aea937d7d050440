"""A product being put together: coefficients collected, factors in the author's order."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from symbp.calculus.affine import Guard, Index
from symbp.calculus.expression import Expr
from symbp.calculus.model import Term
from symbp.language.elementary import Owner, Place
from symbp.language.value import ZERO, Value, guarded, inverse, literal, merged, never_zero, of_factor

ONE = Fraction(1)

MOST_FACTORS = 12
"""Factors of one elementary product; more are multiplied in groups, so that all their derivatives stay cheap."""


class Product:
    """A product being put together, factors in the author's order."""

    def __init__(self, owner: Owner, place: Place) -> None:
        self.coefficient = ONE
        self._owner = owner
        self._place = place
        self._factors: list[Expr] = []
        self._binders: tuple[Index, ...] = ()
        self._guards: tuple[Guard, ...] = ()
        self._partial = False

    def times(self, value: Value, whole: bool = False) -> None:
        """Multiplies; a sum over an index stays in the product where `whole` says so."""
        term = value.terms[0] if whole else value.plain
        if not value.terms:
            self.coefficient = Fraction(0)
        elif term is None or term.kind != "sum":
            self._factors.append(self._owner.atom(value, self._place))
            self._partial = self._partial or value.partial
        else:
            self.coefficient *= term.coefficient
            self._factors.extend(term.factors)
            self._binders += term.binders
            self._guards = merged(self._guards, term.guards)
            self._partial = self._partial or value.partial

    def over(self, value: Value) -> None:
        """Divides by a value that is not the number 0."""
        term = value.plain
        factors = (None,) if term is None or term.guards else term.factors
        total = all(f is not None and never_zero(f, self._place.indices) for f in factors)
        self._partial = self._partial or value.partial or not total
        if term is None or term.guards:
            self._factors.extend(self._inverted((self._owner.atom(value, self._place),), value.partial))
        else:
            self.coefficient /= term.coefficient
            self._factors.extend(self._inverted(term.factors, value.partial))

    def _inverted(self, factors: Iterable[Expr], partial: bool) -> Iterable[Expr]:
        for factor in factors:
            found = inverse(factor)
            if found is None:
                found = inverse(self._owner.split(of_factor(factor, partial), self._place))
            assert found is not None
            yield found

    def value(self) -> Value:
        if not self.coefficient:
            return ZERO
        partial = self._partial and (bool(self._place.guards))
        if not self._binders:
            while len(self._factors) > MOST_FACTORS:
                self._factors = [self._grouped(k, partial) for k in range(0, len(self._factors), MOST_FACTORS)]
        if not self._factors and not self._binders:
            return guarded(literal(self.coefficient), self._guards)
        return Value((Term(self.coefficient, tuple(self._factors), self._binders, self._guards),), partial)

    def _grouped(self, start: int, partial: bool) -> Expr:
        """The factors from `start` on, as many as one product holds, under a name of their own."""
        group = tuple(self._factors[start : start + MOST_FACTORS])
        return group[0] if len(group) == 1 else self._owner.split(Value((Term(ONE, group),), partial), self._place)
