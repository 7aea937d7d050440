"""The checks of a derivation against dual numbers of the forward model, and special cases against models written so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache, partial
from itertools import permutations, product
from pathlib import Path
from random import Random
from typing import Any

import mpmath
import pytest

import symbp
from symbp.calculus.affine import Affine, Index, Range
from symbp.calculus.checks import NoActivation, Numbers, SignStatement, SizeOne, Tabled
from symbp.calculus.derivation import Derivation, Refusal
from symbp.calculus.differentiate import differentiate
from symbp.calculus.expression import ZERO, Access, Apply, Cases, Expr, Mul, Partial, Reduce
from symbp.calculus.indices import without_single_values
from symbp.calculus.model import Model, step_base
from symbp.calculus.signs import Sign, Signs
from symbp.calculus.special import with_identity, with_size_one
from symbp.calculus.validate import problems
from symbp.checks import checks_of
from symbp.checks.numbers import numbers
from symbp.checks.signs import sign_statements
from symbp.checks.special import special_cases
from symbp.numeric.instances import instances_for
from symbp.numeric.points import Sampler
from symbp.render.blocks import Block, Display, Lead, MatrixDisplay, Paragraph, Table
from symbp.render.checking import checks
from symbp.render.checks_data import checks_data
from symbp.render.escape import checked_latex
from symbp.render.latex import LatexStyle
from symbp.render.latex_document import LatexWriter
from symbp.render.lines import Lines
from symbp.render.options import LANGUAGES, Language, Options
from symbp.render.prose import Prose
from symbp.render.text import TextStyle
from symbp.render.text_document import TextWriter
from symbp.render.values import digits, exactly, permuted
from symbp.verify import certify_quickly
from tests import duals
from tests.interpreter import Interpreter, Key
from tests.strategies import example

ROOT = Path(__file__).resolve().parent
FILES = sorted((*(ROOT.parent / "examples").glob("*.bp"), *(ROOT / "models").glob("*.bp")))
NAMES = [f"{f.parent.name}/{f.stem}" for f in FILES]
RANDOM_MODELS = 60
CLEAR = 1e-6
"""Differences smaller than this may be rounding."""

WATERMELON = (ROOT.parent / "examples" / "watermelon.bp").read_text(encoding="utf-8")


@cache
def derived(text: str) -> Derivation:
    return differentiate(symbp.parse(text))


def of_file(name: str) -> Derivation:
    return derived(FILES[NAMES.index(name)].read_text(encoding="utf-8"))


def shown(derivation: Derivation, indices: tuple[Index, ...], e: Expr) -> str:
    return Lines(derivation).shown(indices, e)


# Values by dual numbers


def real(number: Fraction) -> Any:
    return mpmath.mpf(number.numerator) / number.denominator


def valued(model: Model, sizes: Mapping[str, int], elements: Mapping[str, Mapping[Key, Any]]) -> duals.Point:
    """The model at these values; everything else that it is given, such as a rate, is left out."""
    point = duals.Point.__new__(duals.Point)
    point.model, point.sizes = model, dict(sizes)
    point.elements = {
        name: {k: v if isinstance(v, int) else duals.Dual(real(v))
               for k, v in rows.items()}
        for name, rows in elements.items()
    }
    return point


def tuples(indices: tuple[Index, ...], sizes: Mapping[str, int]) -> Iterator[Key]:
    return product(*(
        range(i.range.lower.evaluate(sizes), i.range.upper.evaluate(sizes) + 1) for i in indices
    ))


class Reader(Interpreter):
    """Forward values, and derivatives f′ of functions of one argument."""

    def evaluate(self, e: Expr, at: Mapping[str, int]) -> Any:
        if isinstance(e, Apply) and any(e.orders):
            assert e.orders == (1,)
            argument = duals.dual(self.evaluate(e.arguments[0], at)).value
            return duals.Dual(duals.dual(self.functions[e.function](duals.Dual(argument, 1))).slope)
        return super().evaluate(e, at)


def reader(derivation: Derivation, point: duals.Point) -> Interpreter:
    """Forward values, and error terms as signed slopes of the forward model."""
    errors = {
        e.name: {k: duals.Dual(e.sign * point.slope(derivation.of, e.of, k)) for k in tuples(e.indices, point.sizes)}
        for e in derivation.errors
    }
    return Reader(derivation.program, point.sizes, {**point.elements, **errors}, duals.FUNCTIONS)


def value(read: Interpreter, e: Expr, indices: tuple[Index, ...], key: Key) -> Any:
    return duals.dual(read.evaluate(e, {i.name: k for i, k in zip(indices, key, strict=True)})).value


def drawn(model: Model, sizes: Mapping[str, int], seed: int) -> duals.Point:
    """A random point of both signs at which the assumptions hold."""
    sampler = Sampler(model, sizes, instances_for(model.functions, 0))
    return valued(model, sizes, sampler.draw(Random(seed), seed).values)


def at_key(access: Access, indices: tuple[Index, ...], key: Key) -> Key:
    at = {i.name: k for i, k in zip(indices, key, strict=True)}
    return tuple(s.evaluate(at) for s in access.subscripts if isinstance(s, Affine))


def target_value(derivation: Derivation, point: duals.Point, read: Interpreter, s: SignStatement, key: Key) -> Any:
    """What the statement is about: an error term, a slope, or what a step at a rate above 0 adds."""
    if isinstance(s.target, Partial):
        return point.slope(derivation.of, s.target.wrt.name, at_key(s.target.wrt, s.indices, key))
    base = step_base(s.target.name)
    if base is None:
        return value(read, s.target, s.indices, key)
    return -point.slope(derivation.of, base, at_key(s.target, s.indices, key))


# Signs


def confirmed(derivation: Derivation, sizes: Mapping[str, int], seed: int) -> int:
    """Checks each statement at every element of a random point; how many comparisons were clear."""
    point = drawn(derivation.model, sizes, seed)
    read, count = reader(derivation, point), 0
    for s in sign_statements(derivation):
        for key in tuples(s.indices, sizes):
            at = {**sizes, **{i.name: k for i, k in zip(s.indices, key, strict=True)}}
            if not all(g.lookup is not None or g.holds(at) for g in s.guards):
                continue
            for factor in s.positive:
                assert value(read, factor, s.indices, key) > 0
            gap = value(read, s.left, s.indices, key) - value(read, s.right, s.indices, key)
            target = target_value(derivation, point, read, s, key)
            if min(abs(gap), abs(target)) > CLEAR:
                holds = gap > 0 if s.relation == ">" else gap < 0
                assert bool(target > 0) is bool(holds), f"{shown(derivation, s.indices, s.left)} at {key}"
                count += 1
    return count


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_signs_are_those_of_slopes(name: str, seed: int) -> None:
    derivation = of_file(name)
    sizes = dict.fromkeys(derivation.model.sizes, 2)
    with mpmath.workdps(60):
        count = confirmed(derivation, sizes, seed)
    assert count or not any(True for _ in sign_statements(derivation)) or name == "examples/residual"


@pytest.mark.parametrize("number", range(RANDOM_MODELS))
def test_signs_of_random_models(number: int) -> None:
    derivation = derived(example(number).text)
    if all(arity == 1 for arity in derivation.model.functions.values()):
        with mpmath.workdps(60):
            confirmed(derivation, dict.fromkeys(derivation.model.sizes, 2), number)


def test_signs_of_the_watermelon() -> None:
    """Nothing is said that only repeats a formula, such as that θ grows where g < 0."""
    derivation = derived(WATERMELON)
    (s,) = sign_statements(derivation)
    assert [shown(derivation, s.indices, e) for e in (s.target, s.left, s.right)] == ["g[j]", "ŷ[j]", "y[j]"]
    assert s.relation == "<"
    (effect,) = s.effects
    assert shown(derivation, s.indices, effect.quantity) == "ŷ[j]" and effect.raised
    assert [(m.parameter.name, m.grows) for m in effect.moves] == [("w", True), ("theta", False)]


def confirmed_effects(derivation: Derivation, sizes: Mapping[str, int], seed: int) -> int:
    """How far each step moves the quantity, to first order, at every element of a random point."""
    point = drawn(derivation.model, sizes, seed)
    read, count = reader(derivation, point), 0
    for s in sign_statements(derivation):
        for effect, move in ((e, m) for e in s.effects for m in e.moves):
            indices = (*s.indices, *move.others)
            for key in tuples(indices, sizes):
                at = {**sizes, **{i.name: k for i, k in zip(indices, key, strict=True)}}
                gap = value(read, s.left, indices, key) - value(read, s.right, indices, key)
                if not all(g.holds(at) for g in s.guards) or not (gap > CLEAR if s.relation == ">" else gap < -CLEAR):
                    continue
                parameter, quantity = (at_key(a, indices, key) for a in (move.parameter, effect.quantity))
                step = -point.slope(derivation.of, move.parameter.name, parameter)
                moved = step * duals.dual(
                    point.moved(move.parameter.name, parameter).value(effect.quantity.name, quantity)
                ).slope
                assert moved >= 0 if effect.raised else moved <= 0
                assert move.grows is None or (step > 0) is move.grows
                count += abs(moved) > CLEAR
    return count


@pytest.mark.parametrize("name", NAMES)
def test_steps_do_what_is_said(name: str) -> None:
    derivation = of_file(name)
    sizes = dict.fromkeys(derivation.model.sizes, 2)
    with mpmath.workdps(60):
        count = sum(confirmed_effects(derivation, sizes, seed) for seed in (1, 2, 3, 4))
    assert count or not any(s.effects for s in sign_statements(derivation))


@pytest.mark.parametrize("number", range(RANDOM_MODELS))
def test_steps_of_random_models_do_what_is_said(number: int) -> None:
    text = example(number).text
    derivation = derived(text + ("" if "update" in text else "\nupdate eta\n"))
    if all(arity == 1 for arity in derivation.model.functions.values()):
        with mpmath.workdps(60):
            confirmed_effects(derivation, dict.fromkeys(derivation.model.sizes, 2), number)


@pytest.mark.parametrize(("formula", "positive"), [
    ("1 - sigmoid(x)", True), ("1 - tanh(x)^2", True), ("1 - erf(x)", True), ("2 - sigmoid(x)", True),
    ("1 - 2*sigmoid(x)", False), ("1/2 - sigmoid(x)", False), ("1 - relu(x)", False), ("1 - x^2", False),
    ("1 - sin(x)^2", False), ("sigmoid(x) - 1", False),
])
def test_what_is_left_of_one(formula: str, positive: bool) -> None:
    model = symbp.parse(f"param x\nu = {formula}\nloss L = u")
    derivation = differentiate(model)
    signs = Signs(derivation.forward, (), (), model.arrays)
    assert (signs.names["u"] is Sign.POSITIVE) == positive


# Shapes


def test_shapes_of_the_watermelon() -> None:
    shapes = {(s.kind, s.name): s.extents for s in checks_of(derived(WATERMELON)).shapes}
    d, q, l = map(Affine.of, "dql")  # noqa: E741
    assert shapes == {
        ("error", "g"): (l,), ("error", "e"): (q,), ("update", "v"): (d, q), ("update", "gamma"): (q,),
        ("update", "w"): (q, l), ("update", "theta"): (l,),
    }


# Numbers


def keyed(tabled: Tabled) -> dict[Key, Fraction]:
    """The nested values by index tuple."""
    def walk(values: Any, at: Key) -> Iterator[tuple[Key, Fraction]]:
        if isinstance(values, tuple):
            for place, inner in enumerate(values):
                yield from walk(inner, (*at, tabled.first[len(at)] + place))
        else:
            yield at, values

    return dict(walk(tabled.values, ()))


def integers_kept(model: Model, name: str, rows: Mapping[Key, Fraction]) -> dict[Key, Any]:
    whole = model.arrays[name].values is not None
    return {k: int(v) if whole else v for k, v in rows.items()}


def placed(derivation: Derivation, found: Numbers, monkeypatch: pytest.MonkeyPatch) -> duals.Point:
    """The printed point, with the printed functions in the place of generic ones."""
    for general, concrete in found.functions:
        assert isinstance(general, Apply) and isinstance(concrete, Apply)
        monkeypatch.setitem(duals.FUNCTIONS, general.function, duals.FUNCTIONS[concrete.function])  # type: ignore[arg-type]
    model = derivation.model
    return valued(model, dict(found.sizes), {t.name: integers_kept(model, t.name, keyed(t)) for t in found.given})


@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_what_the_printed_point_gives(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    derivation = of_file(name)
    found = numbers(derivation)
    assert isinstance(found, Numbers), found
    with mpmath.workdps(40):
        point = placed(derivation, found, monkeypatch)
        read = reader(derivation, point)
        for table in found.forward:
            for key, expected in keyed(table).items():
                assert abs(duals.dual(read.value(table.name, key)).value - real(expected)) < 1e-25
        assert found.elements
        for element in found.elements:
            key = at_key(element.element, (), ())
            slope = point.slope(derivation.of, element.element.name, key)
            assert abs(slope - real(element.derived)) < 1e-25
            assert abs(slope - real(element.difference)) < 1e-7 * max(1, abs(slope))
            if element.formula is not None:
                assert abs(duals.dual(read.evaluate(element.formula, {})).value - slope) < 1e-25


@pytest.mark.parametrize("name", NAMES)
def test_differences_use_the_printed_step(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    derivation = of_file(name)
    found = numbers(derivation)
    assert isinstance(found, Numbers)
    with mpmath.workdps(40):
        point = placed(derivation, found, monkeypatch)
        for element in found.elements:
            key, moved = at_key(element.element, (), ()), element.element.name
            ends = []
            for shift in (found.step, -found.step):
                row = {**point.elements[moved], key: point.elements[moved][key] + duals.dual(real(shift))}
                ends.append(duals.dual(point.interpreter({**point.elements, moved: row}).value(derivation.of)).value)
            expected = (ends[0] - ends[1]) / (2 * real(found.step))
            assert abs(expected - real(element.difference)) < 1e-20


@pytest.mark.parametrize("name", NAMES)
def test_a_step_lowers_the_loss_as_said(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    derivation = of_file(name)
    found = numbers(derivation)
    assert isinstance(found, Numbers)
    if found.descent is None:
        assert derivation.model.rate is None
        return
    step = found.descent
    point = placed(derivation, found, monkeypatch)
    moved = {
        name: {
            key: duals.Dual(point.elements[name][key].value - real(step.value) * point.slope(step.of, name, key))
            for key in point.elements[name]
        }
        for name in derivation.gradients
    }
    after = duals.dual(point.interpreter({**point.elements, **moved}).value(step.of)).value
    before = duals.dual(point.interpreter().value(step.of)).value
    assert abs(before - real(step.before)) < 1e-9 and abs(after - real(step.after)) < 1e-9
    assert after < before and step.value > 0


@pytest.mark.parametrize("name", NAMES)
def test_no_value_is_left_out_without_a_word(name: str) -> None:
    derivation = of_file(name)
    found = numbers(derivation)
    assert isinstance(found, Numbers)
    told = {t.name for t in (*found.forward, *found.backward)} | set(found.left_out)
    assert {e.target.name for e in derivation.forward} <= told
    assert {e.name for e in derivation.errors} <= told
    assert derivation.of in {t.name for t in found.forward}
    assert all(e.name not in {t.name for t in found.forward} for e in derivation.errors)


def test_the_element_with_most_terms_is_checked() -> None:
    conv = (ROOT.parent / "examples" / "conv.bp").read_text(encoding="utf-8")
    model = symbp.parse(conv)
    derivation = differentiate(model, wrt=("a",))
    found = numbers(derivation)
    assert isinstance(found, Numbers)
    (element,) = found.elements
    assert shown(derivation, (), element.element) == "a[2,2]"
    assert element.formula is not None and shown(derivation, (), element.formula).count(" + ") == 3


def test_every_layer_is_checked() -> None:
    derivation = of_file("examples/deep")
    found = numbers(derivation)
    assert isinstance(found, Numbers)
    layers = [at_key(e.element, (), ())[0] for e in found.elements if e.element.name == "w"]
    assert layers == [1, 2]


def test_a_file_with_a_point_is_checked_there() -> None:
    found = numbers(of_file("examples/linear321"))
    assert isinstance(found, Numbers) and found.own
    assert keyed(next(t for t in found.given if t.name == "u"))[3, 2] == Fraction(1, 5)


def test_made_up_points_meet_the_assumptions() -> None:
    model = (
        "index i in 1..n\ninput c[i]\nparam w[i]\nassume c[i] in {0, 1}\nassume sum(i, c[i]) = 1\nassume w[i] > 0\n"
        "loss L = sum(i, c[i] * log(w[i]))"
    )
    found = numbers(derived(model))
    assert isinstance(found, Numbers)
    given = {t.name: keyed(t) for t in found.given}
    assert sum(given["c"].values()) == 1 and set(given["c"].values()) <= {0, 1}
    assert all(v > 0 for v in given["w"].values())
    assert all((v * 10_000).denominator == 1 for rows in given.values() for v in rows.values())


def test_sizes_that_are_too_large_to_print_give_way_to_small_ones() -> None:
    found = numbers(differentiate(symbp.with_sizes(symbp.parse(WATERMELON), {"d": 784, "q": 3})))
    assert isinstance(found, Numbers) and dict(found.sizes) == {"d": 2, "q": 2, "l": 2}
    found = numbers(differentiate(symbp.with_sizes(symbp.parse(WATERMELON), {"d": 1, "q": 3})))
    assert isinstance(found, Numbers) and dict(found.sizes) == {"d": 1, "q": 3, "l": 2}


@pytest.mark.parametrize(("text", "reason"), [
    ("index i in 1..90\nparam w[i]\nloss L = sum(i, w[i]^2)", "large"),
    ("index i in 1..2\nparam w[i]\nassume sum(i, w[i]) = 1/3\nloss L = sum(i, w[i]^3)", "no point"),
    ("param u\nassume u in {0}\nloss L = abs(u)", "kink"),
    ("param w\nloss L = log(-w^2)", "no point"),
])
def test_there_may_be_no_numbers(text: str, reason: str) -> None:
    found = checks_of(derived(text))
    assert (found.numbers, found.refused) == (None, reason)


def test_a_function_of_two_arguments_is_told_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    derivation = derived("function f(s, t)\nparam a, b\nloss L = f(a, b)")
    found = numbers(derivation)
    assert isinstance(found, Numbers)
    ((general, concrete),) = found.functions
    assert shown(derivation, (), general) == "f(z, t)"
    names = {a.name: k for k, a in enumerate(general.arguments)} if isinstance(general, Apply) else {}
    at = [real(keyed(t)[()]) for t in found.given]
    assert isinstance(concrete, Apply)
    read = Interpreter(
        derivation.model, {}, {n: {(): duals.Dual(at[k])} for n, k in names.items()}, duals.FUNCTIONS
    )
    loss = keyed(next(t for t in found.forward if t.name == "L"))[()]
    assert abs(duals.dual(read.evaluate(concrete, {})).value - real(loss)) < 1e-12


# Special cases


def hold_special_cases(derivation: Derivation, monkeypatch: pytest.MonkeyPatch) -> int:
    """A size is 1 in the general model itself; the identity is put for a function by the interpreter alone."""
    count = 0
    for case in special_cases(derivation):
        sizes = dict.fromkeys(derivation.model.sizes, 2)
        with monkeypatch.context() as patched:
            if isinstance(case.change, SizeOne):
                sizes[case.change.size] = 1
            else:
                patched.setitem(duals.FUNCTIONS, case.change.function, lambda v: duals.dual(v))  # type: ignore[arg-type]
            model = derivation.model
            point = drawn(model, sizes, 5) if model.facts else duals.Point(model, sizes, 5)
            read = reader(derivation, point)
            for e in case.equations:
                for key in tuples(e.indices, sizes):
                    left = (
                        point.slope(derivation.of, e.left.wrt.name, at_key(e.left.wrt, e.indices, key))
                        if isinstance(e.left, Partial) else value(read, e.left, e.indices, key)
                    )
                    assert abs(left - value(read, e.right, e.indices, key)) < 1e-9 * max(1, abs(left))
                    count += 1
    return count


@pytest.mark.parametrize("name", NAMES)
def test_special_cases_hold_in_the_general_model(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    derivation = of_file(name)
    assert hold_special_cases(derivation, monkeypatch) or not special_cases(derivation)


@pytest.mark.parametrize("number", range(RANDOM_MODELS))
def test_special_cases_of_random_models(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    derivation = derived(example(number).text)
    if all(arity == 1 for arity in derivation.model.functions.values()):
        hold_special_cases(derivation, monkeypatch)


@pytest.mark.parametrize("name", NAMES)
def test_special_models_are_models_whose_derivations_pass(name: str) -> None:
    derivation = of_file(name)
    for case in special_cases(derivation):
        if isinstance(case.change, SizeOne):
            model = with_size_one(derivation.model, case.change.size)
        else:
            model = with_identity(derivation.model, case.change.function)
        assert model is not None and problems(model) == ()
        assert certify_quickly(differentiate(model, derivation.of)).passed


def test_special_cases_of_the_watermelon() -> None:
    derivation = derived(WATERMELON)
    one_output, linear = special_cases(derivation)
    assert isinstance(one_output.change, SizeOne) and one_output.change.size == "l"
    (equation,) = one_output.equations
    assert shown(derivation, equation.indices, equation.right) == "g[1] · w[h,1] · b[h] · (1 − b[h])"
    assert isinstance(linear.change, NoActivation) and linear.change.function == "sigmoid"
    told = {shown(derivation, e.indices, e.left): shown(derivation, e.indices, e.right) for e in linear.equations}
    assert told == {"g[j]": "y[j] − ŷ[j]", "e[h]": "Σ_{j=1..l} w[h,j] · g[j]"}


def test_the_identity_gives_what_the_linear_network_gives() -> None:
    written = derived(WATERMELON.replace("= sigmoid(alpha[h] - gamma[h])", "= alpha[h] - gamma[h]").replace(
        "= sigmoid(beta[j] - theta[j])", "= beta[j] - theta[j]"
    ))
    rewritten = differentiate(with_identity(symbp.parse(WATERMELON), "sigmoid"))
    point = drawn(written.model, {"d": 2, "q": 3, "l": 2}, 4)
    for name, gradient in written.gradients.items():
        found = rewritten.gradients[name].forms["inlined"]
        assert not isinstance(found, Refusal)
        for key in tuples(gradient.indices, point.sizes):
            given = value(reader(written, point), found, gradient.indices, key)
            assert abs(given - point.slope("E", name, key)) < 1e-12


def test_one_layer_of_a_deep_network() -> None:
    derivation = of_file("examples/deep")
    first = special_cases(derivation)[0]
    assert first.change == SizeOne("L", steps=True)
    written = derived(
        "index j in 1..n, k in 1..n\nfunction f(z)\ninput x[j]\ntarget y[j]\nparam w[j,k], b[j]\n"
        "z[j] = sum(k, w[j,k] * x[k]) + b[j]\na[j] = f(z[j])\nloss C = 1/2 * sum(j, (a[j] - y[j])^2)\n"
        "name delta[j] = grad(z[j])"
    )
    (error,) = written.errors
    (equation,) = first.equations
    plain = shown(written, error.indices, error.branches[0][1])
    assert shown(derivation, equation.indices, equation.right).replace("[1,", "[") == plain


def test_like_terms_cancel_in_a_special_case() -> None:
    """One unit, normalised, is a constant: nothing comes back through it."""
    (case,) = special_cases(of_file("examples/layernorm"))
    (equation,) = case.equations
    assert case.change == SizeOne("n") and equation.right == ZERO


def test_requirements_may_forbid_a_size_of_one() -> None:
    model = symbp.parse("index i in 1..n-1\nparam w[1..n]\nloss L = sum(i, w[i] * w[i+1]) + w[2]")
    assert with_size_one(model, "n") is None


# A reduction over one value


def one(name: str, value: int | str) -> Index:
    return Index(name, Range.of(value, value))


def many(name: str) -> Index:
    return Index(name, Range.of(1, "n"))


X = Access("x", (Affine.of("i"),))


def test_a_sum_over_one_value_is_its_term() -> None:
    assert without_single_values(Reduce("sum", (one("i", 3),), (), X)) == Access("x", (Affine.of(3),))
    assert without_single_values(Reduce("prod", (one("i", "T"),), (), X)) == Access("x", (Affine.of("T"),))
    assert without_single_values(Reduce("sum", (many("i"),), (), X)) is None
    assert without_single_values(Reduce("argmax", (one("i", 1),), (), X)) is None


def test_other_binders_stay_and_nothing_is_captured() -> None:
    body = Mul((X, Access("y", (Affine.of("j"),))))
    inner = Reduce("sum", (one("i", "j"), many("j")), (), body)
    found = without_single_values(inner)
    assert isinstance(found, Reduce)
    (binder,) = found.binders
    assert binder.name != "j"
    assert found.body == Mul((Access("x", (Affine.of("j"),)), Access("y", (Affine.of(binder.name),))))


def test_guards_of_a_single_term_stay_as_a_bracket() -> None:
    from symbp.calculus.affine import Guard

    guard = Guard("ge", Affine.of("t") - Affine.of("i"))
    found = without_single_values(Reduce("sum", (one("i", 2),), (guard,), X))
    assert found == Cases((((Guard("ge", Affine.of("t") - 2),), Access("x", (Affine.of(2),))),))
    assert without_single_values(Reduce("max", (one("i", 2),), (guard,), X)) is None


# Print


def mathematics(block: Block) -> list[object]:
    """Everything in a block that isn't words."""
    if isinstance(block, Paragraph):
        parts: list[object] = list(block.parts)
    elif isinstance(block, Table):
        parts = [part for row in block.rows for cell in row for part in cell]
    else:
        assert isinstance(block, Display | MatrixDisplay)
        parts = list(block.rows)
    return [part for part in parts if not isinstance(part, str | Lead)]


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_print_the_same_mathematics(name: str) -> None:
    derivation = of_file(name)
    found = checks_of(derivation)
    lines = Lines(derivation)
    formulas = []
    for language in LANGUAGES:
        blocks = list(checks(lines, Prose(language), found))
        latex = LatexWriter(LatexStyle(lines.vocabulary.names), Options(language=language)).document(blocks)
        checked_latex(latex, language)
        text = TextWriter(TextStyle(lines.vocabulary.names, unicode=True), Options(language=language)).document(blocks)
        assert "{" not in text.replace("_{", "").replace("{ ", "")
        formulas.append(sorted(repr(part) for block in blocks for part in mathematics(block)))
    assert formulas[0] == formulas[1]


