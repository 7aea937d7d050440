"""Integer inputs, which a count takes to run through their values: 1, 2, …, V, 1, … over their elements in order."""

from __future__ import annotations

from collections.abc import Mapping

from symbp.calculus.affine import Affine, Guard, Lookup, Range
from symbp.calculus.model import Array
from symbp.cost.symbolic.context import Context, NoClosedForm


class Integers:
    """The values of a program's integer inputs as affine forms."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._arrays = arrays

    def resolved(self, guard: Guard, context: Context) -> Guard:
        """The guard without its lookup."""
        if guard.lookup is None:
            return guard
        return Guard(guard.kind, self.value(guard.lookup, context) - guard.form, guard.modulus)

    def value(self, lookup: Lookup, context: Context) -> Affine:
        """What the lookup reads, where no element comes after the last value; raises Undecided or NoClosedForm."""
        array = self._arrays.get(lookup.array)
        if array is None or array.values is None:
            raise NoClosedForm("lookup", lookup.array)
        place, elements = self._place(array, lookup)
        if not context.at_most(elements, array.values.extent):
            raise NoClosedForm("lookup", lookup.array)
        return array.values.lower + place

    def _place(self, array: Array, lookup: Lookup) -> tuple[Affine, Affine]:
        """How many elements stand before the one that is read, and how many there are."""
        place, elements = Affine.of(0), Affine.of(1)
        for axis, at in zip(reversed(array.axes), reversed(lookup.subscripts), strict=True):
            stride = _number(elements, array.name)
            place = place + (at - axis.lower) * stride
            elements = _extent(axis) * stride
        return place, elements


def _number(form: Affine, name: str) -> int:
    if not form.is_constant:
        raise NoClosedForm("lookup", name)
    return form.constant


def _extent(axis: Range) -> Affine:
    return axis.upper - axis.lower + 1
