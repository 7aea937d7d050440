"""The expanded form: inputs and parameters only, equal to dual numbers of the forward model, of the size counted."""

from __future__ import annotations

import time
from collections.abc import Mapping
from fractions import Fraction

import mpmath
import pytest

from symbp import parse
from symbp.calculus.affine import Affine, Index, Lookup, Range
from symbp.calculus.derivation import Refusal
from symbp.calculus.expand import OPERATIONS_LIMIT, counted, expanded, expanded_operations
from symbp.calculus.expression import (
    ZERO,
    Access,
    Apply,
    Cases,
    Expr,
    Number,
    Position,
    Power,
    Select,
    accesses,
    children,
    walk,
    with_children,
)
from symbp.calculus.indices import axis_indices
from symbp.calculus.magnitude import MOST_WAITING, TOO_DEEP, Magnitude
from symbp.calculus.model import Equation, Model, Role
from symbp.calculus.operations import DEPTH_LIMIT, depth_of, operations
from symbp.calculus.outline import Place
from symbp.calculus.unroll import Unrolled
from symbp.errors import Refused
from tests.duals import Dual, Point
from tests.interpreter import keys
from tests.programs import (
    INVERSE,
    PROGRAMS,
    access,
    axes,
    define,
    eq,
    equation,
    form,
    ge,
    index,
    model,
    piece,
    squared,
    term,
)
from tests.strategies import example

STEPPED: Mapping[str, Mapping[str, int]] = {"lstm": {"T": 2}, "lag_two": {"T": 4}, "layers": {"L": 3}}
PARAM: dict[str, tuple[Role, tuple[Range, ...]]] = {"w": (Role.PARAM, ())}


def letters(made: Model, name: str) -> tuple[Index, ...]:
    array = made.arrays[name]
    return axis_indices(array.axes, array.letters, made.sizes)


def small(made: Model, fixed: Mapping[str, int]) -> dict[str, int]:
    return {s: fixed.get(s, 2 + k % 2) for k, s in enumerate(made.sizes)}


def with_known_derivative(e: Expr) -> Expr:
    """f′ of the generic f, which the tests take for atan, as a formula."""
    if isinstance(e, Apply) and e.orders == (1,):
        z = with_known_derivative(e.arguments[0])
        return Power(Apply("one_plus_square", (z,)), Number(Fraction(-1)))
    parts = children(e)
    return with_children(e, tuple(with_known_derivative(p) for p in parts)) if parts else e


def agree(made: Model, of: str, name: str, sizes: Mapping[str, int], stepped: Mapping[str, int]) -> Expr:
    """Asserts that the expanded gradient is that of dual numbers at (a dozen of) its elements, and returns it."""
    indices = letters(made, name)
    found = expanded(made, of, name, indices, stepped)
    assert not isinstance(found, Refusal), found
    point = Point(made, sizes, seed=7)
    numbers = point.interpreter()
    numbers.functions = {**numbers.functions, "one_plus_square": lambda z: Dual(1 + z.value**2)}
    for key in keys(made, name, sizes)[:12]:
        at = {i.name: k for i, k in zip(indices, key, strict=True)}
        got = numbers.evaluate(with_known_derivative(found), at)
        assert mpmath.almosteq(got.value, point.slope(of, name, key), 1e-12, 1e-12), (name, key)
    return found


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_agrees_with_dual_numbers_and_holds_no_intermediate(name: str) -> None:
    made = PROGRAMS[name]()
    stepped = STEPPED.get(name, {})
    assert made.loss is not None
    for parameter in made.wrt:
        found = agree(made, made.loss, parameter, small(made, stepped), stepped)
        assert not {a.name for a in accesses(found)} & set(made.by_target)


@pytest.mark.parametrize("name", ["dense", "convolution", "concatenation", "attention", "layer_norm", "lag_two"])
def test_an_intermediate_moves_everything_behind_it(name: str) -> None:
    made = PROGRAMS[name]()
    stepped = STEPPED.get(name, {})
    assert made.loss is not None
    for target in [e.target for e in made.equations if e.target != made.loss]:
        found = agree(made, made.loss, target, small(made, stepped), stepped)
        assert stepped or not {a.name for a in accesses(found)} & set(made.by_target)


