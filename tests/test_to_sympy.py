"""Formulas in SymPy mean what they meant: read back by a plain reader, element by element, against the interpreter."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings

from symbp.calculus import expression as ex
from symbp.calculus.affine import Affine, Guard, Index, Lookup, Range
from symbp.calculus.derivation import Refusal
from symbp.calculus.expand import expanded
from symbp.calculus.functions import FUNCTIONS
from symbp.calculus.model import Array, Model, Role
from symbp.calculus.sympy_functions import where
from symbp.calculus.to_sympy import FUNCTIONS as IN_SYMPY
from symbp.calculus.to_sympy import to_sympy
from symbp.errors import Refused
from tests import test_forward as forward
from tests.duals import Point, dual
from tests.interpreter import keys
from tests.programs import PROGRAMS, access
from tests.sympy_values import Reader, bound_names
from tests.test_expand import STEPPED, letters, small, with_known_derivative

NOTHING = Model((), {}, ())
GENERIC = {
    **dict.fromkeys(("f", "phi"), mpmath.atan),
    **{f"{name}(1,)": lambda v: 1 / (1 + v * v) for name in ("f", "phi")},
}


def plain(elements: Any) -> dict[str, dict[tuple[int, ...], Any]]:
    return {n: {k: v if isinstance(v, int) else v.value for k, v in row.items()} for n, row in elements.items()}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_expanded_gradients_keep_their_value(name: str) -> None:
    made = PROGRAMS[name]()
    stepped = STEPPED.get(name, {})
    sizes = small(made, stepped)
    point = Point(made, sizes, seed=3)
    reader = Reader(plain(point.elements), GENERIC)
    numbers = point.interpreter()
    numbers.functions = {**numbers.functions, "one_plus_square": lambda z: dual(1 + z.value**2)}
    assert made.loss is not None
    for parameter in made.wrt:
        indices = letters(made, parameter)
        found = expanded(made, made.loss, parameter, indices, stepped)
        assert not isinstance(found, Refusal)
        in_sympy = to_sympy(found, made)
        for key in keys(made, parameter, sizes):
            at = {i.name: k for i, k in zip(indices, key, strict=True)}
            wanted = numbers.evaluate(with_known_derivative(found), at).value
            shown = {f"{n}_1" if n in made.arrays else n: k for n, k in at.items()}
            assert mpmath.almosteq(reader.value(in_sympy, {**sizes, **shown}), wanted, 1e-12, 1e-12)


class _Everywhere(dict[tuple[int, ...], Any]):
    """An array that has a value at every index tuple."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def __missing__(self, key: tuple[int, ...]) -> Any:
        if self.name == "tok":
            return forward.position(Lookup("tok", tuple(map(Affine.of, key))), {})
        value = forward.data(self.name, key)
        return mpmath.mpf(value.numerator) / value.denominator


@settings(max_examples=60, deadline=None)
@given(forward.formulas(depth=2))
def test_random_formulas_keep_their_value(e: ex.Expr) -> None:
    if not forward.total_max(e):
        return
    made = Model(("n",), {}, ())
    in_sympy = to_sympy(e, made)
    reader = Reader({name: _Everywhere(name) for name in ("u", "x", "w", "tok")}, {})
    oracle = forward.Oracle("", ())
    for n, i, j in ((1, 1, 0), (2, 1, 2), (3, 2, 1), (3, 3, 0)):
        at = {"n": n, "i": i, "j": j}
        wanted = oracle.of(e, at)[0]
        assert mpmath.almosteq(reader.value(in_sympy, at), float(wanted), 1e-12, 1e-12)


def over(name: str, upper: int | str | Affine = "n", lower: int | str | Affine = 1) -> Index:
    return Index(name, Range.of(lower, upper))


def total(body: ex.Expr, *binders: Index) -> ex.Reduce:
    return ex.Reduce("sum", binders, (), body)


