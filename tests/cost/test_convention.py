"""What is counted: each formula with its operations, its nodes and its levels, at n = 3."""

from __future__ import annotations

import pytest

import symbp
from symbp.calculus.folding import author_body, fold_inline
from symbp.calculus.model import Definition
from symbp.cost.counting import count
from symbp.cost.program import Program
from symbp.cost.tally import Tally

CONVENTION = [
    ("x", "", 1, 1),  # reading is free
    ("-x", "negate 1", 2, 1),
    ("x - y", "subtract 1", 3, 2),
    ("-x - y", "add 1, negate 1", 4, 2),  # −(x + y)
    ("x + y - v + 1", "add 2, subtract 1", 7, 2),  # n − 1, in any order
    ("2*x", "multiply 1", 3, 2),
    ("x/2", "multiply 1", 3, 2),  # a literal coefficient is one factor
    ("2*x*y/3", "multiply 2", 5, 2),
    ("x*y/v", "multiply 1, divide 1", 5, 2),
    ("1/x", "reciprocal 1", 2, 2),
    ("x^2", "square 1", 2, 2),  # an exponent is no leaf
    ("x^3 + x^y", "add 1, power 2", 6, 3),
    ("y/x^2", "divide 1, square 1", 4, 3),
    ("(-x)^2 + sqrt(y)", "add 1, square 1, sqrt 1", 5, 3),
    ("exp(-x)", "negate 1, exp 1", 3, 2),
    ("sigmoid(x)", "negate 1, add 1, divide 1, exp 1", 5, 2),
    ("x*tanh(y)", "multiply 1, tanh 1", 4, 3),
    ("max(x, y)", "compare 1", 3, 2),
    ("where(x > y, v, 2*v)", "multiply 1, compare 1", 7, 3),
    ("sum(i, u[i])", "add 2", 5, 2),
    ("sum(i, u[i]^2) - x", "add 2, square 3, subtract 1", 10, 4),
    ("-sum(i, u[i]*w[i])", "add 2, negate 1, multiply 3", 12, 3),
    ("prod(i, u[i])", "multiply 2", 5, 2),
    ("max(i, u[i])", "compare 2", 5, 2),
    ("sum(i, sum(j in 1..i, u[j]))", "add 5", 11, 2),  # 1 + 2 + 3 terms
    ("sum(i, where(i == 1, u[i]^2, 0))", "square 1", 2, 2),  # a term sits inside its guard's index set
    ("sum(i, where(i == 1, 1, u[i])*w[i])", "add 2, multiply 2", 9, 3),  # times a literal 1
    ("n*x", "multiply 1", 3, 2),  # a size is a leaf
]


def formula(text: str, primitives: frozenset[str] = frozenset()) -> Tally[int]:
    model = symbp.parse(f"size n = 3\nindex i in 1..n, j in 1..n\nparam x, y, v, u[i], w[i]\nloss E = {text}\n")
    folding = fold_inline(model)
    lines = [Definition(e.target, e.indices, author_body(e, folding)) for e in model.equations if not e.inline]
    return count(Program(tuple(lines), ("E",), model.arrays, model.sizes), {"n": 3}, primitives)


@pytest.mark.parametrize(("text", "kinds", "nodes", "depth"), CONVENTION, ids=[row[0] for row in CONVENTION])
def test_what_a_formula_costs(text: str, kinds: str, nodes: int, depth: int) -> None:
    tally = formula(text)
    pairs = (kind.split() for kind in kinds.split(", ") if kind)
    assert dict(tally.by_kind) == {kind: int(times) for kind, times in pairs}
    assert (tally.operations, tally.nodes, tally.depth) == (sum(tally.by_kind.values()), nodes, depth)


def test_sigma_is_four_operations_or_one() -> None:
    assert formula("sigmoid(-x)").operations == 5
    assert dict(formula("sigmoid(-x)", frozenset({"sigmoid"})).by_kind) == {"negate": 1, "sigmoid": 1}
