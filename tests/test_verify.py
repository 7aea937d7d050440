"""Certificates: right derivations pass, and every kind of mistake that people make is told apart from rounding."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

import symbp
from symbp.calculus.affine import Affine, Guard, Index, Range
from symbp.calculus.derivation import Derivation, DisplayEquation, ErrorTerm, Gradient, Rule, Step
from symbp.calculus.differentiate import differentiate
from symbp.calculus.expression import (
    Access,
    Add,
    Apply,
    Expr,
    Number,
    Partial,
    PartialKind,
    Power,
    Reduce,
    add,
    apply,
    multiply,
    negate,
    number,
    subtract,
)
from symbp.calculus.matrix_lines import MatrixForms
from symbp.calculus.model import Equation, Fact, Model, Piece, Role, Term, adjoint_name
from symbp.checks.signs import told_signs
from symbp.claims import claims
from symbp.errors import ModelError
from symbp.numeric.arithmetic import EXACT, FLOAT, multiprecision
from symbp.numeric.ladder import FULL, QUICK, Verdict, decide
from symbp.numeric.normal import same
from symbp.numeric.points import Sampler
from symbp.numeric.sizes import bordering_sizes, nearest, settings
from symbp.verify import certify_quickly, table, verify
from tests import programs

OVER_J = Index("j", Range.of(1, "n"))


def at(name: str, *subscripts: int | str | Affine) -> Access:
    return Access(name, tuple(Affine.of(s) for s in subscripts))


W, X, Y = at("w", "j"), at("x", "j"), at("y", "j")
RESIDUAL = subtract(multiply((W, X)), Y)
GRADIENT = multiply((RESIDUAL, X))


def squares() -> Model:
    """E = ½ Σ_j (w_j x_j − y_j)²."""
    return programs.model(
        ("n",),
        {n: (r, programs.axes("n")) for n, r in (("x", Role.INPUT), ("y", Role.TARGET), ("w", Role.PARAM))},
        (
            programs.define(
                "E#1", (OVER_J,), programs.term(W, X), programs.term(Y, times=-1), inline=True,
            ),
            programs.define(
                "E", (), programs.term(programs.squared(at("E#1", "j")), over=(OVER_J,), times=Fraction(1, 2))
            ),
        ),
        "E",
    )


@pytest.fixture(autouse=True)
def told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without matrix forms and signs, in which the same mistakes would be found a second time."""
    monkeypatch.setattr("symbp.claims.told_signs", lambda derivation: ())
    monkeypatch.setattr(Derivation, "matrix", MatrixForms((), ()))


def derived(
    gradient: Expr = GRADIENT, *steps: Step, errors: tuple[ErrorTerm, ...] = (), adjoint: Expr | None = None
) -> Derivation:
    """∂E/∂w written by hand, with one form to be right or wrong."""
    model = squares()
    own = Equation(adjoint_name("w"), (OVER_J,), (Piece((), (Term(Fraction(1), (adjoint or at("E#1", "j"), X)),)),))
    program = replace(model, equations=(*model.equations, own))
    loss = Reduce("sum", (OVER_J,), (), Power(RESIDUAL, number(2)))
    forward = DisplayEquation("F1", "loss", (), at("E"), multiply((number(Fraction(1, 2)), loss)))
    return Derivation(
        model, "E", (forward,), errors, {"w": Gradient("w", (OVER_J,), {"shared": gradient})}, steps, program,
    )


def test_a_right_derivation_passes_everything():
    certificate = verify(derived())
    assert certificate.passed and certificate.ok and not certificate.failures
    assert {c.what for c in certificate.comparisons} == {"equation F1", "program: ∂E/∂w", "∂E/∂w, shared"}
    assert max(c.error for c in certificate.comparisons) < 1e-80
    assert [dict(p.sizes) for p in certificate.places] == [{"n": 2}, {"n": 1}, {"n": 3}, {"n": 5}]
    assert certify_quickly(derived()).passed


