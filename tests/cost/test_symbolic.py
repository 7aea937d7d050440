"""Closed forms of counts against exact counts at given sizes, and against everything written out."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from functools import cache

import pytest

import symbp
from symbp.calculus.affine import Affine, Guard, Lookup
from symbp.calculus.expression import ONE, ZERO, Cases, Expr, Position, Reduce, add, apply, multiply, number
from symbp.calculus.model import Array, Definition, Role
from symbp.cost import counting
from symbp.cost.passes.named import named
from symbp.cost.printed import printed
from symbp.cost.program import Program
from symbp.cost.symbolic.closed import Case, Closed, Reason, polynomials, whole
from symbp.cost.symbolic.printing import text
from tests.cost.brute_force import BruteForce
from tests.many_models import EXAMPLES, many_models
from tests.programs import access, axes, eq, ge, index

MODELS = many_models(30)
LARGEST = 5
"""Programs of this size aren't written out."""


@cache
def program_of(name: str) -> Program:
    return printed(symbp.derive(MODELS[name]).data)


def some_sizes(program: Program, seed: int) -> Iterator[dict[str, int]]:
    chance = random.Random(seed)
    for _ in range(4):
        yield {s: chance.choice([1, 2, 2, 3, 4, LARGEST]) for s in program.sizes}
    yield dict.fromkeys(program.sizes, 2)


def numbers(case: Case, sizes: Mapping[str, int]) -> tuple[dict[str, int], int, int]:
    kinds = {k: whole(f, sizes) for k, f in case.by_kind.items()}
    return {k: n for k, n in kinds.items() if n}, whole(case.operations, sizes), whole(case.nodes, sizes)


def written_out(program: Program, sizes: dict[str, int], unfolded: bool) -> tuple[dict[str, int], int, int]:
    names = program.outputs if unfolded else [d.target for d in program.definitions]
    kinds, leaves = BruteForce(program, sizes, unfolded, frozenset()).total(names)
    operations = sum(kinds.values())
    return {k: n for k, n in kinds.items() if n}, operations, operations + leaves


def counted(program: Program, sizes: dict[str, int], unfolded: bool) -> tuple[dict[str, int], int, int]:
    tally = counting.unfolded(program, program.outputs, sizes) if unfolded else counting.count(program, sizes)
    return {k: n for k, n in tally.by_kind.items() if n}, tally.operations, tally.nodes


@pytest.mark.parametrize("way", ["shared", "unfolded", "named"])
@pytest.mark.parametrize("name", MODELS)
def test_a_closed_form_is_the_number_wherever_it_holds(name: str, way: str) -> None:
    program = named(program_of(name)) if way == "named" else program_of(name)
    unfolded = way == "unfolded"
    closed = polynomials(program, unfolded=unfolded)
    if isinstance(closed, Reason):
        return
    for sizes in some_sizes(program, len(name)):
        case = closed.case(sizes)
        if case is None:
            continue
        found = numbers(case, sizes)
        assert found == counted(program, sizes, unfolded), sizes
        if max(sizes.values(), default=0) < LARGEST:
            assert found == written_out(program, sizes, unfolded), sizes


WITHOUT = {
    ("models/maxpool", False): "stride",
    ("models/maxpool", True): "stride",
    ("models/lstm", True): "roots",
    ("program lstm", True): "roots",
    ("program lag_two", True): "roots",
}
LARGER = {"models/conv", "program lag_two"}
"""A 3 × 3 kernel with padding, and two steps back."""


@pytest.mark.parametrize("unfolded", [False, True], ids=["shared", "unfolded"])
@pytest.mark.parametrize("name", [m for m in MODELS if not m.startswith("random")])
def test_models_that_people_write_have_closed_forms_for_sizes_from_two_on(name: str, unfolded: bool) -> None:
    program = program_of(name)
    closed = polynomials(program, unfolded=unfolded)
    if (name, unfolded) in WITHOUT:
        assert isinstance(closed, Reason)
        assert closed.why == WITHOUT[name, unfolded]
        return
    assert isinstance(closed, Closed)
    if name not in LARGER:
        assert closed.case(dict.fromkeys(program.sizes, 2)) is not None
    assert (closed.elsewhere == ()) == (not name.endswith("embedding"))


