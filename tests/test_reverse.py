"""The reverse sweep against central differences of the forward model at forty digits, on the ten hard programs."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest

from symbp.calculus.affine import Range
from symbp.calculus.model import Array, Model, Role, adjoint_name
from symbp.calculus.reverse import adjoint_program
from symbp.calculus.validate import problems
from symbp.evaluate import Evaluator, box
from symbp.numeric.arithmetic import multiprecision
from symbp.numeric.instances import INSTANCES
from tests import programs

PROGRAMS = {
    "dense": {"d": 3, "q": 2},
    "convolution": {"P": 2},
    "concatenation": {"m": 2, "n": 3},
    "lstm": {"T": 3, "n": 2, "d": 2},
    "lag_two": {"T": 4},
    "layers": {"L": 3, "n": 2},
    "attention": {"n": 3, "m": 2, "v": 2},
    "layer_norm": {"n": 3},
    "embedding": {"T": 3, "d": 2, "C": 3, "V": 4},
    "product": {"n": 4},
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_adjoints_are_the_derivatives(name: str) -> None:
    """Every element of every gradient agrees with a central difference to 1e-20."""
    model: Model = getattr(programs, name)()
    loss = model.loss or model.equations[-1].target
    sizes = {s: PROGRAMS[name].get(s, 2) for s in model.sizes}
    wrt = [a.name for a in model.arrays.values() if a.role in (Role.PARAM, Role.INPUT)]
    wrt = [w for w in wrt if model.arrays[w].values is None]
    program = adjoint_program(model, loss, wrt)
    arithmetic = multiprecision(40)
    instances = dict.fromkeys(model.functions, INSTANCES[0])
    values = _point(model, sizes)
    forward = Evaluator.of_model(model, sizes, arithmetic, instances=instances)
    backward = Evaluator.of_model(program, sizes, arithmetic, instances=instances).run(values)
    step = Fraction(1, 10**13)
    for w in wrt:
        for key in box(model.arrays[w].axes, sizes):
            up, down = (forward.run(_moved(values, w, key, s)).value(loss) for s in (step, -step))
            oracle = (up - down) / arithmetic.number(2 * step)
            derived = backward.value(adjoint_name(w), key)
            assert abs(oracle - derived) < 1e-20 * (1 + abs(oracle)), (w, key)


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_gradient_program_is_a_valid_model(name: str) -> None:
    model: Model = getattr(programs, name)()
    loss = model.loss or model.equations[-1].target
    wrt = [a.name for a in model.arrays.values() if a.role is Role.PARAM]
    program = adjoint_program(model, loss, wrt)
    assert problems(program) == ()


def _point(model: Model, sizes: dict[str, int]) -> dict[str, dict[tuple[int, ...], Any]]:
    rng = random.Random(7)
    values: dict[str, dict[tuple[int, ...], Any]] = {}
    for array in model.arrays.values():
        if array.role in (Role.DEFINED, Role.ADJOINT):
            continue
        values[array.name] = {key: _draw(array, sizes, rng) for key in box(array.axes, sizes)}
    return values


def _draw(array: Array, sizes: dict[str, int], rng: random.Random) -> int | Fraction:
    if isinstance(array.values, Range):
        return rng.randint(array.values.lower.evaluate(sizes), array.values.upper.evaluate(sizes))
    sign = 1 if array.role is Role.CONST else rng.choice((-1, 1))
    return Fraction(sign * rng.randint(1, 60), 40)


def _moved(values: Any, name: str, key: tuple[int, ...], step: Fraction) -> Any:
    return {**values, name: {**values[name], key: values[name][key] + step}}


def test_the_rest_of_a_product_is_computed_from_a_prefix_and_a_suffix() -> None:
    """2n multiplications for all partials: no product over an index is left in what computes them."""
    program = adjoint_program(programs.product(), "P", ("x",))
    kinds = {t.kind for e in program.equations if e.target != "P" for p in e.pieces for t in p.terms}
    assert kinds == {"sum"}
    values = {"x": {(k,): Fraction(v) for k, v in enumerate((2, 0, 3, 5), start=1)}}
    run = Evaluator.of_model(program, {"n": 4}).run(values)
    assert [run.value("∂x", (k,)) for k in range(1, 5)] == [0, 30, 0, 0]
