"""Values that come from outside the model's text: sizes, and integer inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from math import prod

from symbp.calculus.model import Array, Model, Role
from symbp.errors import ModelError

LARGEST_SIZE = 1_000_000


def with_sizes(model: Model, sizes: Mapping[str, int]) -> Model:
    """The model with these values for its sizes, over the file's own.

    Raises ModelError for a name that is no size of the model, a value outside 1..1,000,000, or values with which some
    read would be out of range.
    """
    for name, value in sizes.items():
        if name not in model.sizes:
            raise ModelError(f"`{name}` is not a size of this model{_instead(name, model.sizes)}")
        if not 1 <= value <= LARGEST_SIZE:
            raise ModelError(f"size `{name}` = {value}: a size is an integer from 1 to {LARGEST_SIZE:,}")
    values = {**model.size_values, **sizes}
    for guard in model.requirements:
        if guard.lookup is None and all(s in values for s in guard.symbols) and not guard.holds(values):
            shown = ", ".join(f"{s} = {values[s]}" for s in guard.symbols)
            raise ModelError(f"with {shown} the model reads out of range")
    return replace(model, size_values=values)


def with_integers(model: Model, values: Mapping[str, Sequence[int]]) -> Model:
    """The model with these values for its integer inputs, elements in lexicographic order, over the file's own.

    Raises ModelError for a name that is no integer input, for sizes without a value, and for too few, too many or
    impossible values.
    """
    shaped = dict(model.values)
    for name, given in values.items():
        array = model.arrays.get(name)
        if array is None or array.role is not Role.INTEGER or array.values is None:
            integers = [a.name for a in model.arrays.values() if a.role is Role.INTEGER]
            others = _instead(name, integers, "these are")
            raise ModelError(f"`{name}` is no integer input of this model{others}")
        missing = [s for r in (*array.axes, array.values) for f in (r.lower, r.upper) for s in f.symbols
                   if s not in model.size_values]
        if missing:
            raise ModelError(f"the values of `{name}` need the size `{missing[0]}`, as in --set {missing[0]}=3")
        shaped[name] = _shaped(array, tuple(given), model.size_values)
    return replace(model, values=shaped)


def _shaped(array: Array, given: tuple[int, ...], sizes: Mapping[str, int]) -> object:
    """Values as nested tuples, one level for each axis."""
    extents = [max(0, axis.extent.evaluate(sizes)) for axis in array.axes]
    if len(given) != prod(extents):
        raise ModelError(f"`{array.name}` has {prod(extents)} elements, and {len(given)} values are given for it")
    assert array.values is not None
    low, high = array.values.lower.evaluate(sizes), array.values.upper.evaluate(sizes)
    for value in given:
        if not low <= value <= high:
            raise ModelError(f"`{array.name}` = {value}: its values are {low} to {high}")
    level: tuple[object, ...] = given
    for extent in reversed(extents[1:]):
        level = tuple(level[k:k + extent] for k in range(0, len(level), extent))
    return level if extents else given[0]


def _instead(name: str, known: Sequence[str], are: str = "its sizes are") -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"; did you mean `{near[0]}`?"
    return f"; {are} {', '.join(f'`{s}`' for s in known)}" if known else "; it has none"
