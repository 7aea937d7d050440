"""The syntax tree: what was written, in the author's order, with positions. Nothing here is checked or resolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def node(cls: type[T]) -> type[T]:
    """A dataclass that nobody changes. A type checker holds it frozen; at run time the guard would take longer than all
    else in making one.
    """
    return dataclass(unsafe_hash=True)(cls)


class Span(NamedTuple):
    """Code points start..end of the text (end excluded), and the 1-based line and column of the start."""

    start: int
    end: int
    line: int
    column: int


# Expressions


@node
class Numeral:
    span: Span
    value: Fraction


@node
class Name:
    """A name without subscripts: a scalar, an index, a size, or `pi`."""

    span: Span
    name: str


@node
class Subscripted:
    """name[subscripts]."""

    span: Span
    name: str
    name_span: Span
    subscripts: tuple[Expression, ...]


@node
class Sum:
    """a + b - c: terms in order, each with its sign (+1 or -1)."""

    span: Span
    terms: tuple[tuple[int, Expression], ...]


@node
class Product:
    """a * b / c: factors in order, each with its exponent (+1 multiplied, -1 divided)."""

    span: Span
    factors: tuple[tuple[int, Expression], ...]


@node
class Negative:
    span: Span
    operand: Expression


@node
class PowerOf:
    span: Span
    base: Expression
    exponent: Expression


@node
class Call:
    """f(arguments): a scalar function, a helper, `stop`, `pad`, elementwise `max` and `min`."""

    span: Span
    function: str
    function_span: Span
    arguments: tuple[Expression, ...]


@node
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


@node
class Reduction:
    """sum, prod, max, min, mean, logsumexp over binders; softmax has one binder and leaves it free."""

    span: Span
    function: str
    function_span: Span
    binders: tuple[Binder, ...]
    body: Expression


@node
class Where:
    span: Span
    condition: Condition
    yes: Expression
    no: Expression


# Conditions


@node
class Comparison:
    """A chain: operands[0] relations[0] operands[1] relations[1] … ."""

    span: Span
    operands: tuple[Expression, ...]
    relations: tuple[str, ...]


@node
class Not:
    span: Span
    operand: Condition


@node
class And:
    span: Span
    operands: tuple[Condition, ...]


@node
class Or:
    span: Span
    operands: tuple[Condition, ...]


Condition = Comparison | Not | And | Or
Expression = Numeral | Name | Subscripted | Sum | Product | Negative | PowerOf | Call | Reduction | Where


# Statements


@node
class Axis:
    """One entry of a declaration's bracket: `i`, `784`, or `0..4`."""

    span: Span
    lower: Expression | None
    """None where only one expression is written."""
    upper: Expression


@node
class Declared:
    span: Span
    name: str
    name_span: Span
    axes: tuple[Axis, ...]
    values: tuple[Expression, Expression] | None = None
    """The bounds of an integer input: `tok[t] in 1..V`."""


@node
class Declaration:
    """input | target | param | const, with one or more names."""

    span: Span
    role: str
    names: tuple[Declared, ...]


@node
class IndexDeclaration:
    """`index i in 1..d, h in 1..q`."""

    span: Span
    ranges: tuple[Binder, ...]


@node
class SizeDeclaration:
    """`size d = 3, q` — a value is optional."""

    span: Span
    sizes: tuple[tuple[str, Span, Expression | None], ...]


@node
class GenericFunction:
    """`function f(z)`: any differentiable function of its arguments."""

    span: Span
    name: str
    name_span: Span
    parameters: tuple[tuple[str, Span], ...]


@node
class FunctionDefinition:
    """`gate(a, b) = body`."""

    span: Span
    name: str
    name_span: Span
    parameters: tuple[tuple[str, Span], ...]
    body: Expression


@node
class Likeness:
    """Statements with one number are the same but for their words, names and decimals; equal ones stand where they do
    in the others.
    """

    number: int
    words: tuple[str, ...]


@node
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


@node
class Assume:
    """`assume sum(j, y[j]) = 1`, `assume y[j] in {0, 1}`, `assume s[k] > 0`."""

    span: Span
    left: Expression
    relation: str
    """One of = < <= > >= != in."""
    right: Expression | None
    members: tuple[Expression, ...] = ()


@node
class Update:
    """`update eta`."""

    span: Span
    rate: str
    rate_span: Span


@node
class ErrorNameStatement:
    """One `g[j] = -grad(beta[j])` of a `name` statement."""

    span: Span
    name: str
    name_span: Span
    subscripts: tuple[Expression, ...]
    sign: int
    of: Name | Subscripted


@node
class RoleStatement:
    """One `s = pre-activation` of a `role` statement."""

    span: Span
    name: str
    name_span: Span
    part: str
    part_span: Span


@node
class Show:
    """One `w[l,j,k] as w^l_jk` of a `show` statement."""

    span: Span
    name: str
    name_span: Span
    subscripts: tuple[Expression, ...]
    look: str
    look_span: Span


@node
class Matrix:
    """A bracketed list of values, nested."""

    span: Span
    items: tuple[Matrix | Expression, ...]


@node
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


@node
class Program:
    """A file's statements in order; `name`, `role`, `show`, `let`, `at` lists are opened into one statement each."""

    source: Source
    statements: tuple[Statement, ...]


@node
class Source:
    """A text and the name that messages call it by."""

    text: str
    name: str = "<text>"
