"""The independent counter, counted by hand: texts, and a small program written out."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

import symbp
from symbp.calculus.differentiate import differentiate
from symbp.cost.printed import printed
from tests.counted_text import counted
from tests.counting_models import TAGS, counting_example
from tests.written_program import Written, bodies_of_trees, running_integers, straight_line, unfolded


@pytest.mark.parametrize(("text", "kinds", "nodes", "depth"), [
    ("a", {}, 1, 1),
    ("-a", {"negate": 1}, 2, 1),
    ("a + b - c", {"add": 1, "subtract": 1}, 5, 2),
    ("a + (b - c)", {"add": 1, "subtract": 1}, 5, 3),
    ("a * b / c / d", {"multiply": 1, "divide": 2}, 7, 2),
    ("a**-1 / b", {"reciprocal": 1, "divide": 1}, 4, 2),
    ("a**2", {"square": 1}, 2, 2),
    ("a**3", {"power": 1}, 2, 2),
    ("a**exponent_m3_2", {"power": 1}, 2, 2),
    ("a**b", {"power": 1}, 3, 2),
    ("(-a)**(-b)", {"power": 1, "negate": 2}, 5, 2),
    ("(a**2)**-1", {"square": 1, "reciprocal": 1}, 3, 3),
    ("exp(-a)", {"exp": 1, "negate": 1}, 3, 2),
    ("exp(-(a + b))", {"exp": 1, "negate": 1, "add": 1}, 5, 3),
    ("one / (one + exp(-(a)))", {"negate": 1, "exp": 1, "add": 1, "divide": 1}, 5, 2),
    ("a - (one / (one + exp(-(-a))))", {"negate": 2, "exp": 1, "add": 1, "divide": 1, "subtract": 1}, 8, 3),
    ("1 / (1 + a)", {"divide": 1, "add": 1}, 5, 3),
    ("max(a, -b, c * d)", {"compare": 2, "negate": 1, "multiply": 1}, 8, 3),
    ("(-a) if b < c else d", {"compare": 1, "negate": 1}, 6, 2),
    ("(a + b) if (b * c) <= 0 else (a if b == c else d)", {"compare": 2, "add": 1, "multiply": 1}, 13, 3),
    ("f_orders_1(a) * phi_orders_1_1(a, b)", {"f'": 1, "phi''": 1, "multiply": 1}, 6, 3),
])
def test_a_text_is_counted(text: str, kinds: Mapping[str, int], nodes: int, depth: int) -> None:
    found = counted(text)
    assert dict(found.by_kind) == kinds
    assert (found.nodes, found.depth) == (nodes, depth)


NET = """
index i in 1..d, j in 1..l
input x[i]
target y[j]
param w[i,j], theta[j]
beta[j] = sum(i, w[i,j] * x[i])
yhat[j] = sigmoid(beta[j] - theta[j])
loss E = 1/2 * sum(j, (yhat[j] - y[j])^2)
name g[j] = -grad(beta[j])
"""


def lines(written: Written) -> list[str]:
    return [f"{line.name} = {line.text}" for line in written.lines]


def test_a_program_is_written_out() -> None:
    program = printed(differentiate(symbp.parse(NET)))
    sizes = {"d": 2, "l": 1}
    text = straight_line(program, sizes, running_integers(program, sizes))
    assert [line for line in lines(text) if line.startswith(("v_beta", "v_yhat", "v_E"))] == [
        "v_beta_1 = (v_w_1_1 * v_x_1) + (v_w_2_1 * v_x_2)",
        "v_yhat_1 = one / (one + exp(-(v_beta_1 - v_theta_1)))",
        "v_E = n_1_2 * ((v_yhat_1 - v_y_1)**2)",
    ]
    assert text.by_definition()["beta"].by_kind == {"multiply": 2, "add": 1}
    whole = unfolded(program, ("E",), sizes, running_integers(program, sizes))
    beta = "((v_w_1_1 * v_x_1) + (v_w_2_1 * v_x_2))"
    assert lines(whole) == [f"v_E = n_1_2 * (((one / (one + exp(-({beta} - v_theta_1)))) - v_y_1)**2)"]
    assert bodies_of_trees(program, ("E",), sizes, running_integers(program, sizes)).distinct() == 3 + 5 + 3 + 1 + 6


def test_the_models_have_every_feature() -> None:
    tags = [set(counting_example(n).tags) for n in range(400)]
    assert [(t, sum(t in found for found in tags)) for t in TAGS if sum(t in found for found in tags) < 4] == []