WRONG = {
    "missing factor": RESIDUAL,
    "wrong sign": negate(GRADIENT),
    "lost half": multiply((number(2), GRADIENT)),
    "wrong index": multiply((RESIDUAL, at("x", 1))),
    "sum that isn't there": Reduce("sum", (Index("k", Range.of(1, "n")),), (), GRADIENT),
    "swapped": multiply((RESIDUAL, W)),
    "a billionth": add((GRADIENT, multiply((number(Fraction(1, 10**12)), X)))),
    "a bump": add((GRADIENT, apply("exp", multiply((number(-50), add((Power(X, number(2)), number(4)))))))),
    "nearly right": multiply((number(1 + Fraction(1, 10**40)), GRADIENT)),
    "zero": number(0),
    "out of range": multiply((RESIDUAL, at("x", Affine.of("j") + "n"))),
    "undefined": multiply((GRADIENT, Apply("log", (negate(Power(X, number(2))),)))),
    "unknown name": multiply((GRADIENT, at("nowhere"))),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_mistakes_differ(mistake):
    certificate = verify(derived(WRONG[mistake]))
    assert not certificate.passed
    assert [(c.what, c.verdict) for c in certificate.failures] == [("∂E/∂w, shared", Verdict.DIFFERS)]
    if mistake not in ("a bump", "nearly right"):
        assert not certify_quickly(derived(WRONG[mistake])).passed


def test_the_program_is_compared_too():
    certificate = verify(derived(adjoint=Y))
    assert [c.what for c in certificate.failures] == ["program: ∂E/∂w"]


def test_a_failure_says_where():
    (failure,) = verify(derived(negate(GRADIENT))).failures
    assert failure.where.startswith("w[1], n = 2, point 1")
    assert failure.error == pytest.approx(2, rel=1e-6)
    (failure,) = verify(derived(WRONG["out of range"])).failures
    assert failure.note == "x[3] is read, and has no value: out of range"


EDGE = Partial(PartialKind.EDGE, at("E"), W)
TOTAL = Partial(PartialKind.TOTAL, at("E"), W)


def step(before: Expr, after: Expr, guards: tuple[Guard, ...] = ()) -> Step:
    return Step(Rule.LOCAL, "w", (OVER_J,), before, after, (), guards)


def test_both_sides_of_each_step():
    good = (
        step(TOTAL, GRADIENT), step(EDGE, GRADIENT), step(EDGE, TOTAL),
        step(GRADIENT, multiply((X, Add((negate(Y), multiply((X, W))))))),
        step(GRADIENT, multiply((number(2), GRADIENT)), (Guard("ge", Affine.of("j") - "n" - 1),)),
    )
    certificate = verify(derived(GRADIENT, *good))
    assert certificate.passed
    verdicts = [c.verdict.value for c in certificate.comparisons[3:]]
    assert verdicts == ["agrees", "agrees", "agrees", "proved", "no element"]
    assert "is about no element at any sizes" in certificate.text()
    for bad in (step(TOTAL, RESIDUAL), step(EDGE, negate(TOTAL)), step(GRADIENT, RESIDUAL)):
        assert not verify(derived(GRADIENT, bad)).passed
        assert not certify_quickly(derived(GRADIENT, bad)).passed


def test_an_error_term_has_a_sign_and_is_read_by_its_name():
    right = ErrorTerm("g", "E#1", -1, (OVER_J,), (((), negate(RESIDUAL)),))
    shared = negate(multiply((at("g", "j"), X)))
    assert verify(derived(shared, errors=(right,))).passed
    wrong = replace(right, sign=1)
    assert [c.what for c in verify(derived(shared, errors=(wrong,))).failures] == ["error term g"]


def test_a_step_about_what_does_not_exist_claims_nothing():
    later = Partial(PartialKind.EDGE, at("E#1", Affine.of("j") + 1), at("w", Affine.of("j") + 1))
    assert verify(derived(GRADIENT, step(later, at("x", Affine.of("j") + 1)))).passed
    assert not verify(derived(GRADIENT, step(later, X))).passed


def chained() -> Derivation:
    """a = w², E = a·w: ∂E/∂w is w² with a held fixed, 3w² through every path."""
    equations = (
        programs.define("a", (), programs.term(programs.squared(at("w")))),
        programs.define("E", (), programs.term(at("a"), at("w"))),
    )
    model = programs.model((), {"w": (Role.PARAM, ())}, equations, "E")
    square = Power(at("w"), number(2))
    forward = (
        DisplayEquation("F1", "definition", (), at("a"), square),
        DisplayEquation("F2", "loss", (), at("E"), multiply((at("a"), at("w")))),
    )
    steps = (
        Step(Rule.LOCAL, "w", (), Partial(PartialKind.EDGE, at("E"), at("w")), square),
        Step(Rule.CHAIN, "w", (), Partial(PartialKind.TOTAL, at("E"), at("w")), multiply((number(3), square))),
        Step(Rule.LOCAL, "w", (), Partial(PartialKind.TOTAL, at("E"), at("a")), at("w")),
    )
    return Derivation(model, "E", forward, (), {}, steps, model)


def test_the_two_kinds_of_partial_derivative():
    assert verify(chained()).passed
    swapped = tuple(replace(s, before=replace(s.before, kind=k)) for s, k in zip(
        chained().steps, (PartialKind.TOTAL, PartialKind.EDGE), strict=False,
    ))
    assert [c.verdict for c in verify(replace(chained(), steps=swapped)).failures] == [Verdict.DIFFERS] * 2


def at_zero(function: str, derivative: int | Fraction, *more: Expr) -> Derivation:
    """E = f(z) with z = 0·w, which is 0 at every point, and its derivative there."""
    equations = (
        programs.define("z", (), programs.term(at("w"), times=0)),
        programs.define("E", (), programs.term(Apply(function, (at("z"), *more)))),
    )
    model = programs.model((), {"w": (Role.PARAM, ())}, equations, "E")
    local = Step(Rule.LOCAL, "w", (), Partial(PartialKind.EDGE, at("E"), at("z")), number(derivative))
    whole = Step(Rule.LOCAL, "w", (), Partial(PartialKind.TOTAL, at("E"), at("z")), number(derivative))
    forward = (DisplayEquation("F1", "loss", (), at("E"), Apply(function, (at("z"), *more))),)
    return Derivation(model, "E", forward, (), {}, (local, whole), model)


@pytest.mark.parametrize(
    ("function", "derivative", "more"),
    [
        ("relu", 0, ()), ("abs", 0, ()), ("sign", 0, ()), ("step", 0, ()), ("leaky_relu", Fraction(1, 100), ()),
        ("elu", 1, ()), ("max", 1, (number(0),)), ("min", 1, (number(0),)), ("stop", 0, ()),
    ],
)
def test_the_stated_convention_at_each_kink(function, derivative, more):
    assert verify(at_zero(function, derivative, *more)).passed
    assert not verify(at_zero(function, Fraction(1, 2), *more)).passed


def test_a_tie_goes_to_the_first():
    k = Index("k", Range.of(1, 3))
    equations = (
        programs.define("u", (k,), programs.term(at("v", "k"), times=0)),
        programs.define("E", (), programs.term(at("u", "k"), over=(k,), kind="max")),
    )
    model = programs.model((), {"v": (Role.PARAM, programs.axes(3))}, equations, "E")
    forward = (DisplayEquation("F1", "loss", (), at("E"), Reduce("max", (k,), (), at("u", "k"))),)
    for kind in PartialKind:
        steps = tuple(
            Step(Rule.LOCAL, "v", (), Partial(kind, at("E"), at("u", n)), number(int(n == 1))) for n in (1, 2, 3)
        )
        assert verify(Derivation(model, "E", forward, (), {}, steps, model)).passed


def test_at_the_edge_of_a_domain_nothing_is_compared_and_it_is_said():
    (local, whole) = verify(at_zero("sqrt", 0)).failures
    assert local.verdict is whole.verdict is Verdict.UNDECIDED and local.skipped > 0
    assert local.note == "only met at kinks, or where it is too small to tell"


def test_what_is_stopped_is_constant_in_differences_too():
    equations = (programs.define("E", (), programs.term(at("w"), Apply("stop", (at("w"),)))),)
    model = programs.model((), {"w": (Role.PARAM, ())}, equations, "E")
    for kind in PartialKind:
        step_ = Step(Rule.LOCAL, "w", (), Partial(kind, at("E"), at("w")), at("w"))
        derivation = Derivation(model, "E", (), (), {}, (step_,), model)
        assert verify(derivation).passed
        assert not verify(replace(derivation, steps=(replace(step_, after=multiply((number(2), at("w")))),))).passed


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [
        (lambda a: 1 - a.call("tanh", (a.number(99),)) ** 2, lambda a: a.call("cosh", (a.number(99),)) ** -2, "agrees"),
        (lambda a: a.number(Fraction(1, 3)), lambda a: 1 / a.number(3), "agrees"),
        (lambda a: a.number(1), lambda a: 1 + a.number(Fraction(1, 10**200)), "agrees"),
        (lambda a: a.number(1), lambda a: 1 + a.number(Fraction(1, 10**100)), "differs"),
        (lambda a: a.number(0), lambda a: a.number(Fraction(1, 10**90)), "differs"),
        (lambda a: a.call("exp", (a.number(60),)) * (1 - a.call("tanh", (a.number(100),))), lambda a: 0, "differs"),
        (lambda a: 1 - a.call("sin", (a.number(1),)) ** 2 - a.call("cos", (a.number(1),)) ** 2, lambda a: 0, "agrees"),
    ],
)
def test_the_precision_ladder(left, right, verdict):
    outcome = decide(lambda d: (left(multiprecision(d)), right(multiprecision(d))), FULL, 0.85)
    assert outcome.verdict.value == verdict