def of_example(name: str, output: str, unfolded: bool) -> list[str]:
    program = printed(symbp.derive(symbp.load(EXAMPLES / f"{name}.bp")).data)
    closed = polynomials(program, [output], unfolded=unfolded)
    assert isinstance(closed, Closed)
    return [text(c.operations, program.sizes) for c in closed.cases]


def test_one_hidden_layer() -> None:
    """2dq for α, then subtraction and σ …; each b_h written out is 2d − 1 + 5 operations."""
    assert of_example("watermelon", "alpha", False) == ["2 d q - q"]
    assert of_example("watermelon", "b", True) == ["2 d q + 4 q"]
    assert of_example("watermelon", "beta", True) == ["2 d q l + 6 q l - l"]


def test_a_network_of_symbolic_depth() -> None:
    """Each unit stands in n units of the next layer: n^L; a network of width 1 is a chain."""
    wide, narrow = of_example("deep", "C", True)
    assert wide == "n^(L + 1) (2 n + 1)/(n - 1) + (n^2 - 4 n)/(n - 1)"
    assert narrow == "3 L + 3"


def test_sizes_may_be_given() -> None:
    program = printed(symbp.derive(symbp.load(EXAMPLES / "deep.bp")).data)
    general, at_three = polynomials(program, unfolded=True), polynomials(program, unfolded=True, sizes={"n": 3})
    assert isinstance(general, Closed)
    assert isinstance(at_three, Closed)
    assert all("n" not in c.operations.symbols for c in at_three.cases)
    for depth in (2, 3, 7):
        assert at_three.operations({"L": depth}) == general.operations({"L": depth, "n": 3})


def program(sizes: tuple[str, ...], definitions: list[Definition], arrays: dict[str, Array]) -> Program:
    return Program(tuple(definitions), (definitions[-1].target,), arrays, sizes)


def given(name: str, *bounds: str | int) -> Array:
    return Array(name, axes(*bounds), Role.INPUT)


def summed(body: Expr, *over: str, where: tuple[Guard, ...] = (), upper: str = "n") -> Reduce:
    return Reduce("sum", tuple(index(i, upper) for i in over), where, body)


def agrees(p: Program, closed: Closed, unfolded: bool, largest: int = 5) -> int:
    """How many sizes of at most `largest` the closed form covers, rightly."""
    covered = 0
    points: list[dict[str, int]] = [{}]
    for s in p.sizes:
        points = [{**at, s: k} for at in points for k in range(1, largest + 1)]
    for sizes in points:
        case = closed.case(sizes)
        if case is not None:
            assert numbers(case, sizes) == written_out(p, sizes, unfolded), sizes
            covered += 1
    return covered


def test_triangles_are_summed() -> None:
    """Σ_{i=1..n} Σ_{j≤i} x_j: n − 1 + Σ (i − 1) additions."""
    y = Definition("y", (), summed(summed(access("x", "j"), "j", where=(ge("i", "j"),)), "i"))
    p = program(("n",), [y], {"x": given("x", "n")})
    closed = polynomials(p)
    assert isinstance(closed, Closed)
    assert text(closed.cases[0].operations, ("n",)) == "1/2 n^2 + 1/2 n - 1"
    assert agrees(p, closed, False, 6) == 6


def test_a_single_term_is_told_apart_from_several() -> None:
    """c · Σ_{i=1..n} 1 takes a multiplication, and for n = 1 nothing."""
    y = Definition("y", (), multiply((access("c"), summed(ONE, "i"))))
    closed = polynomials(program(("n",), [y], {"c": given("c")}))
    assert isinstance(closed, Closed)
    assert closed.cases[0].minimum == {"n": 2}
    assert text(closed.cases[0].operations, ("n",)) == "n"
    assert closed.operations({"n": 1}) is None