@pytest.mark.parametrize("name", ["lstm", "lag_two", "layers"])
def test_a_recurrence_without_its_size_is_refused_by_its_letter(name: str) -> None:
    made = PROGRAMS[name]()
    assert made.loss is not None
    size = next(iter(STEPPED[name]))
    found = expanded(made, made.loss, made.wrt[0], letters(made, made.wrt[0]))
    assert isinstance(found, Refusal)
    assert f"`{'l' if name == 'layers' else 't'}`" in found.reason
    assert f"--set {size}=3" in found.reason
    with pytest.raises(Refused, match="recurrent"):
        expanded_operations(made, made.loss, made.wrt[0])


def test_sizes_in_the_model_open_a_recurrence() -> None:
    made = PROGRAMS["lag_two"]()
    made.size_values["T"] = 3
    found = expanded(made, "E", "a", ())
    assert not isinstance(found, Refusal)
    assert found == expanded(PROGRAMS["lag_two"](), "E", "a", (), {"T": 3})


def test_a_recurrence_that_the_parameter_does_not_touch_keeps_its_name() -> None:
    t = index("t", "T", 0)
    made = model(
        ("T",),
        {"u": (Role.INPUT, ()), **PARAM},
        (
            equation(
                "h", (t,), piece(term(access("u")), where=(eq("t"),)),
                piece(term(access("u"), access("h", form("t") - 1)), where=(ge("t", 1),)),
            ),
            define("E", (), term(squared(access("w")), access("h", "T"))),
        ),
        "E",
    )
    found = expanded(made, "E", "w", ())
    assert not isinstance(found, Refusal)
    assert {a.name for a in accesses(found)} == {"w", "h"}


def test_two_dimensional_recurrence() -> None:
    i, j = index("i", "n", 0), index("j", "n", 0)
    inside = (ge("i", 1), ge("j", 1))
    made = model(
        ("n",),
        {"x": (Role.INPUT, axes((0, "n"), (0, "n"))), **PARAM},
        (
            equation(
                "h", (i, j),
                piece(term(access("x", "i", "j")), where=(eq("i"),)),
                piece(term(access("x", "i", "j")), where=(ge("i", 1), eq("j"))),
                piece(
                    term(access("w"), access("h", form("i") - 1, "j")), term(access("h", "i", form("j") - 1)),
                    term(access("x", "i", "j")), where=inside,
                ),
            ),
            define("E", (), term(squared(access("h", "n", "n")))),
        ),
        "E",
    )
    agree(made, "E", "w", {"n": 2}, {"n": 2})
    agree(made, "E", "x", {"n": 2}, {"n": 2})


def gathering(*inner: Equation) -> Model:
    """E = Σ_t s[tok[t]] e[1], with s a defined array."""
    t = index("t", "T")
    made = define("E", (), term(access("s", Lookup("tok", (form("t"),))), access("e", 1), over=(t,)))
    given, tokens = {"e": (Role.PARAM, axes("V"))}, {"tok": (axes("T"), Range.of(1, "V"))}
    return model(("V", "T"), given, (*inner, made), "E", tokens)


def test_a_gather_of_a_defined_array_goes_through_its_definition() -> None:
    v = index("v", "V")
    made = gathering(define("r", (v,), term(squared(access("e", "v")))), define("s", (v,), term(access("r", "v"))))
    found = agree(made, "E", "e", {"V": 3, "T": 4}, {})
    assert Access("e", (Lookup("tok", (Affine.of("t#2"),)),)) in accesses(found)


def test_a_gather_of_an_array_that_counts_with_its_index() -> None:
    v, u = index("v", "V"), index("u", "V")
    counted_by = define("s", (v,), term(Position(form("v")), access("e", "u"), over=(u,), where=(ge("v", "u"),)))
    agree(gathering(counted_by), "E", "e", {"V": 3, "T": 4}, {})


