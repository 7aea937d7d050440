"""Gradient programs against JAX in double precision. Skipped where JAX isn't installed: `pip install jax`."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symbp
from symbp.calculus.differentiate import differentiate
from symbp.calculus.model import Model, adjoint_name
from symbp.evaluate import FLOAT, Evaluator
from symbp.numeric.instances import TANH
from symbp.numeric.points import Sampler
from symbp.numeric.sizes import settings as small_sizes
from tests.golden_cases import cases, model, points, sizes, values
from tests.interpreter import Elements, Interpreter, keys
from tests.strategies import Drawn, models

jax = pytest.importorskip("jax")
jnp = jax.numpy
jax.config.update("jax_enable_x64", True)

RELATIVE = 1e-9
ABSOLUTE = 1e-12


def constant(value: Fraction) -> Any:
    return jnp.float64(float(value))


def tanh_of_sum(*arguments: Any) -> Any:
    """What stands for a generic function: `symbp.numeric.instances.TANH`, written again."""
    weights = [Fraction(1), *(Fraction(k + 1, k + 2) * (-1) ** k for k in range(1, len(arguments)))]
    return jnp.tanh(sum(float(w) * a for w, a in zip(weights, arguments, strict=True)))


FUNCTIONS: dict[str, Any] = {
    "constant": constant,
    "pi": lambda: jnp.float64(jnp.pi),
    **{n: getattr(jnp, n) for n in ("exp", "log", "sqrt", "abs", "sign", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "asin": jnp.arcsin,
    "acos": jnp.arccos,
    "atan": jnp.arctan,
    "erf": jax.scipy.special.erf,
    **{n: getattr(jax.nn, n) for n in ("sigmoid", "relu", "leaky_relu", "elu", "softplus", "silu")},
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "step": lambda x: jnp.where(x > 0, 1.0, 0.0),
    "max": jnp.maximum,
    "min": jnp.minimum,
    "stop": jax.lax.stop_gradient,
}


def jax_gradients(
    model: Model, at: Mapping[str, int], elements: Elements, of: str, wrt: tuple[str, ...]
) -> dict[str, dict[tuple[int, ...], float]]:
    """∂of/∂w for every element of each name in `wrt`, by JAX's reverse mode."""
    places = [(name, key) for name in wrt for key in keys(model, name, at)]

    def forward(numbers: list[Any]) -> Any:
        moved: dict[str, dict[tuple[int, ...], Any]] = {name: {} for name in wrt}
        for (name, key), number in zip(places, numbers, strict=True):
            moved[name][key] = number
        fixed = {
            n: {k: v if isinstance(v, int) else constant(v) for k, v in table.items()}
            for n, table in elements.items() if n not in moved
        }
        generic = dict.fromkeys(model.functions, tanh_of_sum)
        return Interpreter(model, at, {**fixed, **moved}, {**FUNCTIONS, **generic}).value(of)

    found = jax.grad(forward)([constant(elements[name][key]) for name, key in places])
    gradients: dict[str, dict[tuple[int, ...], float]] = {name: {} for name in wrt}
    for (name, key), number in zip(places, found, strict=True):
        gradients[name][key] = float(number)
    return gradients


def assert_agree(model: Model, at: Mapping[str, int], elements: Elements, of: str, wrt: tuple[str, ...]) -> None:
    derivation = differentiate(model, of, wrt)
    instances = dict.fromkeys(model.functions, TANH)
    run = Evaluator.of_model(derivation.program, at, FLOAT, instances=instances).run(elements)
    for name, table in jax_gradients(model, at, elements, of, wrt).items():
        scale = max(map(abs, table.values()), default=0.0)
        for key, want in table.items():
            got = run.value(adjoint_name(name), key)
            assert abs(got - want) <= RELATIVE * abs(want) + ABSOLUTE * max(scale, 1.0), (name, key, got, want)


PAIRS = sorted({(name, case["id"]) for case in cases() for name in case["models"]})
FIRST = dict(reversed(PAIRS))
CASES = {case["id"]: case for case in cases()}


@pytest.mark.parametrize("name", FIRST)
def test_golden_model(name: str) -> None:
    """Every parameter of every golden model at its fixture, not only those that the entries ask for."""
    case, found = CASES[FIRST[name]], model(name)
    if found.loss is None:
        return
    inputs = next(points(case))
    at = sizes(found, inputs, case.get("sizes", {}))
    assert_agree(found, at, values(found, inputs, at), found.loss, found.wrt)


@settings(max_examples=60, deadline=None)
@given(models(), st.integers(0, 2**32 - 1))
def test_random_model(drawn: Drawn, seed: int) -> None:
    found = symbp.parse(drawn.text)
    at = small_sizes(found)[0]
    sampler = Sampler(found, at, dict.fromkeys(found.functions, TANH))
    elements = sampler.at(sampler.draw(Random(seed), 0), FLOAT)
    assert found.loss is not None
    assert_agree(found, at, elements, found.loss, found.wrt)
