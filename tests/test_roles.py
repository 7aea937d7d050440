"""Roles found in the equations: who weighs whom, layers by depth, layer and time indices, and what a file states."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbp.language.lower import lower
from symbp.language.parse import parse
from symbp.notation.roles import Letter, Part, Roles, infer_roles
from symbp.shipped import example_text

MODELS = Path(__file__).parent / "models"


def roles_of(source: str) -> Roles:
    return infer_roles(lower(parse(source)))


def told(roles: Roles) -> dict[str, str]:
    """name → role and layer, as `weight 1`; a name with a layer axis has `axis 0` instead."""
    found = {}
    for part in roles.parts.values():
        where = f" axis {part.depth}" if part.depth is not None else "" if part.layer is None else f" {part.layer}"
        found[part.name] = part.role + where
    return found


EXAMPLES = {
    "watermelon": {
        "x": "input", "v": "weight 1", "gamma": "threshold 1", "alpha": "pre-activation 1", "b": "activation 1",
        "w": "weight 2", "theta": "threshold 2", "beta": "pre-activation 2", "yhat": "output 2", "y": "target",
        "E": "loss",
    },
    "nielsen": {
        "x": "input", "w2": "weight 1", "b2": "bias 1", "z2": "pre-activation 1", "a2": "activation 1",
        "w3": "weight 2", "b3": "bias 2", "z3": "pre-activation 2", "a3": "output 2", "y": "target", "C": "loss",
    },
    "deep": {
        "x": "input", "w": "weight axis 0", "b": "bias axis 0", "z": "pre-activation axis 0", "a": "activation axis 0",
        "y": "target", "C": "loss",
    },
    "bptt": {
        "x": "input", "W": "recurrent-weight 1", "U": "input-weight 1", "b": "bias 1",
        "s": "pre-activation 1", "h": "activation 1", "V": "weight 2", "r": "bias 2",
        "p": "output 2", "y": "target", "E": "loss",
    },
    "linear321": {
        "a": "input", "u": "weight 1", "hidden": "activation 1", "w": "weight 2", "out": "output 2", "y": "target",
        "L": "loss",
    },
    "conv": {"a": "input", "w": "weight 1", "bias": "bias 1", "L": "loss"},
    "staged": {},
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name: str) -> None:
    assert told(roles_of(example_text(name))) == EXAMPLES[name]


def test_which_axis_of_a_weight_is_where_it_comes_from() -> None:
    book = roles_of(example_text("watermelon")).parts
    assert (book["v"].source, book["v"].to) == ((0,), (1,))
    turned = roles_of(example_text("nielsen")).parts
    assert (turned["w2"].source, turned["w2"].to) == ((1,), (0,))
    deep = roles_of(example_text("deep")).parts["w"]
    assert deep == Part("w", "weight", None, "deep", 0, (1,), (2,), ())
    kernel = roles_of(example_text("conv")).parts["w"]
    assert (kernel.source, kernel.to) == ((0, 1), ())


def test_what_the_letters_count() -> None:
    assert roles_of(example_text("watermelon")).letters == {
        "i": Letter("units", 0, "input"), "h": Letter("units", 1, "hidden"), "j": Letter("units", 2, "output"),
    }
    assert roles_of(example_text("bptt")).letters == {
        "t": Letter("time"), "j": Letter("units", 1, "hidden"), "k": Letter("units", 1, "hidden"),
        "c": Letter("units", 2, "output"), "m": Letter("units", 0, "input"),
    }
    deep = roles_of(example_text("deep")).letters
    assert deep["l"] == Letter("layers") and {deep["j"].counts, deep["k"].counts} == {"units"}


def test_what_has_an_error_term() -> None:
    """What enters the units of each layer; a unit without an activation is its own."""
    assert roles_of(example_text("watermelon")).nets == ("alpha", "beta")
    assert roles_of(example_text("linear321")).nets == ("hidden", "out")
    assert roles_of(example_text("bptt")).nets == ("s", "p")


def test_an_activation_of_a_sum_that_stands_inline() -> None:
    """The generated sum is the pre-activation; between single numbers there is none to rename."""
    inline = roles_of(
        "index i in 1..d, p in 1..q\ninput x[i]\ntarget y\nparam W[p,i], c[p], v[p]\n"
        "h[p] = sigmoid(sum(i, W[p,i]*x[i]) - c[p])\nu = sum(p, v[p]*h[p])\nloss L = (u - y)^2/2\n"
    )
    assert told(inline) == {
        "x": "input", "W": "weight 1", "c": "threshold 1", "h_s": "pre-activation 1", "h": "activation 1",
        "v": "weight 2", "u": "output 2", "y": "target", "L": "loss",
    }
    numbers = roles_of("input x\ntarget y\nparam w, b, v\na = tanh(w*x + b)\no = v*a\nloss L = (o - y)^2\n")
    assert told(numbers) == {
        "x": "input", "w": "weight 1", "b": "bias 1", "a": "activation 1", "v": "weight 2", "o": "output 2",
        "y": "target", "L": "loss",
    }


def test_a_residual_block_counts_the_longest_way() -> None:
    found = told(roles_of(
        "index i in 1..n, j in 1..n, k in 1..n\ninput x[i]\ntarget y[j]\nparam A[i,k], B[j,i]\n"
        "z[i] = sum(k, A[i,k]*x[k])\nh[i] = tanh(z[i])\ns[i] = x[i] + h[i]\no[j] = sum(i, B[j,i]*s[i])\n"
        "loss L = sum(j, (o[j] - y[j])^2)\n"
    ))
    assert found["h"] == "activation 1" and found["B"] == "weight 2" and found["o"] == "output 2" and "s" not in found


def test_a_softmax_is_an_activation() -> None:
    found = told(roles_of(
        "index i in 1..n, c in 1..C\ninput x[i]\ntarget y[c]\nparam W[c,i]\nz[c] = sum(i, W[c,i]*x[i])\n"
        "p[c] = softmax(c, z[c])\nloss L = -sum(c, y[c]*log(p[c]))\n"
    ))
    assert found["z"] == "pre-activation 1" and found["p"] == "output 1" and "p_s" not in found


def test_a_mean_is_no_activation_and_a_gain_no_weight() -> None:
    found = told(roles_of(
        "index i in 1..n, j in 1..n\ninput x[i]\ntarget y[j]\nparam W[j,i], g[j], c[j]\na[j] = sum(i, W[j,i]*x[i])\n"
        "mu = mean(j, a[j])\nu[j] = a[j] - mu\nv = mean(j, u[j]^2)\no[j] = g[j]*u[j]/sqrt(v + 1) + c[j]\n"
        "loss L = sum(j, (o[j] - y[j])^2)\n"
    ))
    assert found == {"x": "input", "W": "weight 1", "y": "target", "L": "loss"}


def test_a_difference_from_the_target_is_a_residual() -> None:
    source = (
        "index i in 1..n, j in 1..n\ninput x[i]\ntarget y[j]\nparam W[j,i]\no[j] = sum(i, W[j,i]*x[i])\n"
        "e[j] = {}\nloss L = sum(j, e[j]^2)\n"
    )
    assert told(roles_of(source.format("y[j] - o[j]")))["e"] == "residual"
    assert told(roles_of(source.format("o[j] - y[j]")))["e"] == "residual"
    assert "e" not in told(roles_of(source.format("2*o[j] - y[j]")))


def test_what_the_file_states_goes_before() -> None:
    source = (
        "index i in 1..d, j in 1..n\ninput x[i]\ntarget y[j]\nparam A[j,i], s[j]\n"
        "net[j] = sum(i, A[j,i]*x[i]) + s[j]\nout[j] = net[j] + 1\nloss E = sum(j, (out[j] - y[j])^2)\n"
    )
    assert "out" not in told(roles_of(source))
    stated = told(roles_of(source + "role out = output, s = threshold\n"))
    assert stated["out"] == "output 1" and stated["s"] == "threshold 1" and stated["A"] == "weight 1"


@pytest.mark.parametrize("path", sorted(MODELS.glob("*.bp")), ids=lambda p: p.stem)
def test_hard_models_have_roles_for_arrays_alone(path: Path) -> None:
    model = lower(parse(path.read_text(encoding="utf-8")))
    roles = infer_roles(model)
    assert set(roles.parts) <= set(model.arrays) and set(roles.letters) <= set(model.index_ranges)
    for part in roles.parts.values():
        axes = (*part.to, *part.source, *part.other, *(() if part.depth is None else (part.depth,)))
        assert sorted(axes) == list(range(model.arrays[part.name].rank))
