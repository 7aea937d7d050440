"""The examples: each derives, verifies, and prints what its golden files hold."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

import symbp
from symbp.calculus.model import adjoint_name
from symbp.evaluate import Evaluator
from tests.golden_examples import EXAMPLES, GOLDEN, ROOT, cases, encoding_of, output

CASES = cases()


def example(name: str) -> Path:
    return ROOT / "examples" / f"{name}.bp"


@pytest.mark.parametrize("name", CASES)
def test_the_output_is_the_golden_one(name: str) -> None:
    assert output(CASES[name], encoding_of(name)) == (GOLDEN / name).read_text(encoding="utf-8")


def test_every_golden_file_belongs_to_a_case() -> None:
    assert {str(p.relative_to(GOLDEN)) for p in GOLDEN.rglob("*") if p.is_file()} == set(CASES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_verifies(name: str) -> None:
    assert symbp.derive(symbp.load(example(name))).verify().passed


def gradients_at_the_files_values(name: str) -> dict[str, dict[tuple[int, ...], float]]:
    """Every gradient of an example, as its adjoint program computes it at the values that stand in the file."""
    derivation = symbp.derive(symbp.load(example(name)))
    values = {n: dict(flat(v)) for n, v in derivation.model.values.items()}
    run = Evaluator.of_model(derivation.data.program, {}).run(values)
    return {n: run.table(adjoint_name(n)) for n in derivation.gradients}


def flat(value: object, key: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], float]]:
    """A table of values by index tuple, counted from 1."""
    if isinstance(value, tuple):
        for place, part in enumerate(value, 1):
            yield from flat(part, (*key, place))
    else:
        assert isinstance(value, Fraction | int)
        yield key, float(value)


def test_linear321_at_the_numbers_of_its_source() -> None:
    """The gradients that follow from ∂L/∂u_ih = (out − y) w_h a_i and ∂L/∂w_h = (out − y) a′_h at out − y = −0.22."""
    found = gradients_at_the_files_values("linear321")
    columns = {1: (-0.154, -0.308, -0.462), 2: (-0.176, -0.352, -0.528)}
    for h, column in columns.items():
        assert [found["u"][i, h] for i in (1, 2, 3)] == pytest.approx(column, rel=1e-12)
    assert [found["w"][h,] for h in (1, 2)] == pytest.approx((-0.484, -0.396), rel=1e-12)


@pytest.mark.parametrize("name", ["staged", "expression"])
def test_stages_at_the_point_of_their_source(name: str) -> None:
    """dx and dy at x = 3, y = −4, as the course's notes have them."""
    found = gradients_at_the_files_values(name)
    assert found["x"][()] == pytest.approx(2.059569796, rel=1e-9)
    assert found["y"][()] == pytest.approx(1.592232751, rel=1e-9)


def test_the_watermelon_books_updates() -> None:
    latex = symbp.derive(symbp.load(example("watermelon"))).latex("shared", "inlined")
    for update in (
        r"\Delta w_{hj} &= \eta\,g_j\,b_h",
        r"-\eta\,(\hat{y}_j - y_j)\,\hat{y}_j(1 - \hat{y}_j)\,b_h",
        r"\Delta \theta_j &= -\eta\,g_j",
        r"\Delta v_{ih} &= \eta\,e_h\,x_i",
        r"-\eta\,b_h(1 - b_h)\,x_i \sum_{j=1}^{l} (\hat{y}_j - y_j)\,\hat{y}_j(1 - \hat{y}_j)\,w_{hj}",
        r"\Delta \gamma_h &= -\eta\,e_h",
        r"g_j := -\frac{\partial E}{\partial \beta_j}",
        r"e_h := -\frac{\partial E}{\partial \alpha_h}",
        r"e_h = b_h(1 - b_h) \sum_{j=1}^{l} w_{hj}\,g_j",
    ):
        assert update in latex


def test_the_recurrence_of_error_terms_at_symbolic_depth() -> None:
    latex = symbp.derive(symbp.load(example("deep"))).latex()
    assert r"\sum_{k=1}^{n} w^{l+1}_{kj}\,\delta^{l+1}_{k}" in latex
    assert r"\Delta w^{l}_{jk} = -\eta\,\delta^{l}_{j}\,a^{l-1}_{k}" in latex
    assert r"\Delta b^{l}_{j} = -\eta\,\delta^{l}_{j}" in latex


def test_the_kernels_gradient_and_the_images() -> None:
    latex = symbp.derive(symbp.load(example("conv")), wrt=["w", "a"]).latex("shared")
    assert r"D_{pq}\,a_{2p+r,\,2q+s}" in latex
    assert r"D_{pq}\,w_{i-2p,\,j-2q}" in latex
    assert r"0 \le i - 2p \le 2" in latex


BOOKS = {
    "tanh": (
        r"\delta^{(3)}_m &:= \frac{\partial E}{\partial \hat{y}_m} \\" "\n" r"&= \hat{y}_m - y_m",
        r"\delta^{(2)}_k = (1 - (a^{(2)}_k)^2) \sum_{m=1}^{l} w^{(3)}_{mk}\,\delta^{(3)}_m",
        r"\delta^{(1)}_j = (1 - (a^{(1)}_j)^2) \sum_{k=1}^{q} w^{(2)}_{kj}\,\delta^{(2)}_k",
    ),
    "softmax": (r"\delta_j = p_j - y_j", r"\Delta w_{ji} = -\eta\,\delta_j\,x_i", r"\sum_{j=1}^{K} y_j = 1"),
    "residual": (
        r"\epsilon_k = [z_k > 0] \sum_{j=1}^{n} w_{jk}\,\delta_j",
        r"\alpha_j = \delta_j + \sum_{k=1}^{m} v_{kj}\,\epsilon_k",
    ),
    "layernorm": (
        r"\rho_j = \delta_j\,\gamma_j",
        r"\rho_j - \frac{\hat{a}_j}{n} \sum_{m=1}^{n} \rho_m\,\hat{a}_m - \frac{1}{n} \sum_{m=1}^{n} \rho_m",
        r"\sum_{j=1}^{n} (a_j - \mu) = 0 \tag{M1}",
    ),
}
"""What books have for these networks, in the letters of the files."""


@pytest.mark.parametrize("name", BOOKS)
def test_the_formulas_of_books(name: str) -> None:
    latex = symbp.derive(symbp.load(example(name))).latex()
    assert [line for line in BOOKS[name] if line not in latex] == []


def test_a_fact_is_used_on_a_line_that_stands_there() -> None:
    """p_j Σ y_m − y_j comes before Σ y = 1 makes p_j − y_j of it."""
    latex = symbp.derive(symbp.load(example("softmax"))).latex()
    before, after = r"&= p_j \sum_{m=1}^{K} y_m - y_j", r"\delta_j = p_j - y_j"
    assert latex.index(before) < latex.index(after)
