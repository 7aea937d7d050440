"""What is printed is a program that gives the loss and its gradients."""

from __future__ import annotations

from pathlib import Path

import pytest

import symbp
from symbp.calculus.expression import Access, Mul, Reduce, walk
from symbp.calculus.model import Model, adjoint_name, definition_of, whole_access
from symbp.cost.counting import count, unfolded
from symbp.cost.passes.named import named
from symbp.cost.passes.units import is_negative
from symbp.cost.printed import printed
from symbp.cost.program import Program
from symbp.language.lower import lower
from symbp.language.parse import parse
from symbp.numeric.elements import names_read
from tests.cost.same_values import assert_same
from tests.strategies import example

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*(ROOT / "examples").glob("*.bp"), *(ROOT / "tests" / "models").glob("*.bp")])


def computed(model: Model) -> tuple[Program, Program, Model]:
    """What a model's derivation prints, and its elementary equations as a program with the same outputs."""
    derivation = symbp.derive(model).data
    program = printed(derivation)
    elementary = program.with_definitions(tuple(definition_of(e) for e in derivation.program.equations))
    return program, elementary, derivation.model


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_examples_give_the_loss_and_its_gradients(path: Path) -> None:
    assert_same(*computed(symbp.load(str(path))), most=2)


@pytest.mark.parametrize("number", range(30))
def test_random_models_give_the_loss_and_its_gradients(number: int) -> None:
    assert_same(*computed(lower(parse(example(number).text))), most=2)


def test_outputs_are_the_loss_and_then_the_gradients_in_order() -> None:
    derivation = symbp.derive(symbp.load(str(ROOT / "examples" / "nielsen.bp"))).data
    assert printed(derivation).outputs == ("C", *(adjoint_name(p) for p in derivation.gradients))


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_everything_that_is_read_is_there_and_no_name_is_bound_twice(path: Path) -> None:
    program = printed(symbp.derive(symbp.load(str(path))).data)
    for d in program.definitions:
        assert names_read(d.body) <= set(program.by_target) | set(program.arrays)
        bound = [i.name for i in d.indices]
        bound += [b.name for n in walk(d.body) if isinstance(n, Reduce) for b in n.binders]
        assert len(set(bound)) == len(bound)


def test_the_lines_of_a_recurrence_are_one_definition() -> None:
    text = "index t in 0..T\nparam x\nl[0] = x\nl[t] = 4*l[t-1]*(1 - l[t-1])\nloss E = l[T]\n"
    program = printed(symbp.derive(text).data)
    assert [d.target for d in program.definitions].count("l") == 1
    assert set(program.by_target) == {"l", "E", "∂l", "∂x"}


def test_an_error_term_keeps_its_name_and_its_sign() -> None:
    program = printed(symbp.derive(symbp.load(str(ROOT / "examples" / "watermelon.bp"))).data)
    e = program.by_target["e"]
    assert program.by_target["∂gamma"].body == whole_access(program.by_target["∂gamma"].indices, "e")
    assert isinstance(e.body, Mul)
    assert is_negative(program.by_target["∂v"].body)


def test_an_error_term_that_is_a_number_is_that_number_where_it_is_read() -> None:
    """f = u₃/2, u₃ = u₂²: ∂f/∂u₃ = ½ and ∂f/∂u₂ = 2 · ½ · u₂ = u₂, which takes no operation."""
    program = printed(symbp.derive("f(x, y) = 1/2*(x*y - 3)^2").data)
    assert program.by_target["∂u2"].body == Access("u2")
    assert "∂u3" not in program.by_target
    assert count(named(program), {}).operations == 4 + 2
    whole = unfolded(program, program.outputs, {})
    assert whole.operations == 4 + 2 * 3
    assert_same(*computed(symbp.parse("f(x, y) = 1/2*(x*y - 3)^2")), most=2)