def test_an_order_of_sizes_is_a_condition() -> None:
    """Π_{i≤n, i≤m} x_i has min(n, m) factors."""
    y = Definition("y", (), Reduce("prod", (index("i", "n"),), (ge("m", "i"),), access("x", "i")))
    p = program(("n", "m"), [y], {"x": given("x", "n")})
    closed = polynomials(p)
    assert isinstance(closed, Closed)
    assert sorted(text(c.operations, p.sizes) for c in closed.cases) == ["m - 1", "n - 1"]
    assert agrees(p, closed, False) == 25


def test_the_sign_of_a_product_of_negatives_depends_on_parity() -> None:
    minus = multiply((number(-1), access("x", "i")))
    y = Definition("y", (), Reduce("prod", (index("i", "n"),), (), minus))
    closed = polynomials(program(("n",), [y], {"x": given("x", "n")}))
    assert closed == Reason("sign", "i")


def test_a_stride_against_a_symbolic_size_has_a_reason() -> None:
    """Σ_{p: 2p ≤ n} x_{2p} has ⌊n/2⌋ terms."""
    body = summed(access("x", Affine.of("p") * 2), "p", where=(ge("n", Affine.of("p") * 2),))
    closed = polynomials(program(("n",), [Definition("y", (), body)], {"x": given("x", "n")}))
    assert closed == Reason("stride", "p")


def test_an_integer_input_runs_through_its_values() -> None:
    """Σ_t [tok_t = v] x_t over v: with T ≤ V each value is taken once at most."""
    tok = Array("tok", axes("T"), Role.INTEGER, axes("V")[0])
    here = Guard("eq", Affine.of("v"), lookup=Lookup("tok", (Affine.of("t"),)))
    body = apply("exp", Reduce("sum", (index("t", "T"),), (here,), access("x", "t")))
    y = Definition("y", (index("v", "V"),), body)
    p = program(("T", "V"), [y], {"x": given("x", "T"), "tok": tok})
    closed = polynomials(p)
    assert isinstance(closed, Closed)
    assert closed.elsewhere == (Reason("lookup", "tok"),)
    assert agrees(p, closed, False) == 15


def recurrent(name: str, start: Expr, step: Expr) -> Definition:
    return Definition(name, (index("t", "T", 0),), Cases((((eq("t"),), start), ((ge("t", 1),), step))))


def loss(of: str) -> Definition:
    return Definition("y", (), access(of, "T"))


@pytest.mark.parametrize(
    ("step", "written"),
    [
        (add((access("h", Affine.of("t") - 1), access("c"))), "T"),
        (add((access("h", Affine.of("t") - 1), access("h", Affine.of("t") - 1))), "2^T - 1"),
        (
            summed(access("h", Affine.of("t") - 1), "k"),
            "n^T - 1",
        ),
        (
            add((access("h", Affine.of("t") - 1), summed(access("h", Affine.of("t") - 1), "k"))),
            "(n + 1)^T - 1",
        ),
    ],
)
def test_recurrences(step: Expr, written: str) -> None:
    p = program(("T", "n"), [recurrent("h", access("x"), step), loss("h")], {"x": given("x"), "c": given("c")})
    closed = polynomials(p, unfolded=True)
    assert isinstance(closed, Closed)
    assert text(closed.cases[0].operations, p.sizes) == written
    assert agrees(p, closed, True) >= 15


def test_a_recurrence_feeds_another_of_the_same_growth() -> None:
    """h doubles and g doubles and reads h: T 2^T."""
    back = Affine.of("t") - 1
    h = recurrent("h", access("x"), add((access("h", back), access("h", back))))
    g = recurrent("g", access("x"), add((access("g", back), access("g", back), access("h", back))))
    p = program(("T",), [h, g, loss("g")], {"x": given("x")})
    closed = polynomials(p, unfolded=True)
    assert isinstance(closed, Closed)
    assert "2^T" in text(closed.cases[0].operations, p.sizes)
    assert agrees(p, closed, True, 7) >= 6


