"""A derivation as a value: steps, error terms and gradients, independent of any notation or language.

The renderer formats what stands here and computes nothing; `verify` evaluates both sides of every step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeVar, overload

from symbp.calculus.affine import Affine, Guard, Index
from symbp.calculus.expression import Access, Expr, Relation
from symbp.calculus.model import Model
from symbp.calculus.node import node

if TYPE_CHECKING:
    from symbp.calculus.matrix_lines import MatrixForms


class Rule(Enum):
    """Why a line follows; one for each step."""

    DEFINITION = "definition"
    CHAIN = "chain rule"
    BRANCH = "sum rule"
    VANISH = "vanishing terms"
    LOCAL = "local derivative"
    FIXED = "held fixed"
    IDENTITY = "identity"
    SUBSTITUTE = "substitute"
    NAME = "name an error term"
    COLLECT = "collect"
    FACT = "use an assumption"
    UPDATE = "update"
    ELEMENT = "write out an element"


@dataclass(frozen=True)
class Route:
    """Why a sum over a reader's units stays or goes: `source` is read by `reader`, at these subscripts alone.

    Two routes from one source to one reader (h[t] is read by s[t+1] and s[t+2]) speak together: by these alone.
    The chain rule adds over every value of `unit`, the reader's own indices under letters of the chain's. `summed` of
    them go on running, since the source feeds each of these units; the others are fixed by the source (`fixed`: index
    and value), and their sums keep one term. `guards` are where the reader exists: a shift ends at a border.

    A chain in full has the routes whose sums stay, the line after it those whose sums shrink; a chain that is told
    with its sums reduced has all of them.
    """

    source: Access
    reader: Access
    unit: tuple[Index, ...]
    summed: tuple[Index, ...] = ()
    fixed: tuple[tuple[Index, Affine], ...] = ()
    guards: tuple[Guard, ...] = ()
    shift: tuple[tuple[Index, int], ...] = ()
    """Indices along which the reader stands this far from the source: h[t] is read by s[t+1]."""


@dataclass(frozen=True)
class OneTerm:
    """In the equation `label`, of the terms over `binder` only the one at binder = `at` contains `wrt`."""

    label: str
    binder: Index
    at: Affine
    wrt: Access


@dataclass(frozen=True)
class HeldFixed:
    """The equation `label` is linear in `wrt`: all else held fixed, other terms vanish and a coefficient stays.

    `binder` = `at` is the term of a sum that contains it; None where it stands outside of sums.
    """

    label: str
    wrt: Access
    binder: Index | None = None
    at: Affine | None = None
    linear: bool = True
    """False where no more is meant than that all else is held fixed."""


@dataclass(frozen=True)
class Identity:
    """The derivative of `function` in terms of its own value, as in σ′ = σ(1 − σ); `label` numbers its proof."""

    function: str
    label: str = ""


@dataclass(frozen=True)
class Solved:
    """Scatter turned into gather: `reader` reads `written`, which is `source` exactly where the indices have `values`.

    `reversed_in` has the summed indices that stand with a minus in a value: along them the other factor is run through
    backwards (the flipped kernel of a convolution's input gradient).
    """

    source: Access
    reader: Access
    written: Access
    values: tuple[tuple[Index, Affine], ...]
    guards: tuple[Guard, ...] = ()
    reversed_in: tuple[Index, ...] = ()


Note = Route | OneTerm | HeldFixed | Identity | Solved


@dataclass(frozen=True)
class FunctionFact:
    """function(argument) = definition, and function′(argument) = derivative[0] = derivative[1] = …, in `argument`."""

    label: str
    function: str
    argument: Access
    definition: Expr
    derivative: tuple[Expr, ...]
    conventions: tuple[tuple[Expr, Expr], ...] = ()
    """Arguments where there is no derivative, each with the value that is taken there."""


@dataclass(frozen=True)
class Station:
    """A quantity on a path, reached at every value of `summed` (all of {β₁, …, β_l}) under the guards.

    A condition on none of `summed` is said once, where it arises.
    """

    access: Access
    summed: tuple[Index, ...] = ()
    guards: tuple[Guard, ...] = ()
    exact: bool = True
    """False where only some of these values are reached."""


@dataclass(frozen=True)
class Way:
    """Stations from a parameter on; the last is the differentiated scalar, or one that was met before (`again`).

    There is a path through single elements for all values of the `running` indices under the `guards`: as many as the
    product of their extents, where there are no guards.
    """

    stations: tuple[Station, ...]
    again: bool = False
    running: tuple[Index, ...] = ()
    guards: tuple[Guard, ...] = ()
    exact: bool = True
    """False where only some of these values make a path."""


@dataclass(frozen=True)
class Ways:
    """All ways from parameter[indices]; `left_out` of them are only counted."""

    parameter: Access
    indices: tuple[Index, ...]
    ways: tuple[Way, ...]
    left_out: int = 0


@dataclass(frozen=True)
class Step:
    """before = after, for all `indices` where `guards` hold, because of `because` (labels of equations and facts).

    Either side may hold typed partials. `subject` is the error term or parameter that the step belongs to; `notes` say
    why, from the model's edges.
    """

    rule: Rule
    subject: str
    indices: tuple[Index, ...]
    before: Expr
    after: Expr
    because: tuple[str, ...] = ()
    guards: tuple[Guard, ...] = ()
    label: str = ""
    notes: tuple[Note, ...] = ()


EquationKind = Literal["definition", "inner", "loss", "error", "gradient", "update"]


@node
class DisplayEquation:
    """target = body, where the guards hold: one line as the author would write it, inline names folded back."""

    label: str
    kind: EquationKind
    indices: tuple[Index, ...]
    target: Access
    body: Expr
    guards: tuple[Guard, ...] = ()


@node
class ErrorTerm:
    """name[I] := sign · ∂loss/∂of[I], and its closed form, one branch for each case (guards on I, disjoint)."""

    name: str
    """The key of its accesses: an author's letter, or the adjoint's structured name."""
    of: str
    sign: int
    indices: tuple[Index, ...]
    branches: tuple[tuple[tuple[Guard, ...], Expr], ...]
    label: str = ""


FactKind = Literal["assumed", "normalised", "deviations", "scaled"]
"""What a fact is: the author's; shares of a whole add up to 1; deviations from a mean to 0; these, scaled alike."""


@dataclass(frozen=True)
class DisplayFact:
    """left relation right (or left ∈ members), for all `indices`: an assumption, or a consequence of `follows_from`."""

    label: str
    indices: tuple[Index, ...]
    left: Expr
    relation: Relation | None
    right: Expr | None
    members: tuple[Fraction, ...] = ()
    follows_from: tuple[str, ...] = ()
    """The labels of the equations and facts that make it true; none for an assumption."""
    kind: FactKind = "assumed"


@dataclass(frozen=True)
class Condition:
    """A kink or the edge of a domain: where `left relation right` holds, what is said in `says` is so.

    kind "kink": no derivative exists there, and `says` is the value taken; kind "domain": needed for the formulas.
    """

    kind: Literal["kink", "domain"]
    indices: tuple[Index, ...]
    left: Expr
    relation: Relation
    right: Expr
    says: str
    label: str = ""
    function: str = ""
    """The function whose kink it is, where only its derivative needs a convention."""
    taken: Expr | None = None
    """The value of this derivative there."""


FormName = Literal["chain", "shared", "inlined", "expanded"]
FORMS: tuple[FormName, ...] = ("chain", "shared", "inlined", "expanded")


@dataclass(frozen=True)
class Refusal:
    """Why a form is not written out, and its size where that is known."""

    reason: str
    operations: int | None = None


class Forms(Mapping[FormName, "Expr | Refusal"]):
    """One gradient in several forms, each worked out when it is first looked at and kept."""

    def __init__(self, suppliers: Mapping[FormName, Callable[[], Expr | Refusal]]) -> None:
        self._suppliers = dict(suppliers)
        self._known: dict[FormName, Expr | Refusal] = {}

    def __getitem__(self, form: FormName) -> Expr | Refusal:
        if form not in self._known:
            self._known[form] = self._suppliers[form]()
        return self._known[form]

    def __iter__(self) -> Iterator[FormName]:
        return iter(self._suppliers)

    def __len__(self) -> int:
        return len(self._suppliers)


class Updates(Mapping[FormName, Expr]):
    """Δparameter in the forms that can be written out, worked out when first looked at and kept."""

    def __init__(self, supplier: Callable[[], dict[FormName, Expr]]) -> None:
        self._supplier = supplier

    @cached_property
    def _known(self) -> dict[FormName, Expr]:
        return self._supplier()

    def __getitem__(self, form: FormName) -> Expr:
        return self._known[form]

    def __iter__(self) -> Iterator[FormName]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


T = TypeVar("T")


class Later(Sequence[T]):
    """The parts of a derivation that are worked out when first looked at, and kept: its steps, the facts they cite."""

    def __init__(self, supplier: Callable[[], tuple[T, ...]]) -> None:
        self._supplier = supplier

    @cached_property
    def _known(self) -> tuple[T, ...]:
        return self._supplier()

    @overload
    def __getitem__(self, position: int) -> T: ...

    @overload
    def __getitem__(self, position: slice) -> tuple[T, ...]: ...

    def __getitem__(self, position: int | slice) -> T | tuple[T, ...]:
        return self._known[position]

    def __len__(self) -> int:
        return len(self._known)


@dataclass(frozen=True)
class Gradient:
    """∂of/∂parameter[I] in every form."""

    parameter: str
    indices: tuple[Index, ...]
    forms: Mapping[FormName, Expr | Refusal]
    label: str = ""
    updates: Mapping[FormName, Expr] = field(default_factory=dict)
    """Δparameter = −rate · gradient, where the model has an `update` line; the target prints as `model.step_name`."""


@dataclass(frozen=True)
class Derivation:
    """The gradients of one scalar, and the way to them."""

    model: Model
    of: str
    forward: tuple[DisplayEquation, ...]
    errors: tuple[ErrorTerm, ...]
    gradients: dict[str, Gradient]
    steps: Sequence[Step]
    program: Model
    """Forward and adjoint equations in the one form, every adjoint named ∂x (see `model.adjoint_name`)."""
    warnings: tuple[str, ...] = ()
    facts: Sequence[DisplayFact] = ()
    """The author's assumptions about what is differentiated, and the facts that some step cites, what they rest on."""
    conditions: tuple[Condition, ...] = ()
    pinned: Mapping[str, int] = field(default_factory=dict)
    """The given sizes of recurrences: at these alone the inlined and the expanded form hold."""
    functions: Sequence[FunctionFact] = ()
    """The activations that the forward equations use, each with its derivative."""
    ways: Sequence[Ways] = ()
    """The paths from each parameter to what is differentiated."""
    order: tuple[str, ...] = ()
    """The names of error terms and parameters in the order of the telling: after each error term its gradients."""
    stated: DisplayEquation | None = None
    """The author's one expression, where the forward equations are its stages."""

    @cached_property
    def matrix(self) -> MatrixForms:
        """The equations once more over whole arrays, worked out when first looked at."""
        from symbp.calculus.matrix_lines import matrix_forms

        return matrix_forms(self)
