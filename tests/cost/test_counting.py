"""Counts at sizes that nobody writes out, beside closed forms; small ones are proved in `test_cost_proof`."""

from __future__ import annotations

from fractions import Fraction

import pytest

import symbp
from symbp.calculus.affine import Affine, Guard, Index, Range
from symbp.calculus.expression import Access, Add, Apply, Cases, Expr, Mul, Number, Reduce
from symbp.calculus.model import Array, Definition, Role
from symbp.cost.counting import by_definition, count, occurrences, unfolded, unfolded_operations
from symbp.cost.index_runs import STEPS
from symbp.cost.printed import printed
from symbp.cost.program import Program
from symbp.cost.shared import Shared
from symbp.cost.tally import Tally
from symbp.cost.unfolded import Unfolded
from symbp.errors import Refused

ONE_TO_N = Range.of(1, "n")
I_, J = Index("i", ONE_TO_N), Index("j", ONE_TO_N)


def at(name: str, *subscripts: int | str | Affine) -> Access:
    return Access(name, tuple(Affine.of(s) for s in subscripts))


def program(*definitions: Definition, **axes: int) -> Program:
    arrays = {name: Array(name, (ONE_TO_N,) * rank, Role.PARAM) for name, rank in axes.items()}
    return Program(definitions, (definitions[-1].target,), arrays, ("n",))


def total(body: Expr, *binders: Index, where: tuple[Guard, ...] = ()) -> Reduce:
    return Reduce("sum", binders, where, body)


def of_text(text: str, **sizes: int) -> tuple[Program, dict[str, int]]:
    return printed(symbp.derive(text).data), sizes


HIDDEN = """
size d, q, l
index i in 1..d, h in 1..q, j in 1..l
input x[i]
target y[j]
param v[i,h], w[h,j]
a[h] = sum(i, v[i,h]*x[i])
b[h] = tanh(a[h])
z[j] = sum(h, w[h,j]*b[h])
loss E = 1/2*sum(j, (z[j] - y[j])^2)
name e[h] = grad(a[h])
name g[j] = grad(z[j])
"""


def looks(made: Program, sizes: dict[str, int]) -> list[int]:
    """How many elements are looked at one by one when all are counted, and when trees are."""
    trees = Unfolded(made, sizes)
    trees.roots(made.outputs)
    return [STEPS - Shared(made, sizes).meter.left, STEPS - trees.meter.left]


def test_a_wide_network_takes_no_more_looks_than_a_small_one() -> None:
    made, sizes = of_text(HIDDEN, d=784, q=30, l=10)
    assert looks(made, sizes) == looks(made, {"d": 3, "q": 2, "l": 1})
    assert max(looks(made, sizes)) <= len(made.definitions)


def test_a_wide_network_is_counted() -> None:
    wide, sizes = of_text(HIDDEN, d=784, q=30, l=10)
    d, q, l = 784, 30, 10  # noqa: E741
    tally = count(wide, sizes)
    trees = unfolded(wide, wide.outputs, sizes)
    parts = by_definition(wide, sizes)
    assert parts["a"].by_kind == {"add": q * (d - 1), "multiply": q * d}
    assert parts["z"].by_kind == {"add": l * (q - 1), "multiply": l * q}
    assert parts["E"].by_kind == {"add": l - 1, "subtract": l, "multiply": 1, "square": l}
    assert parts["∂v"].by_kind == {"multiply": d * q}
    assert parts["∂w"].by_kind == {"multiply": q * l}
    assert tally.operations == sum(p.operations for p in parts.values())
    hidden = 2 * d  # tanh of d products
    output = q * (hidden + 1) + q - 1
    assert unfolded(wide, ["z"], sizes).operations == l * output
    assert unfolded(wide, ["E"], sizes).operations == l * (output + 2) + l - 1 + 1
    each = {name: unfolded(wide, [name], sizes).operations for name in wide.outputs}
    assert unfolded_operations(wide, wide.outputs, sizes) == each
    assert trees.operations == sum(each.values())


