"""Values that come from outside the model's text: sizes, for now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from symbp.calculus.model import Model
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


def _instead(name: str, sizes: Sequence[str]) -> str:
    near = get_close_matches(name, sizes, n=1, cutoff=0.6)
    if near:
        return f"; did you mean `{near[0]}`?"
    return f"; its sizes are {', '.join(f'`{s}`' for s in sizes)}" if sizes else "; it has none"