def test_what_never_settles_is_not_decided():
    swinging = dict(zip(QUICK, (1, 9, 2, 7), strict=True))
    outcome = decide(lambda d: (multiprecision(d).number(swinging[d]), 0), QUICK, 0.85)
    assert outcome.verdict is Verdict.UNDECIDED


def test_what_is_too_small_for_every_precision_is_not_told_apart():
    tiny = Fraction(1, 10**1000)
    outcome = decide(lambda d: (multiprecision(d).number(0), multiprecision(d).number(tiny)), FULL, 0.6)
    assert outcome.verdict is Verdict.UNDECIDED and not outcome.resolved


def test_normal_forms():
    k = Index("k", Range.of(1, "n"))
    renamed = Reduce("sum", (k,), (), multiply((at("x", "k"), at("w", "k"), number(2))))
    assert same(renamed, multiply((number(2), Reduce("sum", (OVER_J,), (), multiply((W, X))))))
    assert same(multiply((X, X)), Power(X, number(2)))
    assert same(subtract(X, X), number(0))
    assert same(add((X, Y, X)), add((Y, multiply((number(2), X)))))
    assert not same(renamed, Reduce("sum", (k,), (), multiply((at("x", "k"), at("w", 1), number(2)))))
    assert not same(Reduce("sum", (OVER_J,), (), X), Reduce("prod", (OVER_J,), (), X))
    assert not same(multiply((X, Power(X, number(-1)))), number(1))
    free = Reduce("sum", (k,), (), at("x", "j"))
    assert not same(free, Reduce("sum", (k,), (), at("x", "k")))
    i, f = Index("i", Range.of(1, "n")), Access("f", (Affine.of("i"), Affine.of("j")))
    twice = Reduce("sum", (i,), (), Reduce("sum", (i,), (), Reduce("sum", (OVER_J,), (), f)))
    diagonal = Reduce("sum", (i,), (), Reduce("sum", (i,), (), Reduce("sum", (OVER_J,), (), at("f", "j", "j"))))
    assert same(twice, twice) and not same(twice, diagonal)
    deep: Expr = X
    for _ in range(3000):
        deep = apply("sin", deep)
    assert same(deep, deep) and not same(deep, X)