def test_a_max_over_the_steps_of_a_recurrence() -> None:
    t = index("t", "T", 0)
    made = model(
        ("T",),
        {"x": (Role.INPUT, axes("T")), **PARAM},
        (
            equation(
                "h", (t,), piece(term(access("w")), where=(eq("t"),)),
                piece(term(access("w"), access("h", form("t") - 1)), term(access("x", "t")), where=(ge("t", 1),)),
            ),
            define("E", (), term(access("h", "t"), over=(t,), kind="max")),
        ),
        "E",
    )
    agree(made, "E", "w", {"T": 3}, {"T": 3})


def test_what_does_not_depend_is_zero_without_any_size() -> None:
    made = PROGRAMS["lag_two"]()
    assert expanded(made, "E", "T_unknown", ()) == ZERO


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_the_count_is_that_of_the_formula(name: str) -> None:
    made = PROGRAMS[name]()
    stepped = STEPPED.get(name, {})
    assert made.loss is not None
    for parameter in made.wrt:
        found = expanded(made, made.loss, parameter, letters(made, parameter), stepped)
        assert not isinstance(found, Refusal)
        assert expanded_operations(made, made.loss, parameter, stepped) == operations(found), parameter


def doubling(levels: int) -> Model:
    """y_{k+1} = sin(y_k) cos(y_k)."""
    made = [define("y0", (), term(access("w")))]
    for k in range(levels):
        sine, cosine = (Apply(f, (access(f"y{k}"),)) for f in ("sin", "cos"))
        made.append(define(f"y{k + 1}", (), term(sine, cosine)))
    return model((), PARAM, (*made, define("L", (), term(access(f"y{levels}")))), "L")


@pytest.mark.parametrize("levels", range(1, 8))
def test_doubling_is_counted_exactly(levels: int) -> None:
    made = doubling(levels)
    found = expanded(made, "L", "w", ())
    assert not isinstance(found, Refusal)
    assert expanded_operations(made, "L", "w") == operations(found)
    value = Magnitude(Unrolled(made, "L", "w", {}), "w").value("L")
    assert value.operations == 3 * (2**levels - 1)


def test_a_formula_of_2_to_the_64_operations_is_refused_at_once() -> None:
    made = doubling(64)
    start = time.perf_counter()
    found = expanded(made, "L", "w", ())
    assert time.perf_counter() - start < 2
    assert isinstance(found, Refusal)
    assert found.operations is not None and found.operations > 2**64
    assert f"{found.operations:,} operations (over 2^" in found.reason


def test_ratios_twelve_deep_are_counted_and_refused() -> None:
    made = [define("h0", (), term(access("w")))]
    for k in range(12):
        h = access(f"h{k}")
        below = define(
            f"h{k + 1}#1", (), term(Number(Fraction(1))), term(Apply("exp", (h,))), term(squared(h)), inline=True
        )
        made += [below, define(f"h{k + 1}", (), term(Apply("exp", (h,)), Power(access(f"h{k + 1}#1"), INVERSE)))]
    found = expanded(model((), PARAM, (*made, define("L", (), term(access("h12")))), "L"), "L", "w", ())
    assert isinstance(found, Refusal)
    assert found.operations is not None and found.operations > 3**12


def chain(levels: int) -> Model:
    """h_{k+1} = tanh(w h_k + b), L = h²."""
    made = [define("h0", (), term(access("w"), access("x")))]
    for k in range(levels):
        inner = define(f"h{k + 1}#1", (), term(access("w"), access(f"h{k}")), term(access("b")), inline=True)
        made += [inner, define(f"h{k + 1}", (), term(Apply("tanh", (access(f"h{k + 1}#1"),))))]
    given: dict[str, tuple[Role, tuple[Range, ...]]] = dict.fromkeys(("w", "x", "b"), (Role.PARAM, ()))
    return model((), given, (*made, define("L", (), term(squared(access(f"h{levels}"))))), "L")


def test_twenty_nested_layers_are_written_out() -> None:
    for name in ("w", "x", "b"):
        agree(chain(20), "L", name, {}, {})


@pytest.mark.parametrize("levels", [39, 60, 3000])
def test_nesting_beyond_a_page_is_refused_and_never_overflows(levels: int) -> None:
    found = expanded(chain(levels), "L", "w", ())
    assert isinstance(found, Refusal)
    assert (found.operations is None) == (levels == 3000)


