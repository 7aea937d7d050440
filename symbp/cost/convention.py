"""What a node of a formula costs, given its parts: signs, literal 0 and 1, operations, leaves, levels.

Counts are integers, or anything that adds, subtracts and multiplies with integers and itself: polynomials in sizes.
A *repeated* part is a part and how many times it stands there: the terms of Σ_i are one part, n times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Generic, NamedTuple, TypeVar

from symbp.cost.tally import KINDS

Count = TypeVar("Count")

Key = str | tuple[Any, ...]
"""A kind of operation, LEAF, or what is read: (name, …), of which every access is a leaf."""

LEAF = "leaf"
"""A number, a named constant, an index or a size: a leaf that reads nothing."""

Repeated = tuple["Part[Count]", Any]
HALF = Fraction(1, 2)


class Part(NamedTuple, Generic[Count]):
    """A formula at some values of its indices: what is counted in it, and what a formula around it sees of it."""

    cost: Mapping[Key, Count]
    """How often each operation and each leaf stands in it."""
    depth: int = 1
    """A leaf has 1; a node that is an operation has one more than its deepest part."""
    literal: int | None = None
    """0 or 1 where its magnitude is just that, on its face; it is a leaf then."""
    sign: int = 1
    """−1 where a minus stands in front; what is counted is the formula without it."""

    @property
    def flipped(self) -> Part[Count]:
        return Part(self.cost, self.depth, self.literal, -self.sign)


NOTHING: Part[Any] = Part({LEAF: 1}, literal=0)
UNIT: Part[Any] = Part({LEAF: 1}, literal=1)
PLAIN: Part[Any] = Part({LEAF: 1})


def number(value: Fraction) -> Part[Any]:
    """−3 is 3 with a minus; 0 and ±1 are literal."""
    if value == 0:
        return NOTHING
    part = UNIT if abs(value) == 1 else PLAIN
    return part if value > 0 else part.flipped


def read(*key: Any) -> Part[Any]:
    """An access: a leaf under a key of its own."""
    return Part({key: 1})


def total(terms: Iterable[Repeated[Count]]) -> Part[Count]:
    """Σ: n terms that aren't literally 0 take n − 1 operations, each negative one a `subtract`; none are literally 0.

    Where all are negative, the whole is: −(a + b).
    """
    left = [repeated for repeated in terms if repeated[0].literal != 0 and repeated[1] != 0]
    n = _count(left)
    if n == 0:
        return NOTHING
    if n == 1:
        return left[0][0]
    subtracted = _count([(part, times) for part, times in left if part.sign < 0])
    if subtracted == n:
        return _joined(left, {"add": n - 1}, sign=-1)
    return _joined(left, {"add": n - 1 - subtracted, "subtract": subtracted})


def product(numerators: Iterable[Repeated[Count]], denominators: Sequence[Part[Count]] = ()) -> Part[Count]:
    """Π: m numerators and k denominators that aren't literally 1 take m − 1 `multiply` and k `divide`.

    A literal 0 makes it 0. With m = 0 one of the divisions is a `reciprocal`. Signs multiply.
    """
    sign = 1
    above: list[Repeated[Count]] = []
    for part, times in numerators:
        if part.literal == 0 and times != 0:
            return NOTHING
        if part.sign < 0 and times % 2 == 1:
            sign = -sign
        if part.literal != 1 and times != 0:
            above.append((part, times))
    below: list[Repeated[Count]] = []
    for part in denominators:
        sign *= part.sign
        if part.literal != 1:
            below.append((part, 1))
    m, k = _count(above), len(below)
    if k == 0 and m == 0:
        return UNIT if sign > 0 else UNIT.flipped
    if k == 0 and m == 1:
        only = above[0][0]
        return only if only.sign == sign else only.flipped
    if m == 0:
        return _joined(below, {"reciprocal": 1, "divide": k - 1}, sign)
    return _joined([*above, *below], {"multiply": m - 1, "divide": k}, sign)


def power(base: Part[Count], exponent: Fraction) -> Part[Count]:
    """x² a `square`, x^½ a `sqrt`, x⁻¹ a `reciprocal`, else a `power`; x^−n and x^−½ take a division besides.

    An even exponent takes the sign away and an odd one keeps it; else a negation is written inside. The exponent is a
    part of the operation, no leaf.
    """
    if exponent == 1:
        return base
    whole = exponent.denominator == 1 and exponent != 0
    if exponent < 0 and (whole or exponent == -HALF):
        return product((), (power(base, -exponent),))
    if base.literal == 0 and exponent > 0:
        return NOTHING
    sign = base.sign if whole and exponent % 2 == 1 else 1
    if base.literal == 1 and (whole or base.sign > 0):
        return UNIT if sign > 0 else UNIT.flipped
    kind = "square" if exponent == 2 else "sqrt" if exponent == HALF else "power"
    inside = Part(base.cost, base.depth) if whole else positive(base)
    return _joined(((inside, 1),), {kind: 1}, sign)


def general_power(base: Part[Count], exponent: Part[Count]) -> Part[Count]:
    """base^exponent, the exponent a formula: one `power`."""
    if base.literal == 1 and base.sign > 0:
        return UNIT
    return operation({"power": 1}, (base, exponent))


def extremum(arguments: Iterable[Repeated[Count]]) -> Part[Count]:
    """max, min: n − 1 `compare`."""
    given = [(positive(part), times) for part, times in arguments if times != 0]
    n = _count(given)
    if n == 0:
        return NOTHING
    if n == 1:
        return given[0][0]
    return _joined(given, {"compare": n - 1})


def operation(kinds: Mapping[str, int], arguments: Iterable[Part[Count]]) -> Part[Count]:
    """One level over its arguments; each negative one takes a `negate`."""
    return _joined([(positive(a), 1) for a in arguments], kinds)


SIGMOID = {"negate": 1, "exp": 1, "add": 1, "divide": 1}
"""1/(1 + exp(−z))."""


def function_kinds(name: str, orders: Sequence[int] = (), primitives: frozenset[str] = frozenset()) -> dict[str, int]:
    """What applying a function takes: σ is four operations, unless it is a primitive, every other one is one."""
    if name == "sigmoid" and name not in primitives:
        return SIGMOID
    return {name + "'" * sum(orders): 1}


def apply(
    name: str, arguments: Sequence[Part[Count]], orders: Sequence[int] = (), primitives: frozenset[str] = frozenset()
) -> Part[Count]:
    """function(arguments); `stop` is free, max and min compare."""
    if name == "stop":
        return arguments[0]
    if name in ("max", "min"):
        return extremum((a, 1) for a in arguments)
    return operation(function_kinds(name, orders, primitives), arguments)


def select(left: Part[Count], right: Part[Count], yes: Part[Count], no: Part[Count]) -> Part[Count]:
    """yes where left < right, else no: one `compare`, and all four parts."""
    return operation({"compare": 1}, (left, right, yes, no))


def positive(part: Part[Count]) -> Part[Count]:
    """The part with its sign written: a negative one takes a `negate`. So is a definition's value stored."""
    if part.sign > 0:
        return part
    return Part(_sum(((part, 1),), {"negate": 1}), part.depth)


def in_order(cost: Mapping[Key, Count]) -> dict[str, Count]:
    """The operations among what is counted: KINDS first, then functions by name."""
    functions = sorted(k for k in cost if isinstance(k, str) and k not in KINDS and k != LEAF)
    return {k: cost[k] for k in (*KINDS, *functions) if k in cost}


def _count(parts: Sequence[Repeated[Count]]) -> Any:
    n = 0
    for _, times in parts:
        n += times
    return n


def _joined(parts: Sequence[Repeated[Count]], kinds: Mapping[str, Any], sign: int = 1) -> Part[Count]:
    return Part(_sum(parts, kinds), 1 + max(part.depth for part, _ in parts), None, sign)


def _sum(parts: Sequence[Repeated[Any]], kinds: Mapping[str, Any]) -> dict[Key, Any]:
    cost: dict[Key, Any] = {kind: count for kind, count in kinds.items() if count != 0}
    for part, times in parts:
        for key, count in part.cost.items():
            more = count if times == 1 else count * times
            known = cost.get(key)
            cost[key] = more if known is None else known + more
    return cost