def test_every_built_in_function_has_its_value() -> None:
    x, y = ex.Access("x"), ex.Access("y")
    reader = Reader({}, {})
    for name, function in FUNCTIONS.items():
        arguments = (x, y)[: function.arity]
        in_sympy = to_sympy(ex.Apply(name, arguments), NOTHING)
        for a, b in ((0.25, 0.5), (0.75, -0.25), (0.5, 0.5)):
            got = reader.value(in_sympy, {"x": mpmath.mpf(a), "y": mpmath.mpf(b)})
            assert mpmath.almosteq(got, float(EXPECTED[name](a, b)), 1e-14, 1e-14), name
    assert set(IN_SYMPY) | {"stop"} == set(FUNCTIONS) == set(EXPECTED)


EXPECTED: dict[str, Any] = {
    **{
        name: lambda a, b, name=name: getattr(mpmath, name)(a)
        for name in (
            "exp", "log", "sqrt", "sign", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf",
        )
    },
    "abs": lambda a, b: abs(a),
    "sigmoid": lambda a, b: 1 / (1 + mpmath.exp(-a)),
    "relu": lambda a, b: max(a, 0),
    "leaky_relu": lambda a, b: a if a > 0 else a / 100,
    "elu": lambda a, b: a if a > 0 else mpmath.expm1(a),
    "softplus": lambda a, b: mpmath.log1p(mpmath.exp(a)),
    "gelu": lambda a, b: a * mpmath.ncdf(a),
    "silu": lambda a, b: a / (1 + mpmath.exp(-a)),
    "step": lambda a, b: int(a > 0),
    "max": lambda a, b: max(a, b),
    "min": lambda a, b: min(a, b),
    "stop": lambda a, b: a,
}


def test_bound_names_are_had_by_nothing_else() -> None:
    arrays = {n: Array(n, (), Role.INPUT) for n in ("i_1", "x", "w")}
    inner = total(ex.multiply((access("x", "i"), access("w", "j"))), over("i"))
    other = total(access("x", "j"), over("j"))
    e = ex.add((ex.multiply((access("x", "i"), ex.apply("exp", total(inner, over("j"))))), other))
    found = to_sympy(e, Model(("n",), arrays, ()))
    bound = bound_names(found)
    assert len(set(bound)) == len(bound)
    assert not set(bound) & {s.name for s in found.free_symbols} and "i_1" not in bound
    assert bound == ["i_2", "j", "j_1"]


def test_equal_sums_are_one_object() -> None:
    one, two = total(access("x", "i"), over("i")), total(access("x", "k"), over("k"))
    assert to_sympy(ex.subtract(one, two), Model(("n",), {}, ())) == 0


def test_a_range_that_runs_backwards_is_empty() -> None:
    k = Affine.of("k")
    e = total(access("x", "k"), over("k", Affine.of("t") - 2))
    found = to_sympy(e, NOTHING)
    assert found.subs(sp.Symbol("t", integer=True), 0).doit() == 0
    nested = total(access("x", "k", "m"), over("k", 4), over("m", k - 3))
    assert str(to_sympy(nested, NOTHING).doit()) == "x[4, 1]"


def test_a_range_that_is_known_not_to_run_backwards_is_a_plain_sum() -> None:
    nested = total(access("x", "k", "m"), over("k"), over("m", "k"))
    assert str(to_sympy(nested, Model(("n",), {}, ()))) == "Sum(x[k, m], (m, 1, k), (k, 1, n))"


def test_names_are_never_read_as_text() -> None:
    name = "__import__('os').abort()"
    found = to_sympy(ex.multiply((ex.Access(name), ex.Apply(name, (access(name, "i"),)))), NOTHING)
    assert {a.name for a in found.atoms(sp.Symbol)} >= {name}
    for word in ("E", "I", "S", "N", "Q", "beta", "gamma", "lambda", "pi"):
        assert to_sympy(ex.Access(word), NOTHING) == sp.Symbol(word, real=True)


def test_generic_functions_have_derivatives_of_every_order() -> None:
    e = ex.Apply("f", (access("z", "j"), ex.Access("y")), (1, 2))
    found = to_sympy(e, NOTHING)
    f = sp.Lambda((sp.Symbol("a"), sp.Symbol("b")), sp.Symbol("a") ** 2 * sp.Symbol("b") ** 3)
    z, y = sp.IndexedBase("z", real=True)[sp.Symbol("j", integer=True)], sp.Symbol("y", real=True)
    assert sp.simplify(found.replace(sp.Function("f"), f).doit() - 12 * z * y) == 0