def test_a_recurrence_of_many_steps() -> None:
    """u_t = 2 u_{t−1} + u_{t−2} from x and y: trees of N_t = N_{t−1} + N_{t−2} + 2 operations, with F_t of y."""
    steps = 90_000
    t = Index("t", Range.of(0, "T"))
    branches = (
        ((Guard("eq", Affine.of("t")),), at("x")),
        ((Guard("eq", Affine.of("t") - 1),), at("y")),
        ((), Add((Mul((at("u", Affine.of("t") - 1), Number(Fraction(2)))), at("u", Affine.of("t") - 2)))),
    )
    arrays = {name: Array(name, (), Role.PARAM) for name in ("x", "y")}
    made = Program(
        (Definition("u", (t,), Cases(branches)), Definition("E", (), at("u", "T"))), ("E",), arrays, ("T",)
    )
    assert count(made, {"T": steps}).by_kind == {"add": steps - 1, "multiply": steps - 1}
    tree = unfolded(made, ["E"], {"T": steps})
    before, now = 0, 0
    for _ in range(2, steps + 1):
        before, now = now, before + now + 2
    assert tree.operations == now
    assert tree.depth == 2 * (steps - 1) + 1
    assert [occurrences(made, "y", ["E"], {"T": steps}) for steps in range(1, 9)] == [1, 1, 2, 3, 5, 8, 13, 21]


def test_a_chain_of_four_thousand_definitions() -> None:
    """Each reads the one before twice: 2^k − 1 additions."""
    chain = [Definition("a0", (I_,), at("x", "i"))]
    for k in range(1, 4001):
        chain.append(Definition(f"a{k}", (I_,), Add((at(f"a{k - 1}", "i"), at(f"a{k - 1}", "i")))))
    made = program(*chain, x=1)
    tree = unfolded(made, ["a4000"], {"n": 3})
    assert tree.operations == 3 * (2**4000 - 1)
    assert tree.distinct == 3 * 4000 + 3
    assert count(made, {"n": 3}).operations == 12_000
    assert occurrences(made, "a1000", ["a4000"], {"n": 3}) == 3 * 2**3000


