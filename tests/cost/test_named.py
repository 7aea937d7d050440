"""The rules that need no sizes: each gives an equal program of no more operations, and what it says that it saves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import symbp
from symbp.calculus.model import Model
from symbp.cost.counting import by_definition, count
from symbp.cost.passes.across import across
from symbp.cost.passes.common import common
from symbp.cost.passes.copies import copies
from symbp.cost.passes.dead import dead
from symbp.cost.passes.factoring import factoring
from symbp.cost.passes.invariants import invariants
from symbp.cost.passes.named import RULES, named
from symbp.cost.passes.prefix import prefix
from symbp.cost.passes.reciprocals import reciprocals
from symbp.cost.passes.signs import signs
from symbp.cost.passes.tidy import tidy
from symbp.cost.printed import printed
from symbp.cost.program import Program
from symbp.language.lower import lower
from symbp.language.parse import parse
from tests.cost.awkward import AWKWARD
from tests.cost.same_values import outcome, places, same
from tests.strategies import example

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*(ROOT / "examples").glob("*.bp"), *(ROOT / "tests" / "models").glob("*.bp")])
SMALL = [p for p in sorted((ROOT / "benchmarks" / "models").glob("*.bp")) if p.stem not in ("product", "deep")]
RANDOM = 24

Rule = Callable[[Program], Program]


def of(text: str) -> tuple[Program, Model]:
    derivation = symbp.derive(lower(parse(text))).data
    return printed(derivation), derivation.model


def operations(program: Program, **sizes: int) -> int:
    return count(program, sizes).operations


def check_rules(model: Model) -> None:
    """Each rule in its turn: the values stay, nothing is counted twice, and a second time changes nothing."""
    derivation = symbp.derive(model).data
    program = start = printed(derivation)
    points = list(places(derivation.model, 2))
    values = [outcome(program, place) for place in points]
    for rule in (signs, *RULES):
        made = rule(program)
        assert rule(made) == made, rule.__name__
        for place, before in zip(points, values, strict=True):
            assert same(before, outcome(made, place)), (rule.__name__, place.sizes)
            if min(place.sizes.values(), default=2) > 1:
                before_it, after_it = (operations(p, **place.sizes) for p in (program, made))
                assert after_it <= before_it, (rule.__name__, place.sizes)
        program = made
    made = named(start)
    assert named(made) == made
    for place, before in zip(points, values, strict=True):
        assert same(before, outcome(made, place)), place.sizes


@pytest.mark.parametrize("path", [*FILES, *SMALL], ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_rules_on_examples(path: Path) -> None:
    check_rules(symbp.load(str(path)))


@pytest.mark.parametrize("number", range(RANDOM))
def test_rules_on_random_models(number: int) -> None:
    check_rules(lower(parse(example(number).text)))


@pytest.mark.parametrize("name", AWKWARD)
def test_rules_on_awkward_models(name: str) -> None:
    check_rules(lower(parse(AWKWARD[name])))


@pytest.mark.parametrize("path", [*FILES, *SMALL], ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_named_is_no_more_even_where_every_size_is_1(path: Path) -> None:
    derivation = symbp.derive(symbp.load(str(path))).data
    program = printed(derivation)
    for place in places(derivation.model, 4):
        assert operations(named(program), **place.sizes) <= operations(program, **place.sizes)


def benchmark_counts(name: str, **sizes: int) -> int:
    derivation = symbp.derive(symbp.load(str(ROOT / "benchmarks" / "models" / f"{name}.bp"))).data
    return operations(named(printed(derivation)), **{**derivation.model.size_values, **sizes})


@pytest.mark.parametrize(("d", "q", "l"), [(3, 2, 1), (10, 10, 10), (784, 30, 10), (1, 1, 1), (2, 7, 3)])
def test_a_hidden_layer_takes_what_is_counted_by_hand(d: int, q: int, l: int) -> None:  # noqa: E741
    forward = 2 * d * q + 4 * q + 2 * q * l + 4 * l + 3 * l
    output, hidden = 3 * l + q * l, q * (1 + (2 * l - 1) + 1) + d * q
    assert benchmark_counts("hidden", d=d, q=q, l=l) == forward + output + hidden


@pytest.mark.parametrize(("depth", "n"), [(50, 8), (1, 3), (2, 2), (7, 1)])
def test_a_deep_network_takes_what_is_counted_by_hand(depth: int, n: int) -> None:
    forward = depth * (n * (2 * n - 1) + n) + 3 * n
    backward = 3 * n + (depth - 1) * n * (2 + 1 + 2 * n - 1) + depth * n * n
    assert benchmark_counts("deep", L=depth, n=n) == forward + backward


@pytest.mark.parametrize("n", [2, 3, 4, 10, 1000])
def test_a_product_and_all_its_partial_derivatives_take_3n_less_5(n: int) -> None:
    assert benchmark_counts("product", n=n) == 3 * n - 5


@pytest.mark.parametrize(("name", "most"), [
    ("expression", 26), ("conv", 162), ("softmax_label", 332), ("softmax", 388), ("softmax_shares", 369),
    ("logistic", 293),
])
def test_benchmarks(name: str, most: int) -> None:
    assert benchmark_counts(name) <= most


HIDDEN = """index i in 1..d, h in 1..q, j in 1..l
input x[i]
target y[j]
param v[i,h], w[h,j]
b[h] = sigmoid(sum(i, v[i,h]*x[i]))
beta[j] = sum(h, w[h,j]*b[h])
yhat[j] = sigmoid(beta[j])
loss E = 1/2*sum(j, (yhat[j] - y[j])^2)
"""
WIDE = {"d": 3, "q": 4, "l": 5}


def test_error_terms_cost_the_same_with_either_sign() -> None:
    """Zhou's g_j = −∂E/∂β_j, and δ_j without the minus; also where the author squares y − ŷ."""
    plain, _ = of(HIDDEN)
    zhou, _ = of(HIDDEN + "name g[j] = -grad(beta[j])\n")
    turned, _ = of(HIDDEN.replace("yhat[j] - y[j]", "y[j] - yhat[j]") + "name g[j] = -grad(beta[j])\n")
    assert operations(zhou, **WIDE) > operations(plain, **WIDE)
    assert operations(signs(zhou), **WIDE) == operations(plain, **WIDE) == operations(signs(turned), **WIDE)