def test_zeros_at_the_border_of_a_recurrence() -> None:
    """h_0 = 0 vanishes from h_1, h_1 is seen by h_2, and from there on each step is like the one before."""
    back = Affine.of("t") - 1
    h = recurrent("h", ZERO, apply("tanh", add((multiply((access("w"), access("h", back))), access("x", "t")))))
    p = program(("T",), [h, loss("h")], {"x": given("x", "T"), "w": given("w")})
    for unfolded in (False, True):
        closed = polynomials(p, unfolded=unfolded)
        assert isinstance(closed, Closed)
        assert closed.cases[0].minimum["T"] <= 2
        assert agrees(p, closed, unfolded, 7) >= 6


def test_divisors_in_two_sizes_vanish_apart() -> None:
    """h_t = x + Σ_k Σ_j h_{t−1}: a sum of (n m)^t, with n m = 1 apart."""
    step = add((access("x"), Reduce("sum", (index("k", "n"), index("j", "m")), (), access("h", Affine.of("t") - 1))))
    p = program(("T", "n", "m"), [recurrent("h", access("x"), step), loss("h")], {"x": given("x")})
    closed = polynomials(p, unfolded=True)
    assert isinstance(closed, Closed)
    assert [len(c.conditions) for c in closed.cases] == [0, 1, 2]
    assert agrees(p, closed, True, 4) == 64


def test_two_growths_that_are_equal_for_equal_sizes() -> None:
    """h grows with n^t, and g, which reads it, with m^t: n ≠ m, or n = m and T n^T."""
    back = Affine.of("t") - 1
    h = recurrent("h", access("x"), summed(access("h", back), "k"))
    g = recurrent("g", access("x"), add((summed(access("g", back), "k", upper="m"), access("h", back))))
    p = program(("T", "n", "m"), [h, g, loss("g")], {"x": given("x")})
    closed = polynomials(p, unfolded=True)
    assert isinstance(closed, Closed)
    assert Guard("ne", Affine.of("n") - "m") in closed.cases[0].conditions
    assert agrees(p, closed, True, 4) >= 60


def test_a_line_that_is_read_ahead_of_itself() -> None:
    """g_t = h_{t+1} x, read by h_{t+2}: at one step h_{t+1} is computed with g_t."""
    back = Affine.of("t") - 2
    start = ((ge(2, "t"),), access("x"))
    h = Definition("h", (index("t", "T"),), Cases((start, ((), apply("tanh", access("g", back))))))
    g = Definition("g", (index("t", Affine.of("T") - 1),), multiply((access("h", Affine.of("t") + 1), access("x"))))
    p = program(("T",), [h, g, loss("h")], {"x": given("x")})
    for unfolded in (False, True):
        closed = polynomials(p, unfolded=unfolded)
        assert isinstance(closed, Closed)
        assert agrees(p, closed, unfolded, 8) >= 6


def test_a_recurrence_along_two_axes_has_no_closed_form() -> None:
    i, j = index("i", "n", 0), index("j", "n", 0)
    inside = (ge("i", 1), ge("j", 1))
    step = add((access("h", Affine.of("i") - 1, "j"), access("h", "i", Affine.of("j") - 1)))
    h = Definition("h", (i, j), Cases(((inside, step), ((), access("x")))))
    y = Definition("y", (), access("h", "n", "n"))
    p = program(("n",), [h, y], {"x": given("x")})
    assert polynomials(p, unfolded=True) == Reason("recurrence", "h")
    shared = polynomials(p)
    assert isinstance(shared, Closed)
    assert text(shared.cases[0].operations, ("n",)) == "n^2"


def test_primitives_are_one_operation() -> None:
    y = Definition("y", (index("i", "n"),), apply("sigmoid", access("x", "i")))
    p = program(("n",), [y], {"x": given("x", "n")})
    for primitives, operations in ((frozenset[str](), "4 n"), (frozenset({"sigmoid"}), "n")):
        closed = polynomials(p, primitives=primitives)
        assert isinstance(closed, Closed)
        assert text(closed.cases[0].operations, ("n",)) == operations


def test_positions_are_leaves() -> None:
    y = Definition("y", (), multiply((Position(Affine.of("n")), access("x"))))
    closed = polynomials(program(("n",), [y], {"x": given("x")}))
    assert isinstance(closed, Closed)
    assert closed.operations({"n": 1}) == 1
