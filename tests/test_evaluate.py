"""The elementwise evaluator against values worked out by hand, by closed formulas and by Python's own arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from symbp.calculus.affine import Affine, Guard, Index, Lookup, Range
from symbp.calculus.expression import (
    Access,
    Add,
    Apply,
    Cases,
    Constant,
    Expr,
    Mul,
    Number,
    Partial,
    PartialKind,
    Position,
    Power,
    Reduce,
    Select,
    add,
    apply,
    divide,
    multiply,
    number,
    subtract,
)
from symbp.calculus.functions import FUNCTIONS
from symbp.calculus.model import Definition
from symbp.errors import DomainError, ModelError
from symbp.evaluate import EXACT, FLOAT, Evaluator, Origin, box, multiprecision
from symbp.numeric.arithmetic import Irrational
from symbp.numeric.instances import INSTANCES, instances_for

OVER_I, OVER_J = Index("i", Range.of(1, "n")), Index("j", Range.of(1, "n"))


def at(name: str, *subscripts: int | str | Affine | Lookup) -> Access:
    return Access(name, tuple(s if isinstance(s, Lookup) else Affine.of(s) for s in subscripts))


def scalar(body: Expr, values: dict[str, object] | None = None, arithmetic=FLOAT, **sizes: int):
    elements = {k: v if isinstance(v, dict) else {(): v} for k, v in (values or {}).items()}
    return Evaluator([Definition("t", (), body)], sizes, arithmetic).run(elements).value("t")


def test_sums_products_and_guards_by_hand():
    x = {"x": {(k,): Fraction(k, 3) for k in range(1, 5)}}
    n4 = {"arithmetic": EXACT, "n": 4}
    assert scalar(Reduce("sum", (OVER_I,), (), at("x", "i")), x, **n4) == Fraction(10, 3)
    assert scalar(Reduce("prod", (OVER_I,), (), at("x", "i")), x, **n4) == Fraction(24, 81)
    unequal = Guard("ne", Affine.of("i") - "j")
    pairs = Reduce("sum", (OVER_I, OVER_J), (unequal,), multiply((at("x", "i"), at("x", "j"))))
    assert scalar(pairs, x, **n4) == Fraction(100, 9) - Fraction(30, 9)
    odd = Guard("divides", Affine.of("i") + 1, 2)
    assert scalar(Reduce("sum", (OVER_I,), (odd,), at("x", "i")), x, **n4) == Fraction(4, 3)
    even = Guard("not_divides", Affine.of("i") + 1, 2)
    assert scalar(Reduce("sum", (OVER_I,), (even,), at("x", "i")), x, **n4) == 2


def test_a_triangular_range_reads_the_binder_before_it():
    below = Index("j", Range.of(1, "i"))
    assert scalar(Reduce("sum", (OVER_I, below), (), number(1)), arithmetic=EXACT, n=4) == 10


def test_empty_reductions():
    empty = Index("i", Range.of(5, 1))
    assert scalar(Reduce("sum", (empty,), (), at("x", "i"))) == 0
    assert scalar(Reduce("prod", (empty,), (), at("x", "i"))) == 1
    with pytest.raises(DomainError, match=r"^max over no index in t$"):
        scalar(Reduce("max", (empty,), (), at("x", "i")))


def test_the_first_of_equal_maxima_in_lexicographic_order():
    two = Index("j", Range.of(0, 1))
    values = {(1, 0): 3, (1, 1): 7, (2, 0): 7, (2, 1): 7}
    for kind, component, expected in (("argmax", 0, 1), ("argmax", 1, 1), ("argmin", 0, 1), ("argmin", 1, 0)):
        body = Reduce(kind, (OVER_I, two), (), at("x", "i", "j"), component)
        assert scalar(body, {"x": values}, n=2) == expected
    assert scalar(Reduce("max", (OVER_I, two), (), at("x", "i", "j")), {"x": values}, n=2) == 7


def test_lookups_cases_and_positions():
    picked = Access("e", (Lookup("tok", (Affine.of("i"),)),))
    values = {"e": {(1,): Fraction(10), (2,): Fraction(20)}, "tok": {(1,): 2, (2,): 2, (3,): 1}}
    body = Reduce("sum", (OVER_I,), (), multiply((Position(Affine.of("i")), picked)))
    assert scalar(body, values, EXACT, n=3) == 20 + 40 + 30
    chosen = Guard("eq", Affine.of(2), lookup=Lookup("tok", (Affine.of("i"),)))
    assert scalar(Reduce("sum", (OVER_I,), (chosen,), number(1)), values, EXACT, n=3) == 2
    first = Cases((((Guard("eq", Affine.of("i") - 1),), number(5)), ((Guard("ge", Affine.of("i") - 3),), number(7))))
    assert scalar(Reduce("sum", (OVER_I,), (), first), values, EXACT, n=3) == 12


def test_the_branch_not_taken_is_not_read():
    body = Select(">", at("x"), number(0), apply("log", at("x")), number(0))
    assert scalar(body, {"x": -1.0}) == 0
    assert scalar(body, {"x": 1.0}) == 0


def test_powers():
    k = Index("k", Range.of(0, 3))
    polynomial = Reduce("sum", (k,), (), Power(at("x"), Position(Affine.of("k"))))
    for arithmetic in (FLOAT, EXACT, multiprecision(30)):
        assert scalar(polynomial, {"x": Fraction(-2)}, arithmetic) == 1 - 2 + 4 - 8
        assert scalar(polynomial, {"x": Fraction(0)}, arithmetic) == 1
        assert scalar(Power(at("x"), at("y")), {"x": Fraction(-2), "y": Fraction(3)}, arithmetic) == -8
        with pytest.raises(DomainError, match=r"^division by zero in t$"):
            scalar(divide(number(1), at("x")), {"x": Fraction(0)}, arithmetic)
        with pytest.raises(DomainError, match=r"^-2 to the power "):
            scalar(Power(at("x"), number(Fraction(1, 3))), {"x": Fraction(-2)}, arithmetic)
        with pytest.raises(DomainError, match=r"^0 to the power -3 in t$"):
            scalar(Power(at("x"), number(-3)), {"x": Fraction(0)}, arithmetic)
    with pytest.raises(Irrational):
        scalar(Power(number(2), number(Fraction(1, 2))), arithmetic=EXACT)


CLOSED = {
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "relu": lambda x: max(x, 0.0),
    "leaky_relu": lambda x: x if x > 0 else x / 100,
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    "silu": lambda x: x / (1 + math.exp(-x)),
    "step": lambda x: float(x > 0),
    "sign": lambda x: math.copysign(1.0, x),
    "abs": abs,
    "stop": lambda x: x,
}


@pytest.mark.parametrize("name", sorted(f.name for f in FUNCTIONS.values() if f.arity == 1))
def test_every_function_of_one_argument_in_both_real_arithmetics(name):
    closed = CLOSED.get(name) or getattr(math, name)
    for x in (Fraction(-5, 7), Fraction(-1, 9), Fraction(2, 7), Fraction(8, 9)):
        if name in ("log", "sqrt"):
            x = abs(x)
        expected = closed(float(x))
        for arithmetic in (FLOAT, multiprecision(40)):
            value = float(scalar(Apply(name, (at("x"),)), {"x": x}, arithmetic))
            assert value == pytest.approx(expected, rel=1e-14)


def test_functions_at_their_kinks_and_far_out():
    for name, expected in (("relu", 0), ("step", 0), ("sign", 0), ("abs", 0), ("leaky_relu", 0), ("elu", 0)):
        for arithmetic in (FLOAT, multiprecision(30)):
            assert scalar(Apply(name, (at("x"),)), {"x": Fraction(0)}, arithmetic) == expected
    for x in (-800.0, 800.0):
        assert scalar(apply("sigmoid", at("x")), {"x": x}) == (x > 0)
        assert scalar(apply("softplus", at("x")), {"x": x}) == max(x, 0)
        assert scalar(apply("silu", at("x")), {"x": x}) == max(x, 0)
    assert scalar(apply("max", at("x"), at("y")), {"x": 1.0, "y": 2.0}) == 2
    assert scalar(apply("min", at("x"), at("y")), {"x": 1.0, "y": 2.0}) == 1
    assert scalar(Constant("pi")) == math.pi


def test_domain_errors_name_the_equation_the_indices_and_the_line():
    p = Definition("p", (OVER_I,), apply("log", at("x", "i")))
    inner = Definition("p#1", (OVER_I,), apply("sqrt", at("x", "i")))
    loss = Definition("L", (), Reduce("sum", (OVER_I,), (), apply("log", at("x", "i"))))
    origins = {"p": Origin(line=9), "p#1": Origin("p", True, 9), "L": Origin(line=4)}
    run = Evaluator([p, inner, loss], {"n": 2}, origins=origins).run({"x": {(1,): 1.0, (2,): -1.5}})
    assert run.value("p", (1,)) == 0
    for name, key, message in (
        ("p", (2,), "log of -1.5 in p[2] (line 9)"),
        ("p#1", (2,), "sqrt of -1.5 in p at i = 2 (line 9)"),
        ("L", (), "log of -1.5 at i = 2 in L (line 4)"),
    ):
        with pytest.raises(DomainError) as caught:
            run.value(name, key)
        assert str(caught.value) == message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (apply("exp", number(1000)), "overflow in exp of 1000 in t"),
        (multiply((at("x"), at("x"))), "overflow in t"),
        (apply("asin", number(2)), "asin of 2 in t"),
        (apply("acos", number(-2)), "acos of -2 in t"),
        (apply("log", number(0)), "log of 0 in t"),
    ],
)
def test_domain_errors_in_double_precision(body, message):
    with pytest.raises(DomainError) as caught:
        scalar(body, {"x": 1e200})
    assert str(caught.value) == message


def test_out_of_range_and_unknown_names_are_errors():
    shifted = Definition("p", (OVER_I,), at("x", Affine.of("i") + 1))
    run = Evaluator([shifted], {"n": 2}).run({"x": {(1,): 1.0, (2,): 2.0}})
    with pytest.raises(ModelError, match=r"x\[3\] is read, and has no value"):
        run.value("p", (2,))
    with pytest.raises(ModelError, match=r"p\[3\] is read, and is out of range: i in 1\.\.2"):
        run.value("p", (3,))
    with pytest.raises(ModelError, match=r"2 axes|1 axes"):
        run.value("p", (1, 1))
    with pytest.raises(ModelError, match=r"`y` has no value and no definition"):
        scalar(at("y"))
    with pytest.raises(ModelError, match="verification only"):
        scalar(Partial(PartialKind.TOTAL, at("t"), at("x")), {"x": 1.0})


def recurrence(length: int) -> Evaluator:
    """h[0] = 1, h[t] = h[t-1] + t·h[t-2] with h[-1] = 0, and the loss h[length]."""
    t = Index("t", Range.of(-1, "T"))
    body = Cases((
        ((Guard("eq", Affine.of("t") + 1),), number(0)),
        ((Guard("eq", Affine.of("t")),), number(1)),
        ((), Add((at("h", Affine.of("t") - 1), Mul((Number(Fraction(1, 2)), at("h", Affine.of("t") - 2)))))),
    ))
    return Evaluator([Definition("h", (t,), body), Definition("L", (), at("h", "T"))], {"T": length})


def test_a_recurrence_of_any_length_forwards_and_backwards():
    def expected(n: int) -> Fraction:
        a, b = Fraction(0), Fraction(1)
        for _ in range(n):
            a, b = b, b + a / 2
        return b

    assert recurrence(300).run({}).value("L") == pytest.approx(float(expected(300)))
    assert recurrence(1500).run({}).value("L") == pytest.approx(float(expected(1500)))
    t = Index("t", Range.of(1, "T"))
    step = Affine.of("t") + 1
    body = Cases((((Guard("ge", Affine.of("T") - step),), add((at("d", step), at("x", "t")))), ((), at("x", "t"))))
    run = Evaluator([Definition("d", (t,), body)], {"T": 10000}).run({"x": {(k,): 1.0 for k in range(1, 10001)}})
    assert run.value("d", (1,)) == 10000


def test_a_cycle_is_reported_however_long():
    t = Index("t", Range.of(1, "T"))
    body = Cases((((Guard("ge", Affine.of("t") - 2),), at("h", Affine.of("t") - 1)), ((), at("h", "T"))))
    for length in (1, 2, 5000):
        with pytest.raises(ModelError, match="depends on itself"):
            Evaluator([Definition("h", (t,), body)], {"T": length}).run({}).value("h", (1,))


def test_a_tree_deeper_than_pythons_stack():
    body: Expr = at("x", "i")
    for _ in range(5000):
        body = add((Number(Fraction(1, 10**6)), Apply("sin", (body,))))
    run = Evaluator([Definition("p", (OVER_I,), body)], {"n": 2}).run({"x": {(1,): 0.5, (2,): -0.5}})
    expected = 0.5
    for _ in range(5000):
        expected = 1e-6 + math.sin(expected)
    assert run.value("p", (1,)) == pytest.approx(expected, rel=1e-12)


def test_probes_and_shifts_of_inputs_and_intermediates():
    a = Definition("a", (OVER_I,), multiply((number(2), at("x", "i"))))
    b = Definition("b", (OVER_I,), multiply((at("a", "i"), at("a", "i"))))
    loss = Definition("L", (), Reduce("sum", (OVER_I,), (), at("b", "i")))
    x = {"x": {(1,): Fraction(1), (2,): Fraction(3)}}
    evaluator = Evaluator([a, b, loss], {"n": 2}, EXACT)
    assert evaluator.run(x, {"a": {(2,): Fraction(1)}}).value("L") == 4 + 49
    run = evaluator.run(x, track=True)
    assert run.value("L") == 4 + 36
    assert run.shifted(("a", (2,)), Fraction(1)).value("L") == 4 + 49
    assert run.shifted(("x", (1,)), Fraction(1)).value("L") == 16 + 36
    assert run.shifted(("x", (1,)), Fraction(1)).value("b", (2,)) == 36
    assert run.shifted(("L", ()), Fraction(1)).value("L") == 41
    assert run.value("L") == 40


def test_a_shift_stays_on_the_branch_taken_at_rest():
    chosen = Definition("L", (), Select(">", at("x", 1), number(0), at("x", 1), at("a", 1)))
    a = Definition("a", (OVER_I,), multiply((number(2), at("x", "i"))))
    run = Evaluator([a, chosen], {"n": 1}, EXACT).run({"x": {(1,): Fraction(1)}}, track=True)
    assert run.value("L") == 1
    assert run.shifted(("x", (1,)), Fraction(-3)).value("L") == -2


@pytest.mark.parametrize("instance", INSTANCES, ids=lambda i: i.name)
def test_derivatives_of_the_functions_put_for_a_generic_one(instance):
    high = multiprecision(60)
    h = high.number(Fraction(1, 10**20))
    x, y = high.number(Fraction(3, 7)), high.number(Fraction(-4, 9))
    for order in range(5):
        below = (instance.value(high, (x + h,), (order,)) - instance.value(high, (x - h,), (order,))) / (2 * h)
        assert abs(below - instance.value(high, (x,), (order + 1,))) < 1e-30
        mixed = instance.value(high, (x, y + h), (order, 1)) - instance.value(high, (x, y - h), (order, 1))
        assert abs(mixed / (2 * h) - instance.value(high, (x, y), (order, 2))) < 1e-30
    assert instance.value(high, (x,), ()) == instance.value(high, (x,), (0,))


def test_generic_functions_take_an_instance_each():
    body = subtract(Apply("f", (at("x"),)), Apply("g", (at("x"), at("y"))))
    chosen = instances_for({"f": 1, "g": 2}, 0)
    assert [chosen[k].name for k in ("f", "g")] == ["tanh", "sin"]
    evaluator = Evaluator([Definition("t", (), body)], {}, instances=chosen)
    value = evaluator.run({"x": {(): 0.3}, "y": {(): 0.6}}).value("t")
    assert value == pytest.approx(math.tanh(0.3) - math.sin(0.3 - 2 / 3 * 0.6))
    with pytest.raises(ModelError, match="`f` stands for any function"):
        scalar(Apply("f", (at("x"),)), {"x": 1.0})


def test_boxes_in_lexicographic_order_with_dependent_ranges():
    assert box((Range.of(0, 1), Range.of(1, "n")), {"n": 2}) == [(0, 1), (0, 2), (1, 1), (1, 2)]
    assert box((Range.of(1, 3), Range.of("i", 3)), {}, ("i", "j")) == [(1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3)]
    assert box((), {}) == [()]
