"""The one form: a model is a list of indexed equations, and so are its gradients.

    t[I] = pieces;  each piece, under affine guards on I, is a sum of terms;
    a term = coefficient · ⊕_{R | guards}  factor · factor · …        (⊕ one of Σ, Π, max, min; no R: plain)

In a Model every equation is *elementary*: a factor is an access, a number, an index value, a literal power of an
access, one function of accesses, or one `Select` over accesses. `inline` equations are the generated names of a
nest's inner nodes; printing folds them back into their owner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction

from symbp.calculus.affine import Affine, Guard, Index, Range
from symbp.calculus.expression import Access, Cases, Expr, Number, Reduce, ReductionKind, Relation, add, multiply
from symbp.calculus.node import node


@node
class Term:
    """coefficient · ⊕_{binders | guards} Π factors; without binders, the guards are an Iverson bracket (0 outside)."""

    coefficient: Fraction
    factors: tuple[Expr, ...]
    binders: tuple[Index, ...] = ()
    guards: tuple[Guard, ...] = ()
    kind: ReductionKind = "sum"
    component: int = 0


@node
class Piece:
    """A sum of terms, where the guards hold."""

    guards: tuple[Guard, ...]
    terms: tuple[Term, ...]
    filler: bool = False
    """Whether nobody wrote it: 0 at indices that nothing reads, not displayed."""


@node
class Equation:
    """target[indices] = the one piece whose guards hold. Pieces are disjoint and cover the indices' ranges."""

    target: str
    indices: tuple[Index, ...]
    pieces: tuple[Piece, ...]
    inline: bool = False
    owner: str | None = None
    """For a generated equation, the author's name that it belongs to."""
    line: int | None = None
    """The author's line, for messages."""
    written: Expr | None = None
    """How print shows the right-hand side where it isn't computed as it is written."""


class Role(Enum):
    """What a name is to its author."""

    INPUT = "input"
    TARGET = "target"
    PARAM = "param"
    CONST = "const"
    INTEGER = "integer input"
    DEFINED = "defined"
    ADJOINT = "adjoint"


PARTS = (
    "input", "target", "weight", "bias", "threshold", "pre-activation", "activation", "output", "residual", "loss",
)
"""What a name can be in a network, where a file states it."""


@node
class Array:
    """A name with its axes (none for a scalar) and its role. `values` bounds an integer input."""

    name: str
    axes: tuple[Range, ...]
    role: Role
    values: Range | None = None
    letters: tuple[str, ...] = ()
    """The author's index letters, one per axis, for printing (empty where none was written)."""

    @property
    def rank(self) -> int:
        return len(self.axes)


@dataclass(frozen=True)
class Fact:
    """An assumption, over the free indices: left relation right, or left ∈ members."""

    indices: tuple[Index, ...]
    left: Expr
    relation: Relation | None
    right: Expr | None
    members: tuple[Fraction, ...] = ()
    line: int | None = None


@dataclass(frozen=True)
class ErrorName:
    """`name g[j] = -grad(beta[j])`: the letter and the sign of an error term."""

    name: str
    sign: int
    of: str
    letters: tuple[str, ...]
    """The letters of the error term's axes, in the order of `of`'s axes."""
    order: tuple[int, ...] = ()
    """order[a] is the axis of `of` that axis a of the error term is."""


@dataclass(frozen=True)
class Model:
    """A checked list of elementary equations in dependency order, with everything that they read declared."""

    sizes: tuple[str, ...]
    arrays: dict[str, Array]
    equations: tuple[Equation, ...]
    loss: str | None = None
    wrt: tuple[str, ...] = ()
    """The default answer to `differentiate by what`."""
    functions: dict[str, int] = field(default_factory=dict)
    """Generic differentiable functions and their number of arguments."""
    facts: tuple[Fact, ...] = ()
    requirements: tuple[Guard, ...] = ()
    """Conditions on the sizes under which every read is in range; every size is at least 1 besides."""
    size_values: dict[str, int] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)
    """Values in the file: name → Fraction, or nested tuples of Fractions (or ints for an integer input)."""
    error_names: tuple[ErrorName, ...] = ()
    looks: dict[str, str] = field(default_factory=dict)
    """`show` templates: name → template over the letters of its axes."""
    look_letters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    differential: bool = False
    """Whether the adjoint of x is written dx, with the look of x."""
    roles: dict[str, str] = field(default_factory=dict)
    """`role` statements: name → one of PARTS."""
    rate: str | None = None
    """The learning rate's name, from `update`."""
    stages: tuple[str, ...] = ()
    """The author's own definitions, in the order written (no generated names)."""
    warnings: tuple[str, ...] = ()
    index_ranges: dict[str, Range] = field(default_factory=dict)
    """The author's index letters and their ranges, in order of appearance."""

    def equation(self, name: str) -> Equation:
        """The equation that defines `name`; KeyError where it is not a defined name."""
        return self.by_target[name]

    @property
    def by_target(self) -> dict[str, Equation]:
        cached = self.__dict__.get("_by_target")
        if cached is None:
            cached = {e.target: e for e in self.equations}
            object.__setattr__(self, "_by_target", cached)
        return cached


def whole_access(indices: tuple[Index, ...], name: str) -> Access:
    """name[I] with the equation's own free indices as subscripts."""
    return Access(name, tuple(Affine.of(i.name) for i in indices))


ADJOINT_MARK = "∂"


def adjoint_name(base: str) -> str:
    """The structured name of ∂loss/∂base; no author's name holds the mark. Applied twice, the adjoint's adjoint."""
    return ADJOINT_MARK + base


def adjoint_base(name: str) -> str | None:
    """What `name` is the adjoint of, or None where it is no adjoint."""
    return name[1:] if name.startswith(ADJOINT_MARK) else None


@node
class Definition:
    """target[indices] = body as one tree: what the evaluator and the printers read."""

    target: str
    indices: tuple[Index, ...]
    body: Expr


def term_body(term: Term) -> Expr:
    """A term as a tree."""
    inner = multiply(term.factors)
    if term.binders:
        inner = Reduce(term.kind, term.binders, term.guards, inner, term.component)
    elif term.guards:
        inner = Cases(((term.guards, inner),))
    return multiply((Number(term.coefficient), inner))


def definition_of(equation: Equation) -> Definition:
    """An equation as a tree: its pieces become the branches of one Cases, a single unguarded piece its sum."""
    branches = tuple((p.guards, add(term_body(t) for t in p.terms)) for p in equation.pieces)
    if len(branches) == 1 and not branches[0][0]:
        return Definition(equation.target, equation.indices, branches[0][1])
    return Definition(equation.target, equation.indices, Cases(branches))


STEP_MARK = "∆"


def step_name(parameter: str) -> str:
    """The structured name of the update Δparameter; U+2206, which no author's name holds."""
    return STEP_MARK + parameter


def step_base(name: str) -> str | None:
    """The parameter whose update `name` is, or None."""
    return name[1:] if name.startswith(STEP_MARK) else None