def test_stop_has_no_derivative_and_its_argument_s_value() -> None:
    found = to_sympy(ex.multiply((ex.Apply("stop", (ex.Access("x"),)), ex.Access("x"))), NOTHING)
    x = sp.Symbol("x", real=True)
    assert found.diff(x).doit() == x


def test_conditions_under_a_sum_are_no_piecewise() -> None:
    k, m = Affine.of("k"), Affine.of("m")
    inner = ex.Reduce("sum", (over("m"),), (Guard("ge", m - k),), access("x", "m"))
    e = total(ex.multiply((access("w", "k"), inner)), over("k"))
    found = to_sympy(e, Model(("n",), {}, ()))
    assert not found.has(sp.Piecewise)
    n = sp.Symbol("n", integer=True, positive=True)
    assert sp.expand(found.subs(n, 2).doit()) == _by_hand()


def _by_hand() -> Any:
    x, w = sp.IndexedBase("x", real=True), sp.IndexedBase("w", real=True)
    return w[1] * x[1] + w[1] * x[2] + w[2] * x[2]


def test_our_functions_go_on_in_sympy() -> None:
    k, x = sp.Symbol("k", integer=True), sp.Symbol("x", real=True)
    chosen = where(k >= 1, x**2, x)
    assert chosen.diff(x) == where(k >= 1, 2 * x, 1)
    assert chosen.subs(k, 3) == x**2 and chosen.subs(k, 0) == x
    assert chosen.rewrite(sp.Piecewise) == sp.Piecewise((x**2, k >= 1), (x, True))
    assert chosen.subs(x, 2).evalf() == where(k >= 1, sp.Float(4), sp.Float(2))
    values = ex.Reduce("max", (over("k", 3),), (), access("x", "k"))
    base = sp.IndexedBase("x", real=True)
    assert to_sympy(values, NOTHING).doit() == sp.Max(base[1], base[2], base[3])
    place = to_sympy(ex.Reduce("argmin", (over("k", 2), over("m", 2)), (), access("x", "k", "m"), 1), NOTHING).doit()
    ties = {base[a, b]: 0 for a in (1, 2) for b in (1, 2)}
    assert place.subs(ties) == 1 and place.subs({**ties, base[2, 2]: -1}) == 2


def test_partials_tell_edges_from_totals() -> None:
    of, wrt = access("y", "j"), ex.Access("x")
    edge, whole = (to_sympy(ex.Partial(k, of, wrt), NOTHING) for k in (ex.PartialKind.EDGE, ex.PartialKind.TOTAL))
    assert (str(edge), str(whole)) == ("∂y/∂x[j]", "dy/dx[j]")


def test_conditions_on_data() -> None:
    e = ex.Cases((((Guard("ne", Affine.of("k"), lookup=Lookup("tok", (Affine.of("t"),))),), access("x", "k")),))
    assert str(to_sympy(e, NOTHING)) == "Piecewise((x[k], Ne(k, tok[t])), (0, True))"
    gathered = ex.Access("Emb", (Lookup("tok", (Affine.of("t"),)), Affine.of("k")))
    assert str(to_sympy(gathered, NOTHING)) == "Emb[tok[t], k]"
    assert str(to_sympy(ex.Access("p", (Lookup("lab"),)), NOTHING)) == "p[lab]"


def test_a_tower_of_powers_is_not_worked_out() -> None:
    nine = ex.number(9)
    tower: ex.Expr = nine
    for _ in range(3):
        tower = ex.Power(nine, tower)
    assert to_sympy(tower, NOTHING).has(sp.Pow)


def test_too_deep_for_sympy_is_refused() -> None:
    e: ex.Expr = ex.Access("x")
    for _ in range(200):
        e = ex.apply("sin", e)
    with pytest.raises(Refused, match="nested deeper"):
        to_sympy(e, NOTHING)


def test_a_max_of_five_hundred_is_quick() -> None:
    e: ex.Expr = access("x", 1)
    for k in range(2, 120):
        e = ex.apply("max", e, access("x", k))
    assert to_sympy(e, NOTHING).has(sp.Max)


def test_exact_numbers_stay_exact() -> None:
    assert to_sympy(ex.number(Fraction(7, 20)), NOTHING) == sp.Rational(7, 20)
