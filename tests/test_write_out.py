"""Elements written out at given sizes: of the value of the formula, and SymPy's own derivative as a second road."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings

from symbp.calculus import expression as ex
from symbp.calculus.affine import Affine, Guard, Index, Lookup, Range
from symbp.calculus.model import adjoint_name
from symbp.calculus.reverse import adjoint_program
from symbp.calculus.write_out import Integers, scalar_program, sympy_elements, sympy_gradient, write_out
from symbp.errors import ModelError, Refused
from tests import test_forward as forward
from tests.duals import Point
from tests.interpreter import keys
from tests.programs import PROGRAMS, access
from tests.sympy_values import Reader
from tests.test_expand import STEPPED, doubling, small
from tests.test_to_sympy import GENERIC, plain

TINY = {"lstm": {"T": 2, "n": 1, "d": 1}, "attention": {"n": 2, "m": 2, "v": 1}, "layers": {"L": 2, "n": 2}}
TOKENS: dict[tuple[int, ...], int] = {
    (k,): forward.position(Lookup("tok", (Affine.of(k),)), {}) for k in range(-99, 100)
}


def nodes(e: ex.Expr) -> list[ex.Expr]:
    return list(ex.walk(e))


@settings(max_examples=60, deadline=None)
@given(forward.formulas(depth=2))
def test_random_formulas_keep_their_value(e: ex.Expr) -> None:
    if not forward.total_max(e):
        return
    oracle = forward.Oracle("", ())
    for n, i, j in ((1, 1, 0), (2, 1, 2), (3, 2, 1)):
        at = {"n": n, "i": i, "j": j}
        integers: Integers = {"tok": TOKENS}
        known = write_out(e, {"n": n}, {"i": i, "j": j}, integers)
        assert not any(isinstance(p, (ex.Reduce, ex.Cases, ex.Position)) for p in nodes(known))
        assert oracle.of(known, {})[0] == oracle.of(e, at)[0]


@settings(max_examples=60, deadline=None)
@given(forward.formulas(depth=2))
def test_unknown_integers_stay_as_conditions(e: ex.Expr) -> None:
    if not forward.total_max(e):
        return
    oracle = forward.Oracle("", ())
    at = {"n": 2, "i": 2, "j": 1}
    left = write_out(e, {"n": 2}, {"i": 2, "j": 1})
    assert not any(isinstance(p, (ex.Reduce, ex.Position)) for p in nodes(left))
    assert oracle.of(left, {})[0] == oracle.of(e, at)[0]


def test_the_place_of_a_maximum_is_the_first() -> None:
    k = Index("k", Range.of(1, 3))
    for kind in ("argmax", "argmin"):
        e = ex.Reduce(kind, (k,), (), access("u"))
        assert forward.Oracle("", ()).of(write_out(e, {}, {}), {})[0] == 1


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_reverse_sweep_against_sympy_s_own_derivative(name: str) -> None:
    made = PROGRAMS[name]()
    sizes = TINY.get(name) or small(made, STEPPED.get(name, {}))
    assert made.loss is not None
    point = Point(made, sizes, seed=5)
    integers = {n: row for n, row in point.elements.items() if n in ("tok", "lab")}
    reader = Reader(plain(point.elements), GENERIC)
    swept = sympy_elements(adjoint_program(made, made.loss, made.wrt), sizes, integers)
    for parameter in made.wrt:
        for key in keys(made, parameter, sizes)[:3]:
            ours = swept.shown(swept.value((adjoint_name(parameter), key)))
            theirs = sympy_gradient(made, sizes, made.loss, parameter, key, integers)
            wanted = point.slope(made.loss, parameter, key)
            assert mpmath.almosteq(reader.value(ours, {}), wanted, 1e-12, 1e-12)
            assert mpmath.almosteq(reader.value(theirs, {}), wanted, 1e-12, 1e-12)


def test_polynomial_gradients_are_the_same_polynomial() -> None:
    made = PROGRAMS["convolution"]()
    sizes = {"P": 2}
    swept = sympy_elements(adjoint_program(made, "E", ("K", "x")), sizes)
    for parameter in ("K", "x"):
        for key in keys(made, parameter, sizes):
            ours = swept.shown(swept.value((adjoint_name(parameter), key)))
            assert sp.expand(ours - sympy_gradient(made, sizes, "E", parameter, key)) == 0


def test_every_element_stands_after_those_that_it_reads() -> None:
    made = PROGRAMS["lstm"]()
    program = scalar_program(made, {"T": 3, "n": 2, "d": 1})
    seen: set[tuple[str, tuple[int, ...]]] = set()
    for element, e in program.items():
        for read in ex.accesses(e):
            key = tuple(s.constant for s in read.subscripts if isinstance(s, Affine))
            assert (read.name, key) in seen or read.name not in made.by_target
        seen.add(element)
    assert ("h", (3, 2)) in seen


def test_too_large_is_refused() -> None:
    big = Index("k", Range.of(1, 1000))
    e = ex.Reduce("sum", (big, Index("m", Range.of(1, 1000))), (), access("w", "k", "m"))
    with pytest.raises(Refused, match="20,000"):
        write_out(e, {}, {})
    with pytest.raises(Refused, match="operations"):
        sympy_gradient(doubling(64), {}, "L", "w", ())


def test_a_defined_array_read_through_an_unknown_integer_needs_its_value() -> None:
    made = PROGRAMS["embedding"]()
    with pytest.raises(ModelError, match="`lab` is read as a subscript"):
        sympy_elements(made, {"T": 1, "d": 1, "C": 2, "V": 2})


def test_a_maximum_under_an_unknown_condition_is_refused() -> None:
    guard = Guard("eq", Affine.of("k"), lookup=Lookup("tok", ()))
    e = ex.Reduce("max", (Index("k", Range.of(1, 2)),), (guard,), access("x", "k"))
    with pytest.raises(Refused, match="integer input"):
        write_out(e, {}, {})


def test_nine_formulas_of_a_kernel_s_gradient() -> None:
    """∂L/∂w[r, s] = Σ_pq D[p, q] a[2p + r, 2q + s] for p, q in 0..1, element by element."""
    form = Affine.of
    p, q = Index("p", Range.of(0, form("P") - 1)), Index("q", Range.of(0, form("P") - 1))
    e = ex.Reduce(
        "sum", (p, q), (), ex.Mul((access("D", "p", "q"), access("a", form("p") * 2 + "r", form("q") * 2 + "s")))
    )
    for r in range(3):
        for s in range(3):
            by_hand = ex.Add(
                tuple(
                    ex.Mul((access("D", i, j), access("a", r + 2 * i, s + 2 * j)))
                    for i, j in ((0, 0), (0, 1), (1, 0), (1, 1))
                )
            )
            assert write_out(e, {"P": 2}, {"r": r, "s": s}) == by_hand