def test_a_requested_gradient_keeps_its_sign() -> None:
    program, model = of("param x, y\nloss E = -x*y\n")
    for place in places(model, 1):
        found = outcome(signs(program), place)
        assert same({"∂x": found["∂x"]}, {"∂x": {(): -place.values["y"][()]}})


@pytest.mark.parametrize("m", [1, 2, 10])
def test_a_factor_stands_before_its_sum_and_the_sum_is_worked_out_once(m: int) -> None:
    """q_j = Σ_k p_j y_k: a multiplication for each j, and m − 1 additions once."""
    program, _ = of("index j in 1..m, k in 1..m\nparam p[j], y[k]\nq[j] = p[j]*sum(k, y[k])\nloss L = sum(j, q[j]^2)\n")
    start = dead(program.wanted("q"))
    assert operations(start, m=m) == m * (2 * m - 1)
    assert operations(factoring(start), m=m) == m * m
    assert operations(invariants(factoring(start)), m=m) == 2 * m - 1


def test_a_double_sum_multiplies_once_for_each_outer_index() -> None:
    program, _ = of("index n in 1..N, d in 1..D\nparam c[n], x[n,d]\nloss L = sum(n, sum(d, c[n]*x[n,d]))\n")
    assert operations(factoring(dead(program.wanted("L"))), N=4, D=5) == 4 * 4 + 4 + 3


def test_a_part_is_shared_only_where_both_places_need_it() -> None:
    text = "index t in 1..T\nparam x[t]\na[1] = tanh(x[1])\na[t] = tanh(x[t])^2\nloss E = sum(t, a[t])\n"
    program, _ = of(text)
    for size in (1, 2, 5):
        assert operations(named(program), T=size) <= operations(program, T=size)
        assert by_definition(named(program), {"T": size})["a"].operations <= 2 * size - 1


def test_a_quotient_of_a_named_reciprocal_divides_once() -> None:
    program, _ = of("param u, v\nr = 1/u\nf = v*r\nloss L = f + r\n")
    found = count(named(program), {}).by_kind
    assert found.get("divide", 0) + found.get("reciprocal", 0) == 1


def test_the_gradient_of_a_weight_is_read_across_the_sum() -> None:
    program, _ = of(HIDDEN)
    before = named_without_across(program)
    assert operations(before, **WIDE) - operations(across(before), **WIDE) == WIDE["q"]


def named_without_across(program: Program) -> Program:
    for rule in (signs, copies, invariants, common):
        program = rule(program)
    return program


def test_recurrences_read_across_too() -> None:
    """A network of sigmoids with a layer index: δ^l is read from ∂E/∂w^{l+1}."""
    text = (
        "index l in 1..L, i in 1..n, j in 1..n\ninput x[i]\ntarget y[i]\nparam W[l,i,j]\na[0,i] = x[i]\n"
        "a[l,i] = sigmoid(sum(j, W[l,i,j]*a[l-1,j]))\nloss E = 1/2*sum(i, (a[L,i] - y[i])^2)\n"
    )
    program, model = of(text)
    made = named(program)
    for depth, n in ((1, 2), (3, 2), (4, 3)):
        saved = (depth - 1) * n + n
        assert operations(program, L=depth, n=n) - operations(made, L=depth, n=n) == saved
    for place in places(model, 3):
        assert same(outcome(program, place), outcome(made, place))


def test_nothing_that_only_a_gradient_needs_is_left_for_the_loss() -> None:
    program, _ = of(HIDDEN)
    assert [d.target for d in dead(program.wanted("E")).definitions] == ["b_s", "b", "beta", "yhat", "E"]


def test_new_names_are_no_authors_names() -> None:
    program, _ = of(HIDDEN)
    assert all("#" in name for name in named(program).by_target.keys() - program.by_target.keys())


@pytest.mark.parametrize("rule", [copies, reciprocals, prefix, tidy, across, dead])
def test_a_rule_that_finds_nothing_gives_the_same_program(rule: Rule) -> None:
    program, _ = of("param x\nloss E = x^2\n")
    assert rule(program) is program


def written_out(depth: int) -> str:
    """A network with a name for each layer."""
    lines = ["index i in 1..8, j in 1..8", "input x[i]", "target y[i]"]
    for k in range(1, depth + 1):
        lines += [f"param W{k}[i,j]", f"a{k}[i] = tanh(sum(j, W{k}[i,j]*{'x' if k == 1 else f'a{k - 1}'}[j]))"]
    return "\n".join([*lines, f"loss E = 1/2*sum(i, (a{depth}[i] - y[i])^2)", ""])


def test_many_layers_written_out_take_what_a_layer_index_takes() -> None:
    program, _ = of(written_out(50))
    assert operations(named(program)) == benchmark_counts("deep")
