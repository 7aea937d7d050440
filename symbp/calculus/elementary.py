"""The shape of elementary equations: which terms and factors may stand in a Model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from symbp.calculus.describe import name_text
from symbp.calculus.expression import (
    Access,
    Apply,
    Cases,
    Constant,
    Expr,
    Number,
    Partial,
    Position,
    Power,
    Reduce,
    Select,
    walk,
)
from symbp.calculus.functions import FUNCTIONS
from symbp.calculus.model import Equation, Piece, Term
from symbp.calculus.problem import Problem, named, problem

ATOMS = (Access, Constant, Number, Position)


def shape_problems(equation: Equation, functions: Mapping[str, int], nested: bool) -> Iterator[Problem]:
    """Every term and factor that is not elementary; `functions` are the generic functions and their arities.

    Where `nested`, a factor may be any scalar formula: local derivatives such as f(1 − f).
    """
    for piece in equation.pieces:
        for term in piece.terms:
            message = _term_fault(term, piece)
            if message:
                yield problem("shape", equation, f"{named(equation)}: {message}")
            for factor in term.factors:
                message = scalar_fault(factor, functions) if nested else factor_fault(factor, functions)
                if message:
                    yield problem("shape", equation, f"{named(equation)}: {message}")


def _term_fault(term: Term, piece: Piece) -> str:
    if term.kind == "sum":
        return ""
    if not term.binders:
        return f"a `{term.kind}` term needs an index to run over"
    if len(piece.terms) > 1 or len(term.factors) != 1 or term.coefficient != 1:
        return f"a `{term.kind}` over an index is the only term of its case, with one factor and coefficient 1"
    if not isinstance(term.factors[0], Access):
        return f"a `{term.kind}` over an index reads one array plainly"
    if not 0 <= term.component < len(term.binders):
        return f"a `{term.kind}` over {len(term.binders)} indices has no component {term.component}"
    return ""


def factor_fault(factor: Expr, functions: Mapping[str, int]) -> str:
    """Why a factor is not elementary; empty where it is."""
    match factor:
        case Access() | Constant() | Number() | Position():
            return ""
        case Power(base, exponent):
            if isinstance(base, ATOMS) and isinstance(exponent, ATOMS):
                return ""
            return "a power is of an access or a number, to an access or a number"
        case Apply(function, arguments, orders):
            return _application_fault(function, arguments, orders, functions)
        case Select(_, left, right, yes, no):
            if all(isinstance(e, ATOMS) for e in (left, right, yes, no)):
                return ""
            return "a `where` is over accesses and numbers"
        case _:
            return f"a factor can't be a {type(factor).__name__}"


def scalar_fault(factor: Expr, functions: Mapping[str, int]) -> str:
    """Why a factor is not a scalar formula, without sums and cases; empty where it is."""
    for node in walk(factor):
        if isinstance(node, (Reduce, Cases, Partial)):
            return f"a factor can't hold a {type(node).__name__}"
        if isinstance(node, Apply):
            fault = _call_fault(node.function, len(node.arguments), node.orders, functions)
            if fault:
                return fault
    return ""


def _application_fault(
    function: str, arguments: tuple[Expr, ...], orders: tuple[int, ...], functions: Mapping[str, int]
) -> str:
    if not all(isinstance(a, ATOMS) for a in arguments):
        return f"`{name_text(function)}` is of accesses and numbers"
    return _call_fault(function, len(arguments), orders, functions)


def _call_fault(function: str, given: int, orders: tuple[int, ...], functions: Mapping[str, int]) -> str:
    name = name_text(function)
    builtin = FUNCTIONS.get(function)
    arity = builtin.arity if builtin is not None else functions.get(function)
    if arity is None:
        return f"there is no function `{name}`"
    if arity != given:
        return f"`{name}` takes {arity} argument{'s' * (arity != 1)}, not {given}"
    if orders and (builtin is not None or len(orders) != arity or min(orders) < 0):
        return f"`{name}` has no derivative of orders {orders}"
    return ""
