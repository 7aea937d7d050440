"""How many entries error terms, gradients and updates have along their axes."""

from __future__ import annotations

from collections.abc import Iterator

from symbp.calculus.checks import Shape
from symbp.calculus.derivation import Derivation
from symbp.errors import ModelError


def shapes(derivation: Derivation) -> Iterator[Shape]:
    """Each error term's shape and each gradient's, the latter compared with its parameter's.

    Raises ModelError where a gradient's indices don't range over what its parameter's axes do.
    """
    for error in derivation.errors:
        yield Shape("error", error.name, error.indices, tuple(i.range.extent for i in error.indices))
    for name, gradient in derivation.gradients.items():
        ranges = tuple(i.range for i in gradient.indices)
        if ranges != derivation.model.arrays[name].axes:
            raise ModelError(f"the gradient by `{name}` has other index ranges than `{name}`")
        extents = tuple(r.extent for r in ranges)
        yield Shape("update" if gradient.updates else "gradient", name, gradient.indices, extents, name)