def test_a_thousand_layers_are_refused_for_each_parameter_in_little_time() -> None:
    made = [define("h0", (), term(access("x")))]
    for k in range(1000):
        inner = define(f"h{k + 1}#1", (), term(access(f"w{k}"), access(f"h{k}")), inline=True)
        made += [inner, define(f"h{k + 1}", (), term(Apply("tanh", (access(f"h{k + 1}#1"),))))]
    given: dict[str, tuple[Role, tuple[Range, ...]]] = {f"w{k}": (Role.PARAM, ()) for k in range(1000)}
    whole = model((), given, (*made, define("L", (), term(access("h1000")))), "L")
    start = time.perf_counter()
    for k in range(0, 1000, 20):
        assert isinstance(expanded(whole, "L", f"w{k}", ()), Refusal)
    assert time.perf_counter() - start < 5


LIGHT = 120
"""Operations of a random model's gradient up to which its elements are evaluated."""


@pytest.mark.parametrize("number", range(40))
def test_random_models(number: int) -> None:
    made = parse(example(number).text)
    sizes = dict.fromkeys(made.sizes, 2)
    assert made.loss is not None
    for name in made.wrt:
        found = expanded(made, made.loss, name, letters(made, name), sizes)
        if isinstance(found, Refusal):
            assert found.operations is not None and found.operations > OPERATIONS_LIMIT
            continue
        counted_size = expanded_operations(made, made.loss, name, sizes)
        apart = any(isinstance(n, (Select, Cases)) for n in walk(found))
        assert counted_size == operations(found) or (apart and counted_size > operations(found))
        if operations(found) <= LIGHT and all(arity == 1 for arity in made.functions.values()):
            agree(made, made.loss, name, sizes, sizes)


def test_the_deepest_formulas_that_are_written_do_not_overflow() -> None:
    made = [define("h0", (), term(access("w")))]
    made += [define(f"h{k + 1}", (), term(Apply("sin", (access(f"h{k}"),)))) for k in range(DEPTH_LIMIT - 5)]
    top = define("L", (), term(access(f"h{DEPTH_LIMIT - 5}")))
    found = expanded(model((), PARAM, (*made, top), "L"), "L", "w", ())
    assert isinstance(found, Refusal) or depth_of(found) <= DEPTH_LIMIT


def test_counts_in_words() -> None:
    assert counted(6_000) == "6,000 operations"
    assert counted(2**70) == "1,180,591,620,717,411,303,424 operations (over 2^70)"
    assert counted(10**100) == "over 2^332 operations (a number of 101 digits)"
    assert counted(1 << 100_000) == "over 2^100000 operations"


def test_free_letters_of_the_answer_are_those_asked_for() -> None:
    made = PROGRAMS["dense"]()
    strange = tuple(Index(n, r) for n, r in zip(("i", "h"), made.arrays["W"].axes, strict=True))
    found = expanded(made, "E", "W", strange)
    assert not isinstance(found, Refusal)
    point = Point(made, {"d": 3, "q": 2}, seed=1)
    for key in keys(made, "W", {"d": 3, "q": 2}):
        got = point.interpreter().evaluate(found, dict(zip(("i", "h"), key, strict=True)))
        assert mpmath.almosteq(got.value, point.slope("E", "W", key), 1e-12, 1e-12)
    assert Access("x", (Affine.of("h"),)) in accesses(found)


def test_a_recurrence_of_a_million_steps_is_refused_before_it_is_gone_through() -> None:
    """What looks at each step takes minutes."""
    looked_at: list[object] = []

    class Watched(Unrolled):
        def body(self, place: Place) -> Expr:
            looked_at.append(place)
            return super().body(place)

    made = parse("index t in 1..T\nparam w\ninput x[t]\nh[0] = 0\nh[t] = tanh(w*h[t-1] + x[t])\nloss E = h[T]")
    definitions = Watched(made, "E", "w", {"T": 10**6})
    with pytest.raises(Refused, match="nested deeper than a page can show"):
        Magnitude(definitions, "w").value("E")
    assert len(looked_at) < 10 * MOST_WAITING
    refusal = expanded(made, "E", "w", (), {"T": 10**6})
    assert isinstance(refusal, Refusal) and refusal.reason == TOO_DEEP