def test_sizes_meet_the_requirements_and_try_the_borders():
    model = programs.convolution()
    assert bordering_sizes(model).sizes == {"P"} and bordering_sizes(model).period == 2
    assert {s["P"] for s in settings(model)} >= {1, 2, 3}
    dense = settings(programs.dense())
    assert dense[:3] == [{"d": 2, "q": 3}, {"d": 3, "q": 2}, {"d": 1, "q": 1}]
    wanted = (Guard("divides", Affine.of("d"), 4), Guard("ge", Affine.of("q") - 30))
    even = replace(programs.dense(), requirements=wanted)
    assert all(s["d"] % 4 == 0 and s["q"] >= 30 for s in settings(even))
    with pytest.raises(ModelError, match="no sizes satisfy"):
        nearest(replace(programs.dense(), requirements=(Guard("ge", Affine.of(0) - "d"),)), {"d": 2, "q": 3})


def total(name: str, power: int = 1) -> Expr:
    body = at(name, "j")
    return Reduce("sum", (OVER_J,), (), body if power == 1 else Power(body, number(power)))


ONE_OR_NONE = (Fraction(0), Fraction(1))


@pytest.mark.parametrize(
    ("facts", "holds"),
    [
        ((Fact((), total("y"), "==", number(1)),), lambda y: sum(y) == 1),
        ((Fact((OVER_J,), Y, ">", number(0)),), lambda y: all(v > 0 for v in y)),
        ((Fact((OVER_J,), Y, "<=", number(-3)),), lambda y: all(v <= -3 for v in y)),
        ((Fact((OVER_J,), Y, None, None, ONE_OR_NONE),), lambda y: set(y) <= {0, 1}),
        (
            (Fact((OVER_J,), Y, None, None, ONE_OR_NONE), Fact((), total("y"), "==", number(1))),
            lambda y: sorted(y) == [0, 0, 0, 1],
        ),
        (
            (Fact((OVER_J,), Y, ">", number(0)), Fact((), total("y"), "==", number(1))),
            lambda y: sum(y) == 1 and min(y) > 0,
        ),
        (
            (Fact((OVER_J,), Y, ">", number(0)), Fact((OVER_J,), Y, "<", number(1))),
            lambda y: all(0 < v < 1 for v in y),
        ),
        ((Fact((OVER_J,), at("E#1", "j"), ">", number(0)),), None),
        ((Fact((), at("E"), "==", number(7)),), None),
    ],
)
def test_points_satisfy_the_assumptions(facts, holds):
    model = replace(squares(), facts=facts)
    for turn in range(4):
        sampler = Sampler(model, {"n": 4}, {})
        point = sampler.draw(Random(turn), turn)
        values = [point.values["y"][(k,)] for k in range(1, 5)]
        if holds is not None:
            assert all(isinstance(v, Fraction) for v in values)
            assert holds(values)
    if facts[0].left == at("E#1", "j"):
        assert all(sampler.run(point, EXACT).value("E#1", (k,)) > 0 for k in range(1, 5))


