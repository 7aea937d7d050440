"""What is counted: definitions that give the loss and its gradients, in the order in which they are computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from symbp.calculus.affine import Range
from symbp.calculus.model import Array, Definition, Role


@dataclass(frozen=True)
class Program:
    """Definitions over inputs. Each reads inputs, what stands before it, or itself and others earlier along an index.

    A body may be nested as deep as the author's formula: it is what would be printed. Indices of a definition and
    binders in its body have ranges of their own, and no name is bound twice in one definition. Where no branch of a
    definition's cases holds, it is 0.
    """

    definitions: tuple[Definition, ...]
    outputs: tuple[str, ...]
    """What is wanted: the loss, then one gradient for each parameter (`model.adjoint_name` of it)."""
    arrays: Mapping[str, Array]
    """Inputs, targets, parameters, constants and integer inputs, with their axes."""
    sizes: tuple[str, ...] = ()
    """The sizes that ranges may read."""

    def with_definitions(self, definitions: tuple[Definition, ...]) -> Program:
        return replace(self, definitions=definitions)

    def wanted(self, *outputs: str) -> Program:
        """The same for fewer outputs; definitions that they don't need are still there (see `passes.dead`)."""
        return replace(self, outputs=outputs)

    def with_values(self, given: Mapping[str, object]) -> Program:
        """The same for given values of integer inputs, at any sizes: of an array's nothing is known at other sizes."""
        return replace(self, arrays={n: _of_value(a, given[n]) if n in given else a for n, a in self.arrays.items()})

    @property
    def by_target(self) -> dict[str, Definition]:
        return {d.target: d for d in self.definitions}


def _of_value(array: Array, value: object) -> Array:
    if array.role is not Role.INTEGER:
        return array
    return replace(array, values=Range.of(value, value) if isinstance(value, int) else None)
