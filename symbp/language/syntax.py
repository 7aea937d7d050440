"""The syntax tree: what was written, in the author's order, with positions. Nothing here is checked or resolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple


class Span(NamedTuple):
    """Code points start..end of the text (end excluded), and the 1-based line and column of the start."""

    start: int
    end: int
    line: int
    column: int


# Expressions


@dataclass(frozen=True)
class Numeral:
    span: Span
    value: Fraction


@dataclass(frozen=True)
class Name:
    """A name without subscripts: a scalar, an index, a size, or `pi`."""

    span: Span
    name: str


@dataclass(frozen=True)
class Subscripted:
    """name[subscripts]."""

    span: Span
    name: str
    name_span: Span
    subscripts: tuple[Expression, ...]


@dataclass(frozen=True)
class Sum:
    """a + b - c: terms in order, each with its sign (+1 or -1)."""

    span: Span
    terms: tuple[tuple[int, Expression], ...]


@dataclass(frozen=True)
class Product:
    """a * b / c: factors in order, each with its exponent (+1 multiplied, -1 divided)."""

    span: Span
    factors: tuple[tuple[int, Expression], ...]


@dataclass(frozen=True)
class Negative:
    span: Span
    operand: Expression


@dataclass(frozen=True)
class PowerOf:
    span: Span
    base: Expression
    exponent: Expression


@dataclass(frozen=True)
class Call:
    """f(arguments): a scalar function, a helper, `stop`, `pad`, elementwise `max` and `min`."""

    span: Span
    function: str
    function_span: Span
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Binder:
    """`i`, `i in a..b`, `i if condition`, `i in a..b if condition` as an argument of a reduction.

    A bare `i` is ambiguous with an ordinary argument: the reader makes a Binder of every leading bare name of a
    reduction's arguments (all but the last argument); lowering decides `max(a, b)`.
    """

    span: Span
    name: str
    name_span: Span
    lower: Expression | None = None
    upper: Expression | None = None
    condition: Condition | None = None


@dataclass(frozen=True)
class Reduction:
    """sum, prod, max, min, mean, logsumexp over binders; softmax has one binder and leaves it free."""

    span: Span
    function: str
    function_span: Span
    binders: tuple[Binder, ...]
    body: Expression


@dataclass(frozen=True)
class Where:
    span: Span
    condition: Condition
    yes: Expression
    no: Expression


# Conditions


@dataclass(frozen=True)
class Comparison:
    """A chain: operands[0] relations[0] operands[1] relations[1] … ."""

    span: Span
    operands: tuple[Expression, ...]
    relations: tuple[str, ...]


@dataclass(frozen=True)
class Not:
    span: Span
    operand: Condition


@dataclass(frozen=True)
class And:
    span: Span
    operands: tuple[Condition, ...]


@dataclass(frozen=True)
class Or:
    span: Span
    operands: tuple[Condition, ...]


Condition = Comparison | Not | And | Or
Expression = Numeral | Name | Subscripted | Sum | Product | Negative | PowerOf | Call | Reduction | Where


# Statements


@dataclass(frozen=True)
class Axis:
    """One entry of a declaration's bracket: `i`, `784`, or `0..4`."""

    span: Span
    lower: Expression | None
    """None where only one expression is written."""
    upper: Expression


@dataclass(frozen=True)
class Declared:
    span: Span
    name: str
    name_span: Span
    axes: tuple[Axis, ...]
    values: tuple[Expression, Expression] | None = None
    """The bounds of an integer input: `tok[t] in 1..V`."""


@dataclass(frozen=True)
class Declaration:
    """input | target | param | const, with one or more names."""

    span: Span
    role: str
    names: tuple[Declared, ...]


@dataclass(frozen=True)
class IndexDeclaration:
    """`index i in 1..d, h in 1..q`."""

    span: Span
    ranges: tuple[Binder, ...]


@dataclass(frozen=True)
class SizeDeclaration:
    """`size d = 3, q` — a value is optional."""

    span: Span
    sizes: tuple[tuple[str, Span, Expression | None], ...]


@dataclass(frozen=True)
class GenericFunction:
    """`function f(z)`: any differentiable function of its arguments."""

    span: Span
    name: str
    name_span: Span
    parameters: tuple[tuple[str, Span], ...]


@dataclass(frozen=True)
class FunctionDefinition:
    """`gate(a, b) = body`."""

    span: Span
    name: str
    name_span: Span
    parameters: tuple[tuple[str, Span], ...]
    body: Expression


@dataclass(frozen=True)
class Likeness:
    """Statements with one number are the same but for their words, names and decimals; equal ones stand where they do
    in the others.
    """

    number: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class Definition:
    """`t[I] = body`, or `loss t = body`."""

    span: Span
    name: str
    name_span: Span
    subscripts: tuple[Expression, ...]
    body: Expression
    is_loss: bool = False
    like: Likeness | None = field(default=None, compare=False, repr=False)
    """Which other definitions are written alike, where some are."""


@dataclass(frozen=True)
class Assume:
    """`assume sum(j, y[j]) = 1`, `assume y[j] in {0, 1}`, `assume s[k] > 0`."""

    span: Span
    left: Expression
    relation: str
    """One of = < <= > >= != in."""
    right: Expression | None
    members: tuple[Expression, ...] = ()


@dataclass(frozen=True)
class Update:
    """`update eta`."""

    span: Span
    rate: str
    rate_span: Span


@dataclass(frozen=True)
class ErrorNameStatement:
    """One `g[j] = -grad(beta[j])` of a `name` statement."""

    span: Span
    name: str
    name_span: Span
    subscripts: tuple[Expression, ...]
    sign: int
    of: Name | Subscripted


@dataclass(frozen=True)
class RoleStatement:
    """One `s = pre-activation` of a `role` statement."""

    span: Span
    name: str
    name_span: Span
    part: str
    part_span: Span


@dataclass(frozen=True)
class Show:
    """One `w[l,j,k] as w^l_jk` of a `show` statement."""

    span: Span
    name: str
    name_span: Span
    subscripts: tuple[Expression, ...]
    look: str
    look_span: Span


@dataclass(frozen=True)
class Matrix:
    """A bracketed list of values, nested."""

    span: Span
    items: tuple[Matrix | Expression, ...]


@dataclass(frozen=True)
class Assignment:
    """One `W = [[1, 2], [3, 4]]` or `x = 3` of a `let` or `at` statement."""

    span: Span
    name: str
    name_span: Span
    value: Matrix | Expression


Statement = (
    Declaration | IndexDeclaration | SizeDeclaration | GenericFunction | FunctionDefinition | Definition
    | Assume | Update | ErrorNameStatement | RoleStatement | Show | Assignment
)


@dataclass(frozen=True)
class Program:
    """A file's statements in order; `name`, `role`, `show`, `let`, `at` lists are opened into one statement each."""

    source: Source
    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class Source:
    """A text and the name that messages call it by."""

    text: str
    name: str = "<text>"