def test_an_assumption_with_irrational_solutions_holds_at_every_precision():
    model = replace(squares(), facts=(Fact((), total("w", 2), "==", number(1)),))
    sampler = Sampler(model, {"n": 3}, {})
    point = sampler.draw(Random(1), 0)
    for digits in (30, 60, 200):
        arithmetic = multiprecision(digits)
        w = sampler.at(point, arithmetic)["w"].values()
        norm = sum(arithmetic.number(v) ** 2 if isinstance(v, Fraction) else v**2 for v in w)
        assert arithmetic.magnitude(norm - 1) < -digits + 2
    assert sum(float(v) ** 2 for v in sampler.at(point, FLOAT)["w"].values()) == pytest.approx(1, abs=1e-14)


def test_an_impossible_assumption_is_an_error_that_says_so():
    impossible = Fact((), total("w", 2), "<", number(0), line=7)
    with pytest.raises(ModelError, match="no point found"):
        Sampler(replace(squares(), facts=(impossible,)), {"n": 2}, {}).draw(Random(0), 0)


def test_points_have_both_signs_and_several_scales():
    sampler = Sampler(squares(), {"n": 5}, {})
    seen = [v for turn in range(6) for v in sampler.draw(Random(turn), turn).values["w"].values()]
    assert min(seen) < 0 < max(seen)
    assert max(map(abs, seen)) / min(map(abs, seen)) > 20


