"""The cheap-gradient bound for what is counted here: what the loss with all its partial derivatives takes at most.

For each operation c = f(a, b) of the forward pass, the backward pass adds c̄ ∂f/∂a to ā and c̄ ∂f/∂b to b̄:

    a + b: ā += c̄, b̄ += c̄        2        a · b: ā += c̄ b, b̄ += c̄ a             4
    a − b: ā += c̄, b̄ −= c̄        2        a / b: t = c̄/b, ā += t, b̄ −= t c      4
    −a: ā −= c̄                    1        1/a: ā −= c̄ c²                         3
    a²: ā += 2 a c̄                3        aⁿ: ā += n aⁿ⁻¹ c̄                      4
    a < b: what is chosen takes c̄  1        f(a): ā += c̄ f′, with f′ from a and c
    aᵇ: ā += b aᵇ⁻¹ c̄, b̄ += c log a c̄      9

So with +, −, · and / alone, the loss and its gradient take at most 5 times the operations of the loss. Baur and
Strassen (The complexity of partial derivatives, Theoretical Computer Science 22, 1983) count multiplications and
divisions alone, and the factor is 3; Griewank and Walther (Evaluating Derivatives, 2nd ed., SIAM 2008) weigh moves of
memory as well, and theirs lies between 3 and 4.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from symbp.calculus.expression import Access, Number, Power, walk
from symbp.calculus.functions import FUNCTIONS
from symbp.calculus.model import Array, Definition, Role
from symbp.cost.counting import count
from symbp.cost.program import Program
from symbp.cost.tally import Tally

ADDED = {
    "add": 2, "subtract": 2, "negate": 1, "multiply": 4, "divide": 4, "reciprocal": 3, "square": 3, "power": 4,
    "compare": 1,
}
"""Operations that the backward pass takes for one of the forward pass, at most."""

SYMBOLIC_POWER = 9
"""The same for a power whose exponent is a formula."""
GENERIC = 3
"""For a generic function: f′, its product with c̄, and the addition; so for each further argument."""


def bound(program: Program, forward: Tally[int], primitives: frozenset[str] = frozenset()) -> Fraction:
    """(the loss and all partial derivatives) / (the loss), at most; 1 where the loss takes no operation.

    `program` gives the loss, and `forward` is what it takes.
    """
    if not forward.operations:
        return Fraction(1)
    added = sum(n * added_by(kind, primitives) for kind, n in forward.by_kind.items())
    if _has_symbolic_power(program):
        added += forward.by_kind["power"] * (SYMBOLIC_POWER - ADDED["power"])
    return 1 + Fraction(added, forward.operations)


def _has_symbolic_power(program: Program) -> bool:
    parts = (e for d in program.definitions for e in walk(d.body))
    return any(isinstance(e, Power) and not isinstance(e.exponent, Number) for e in parts)


@cache
def added_by(kind: str, primitives: frozenset[str] = frozenset()) -> int:
    """What an operation of this kind adds to the backward pass, at most."""
    if kind in ADDED:
        return ADDED[kind]
    function = FUNCTIONS.get(kind)
    if function is None:
        return GENERIC
    arguments = tuple(Access(f"a{k}") for k in range(function.arity))
    slopes = function.partials(arguments, Access("c"))
    arrays = {a.name: Array(a.name, (), Role.INPUT) for a in (*arguments, Access("c"))}
    lines = tuple(Definition(f"d{k}", (), slope) for k, slope in enumerate(slopes))
    program = Program(lines, tuple(d.target for d in lines), arrays)
    return count(program, {}, primitives).operations + 2 * function.arity