def test_triangles() -> None:
    """u_i = Σ_{j ≤ i} x_j: n(n − 1)/2 additions, and Σ_i u_i has n(n + 1)/2 − 1."""
    below = (Guard("ge", Affine.of("i") - "j"),)
    made = program(
        Definition("u", (I_,), total(at("x", "j"), J, where=below)), Definition("s", (), total(at("u", "i"), I_)),
        x=1,
    )
    n = 2000
    assert by_definition(made, {"n": n})["u"].by_kind == {"add": n * (n - 1) // 2}
    assert unfolded(made, ["s"], {"n": n}).operations == n * (n + 1) // 2 - 1
    assert count(made, {"n": n}).distinct == n * (n - 1) // 2 + n - 1 + n


def test_an_equality_picks_its_index() -> None:
    """A diagonal has n elements, also of a matrix that is too large to look through."""
    same = (Guard("eq", Affine.of("i") - "j"),)
    n = 20_000
    diagonal = program(Definition("d", (I_,), total(Apply("exp", (at("u", "i", "j"),)), J, where=same)), u=2)
    assert count(diagonal, {"n": n}) == Tally({"exp": n}, n, 2 * n, 2 * n, 2)
    trace = program(Definition("d", (), total(at("u", "i", "j"), I_, J, where=same)), u=2)
    assert count(trace, {"n": n}).by_kind == {"add": n - 1}
    inside = program(Definition("d", (), total(Cases(((same, at("u", "i", "j")),)), I_, J)), u=2)
    assert count(inside, {"n": n}).by_kind == {"add": n - 1}


def test_all_but_one() -> None:
    others = (Guard("ne", Affine.of("i") - "j"),)
    made = program(Definition("p", (I_,), Reduce("prod", (J,), others, at("x", "j"))), x=1)
    assert count(made, {"n": 1000}).by_kind == {"multiply": 1000 * 998}
    assert count(made, {"n": 1}).operations == 0


def test_a_gather_counts_its_index_set() -> None:
    """Positions run through 1, 2, …, V, 1, …, unless the file has values; ∂Emb adds where a word comes again."""
    text = """
size T, V
index t in 1..T, v in 1..V
input tok[t] in 1..V
param Emb[v]
loss E = sum(t, Emb[tok[t]]^2)
"""
    made, sizes = of_text(text, T=10, V=4)
    assert by_definition(made, sizes)["E"].distinct == 10 + 9 + 4
    assert by_definition(made, sizes, given={"tok": (1,) * 10})["E"].distinct == 10 + 9 + 1
    many, sizes = of_text(text, T=1000, V=50_000)
    assert by_definition(many, sizes)["E"].operations == 1999


def test_what_is_multiplied_by_zero_is_not_read() -> None:
    """h_0 = 0: at the first step the weight isn't used."""
    t = Index("t", Range.of(0, "n"))
    h = Cases((
        ((Guard("eq", Affine.of("t")),), Number(Fraction(0))),
        ((), Add((Mul((at("U"), at("h", Affine.of("t") - 1))), at("x", "t")))),
    ))
    made = program(Definition("h", (t,), h), Definition("E", (), at("h", "n")), U=0, x=1)
    assert count(made, {"n": 1}).operations == 0
    assert count(made, {"n": 1}).distinct == 2  # 0 and x_1
    assert count(made, {"n": 10**12}).by_kind == {"add": 10**12 - 1, "multiply": 10**12 - 1}
    assert unfolded(made, ["E"], {"n": 50}).by_kind == {"add": 49, "multiply": 49}


def test_too_many_different_elements_have_a_closed_form_or_are_refused() -> None:
    """Each u_{ij} has i + j terms of its own, every third one no term: there is no formula for this."""
    k = Index("k", Range.of(1, Affine.of("i") + "j"))
    made = program(Definition("u", (I_, J), total(at("x", "k"), k)), x=1)
    for n in (30, 10_000):
        assert count(made, {"n": n}).by_kind == {"add": n * n * (n + 1) - n * n}
        assert by_definition(made, {"n": n})["u"].distinct == n * n * (n + 1) - n * n + 2 * n
    third = Guard("not_divides", Affine.of("i") + "j", 3)
    sparse = program(Definition("u", (I_, J), Cases((((third,), total(at("x", "k"), k)),))), x=1)
    present = [i + j - 1 for i in range(1, 31) for j in range(1, 31) if (i + j) % 3]
    assert count(sparse, {"n": 30}).by_kind == {"add": sum(present)}
    with pytest.raises(Refused, match=r"more than 100,000 elements one by one at n = 10,000: up to 100,000,000 for u"):
        count(sparse, {"n": 10_000})


def test_signs_and_literals_go_through_brackets() -> None:
    """a = −x; b = 1: y − a is y + x, and b a is −x."""
    minus = Number(Fraction(-1))
    made = program(
        Definition("a", (), Mul((minus, at("x")))), Definition("b", (), Number(Fraction(1))),
        Definition("s", (), Add((at("y"), Mul((minus, at("a")))))), Definition("p", (), Mul((at("b"), at("a")))),
        x=0, y=0,
    )
    assert unfolded(made, ["s"], {"n": 1}).by_kind == {"add": 1}
    assert unfolded(made, ["p"], {"n": 1}).by_kind == {"negate": 1}
    assert by_definition(made, {"n": 1})["s"].by_kind == {"subtract": 1}
    assert by_definition(made, {"n": 1})["p"].operations == 0


def test_a_line_counts_for_every_value_of_its_indices() -> None:
    """δ[t] = δ[t+1] (1 − h[t+1]²) w, 4 operations, for t = 0 … T − 1, though nothing reads δ[0]; and δ[T] = 2 h[T].

    In ∂E/∂w, where δ[t] stands beside h[t − 1] and h[0] is 0, written out δ[2] to δ[T] stand with all after them.
    """
    text = "index t in 1..T\nparam w\ninput x[t]\nh[0] = 0\nh[t] = tanh(w*h[t-1] + x[t])\nloss E = h[T]^2\n"
    for steps in (3, 5):
        made, sizes = of_text(text, T=steps)
        assert by_definition(made, sizes)["∂h"].operations == 4 * steps + 1
        assert occurrences(made, "∂h", ["∂w"], sizes) == steps * (steps - 1) // 2