def test_points_keep_inside_the_domain():
    model = programs.model(
        ("n",), {"x": (Role.PARAM, programs.axes("n"))},
        (
            programs.define("a", (OVER_J,), programs.term(Apply("log", (X,)))),
            programs.define("b", (OVER_J,), programs.term(Apply("acos", (at("x", "j"),)))),
            programs.define("L", (), programs.term(at("a", "j"), at("b", "j"), over=(OVER_J,))),
        ),
        "L",
    )
    point = Sampler(model, {"n": 3}, {}).draw(Random(0), 0)
    assert all(0 < v <= 1 for v in point.values["x"].values())


def test_the_same_seed_gives_the_same_certificate_and_another_one_other_points():
    assert verify(derived()).json() == verify(derived()).json()
    assert verify(derived(), seed=1).rows != verify(derived()).rows


def test_text_json_and_table():
    certificate = verify(derived(GRADIENT, step(GRADIENT, GRADIENT)), points=1)
    text = certificate.text()
    assert "∂E/∂w, shared" in text and "proved by normal form" in text
    assert text.rstrip().splitlines()[-1].startswith("passed: 1 proved, 3 agree")
    data = json.loads(certificate.json())
    assert data["passed"] is True and data["schema"] == 1
    assert data["places"][0] == {"sizes": {"n": 2}, "points": 1, "functions": {}}
    rows = table(derived())
    assert [r.element for r in rows] == ["w[1]", "w[2]"]
    for row in rows:
        assert math.isclose(row.derived, row.central, rel_tol=1e-6) and row.error < 1e-6
    assert certificate.text(table=True).startswith("element")
    assert "FAILED: " in verify(derived(Number(Fraction(3)))).text()


FAR = "size n\nparam w[7..n], v\nloss L = sum(k in 7..n, w[k]^2)*v + v\n"


def test_every_array_has_elements_at_the_first_sizes():
    derivation = symbp.derive(FAR)
    assert settings(derivation.model)[0]["n"] >= 7
    for certificate in (derivation.verify(points=1), derivation.check()):
        assert certificate.passed
        assert all(c.verdict is Verdict.PROVED or c.elements for c in certificate.comparisons)


def test_a_wrong_gradient_of_an_array_that_is_empty_at_small_sizes_is_found():
    data = symbp.derive(FAR).data
    gradient = data.gradients["w"]
    wrong = replace(gradient, forms={**gradient.forms, "shared": number(3)})
    certificate = certify_quickly(replace(data, gradients={**data.gradients, "w": wrong}))
    assert [c.what for c in certificate.failures] == ["∂L/∂w, shared"]


