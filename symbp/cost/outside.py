"""The outside comparison: SymPy's own `diff` of the loss with everything substituted, with and without `cse`.

Its expressions are counted by the convention of this package, not by `sympy.count_ops`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from symbp.calculus.affine import Affine, Lookup
from symbp.calculus.model import Model, Role
from symbp.calculus.write_out import Integers, sympy_elements
from symbp.cost.integers import Integers as Known
from symbp.cost.program import Program
from symbp.errors import Refused

MOST_WORK = 400_000
"""Operations of the substituted loss times elements to differentiate by, beyond which SymPy isn't asked."""


@dataclass(frozen=True)
class Outside:
    """Operations of the loss and all its partial derivatives, in SymPy's hands."""

    diff: int
    """Every derivative on its own."""
    cse: int
    """With equal subexpressions computed once, as `sympy.cse` finds them."""


def outside(
    model: Model, of: str, parameters: Iterable[str], sizes: Mapping[str, int],
    given: Mapping[str, object] | None = None,
) -> Outside:
    """SymPy's counts at given sizes, and given values of integer inputs (see `counting`).

    Raises Refused where the loss with everything substituted is too large for it.
    """
    import sympy

    symbols = [(name, key) for name in parameters for key in _keys(model, name, sizes)]
    elements = sympy_elements(model, sizes, _integers(model, sizes, given))
    loss = elements.value((of, ()))
    size = operations(loss)
    if size * len(symbols) > MOST_WORK:
        raise Refused(
            f"SymPy would differentiate {size:,} operations by {len(symbols):,} elements; "
            f"at most {MOST_WORK:,} operations together are given to it"
        )
    roots = [loss, *(loss.diff(elements.symbol_of(s)) for s in symbols)]
    shared, reduced = sympy.cse(roots)
    return Outside(sum(map(operations, roots)), sum(map(operations, (*(value for _, value in shared), *reduced))))


def _integers(model: Model, sizes: Mapping[str, int], given: Mapping[str, object] | None) -> Integers:
    """The values that every count takes integer inputs to have."""
    inputs = Known(Program((), (), model.arrays), sizes, given)
    return {
        name: {key: inputs.value(Lookup(name, tuple(map(Affine.of, key))), {}) for key in _keys(model, name, sizes)}
        for name, array in model.arrays.items() if array.role is Role.INTEGER
    }


def _keys(model: Model, name: str, sizes: Mapping[str, int]) -> list[tuple[int, ...]]:
    ends = [(axis.lower.evaluate(sizes), axis.upper.evaluate(sizes)) for axis in model.arrays[name].axes]
    if prod(max(0, upper - lower + 1) for lower, upper in ends) > MOST_WORK:
        raise Refused(f"`{name}` has too many elements for SymPy")
    return list(product(*(range(lower, upper + 1) for lower, upper in ends)))


def operations(e: Any) -> int:
    """The operations of a SymPy (or SymEngine) expression, a minus before a term being its subtraction."""
    total, stack = int(_is_negative(e)), [e]
    while stack:
        node = stack.pop()
        stack.extend(node.args[:1] if node.is_Pow and node.args[1].is_Number else _parts(node))
        total += _own(node)
    return total


def _parts(e: Any) -> list[Any]:
    return [a for a in e.args if not a.is_Number]


def _own(e: Any) -> int:
    if e.is_Add:
        return len(e.args) - 1 + all(map(_is_negative, e.args))
    if e.is_Mul:
        factors = [a for a in e.args if not (a.is_Number and bool(abs(a) == 1))]
        below = [a for a in factors if a.is_Pow and _is_below_zero(a.args[1])]
        return len(factors) - 1 + (len(below) == len(factors)) - len(below)
    if e.is_Pow and e.args[1].is_Number:
        return 2 if _is_below_zero(e.args[1]) and e.args[1] != -1 else 1
    return int(bool(e.args)) + sum(map(_is_negative, e.args))


def _is_negative(e: Any) -> bool:
    return _is_below_zero(e.args[0] if e.is_Mul else e)


def _is_below_zero(e: Any) -> bool:
    return bool(e.is_Number and e < 0)