def test_checks_are_plain_data_and_the_same_each_time() -> None:
    derivation = derived(WATERMELON)
    found = checks_of(derivation)
    assert found == checks_of(differentiate(symbp.parse(WATERMELON)))
    data = checks_data(found, derivation.of, lambda indices, e: shown(derivation, indices, e))
    numbers_shown = data["numbers"]
    assert isinstance(numbers_shown, dict) and numbers_shown["sizes"] == {"d": 2, "q": 2, "l": 2}
    assert data["signs"][0]["positive"] == "g[j]"  # type: ignore[index]


def test_data_have_the_order_of_the_printed_subscripts() -> None:
    derivation = derived(WATERMELON + "show w[h,j] as w_jh\n")
    show = partial(shown, derivation)
    data: Any = checks_data(
        checks_of(derivation), derivation.of, show, Lines(derivation).vocabulary.names.text_order
    )
    given = {t["name"]: t for t in data["numbers"]["given"]}
    assert given["w"]["values"] == [[0.8, 0.5], [-0.2, -0.1]] and given["w"]["first"] == [1, 1]
    assert {s["name"]: s["extents"] for s in data["shapes"]}["Δw"] == ["l", "q"]


def language_text(language: Language, derivation: Derivation | None = None) -> str:
    derivation = derivation or derived(WATERMELON)
    lines = Lines(derivation)
    blocks = list(checks(lines, Prose(language), checks_of(derivation)))
    text = TextWriter(TextStyle(lines.vocabulary.names, unicode=True), Options(language=language)).document(blocks)
    return " ".join(text.split())