def test_sizes_are_sought_for_a_claim_that_nothing_was_compared_of():
    derivation = symbp.derive("size n\nparam w[n]\nloss L = sum(k, sin(w[k]))\n").data
    first = next(s for s in derivation.steps if s.rule is Rule.LOCAL)
    late = Guard("ge", Affine.of(first.indices[0].name) - 9)
    never = Guard("ge", Affine((), -1))
    steps = (replace(first, guards=(late,)), replace(first, guards=(never,)))
    found = verify(replace(derivation, steps=steps))
    late_one, never_one = (c for c in found.comparisons if c.what.startswith("step"))
    assert (late_one.verdict, never_one.verdict) == (Verdict.AGREES, Verdict.ABSENT)
    assert "n = 9" in late_one.where and found.passed


def test_what_is_met_at_no_size_that_can_be_afforded_does_not_pass():
    derivation = symbp.derive("size n\nparam w[5000000..n], v\nloss L = sum(k in 5000000..n, w[k]^2)*v + v\n")
    assert derivation.check().passed
    costly = symbp.derive(
        "size n\nparam w[5000000..n], u[n], v\nloss L = sum(k in 5000000..n, w[k]^2)*v + sum(k, u[k])\n"
    )
    certificate = costly.check()
    assert not certificate.passed
    unmet = {c.what for c in certificate.comparisons if c.verdict is Verdict.UNMET}
    assert {f"∂L/∂w, {form}" for form in ("chain", "shared", "inlined", "expanded")} <= unmet


def test_facts_that_follow_are_claims():
    with open(Path(__file__).parent / "models" / "batchnorm.bp", encoding="utf-8") as file:
        data = symbp.derive(file.read()).data
    fact, *_ = (f for f in data.facts if f.follows_from)
    told = f"fact {fact.label}"
    assert [c.verdict for c in certify_quickly(data).comparisons if c.what == told] == [Verdict.AGREES]
    wrong = replace(data, facts=(replace(fact, right=number(1)),))
    assert [c.what for c in certify_quickly(wrong).failures] == [told]


def test_a_step_is_limited_by_the_form_that_it_states():
    """A recurrence is written out at its pinned sizes, and steps that are equal but other objects know it too."""
    derivation = differentiate(symbp.parse(
        "size T = 3\nindex t in 1..T\nparam w, u\ninput x[t]\n"
        "h[0] = 0\nh[t] = tanh(w*h[t-1] + u*x[t])\nloss L = h[T]^2\nupdate eta\n"
    ))
    again = replace(derivation, steps=copy.deepcopy(tuple(derivation.steps)))
    limits = [{c.what: dict(c.pinned) for c in claims(d) if c.what.startswith("step")} for d in (derivation, again)]
    assert limits[0] == limits[1]
    pinned = [what for what, sizes in limits[0].items() if sizes == {"T": 3}]
    assert any("substitute" in what for what in pinned)
    assert any("update" in what for what in pinned)
    assert not any("chain rule" in what for what in pinned)


EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


@pytest.mark.parametrize("example", ["watermelon", "softmax", "tanh"])
def test_signs_that_are_told_are_claims(example: str, monkeypatch: pytest.MonkeyPatch):
    """They hold at the points drawn, and a statement turned round differs."""
    derivation = differentiate(symbp.load(EXAMPLES / f"{example}.bp"))
    told = told_signs(derivation)
    assert told
    monkeypatch.setattr("symbp.claims.told_signs", told_signs)
    right = [c for c in verify(derivation).comparisons if c.what.startswith("sign of")]
    assert [c.verdict for c in right] == [Verdict.AGREES] * len(told)
    turned = tuple(replace(s, left=s.right, right=s.left) for s in told)
    monkeypatch.setattr("symbp.claims.told_signs", lambda d: turned)
    wrong = [c for c in verify(derivation).comparisons if c.what.startswith("sign of")]
    assert [c.verdict for c in wrong] == [Verdict.DIFFERS] * len(told)
