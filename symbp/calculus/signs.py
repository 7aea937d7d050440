"""What sign a formula is known to have, so that conditions that always hold aren't stated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard
from symbp.calculus.derivation import DisplayEquation
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
    Relation,
    Select,
)
from symbp.calculus.folding import domain_of
from symbp.calculus.model import Array, Fact

POSITIVE_FUNCTIONS = frozenset(("exp", "cosh", "sigmoid", "softplus"))
NONNEGATIVE_FUNCTIONS = frozenset(("abs", "relu", "step"))
UNIT_FUNCTIONS = frozenset(("sigmoid", "tanh", "erf"))
"""Functions whose values lie strictly between −1 and 1."""


class Sign(IntEnum):
    """Known about a real number for all values of what it is made of."""

    UNKNOWN = 0
    NONZERO = 1
    NONNEGATIVE = 2
    POSITIVE = 3

    @property
    def is_nonnegative(self) -> bool:
        return self >= Sign.NONNEGATIVE

    @property
    def is_nonzero(self) -> bool:
        return self in (Sign.NONZERO, Sign.POSITIVE)


class Signs:
    """Signs under the ranges of the sizes and indices, the assumptions, and the equations of defined names."""

    def __init__(
        self,
        forward: Sequence[DisplayEquation],
        facts: Sequence[Fact],
        sizes: tuple[Guard, ...],
        arrays: Mapping[str, Array],
    ) -> None:
        self.sizes = sizes
        self.names: dict[str, Sign] = {}
        self.within_unit: set[str] = set()
        """Defined names whose values lie strictly between −1 and 1."""
        for f in facts:
            if isinstance(f.left, Access) and _about_zero(f) and _is_whole(f.left, f, arrays):
                sign = _combined(f.relation in (">", ">="), f.relation in (">", "!="))
                self.names[f.left.name] = max(sign, self.names.get(f.left.name, Sign.UNKNOWN))
        self._read_equations(forward)

    def _read_equations(self, forward: Sequence[DisplayEquation]) -> None:
        """The sign of each defined name, once all its equations are seen; what it reads before that is unknown."""
        last = {e.target.name: k for k, e in enumerate(forward)}
        signs: dict[str, list[Sign]] = {}
        within: dict[str, list[bool]] = {}
        for k, e in enumerate(forward):
            name = e.target.name
            context = (*self.sizes, *domain_of(e.indices), *e.guards)
            signs.setdefault(name, []).append(self.of(e.body, context))
            within.setdefault(name, []).append(self._is_within_unit(e.body))
            if last[name] == k:
                if all(within[name]):
                    self.within_unit.add(name)
                found = signs[name]
                whole = _combined(all(s.is_nonnegative for s in found), all(s.is_nonzero for s in found))
                self.names[name] = max(whole, self.names.get(name, Sign.UNKNOWN))

    def holds(self, left: Expr, relation: Relation, context: tuple[Guard, ...]) -> bool:
        """Whether `left relation 0` is known."""
        sign = self.of(left, (*self.sizes, *context))
        match relation:
            case ">":
                return sign is Sign.POSITIVE
            case ">=":
                return sign.is_nonnegative
            case "!=":
                return sign.is_nonzero
            case _:
                return False

    def of(self, e: Expr, context: tuple[Guard, ...]) -> Sign:
        match e:
            case Number(value):
                return _combined(value >= 0, value != 0)
            case Constant():
                return Sign.POSITIVE
            case Position(form):
                positive = sets.implies(context, Guard("ge", form - 1))
                return _combined(positive or sets.implies(context, Guard("ge", form)), positive)
            case Access(name):
                return self.names.get(name, Sign.UNKNOWN)
            case Apply(function, arguments):
                return self._of_call(function, arguments, context)
            case Power(base, exponent):
                return self._of_power(base, exponent, context)
            case Mul(factors):
                signs = [self.of(f, context) for f in factors]
                return _combined(all(s.is_nonnegative for s in signs), all(s.is_nonzero for s in signs))
            case Add(terms):
                if self._is_rest_to_one(terms):
                    return Sign.POSITIVE
                signs = [self.of(t, context) for t in terms]
                below = all(s.is_nonnegative for s in signs)
                return _combined(below, below and Sign.POSITIVE in signs)
            case Reduce("sum" | "prod" | "max" | "min" as kind, binders, guards):
                inside = (*context, *domain_of(binders), *guards)
                body = self.of(e.body, inside)
                some = body is Sign.POSITIVE and (kind == "prod" or self._some(e, context))
                return _combined(body.is_nonnegative, some)
            case Cases(branches) if len(branches) == 1:
                return _combined(self.of(branches[0][1], (*context, *branches[0][0])).is_nonnegative, False)
            case Select(_, _, _, yes, no):
                signs = [self.of(yes, context), self.of(no, context)]
                return _combined(all(s.is_nonnegative for s in signs), all(s.is_nonzero for s in signs))
            case _:
                return Sign.UNKNOWN

    def _is_rest_to_one(self, terms: tuple[Expr, ...]) -> bool:
        """Whether the sum is 1 − u with |u| < 1, as in ŷ(1 − ŷ) and 1 − tanh²."""
        match terms:
            case (Number(whole), Mul((Number(taken), *factors))) if whole >= 1 and abs(taken) <= 1:
                return all(self._is_within_unit(f) for f in factors)
            case _:
                return False

    def _is_within_unit(self, e: Expr) -> bool:
        """Whether |e| < 1 is known."""
        match e:
            case Access(name):
                return name in self.within_unit
            case Apply(function):
                return function in UNIT_FUNCTIONS
            case Power(base, Number(exponent)):
                return exponent.denominator == 1 and exponent > 0 and self._is_within_unit(base)
            case _:
                return False

    def _of_call(self, function: str, arguments: tuple[Expr, ...], context: tuple[Guard, ...]) -> Sign:
        if function in POSITIVE_FUNCTIONS:
            return Sign.POSITIVE
        if function == "sqrt":
            return _combined(True, self.of(arguments[0], context) is Sign.POSITIVE)
        if function == "stop":
            return self.of(arguments[0], context)
        return Sign.NONNEGATIVE if function in NONNEGATIVE_FUNCTIONS else Sign.UNKNOWN

    def _of_power(self, base: Expr, exponent: Expr, context: tuple[Guard, ...]) -> Sign:
        sign = self.of(base, context)
        if isinstance(exponent, Number) and exponent.value.denominator == 1 and exponent.value % 2 == 0:
            return _combined(True, sign.is_nonzero)
        return _combined(sign.is_nonnegative, sign.is_nonzero)

    def _some(self, e: Reduce, context: tuple[Guard, ...]) -> bool:
        """Whether the sum has a term: some index around it, or a bound of the range, is admitted for the binder."""
        (binder, *others) = e.binders
        if others:
            return not e.guards and all(
                sets.implies((*context, *domain_of(e.binders[:k])), Guard("ge", b.range.extent - 1))
                for k, b in enumerate(e.binders)
            )
        around = dict.fromkeys(s for g in context for s in g.symbols)
        candidates = (binder.range.lower, binder.range.upper, *(Affine.of(s) for s in around))
        conditions = (*domain_of((binder,)), *e.guards)
        return any(
            all(sets.implies(context, g.substitute({binder.name: c})) for g in conditions) for c in candidates
        )


def _combined(nonnegative: bool, nonzero: bool) -> Sign:
    if nonnegative:
        return Sign.POSITIVE if nonzero else Sign.NONNEGATIVE
    return Sign.NONZERO if nonzero else Sign.UNKNOWN


def _about_zero(fact: Fact) -> bool:
    """Whether the assumption bounds a whole quantity by a number that tells its sign."""
    if not isinstance(fact.right, Number) or fact.relation not in (">", ">=", "!="):
        return False
    return fact.right.value == 0 or (fact.relation != "!=" and fact.right.value > 0)


def _is_whole(access: Access, fact: Fact, arrays: Mapping[str, Array]) -> bool:
    """Whether the assumption is about every element: distinct indices, each over the whole of its axis."""
    ranges = {i.name: i.range for i in fact.indices}
    letters = [s.as_symbol if isinstance(s, Affine) else None for s in access.subscripts]
    axes = arrays[access.name].axes
    whole = all(n is not None and ranges.get(n) == axis for n, axis in zip(letters, axes, strict=True))
    return whole and len(set(letters)) == len(letters)
