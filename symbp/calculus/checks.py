"""What shows that a derivation is right, beside its steps: signs, shapes, numbers, a step of descent, special cases."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from symbp.calculus.affine import Affine, Guard, Index
from symbp.calculus.expression import Access, Expr, Partial, Relation

Key = tuple[int, ...]
Nested = Fraction | tuple["Nested", ...]
"""A number, or a list of such for each value of an axis."""

Kind = Literal["error", "gradient", "update"]
Target = Access | Partial


@dataclass(frozen=True)
class Move:
    """Where a statement holds, a step of descent makes the parameter grow, or fall; None where that isn't known."""

    parameter: Access
    others: tuple[Index, ...] = ()
    """Its indices beside those of the statement."""
    grows: bool | None = None
    since: tuple[Expr, ...] = ()
    """Positive factors which that hangs on."""


@dataclass(frozen=True)
class Effect:
    """Where a statement holds, a small step of each of these parameters raises the quantity, or lowers it."""

    quantity: Access
    raised: bool
    moves: tuple[Move, ...]
    towards: Expr | None = None
    """What it is compared with in the statement."""


@dataclass(frozen=True)
class SignStatement:
    """target > 0 where `left relation right`, < 0 where the opposite holds, and 0 where both sides are equal.

    So for all `indices` under the guards, because all factors but left − right are numbers, sizes and `positive` ones.
    """

    kind: Kind
    target: Target
    indices: tuple[Index, ...]
    left: Expr
    relation: Relation
    right: Expr
    positive: tuple[Expr, ...] = ()
    guards: tuple[Guard, ...] = ()
    parameter: Access | None = None
    """What a gradient or an update belongs to."""
    rate: Access | None = None
    """The rate among the factors, positive by convention."""
    effects: tuple[Effect, ...] = ()
    """What it means for steps with a positive rate."""


@dataclass(frozen=True)
class Shape:
    """target[indices] has `extents` entries along its axes; a gradient and an update have those of their parameter."""

    kind: Kind
    name: str
    indices: tuple[Index, ...]
    extents: tuple[Affine, ...]
    parameter: str = ""


@dataclass(frozen=True)
class Tabled:
    """The values of all elements of an array, from the index tuple `first` on."""

    name: str
    values: Nested
    first: Key = ()


@dataclass(frozen=True)
class ElementCheck:
    """∂of/∂element = formula, whose value is `derived`, and `difference` by a central difference of the model."""

    of: str
    element: Access
    formula: Expr | None
    """With numbers for its indices; None where it is too long to stand beside its value."""
    derived: Fraction
    difference: Fraction


@dataclass(frozen=True)
class GradientStep:
    """One step of gradient descent with this rate takes `of` from `before` to `after`, which is less."""

    of: str
    rate: str
    value: Fraction
    before: Fraction
    after: Fraction


@dataclass(frozen=True)
class Numbers:
    """A point, what the model gives there, and elements of the gradients in two ways."""

    sizes: tuple[tuple[str, int], ...]
    given: tuple[Tabled, ...]
    forward: tuple[Tabled, ...]
    backward: tuple[Tabled, ...]
    """The error terms."""
    elements: tuple[ElementCheck, ...]
    step: Fraction
    """h of the central difference (f(x+h) − f(x−h)) / 2h."""
    functions: tuple[tuple[Expr, Expr], ...] = ()
    """What was put for each generic function: f(z), tanh(z)."""
    own: bool = False
    """Whether the point is the file's own."""
    descent: GradientStep | None = None
    held: bool = False
    """Whether the model has a `stop`, whose argument the central difference holds fixed."""
    left_out: tuple[str, ...] = ()
    """What has too many values to be among those of the forward and of the backward pass."""


NoNumbers = Literal["large", "no sizes", "no point", "kink"]
"""Why there are none: too many values to print or too much work; nothing short meets all conditions; only kinks."""


@dataclass(frozen=True)
class SizeOne:
    """A size is 1, so that a sum over it has one term, and a recurrence one step."""

    size: str
    steps: bool = False


@dataclass(frozen=True)
class NoActivation:
    """The identity stands in place of a function: function(argument) = argument."""

    function: str
    argument: Access
    """A letter that is no name of the model."""


@dataclass(frozen=True)
class SpecialCase:
    """What the error terms and gradients become under a change of the model: derived anew, and compared."""

    change: SizeOne | NoActivation
    equations: tuple[SpecialEquation, ...]


@dataclass(frozen=True)
class SpecialEquation:
    """left = right, for all indices."""

    indices: tuple[Index, ...]
    left: Target
    right: Expr


@dataclass(frozen=True)
class Checks:
    """All of them, in the order in which they are told."""

    signs: tuple[SignStatement, ...] = ()
    shapes: tuple[Shape, ...] = ()
    numbers: Numbers | None = None
    refused: NoNumbers | None = None
    """Why there are no numbers."""
    special: tuple[SpecialCase, ...] = ()
