"""The expanded form, by its own road: every definition substituted first, and what results differentiated.

The reverse sweep has no part in it, so that its agreement with the other forms says something.
"""

from __future__ import annotations

from collections.abc import Mapping

from symbp.calculus import sets
from symbp.calculus.affine import Affine, Guard, Index, Lookup, range_guards
from symbp.calculus.derivation import Refusal
from symbp.calculus.expression import ZERO, Access, Expr, add
from symbp.calculus.forward import derivative
from symbp.calculus.indices import inline_accesses, replace_accesses, replace_subscript, substitute
from symbp.calculus.magnitude import TOO_DEEP, Magnitude
from symbp.calculus.model import Model
from symbp.calculus.operations import DEPTH_LIMIT, depth_of
from symbp.calculus.unroll import Unrolled
from symbp.errors import Refused

OPERATIONS_LIMIT = 5_000
"""Operations beyond which the formula is counted and not written out: about 20,000 nodes."""

HOPELESS_DEPTH = 1_000
"""Levels beyond which the operations are not counted for each parameter anew."""


def expanded(
    model: Model,
    of: str,
    parameter: str,
    indices: tuple[Index, ...],
    sizes: Mapping[str, int] | None = None,
    limit: int | None = None,
) -> Expr | Refusal:
    """∂of/∂parameter[indices] in inputs and parameters only; what can't be written out, as a Refusal that says why.

    A recurrence is written out where the model or `sizes` gives the sizes of its steps, and the formula holds at these.
    More than `limit` operations are refused. `parameter` may be a defined name: then
    the derivative is that by a change added to its value.
    """
    known = {**model.size_values, **(sizes or {})}
    try:
        definitions = Unrolled(model, of, parameter, known)
        if of not in definitions.moving:
            return ZERO
        magnitude = Magnitude(definitions, parameter)
        value = magnitude.value(of)
        if value.depth > HOPELESS_DEPTH:
            return Refusal(TOO_DEEP)
        slope = magnitude.derivative(of)
        if slope.operations > (OPERATIONS_LIMIT if limit is None else limit):
            return Refusal(f"written out it has {counted(slope.operations)}", slope.operations)
        if value.depth > DEPTH_LIMIT:
            return Refusal(TOO_DEEP, slope.operations)
        found = _written(model, definitions, of, parameter, indices)
    except Refused as refused:
        return Refusal(str(refused))
    return Refusal(TOO_DEEP, slope.operations) if depth_of(found) > DEPTH_LIMIT else found


def expanded_operations(model: Model, of: str, parameter: str, sizes: Mapping[str, int] | None = None) -> int:
    """The operations of ∂of/∂parameter in inputs and parameters only, counted without writing it out.

    What is counted is the formula as differentiation gives it: nothing collected, every condition on indices taken to
    hold somewhere, the two branches of a `where` apart. It may be that much smaller in the end. Raises Refused where a
    recurrence needs a size that isn't known, or thousands of definitions stand one within the other.
    """
    definitions = Unrolled(model, of, parameter, {**model.size_values, **(sizes or {})})
    if of not in definitions.moving:
        return 0
    return Magnitude(definitions, parameter).derivative(of).operations


def counted(operations: int) -> str:
    """A number of operations in words: exact where it is short enough to read, and the power of two below it."""
    if operations < 10**6:
        return f"{operations:,} operations"
    power = operations.bit_length() - 1
    if operations < 10**40:
        return f"{operations:,} operations (over 2^{power})"
    return f"over 2^{power} operations (a number of {len(str(operations))} digits)" if power < 10_000 else (
        f"over 2^{power} operations"
    )


def _written(model: Model, definitions: Unrolled, of: str, parameter: str, indices: tuple[Index, ...]) -> Expr:
    writer = _Writer(definitions, parameter)
    at = tuple(Affine.of(i.name) for i in indices)
    found = derivative(writer.inlined(Access(of)), writer.variable, at, _context(model, definitions, indices))
    return replace_accesses(found, writer.unchanged)


def _context(model: Model, definitions: Unrolled, indices: tuple[Index, ...]) -> tuple[Guard, ...]:
    values = tuple(Guard("eq", Affine.of(s) - v) for s, v in sorted(definitions.sizes.items()))
    ranges = tuple(g for i in indices for g in range_guards(i.name, i.range))
    return (*sets.positive(model.sizes), *model.requirements, *values, *ranges)


class _Writer:
    """Substitutes definitions. A defined parameter p is written p + a change, and the change is what varies."""

    def __init__(self, definitions: Unrolled, parameter: str) -> None:
        self.definitions = definitions
        self.parameter = parameter
        self.variable = f"{parameter}#change" if parameter in definitions.definitions else parameter

    def inlined(self, access: Access) -> Expr:
        """An access with everything substituted; itself where it is no defined name."""
        place = self.definitions.place(access)
        if place is None:
            return access
        values: dict[str, Affine] = {}
        gathered: dict[str, Lookup] = {}
        letters = self.definitions.letters(access.name)
        for letter, s, step in zip(letters, access.subscripts, place.steps, strict=True):
            if isinstance(s, Lookup):
                gathered[f"{letter}#read"] = s
                values[letter] = Affine.of(f"{letter}#read")
            elif step is None:
                values[letter] = s
        body = substitute(self.definitions.body(place), values)
        for letter, lookup in gathered.items():
            replaced = replace_subscript(body, letter, lookup)
            assert replaced is not None
            body = replaced
        body = inline_accesses(body, self.inlined)
        if access.name == self.parameter:
            return add((body, Access(self.variable, access.subscripts)))
        return body

    def unchanged(self, access: Access) -> Expr | None:
        """The change is none; products within products open on the way."""
        return ZERO if access.name == self.variable != self.parameter else None