def test_the_words() -> None:
    english, chinese = language_text("en"), language_text("zh")
    assert "Since ŷ[j] · (1 − ŷ[j]) > 0, g[j] > 0 where ŷ[j] < y[j]." in english
    assert "Δw is q × l, as w is" in english
    assert "Take d = q = l = 2, x = (0.5, −0.8)" in english
    assert "one step" in english.lower() and "η = 0.5" in english
    assert "There w[h,j] grows (since b[h] > 0) and θ[j] falls; a small step of this kind raises ŷ[j]." in english
    assert "此时w[h,j]增大（因为b[h]>0），θ[j]减小" in chinese.replace(" ", "")
    assert "Δw为q×l，与w相同" in chinese.replace(" ", "")


def test_axes_stand_in_the_order_of_the_printed_subscripts() -> None:
    text = WATERMELON + "show w[h,j] as w_jh\n"
    told = language_text("en", derived(text))
    assert "Δw is l × q, as w is" in told and "Δv is d × q, as v is" in told
    assert "w = ((0.8, 0.5), (−0.2, −0.1))" in told and "w = ((0.8, −0.2), (0.5, −0.1))" in language_text("en")


def test_permuted_values() -> None:
    entries = {k: Fraction(100 * k[0] + 10 * k[1] + k[2]) for k in product(range(2), range(3), range(4))}
    nest = tuple(tuple(tuple(entries[a, b, c] for c in range(4)) for b in range(3)) for a in range(2))
    for order in permutations(range(3)):
        found: Any = permuted(nest, order)
        for key in entries:
            i, j, k = (key[axis] for axis in order)
            assert found[i][j][k] == entries[key]


@pytest.mark.parametrize(("number", "places", "expected"), [
    (Fraction(1, 3), 6, "0.333333"), (Fraction(-2, 3), 4, "-0.6667"), (Fraction(0), 6, "0"),
    (Fraction(1, 10**9), 6, "1.00000e-9"), (Fraction(12), 2, "12.00"), (Fraction(10**9), 6, "1.00000e9"),
])
def test_rounded_digits(number: Fraction, places: int, expected: str) -> None:
    assert digits(number, places) == expected


@pytest.mark.parametrize(("number", "expected"), [
    (Fraction(1, 2), "0.5"), (Fraction(-1, 8), "-0.125"), (Fraction(7), "7"), (Fraction(-1, 50), "-0.02"),
    (Fraction(1, 3), "1/3"),
])
def test_exact_digits(number: Fraction, expected: str) -> None:
    assert exactly(number) == expected




def test_what_stands_in_a_stop_is_held_fixed() -> None:
    found = numbers(derived("param w\nloss L = w * stop(w)"))
    assert isinstance(found, Numbers) and found.held
    (element,) = found.elements
    w = keyed(found.given[0])[()]
    assert abs(element.derived - w) < Fraction(1, 10**25) and abs(element.difference - w) < Fraction(1, 10**9)
