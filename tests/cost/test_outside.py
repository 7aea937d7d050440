"""SymPy's own results, counted by symbp's convention."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import sympy as sp

import symbp
from symbp.cost.outside import operations, outside
from symbp.errors import Refused

MODELS = Path(__file__).parents[2] / "benchmarks" / "models"
a, b, c = sp.symbols("a b c")


@pytest.mark.parametrize(
    ("formula", "count"),
    [
        (a, 0), (-a, 1), (a - b, 1), (-a - b, 2), (a + b + c, 2), (2 * a, 1), (a / 2, 1), (-2 * a, 2), (a * b, 1),
        (-a * b, 2), (a - b * c, 2), (a**2, 1), (a**3, 1), (1 / a, 1), (a / b, 1), (1 / (a * b), 2), (a / b**2, 2),
        (a**-2, 2), (sp.sqrt(a), 1), (sp.exp(a), 1), (sp.exp(-a), 2), (1 / (1 + sp.exp(-a)), 4), (a**b, 1),
    ],
)
def test_operations(formula: sp.Expr, count: int) -> None:
    assert operations(formula) == count


def test_a_large_formula_has_as_many_operations_as_its_printed_form_has_operators() -> None:
    x = sp.symbols("x1:8")
    whole = sp.expand((x[0] + x[1] * x[2] + x[3]) ** 3 * (x[4] + x[5] + x[6]))
    tree = ast.parse(str(whole))
    assert operations(whole) == sum(isinstance(node, ast.BinOp | ast.UnaryOp | ast.Call) for node in ast.walk(tree))


def test_one_hidden_layer() -> None:
    model = symbp.load(MODELS / "hidden.bp")
    found = outside(model, "E", model.wrt, {"d": 3, "q": 2, "l": 1})
    assert found.cse == 50
    assert found.diff > 10 * found.cse


def test_a_loss_that_is_too_large_is_refused() -> None:
    model = symbp.load(MODELS / "hidden.bp")
    with pytest.raises(Refused, match="written out"):
        outside(model, "E", model.wrt, {"d": 784, "q": 30, "l": 10})


def test_integer_inputs_have_the_values_of_every_other_count() -> None:
    """Where all read the same element the loss is 3 e², 2 operations, and ∂E/∂e = 6 e; else e₁² + e₂² + e₃² and 2 e."""
    model = symbp.parse("index t in 1..3, v in 1..3\ninput tok[t] in 1..3\nparam e[v]\nloss E = sum(t, e[tok[t]]^2)")
    assert outside(model, "E", model.wrt, {}, {"tok": (2, 2, 2)}).diff == 2 + 1
    assert outside(model, "E", model.wrt, {}).diff == 5 + 3
