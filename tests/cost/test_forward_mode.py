"""Tangent programs against gradients and central differences; the sweeps' count against hand counts."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest

import symbp
from symbp.calculus.model import Model, adjoint_name
from symbp.cost.forward_mode import forward_mode, tangent, tangent_name, values
from symbp.cost.printed import printed
from symbp.cost.program import Program
from symbp.errors import Refused
from symbp.evaluate import Evaluator
from symbp.numeric.arithmetic import Value
from symbp.numeric.elements import box
from symbp.numeric.loops import Key
from tests.cost.same_values import CLOSE, DIGITS, Place, places
from tests.many_models import many_models

MODELS = many_models(random=60)

Seed = dict[Key, Fraction]


@pytest.mark.parametrize("name", MODELS)
def test_a_tangent_is_the_gradient_along_its_seed(name: str) -> None:
    """E˙ = Σ_K (∂E/∂x[K]) x˙[K] for each parameter and a random dense x˙."""
    derived = symbp.derive(MODELS[name]).data
    program = printed(derived)
    for place in places(derived.model, 3, derived.pinned):
        backward = Evaluator.of_model(derived.program, place.sizes, DIGITS, instances=place.instances)
        run = backward.run(place.values)
        for parameter in derived.gradients:
            seed = _seed(derived.model, parameter, place)
            slope = _tangent_value(program, parameter, place, seed)
            expected = sum(
                (run.value(adjoint_name(parameter), key) * DIGITS.number(x) for key, x in seed.items()),
                DIGITS.number(0),
            )
            assert abs(slope - expected) < CLOSE * (1 + abs(expected)), (parameter, place.sizes)


@pytest.mark.parametrize("name", ["examples/watermelon", "program attention", "program lstm", "program product"])
def test_a_tangent_is_a_central_difference(name: str) -> None:
    """(E(x + h x˙) − E(x − h x˙))/2h at thirty digits."""
    derived = symbp.derive(MODELS[name]).data
    program, step = printed(derived), Fraction(1, 10**9)
    (place,) = places(derived.model, 1, derived.pinned)
    forward = Evaluator.of_model(derived.model, place.sizes, DIGITS, instances=place.instances)
    for parameter in derived.gradients:
        seed = _seed(derived.model, parameter, place)
        ends = []
        for h in (step, -step):
            moved = {key: x + DIGITS.number(h * seed[key]) for key, x in _numbers(place, parameter).items()}
            ends.append(forward.run({**place.values, parameter: moved}).value(derived.of, ()))
        oracle = (ends[0] - ends[1]) / DIGITS.number(2 * step)
        assert abs(_tangent_value(program, parameter, place, seed) - oracle) < 1e-10 * (1 + abs(oracle)), parameter


def test_one_layer_by_hand() -> None:
    """z = Σ w x, y = σ(z), E = ½ (y − t)²: values once, and in each of n sweeps a dense tangent of each value."""
    n = 5
    text = """
        size n = 5
        index i in 1..n
        input x[i]
        target t
        param w[i]
        z = sum(i, w[i]*x[i])
        y = sigmoid(z)
        loss E = 1/2*(y - t)^2
    """
    program = printed(symbp.derive(text).data)
    tally = forward_mode(program, ("w",), {"n": n})
    forward = (n + n - 1) + 4 + 3
    local = 2 + 1
    """σ′ = y (1 − y) and 2 (y − t), whose difference is already there."""
    sweep = (n + n - 1) + 1 + 1 + 1
    """Σ x w˙, σ′ z˙, the square's tangent, and ½ of it."""
    assert tally.operations == forward + local + n * sweep


def test_a_sweep_leaves_out_what_its_parameter_does_not_move() -> None:
    """Of two chains only one moves: its sweep costs nothing for the other. u˙ = u · 1 is u, and v˙ is cos b."""
    text = "param a, b\nu = exp(a)\nv = sin(b)\nloss E = u*v"
    program = printed(symbp.derive(text).data)
    both = forward_mode(program, ("a", "b"), {}).operations
    one = forward_mode(program, ("a",), {}).operations
    assert [d.target for d in tangent(program, "b").definitions] == [tangent_name("v"), tangent_name("E")]
    assert one == 3 + 1
    assert both == 3 + 1 + 1 + 1


def test_what_stop_reads_does_not_move() -> None:
    """E = u · stop(v): a sweep by a leaves out v and what leads to it, and one by b has nothing to work out.

    The slope of u, cos a, is there already.
    """
    text = "param a, b\nu = sin(a)\nw = cos(a)*exp(b)\nv = w^2\nloss E = u*stop(v)"
    program = printed(symbp.derive(text).data)
    forward = 1 + 3 + 1 + 1
    assert [d.target for d in tangent(program, "a").definitions] == [tangent_name("u"), tangent_name("E")]
    assert tangent(program, "b").definitions == ()
    assert forward_mode(program, ("b",), {}).operations == forward
    assert forward_mode(program, ("a", "b"), {}).operations == forward + 1


def test_times_1_and_the_sums_that_a_seed_goes_through_are_free() -> None:
    """E = u² − x, u = x + y: u˙ is 1 in both sweeps, (u²)˙ the local 2 u, and E˙ that less 1 in the first."""
    program = printed(symbp.derive("param x, y\nu = x + y\nloss E = u^2 - x").data)
    forward, local = 1 + 1 + 1, 1
    tally = forward_mode(program, ("x", "y"), {})
    assert tally.by_kind == {"add": 1, "subtract": 2, "multiply": 1, "square": 1}
    assert tally.operations == forward + local + 1
    assert [d.target for d in tangent(program, "x", unit=True).definitions] == ["E#step˙", "E˙"]
    assert forward_mode(program, ("y",), {}).operations == forward + local


def _tangent_value(program: Program, parameter: str, place: Place, seed: Seed) -> Value:
    sweep = tangent(program, parameter)
    definitions = (*values(program, (parameter,)).definitions, *sweep.definitions)
    evaluator = Evaluator(definitions, place.sizes, DIGITS, instances=place.instances)
    given = {key: DIGITS.number(x) for key, x in seed.items()}
    run = evaluator.run({**place.values, tangent_name(parameter): given})
    return run.value(sweep.outputs[0], ()) if sweep.definitions else DIGITS.number(0)


def _numbers(place: Place, name: str) -> dict[Key, Value]:
    return {key: DIGITS.number(x) if isinstance(x, Fraction | int) else x for key, x in place.values[name].items()}


def _seed(model: Model, parameter: str, place: Place) -> Seed:
    dice = Random(len(parameter))
    return {key: Fraction(dice.randint(-40, 40), 20) for key in box(model.arrays[parameter].axes, place.sizes)}


def test_a_quantity_with_a_line_of_its_own_has_no_sweep() -> None:
    model = symbp.parse("param w\na = w^2\nloss E = a^3")
    cost = symbp.derive(model, wrt=("a", "w")).cost()
    with pytest.raises(Refused, match="a is defined by a line of its own"):
        cost.tally("forward_mode")
    assert cost.operations("shared") == 6
