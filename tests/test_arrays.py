"""Whole arrays at a time against the elementwise evaluator, which shares no code with them but the model."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random

import numpy as np
import pytest

from symbp.calculus.affine import Guard, Index, Lookup, Range
from symbp.calculus.expression import Access, Apply, Constant, Number, Position, Power, Select
from symbp.calculus.functions import FUNCTIONS
from symbp.calculus.model import Equation, Model, Piece, Role, Term
from symbp.calculus.reverse import adjoint_program
from symbp.errors import DomainError, ModelError
from symbp.evaluate import evaluate
from symbp.numeric.arrays import as_arrays, as_elements, evaluate_arrays
from symbp.numeric.instances import instances_for
from symbp.numeric.points import Sampler
from symbp.numeric.sizes import settings
from tests import programs
from tests.programs import PROGRAMS, access, axes, define, form, ge, index, model, piece, term


def compared(subject: Model, sizes: dict[str, int], turn: int = 0) -> None:
    instances = instances_for(subject.functions, turn)
    point = Sampler(subject, sizes, instances).draw(Random(turn), turn)
    whole = evaluate_arrays(subject, sizes, as_arrays(subject, sizes, point.values), instances=instances)
    single = evaluate(subject, sizes, point.values, instances=instances)
    assert list(whole) == [e.target for e in subject.equations]
    for name, array in whole.items():
        expected = np.array([float(v) for v in single[name].values()]).reshape(array.shape)
        np.testing.assert_allclose(array, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_ten_hard_programs(name):
    subject = PROGRAMS[name]()
    for turn, sizes in enumerate(settings(subject)):
        compared(subject, sizes, turn)


@pytest.mark.parametrize("name", PROGRAMS)
def test_their_adjoint_programs(name):
    subject = PROGRAMS[name]()
    program = adjoint_program(subject, subject.loss, subject.wrt)
    for turn, sizes in enumerate(settings(subject)[:3]):
        compared(program, sizes, turn)


I_N, J_N = index("i", "n"), index("j", "n")


def one(body: Term, *more: Term, indices: tuple[Index, ...] = (I_N,), guards: tuple[Guard, ...] = ()) -> Model:
    """t[i] = the terms, where the guards hold, else 0."""
    pieces = (Piece(guards, (body, *more)),)
    if guards:
        pieces = (*pieces, Piece((Guard("ge", -guards[0].form - 1),), ()))
    given = {"x": (Role.INPUT, axes("n")), "y": (Role.INPUT, axes("n"))}
    return model(("n",), given, (Equation("t", indices, pieces),), None, {"tok": (axes("n"), Range.of(1, "n"))})


X_I, X_J, Y_J = access("x", "i"), access("x", "j"), access("y", "j")
POSITIVE = Select(">", access("x", "i"), Number(Fraction(0)), access("x", "i"), Number(Fraction(3)))
UPTO = Index("j", Range.of(1, "i"))

SINGLE = {
    "triangular sum": one(term(X_J, over=(UPTO,))),
    "triangular product": one(term(X_J, over=(UPTO,), kind="prod")),
    "sum over an empty range": one(term(X_J, over=(Index("j", Range.of(form("i") + 1, "n")),))),
    "guarded sum": one(term(X_J, Y_J, over=(J_N,), where=(Guard("ne", form("i") - "j"),))),
    "every second": one(term(X_J, over=(J_N,), where=(Guard("divides", form("i") + "j", 2),))),
    "not every third": one(term(X_J, over=(J_N,), where=(Guard("not_divides", form("i") + "j", 3),))),
    "max": one(term(access("x", "j"), over=(J_N,), where=(ge("i", "j"),), kind="max")),
    "min": one(term(access("x", "j"), over=(UPTO,), kind="min")),
    "argmax": one(term(access("x", "j"), over=(UPTO,), kind="argmax")),
    "argmin of two": one(replace(term(X_J, over=(index("k", 2), J_N), kind="argmin"), component=1)),
    "iverson": one(term(X_I, where=(ge("i", 2),), times=Fraction(-3, 2)), term(access("y", "i"))),
    "gather": one(term(Access("x", (Lookup("tok", (form("i"),)),)))),
    "scatter": one(term(Y_J, over=(J_N,), where=(Guard("eq", form("i"), lookup=Lookup("tok", (form("j"),))),))),
    "select": one(term(Apply("exp", (X_I,)), POSITIVE)),
    "position": one(term(Power(Position(form("i")), Number(Fraction(-1))), Position(form("n")), Constant("pi"))),
    "case": one(term(access("x", form("i") + 1)), guards=(ge(form("n") - 1, "i"),)),
    "powers": one(term(Power(X_I, Number(Fraction(3)))), term(Power(X_I, Position(form("i"))))),
    "diagonal": one(term(X_I, X_I, access("y", form("n") - "i" + 1))),
}


@pytest.mark.parametrize("name", SINGLE)
def test_single_equations(name):
    for n in (1, 2, 5):
        compared(SINGLE[name], {"n": n}, n)


@pytest.mark.parametrize("name", sorted(f.name for f in FUNCTIONS.values()))
def test_every_function(name):
    arguments = (X_I,) if FUNCTIONS[name].arity == 1 else (X_I, access("y", "i"))
    for turn in range(3):
        compared(one(term(Apply(name, arguments))), {"n": 4}, turn)


def test_axes_that_start_elsewhere_and_back():
    p = index("p", "n", -2)
    subject = model(
        ("n",), {"x": (Role.INPUT, axes((-2, "n")))},
        (define("t", (p,), term(access("x", form("n") - 2 - "p"))),), None,
    )
    elements = {"x": {(k,): Fraction(k) for k in range(-2, 4)}}
    arrays = as_arrays(subject, {"n": 3}, elements)
    assert arrays["x"].tolist() == [-2, -1, 0, 1, 2, 3]
    assert as_elements(subject, {"n": 3}, arrays)["x"] == {(k,): k for k in range(-2, 4)}
    assert evaluate_arrays(subject, {"n": 3}, arrays)["t"].tolist() == [3, 2, 1, 0, -1, -2]


def test_a_long_recurrence_is_a_loop():
    whole = evaluate_arrays(
        programs.lag_two(), {"T": 3000},
        {"a": 0.5, "b": 0.25, "x": np.ones(3000), "y": np.zeros(3000)},
    )
    assert whole["h"].shape == (3002,)
    assert whole["h"][-1] == pytest.approx(4)


def test_a_large_product_in_blocks():
    subject = programs.dense()
    random = np.random.default_rng(0)
    values = {
        "x": random.normal(size=3000), "W": random.normal(size=(700, 3000)) / 50,
        "y": np.zeros(700), "b": np.zeros(700),
    }
    whole = evaluate_arrays(subject, {"d": 3000, "q": 700}, values)
    np.testing.assert_allclose(whole["z"], values["W"] @ values["x"], rtol=1e-10)


def test_what_a_guard_leaves_out_is_never_computed():
    before = form("i") - 1
    reciprocal = Power(access("y", before), Number(Fraction(-1)))
    safe = one(term(Apply("log", (access("x", before),))), term(reciprocal), guards=(ge("i", 2),))
    values = {"x": [1.0, 1.0, -1.0], "y": [1.0, 2.0, 0.0], "tok": [1, 1, 1]}
    assert evaluate_arrays(safe, {"n": 3}, values)["t"].tolist() == [0, 1, 0.5]
    branch = one(term(Select(">", X_I, Number(Fraction(0)), Apply("log", (X_I,)), Apply("sqrt", (access("y", "i"),)))))
    result = evaluate_arrays(branch, {"n": 2}, {"x": [1.0, -1.0], "y": [-1.0, 4.0], "tok": [1, 1]})["t"]
    assert result.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("body", "values", "message"),
    [
        (term(Apply("log", (X_I,))), {"x": [1.0, -1.5]}, "log of -1.5 in t[2]"),
        (term(Power(X_I, Number(Fraction(-1)))), {"x": [1.0, 0.0]}, "division by zero in t[2]"),
        (term(Power(X_I, Number(Fraction(1, 2)))), {"x": [1.0, -4.0]}, "-4 to the power 0.5 in t[2]"),
        (term(Apply("exp", (X_I,))), {"x": [1e3, 0.0]}, "overflow in exp of 1000 in t[1]"),
        (term(X_I, X_I), {"x": [1e200, 0.0]}, "overflow in t[1]"),
        (term(X_J, over=(Index("j", Range.of(2, "i")),), kind="max"), {"x": [1.0, 2.0]}, "max over no index in t[1]"),
    ],
)
def test_domain_errors_are_the_elementwise_ones(body, values, message):
    with pytest.raises(DomainError) as caught:
        evaluate_arrays(one(body), {"n": 2}, {"y": [0.0, 0.0], "tok": [1, 1], **values})
    assert str(caught.value) == message


def test_missing_and_misshapen_values_and_reads_out_of_range():
    subject = SINGLE["gather"]
    with pytest.raises(ModelError, match="`x` has no value"):
        evaluate_arrays(subject, {"n": 2}, {"y": [1.0, 2.0], "tok": [1, 2]})
    with pytest.raises(ModelError, match=r"`x` has the shape \(2,\), and was given \(3,\)"):
        evaluate_arrays(subject, {"n": 2}, {"x": [1, 2, 3], "y": [1.0, 2.0], "tok": [1, 2]})
    with pytest.raises(ModelError, match=r"x\[3\] is read"):
        evaluate_arrays(subject, {"n": 2}, {"x": [1, 2], "y": [1.0, 2.0], "tok": [1, 3]})


def test_no_case_at_all_is_zero():
    nothing = model(("n",), {}, (programs.equation("t", (I_N,), piece()),), None)
    assert evaluate_arrays(nothing, {"n": 3}, {})["t"].tolist() == [0, 0, 0]
