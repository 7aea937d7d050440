"""The one form holds the ten hard programs, schedules them, and refuses what is broken with the exact reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from symbp.calculus.affine import Affine, Guard, Lookup, Range
from symbp.calculus.expression import Access, Add, Apply
from symbp.calculus.model import Array, Equation, Model, Piece, Role
from symbp.calculus.reverse import adjoint_program
from symbp.calculus.schedule import Group, Unschedulable, ordered, schedule
from symbp.calculus.validate import problems
from tests.programs import (
    PROGRAMS,
    access,
    axes,
    concatenation,
    convolution,
    define,
    dense,
    embedding,
    eq,
    equation,
    form,
    ge,
    index,
    lag_two,
    layers,
    lstm,
    model,
    piece,
    product,
    term,
)

LSTM_STEP = ("i#1", "i", "f#1", "f", "o#1", "o", "g#1", "g", "c", "h#1", "h")
EXPECTED: dict[str, tuple[tuple[tuple[str, ...], int], ...]] = {
    "dense": ((("z",), 0), (("h",), 0), (("E#1",), 0), (("E",), 0)),
    "convolution": ((("z",), 0), (("E#1",), 0), (("E",), 0)),
    "concatenation": ((("c",), 0), (("E#1",), 0), (("E",), 0)),
    "lstm": ((LSTM_STEP, 1), (("E#1",), 0), (("E",), 0)),
    "lag_two": ((("h",), 1), (("E#1",), 0), (("E",), 0)),
    "layers": ((("z", "a"), 1), (("C#1",), 0), (("C",), 0)),
    "attention": tuple(((n,), 0) for n in ("S_s", "S#1", "S", "P#1", "P_s", "P", "O", "L")),
    "layer_norm": tuple(((n,), 0) for n in ("mu_s", "mu", "u", "v_s", "v", "s#1", "s", "y", "L")),
    "embedding": tuple(((n,), 0) for n in ("pool_s", "pool", "z", "p#1", "p_s", "p", "L")),
    "product": ((("P",), 0),),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_hard_programs_are_valid(name: str) -> None:
    assert problems(PROGRAMS[name]()) == ()


@pytest.mark.parametrize("name", PROGRAMS)
def test_hard_programs_are_scheduled(name: str) -> None:
    assert tuple((g.equations, g.direction) for g in schedule(PROGRAMS[name]())) == EXPECTED[name]


@pytest.mark.parametrize("name", PROGRAMS)
def test_any_order_of_definitions_is_put_right(name: str) -> None:
    made = PROGRAMS[name]()
    backwards = replace(made, equations=made.equations[::-1])
    assert problems(replace(backwards, equations=ordered(backwards))) == ()


def with_equation(made: Model, changed: Equation) -> Model:
    """The model with one equation put in place of its namesake, whose axes follow it."""
    equations = tuple(changed if e.target == changed.target else e for e in made.equations)
    axes_of = Array(changed.target, tuple(i.range for i in changed.indices), Role.DEFINED)
    return replace(made, equations=equations, arrays={**made.arrays, changed.target: axes_of})


def uncovered_state() -> Model:
    made = lag_two()
    old = made.equation("h")
    early = (eq("t"),)
    return with_equation(made, replace(old, pieces=(replace(old.pieces[0], guards=early), old.pieces[1])))


def read_before_the_axis() -> Model:
    made = lag_two()
    old = made.equation("h")
    start = replace(old.pieces[0], guards=(eq("t"),))
    return with_equation(made, replace(old, indices=(index("t", "T", 0),), pieces=(start, old.pieces[1])))


def overlapping_pieces() -> Model:
    made = concatenation()
    old = made.equation("c")
    return with_equation(made, replace(old, pieces=(old.pieces[0], replace(old.pieces[1], guards=(ge("k", "m"),)))))


def wrong_rank() -> Model:
    made = dense()
    return with_equation(made, define("h", (index("j", "q"),), term(Apply("sigmoid", (access("z", "j", "j"),)))))


def unpadded_convolution() -> Model:
    made = convolution()
    old = made.equation("z")
    unguarded = replace(old.pieces[0].terms[0], guards=())
    return with_equation(made, replace(old, pieces=(Piece((), (unguarded,)),)))


def needs_a_longer_input() -> Model:
    i = index("i", "n")
    return model(
        ("n", "m"), {"x": (Role.PARAM, axes("m"))}, (define("s", (), term(access("x", form("i") + 1), over=(i,))),), "s"
    )


def unschedulable() -> Model:
    i = index("i", "n")
    made = (
        define("a", (i,), term(access("b", "i"))), define("b", (i,), term(access("a", "i"))),
        define("s", (), term(access("a", "i"), over=(i,))),
    )
    return model(("n",), {"x": (Role.PARAM, axes("n"))}, made, "s")


def defined_twice() -> Model:
    made = dense()
    return replace(made, equations=(*made.equations, made.equation("h")))


def input_defined() -> Model:
    made = dense()
    again = define("x", (index("i", "d"),), term(access("b", "i")))
    return replace(made, sizes=("d", "q"), equations=(again, *made.equations))


def not_elementary() -> Model:
    made = dense()
    nested = Apply("sigmoid", (Add((access("z", "j"), access("b", "j"))),))
    return with_equation(made, define("h", (index("j", "q"),), term(nested)))


def invisible_index() -> Model:
    made = dense()
    return with_equation(made, define("h", (index("j", "q"),), term(Apply("sigmoid", (access("z", "i"),)))))


def real_subscript() -> Model:
    made = embedding()
    i = index("t", "T")
    gathered = term(access("Emb", Lookup("W", (form("t"), Affine.of(1))), "k"), over=(i,))
    return with_equation(made, define("pool_s", (index("k", "d"),), gathered))


def token_too_large() -> Model:
    made = embedding()
    tokens = replace(made.arrays["tok"], values=Range.of(0, "V"))
    return replace(made, arrays={**made.arrays, "tok": tokens})


def unknown_name() -> Model:
    made = dense()
    return with_equation(made, define("h", (index("j", "q"),), term(Apply("sigmoid", (access("zz", "j"),)))))


def in_the_wrong_order() -> Model:
    made = dense()
    z, h, *rest = made.equations
    return replace(made, equations=(h, z, *rest))


def empty_maximum() -> Model:
    i, j = index("i", "n"), index("j", "n")
    below = term(access("x", "j"), over=(j,), where=(ge(form("i") - 1, "j"),), kind="max")
    made = (define("m", (i,), below), define("s", (), term(access("m", "i"), over=(i,))))
    return model(("n",), {"x": (Role.PARAM, axes("n"))}, made, "s")


def product_of_two_factors() -> Model:
    i = index("i", "n")
    both = term(access("x", "i"), access("x", "i"), over=(i,), kind="prod")
    return model(("n",), {"x": (Role.PARAM, axes("n"))}, (define("P", (), both),), "P")


def unknown_function() -> Model:
    made = layers()
    made.functions.clear()
    return made


BROKEN: dict[Callable[[], Model], tuple[tuple[str, str], ...]] = {
    uncovered_state: (("uncovered", "no case of `h` holds at t = -1"),),
    read_before_the_axis: (
        ("range", "`h[t-2]` is outside `h`: at t = 1 its subscript is -1, not in 0..T"),
    ),
    overlapping_pieces: (
        ("overlap", "two cases of `c` hold at k = 1"),
        ("range", "`b[k-m]` is outside `b`: at k = 1, m = 1 its subscript is 0, not in 1..n"),
    ),
    wrong_rank: (("rank", "`z[j,j]` has 2 subscripts, and `z` has 1 axis"),),
    unpadded_convolution: (
        ("range", "`x[2*p+2*r-2]` is outside `x`: at p = 0, r = 0 its subscript is -2, not in 0..2*P+1"),
    ),
    needs_a_longer_input: (("range", "`x[i+1]` needs m >= n+1"),),
    unschedulable: (
        (
            "cycle",
            "`a` and `b` are defined through each other, "
            "and no order of the indices computes each value before it is read",
        ),
    ),
    defined_twice: (("twice", "`h` is defined twice"),),
    input_defined: (("role", "`x` is a given input and can't be defined"),),
    not_elementary: (("shape", "`h`: `sigmoid` is of accesses and numbers"),),
    invisible_index: (("symbol", "`i` in `h` is no index that it has there"),),
    real_subscript: (("role", "`W` is no integer input, and can't stand in a subscript or a condition"),),
    token_too_large: (
        ("range", "`Emb[tok[t],k]` is outside `Emb`: its first subscript `tok[t]` has values in 0..V, not in 1..V"),
    ),
    unknown_name: (("name", "unknown name `zz` in `h`"),),
    in_the_wrong_order: (("order", "`h` reads `z` before it is defined"),),
    empty_maximum: (("empty", "the max in `m` can run over no index at all"),),
    product_of_two_factors: (
        ("shape", "`P`: a `prod` over an index is the only term of its case, with one factor and coefficient 1"),
    ),
    unknown_function: (("shape", "`a`: there is no function `f`"),),
}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda f: f.__name__)
def test_broken_models_are_told_why(broken: Callable[[], Model]) -> None:
    assert tuple((p.kind, p.message) for p in problems(broken())) == BROKEN[broken]


def test_a_read_names_the_condition_that_would_allow_it() -> None:
    made = needs_a_longer_input()
    (found,) = problems(made)
    assert found.requirement == ge("m", form("n") + 1)
    assert found.access == access("x", form("i") + 1)
    assert problems(replace(made, requirements=(found.requirement,))) == ()


def test_an_embedding_needs_no_condition_and_a_fixed_read_does() -> None:
    fixed = model(("n",), {"x": (Role.PARAM, axes("n"))}, (define("s", (), term(access("x", 5))),), "s")
    assert [p.requirement for p in problems(fixed)] == [ge("n", 5)]


def recurrence(name: str, *reads: Access, upper: str = "n") -> Equation:
    i = index("i", upper)
    return define(name, (i,), *(term(r) for r in reads))


def loops(group: Group) -> tuple[tuple[tuple[int, ...], int, tuple[int, ...]], ...]:
    """(axes, direction, shifts) of each loop, outer first."""
    inner = [g for g in group.body if g.recurrent]
    here = (group.axes, group.direction, group.shifts)
    return (here, *(loop for g in inner for loop in loops(g)))


def bare(*equations: Equation) -> Model:
    return model(("n", "m", "T"), {}, equations, None)


def test_a_recurrence_on_the_next_index_runs_backwards() -> None:
    (group,) = schedule(bare(recurrence("d", access("d", form("i") + 1))))
    assert loops(group) == (((0,), -1, (0,)),)


def test_two_dimensions_nest_each_with_its_direction() -> None:
    i, j = index("i", "n"), index("j", "m")
    reads = term(access("a", form("i") - 1, "j")), term(access("a", "i", form("j") + 1))
    (group,) = schedule(bare(define("a", (i, j), *reads)))
    assert loops(group) == (((0,), 1, (0,)), ((1,), -1, (0,)))


def test_a_skewed_recurrence_is_positive_along_one_axis() -> None:
    i, j = index("i", "n"), index("j", "m")
    (group,) = schedule(bare(define("a", (i, j), term(access("a", form("i") - 1, form("j") + 1)))))
    assert loops(group) == (((0,), 1, (0,)),)


def test_the_recurrent_axis_is_found_through_transposed_equations() -> None:
    t, j, k = index("t", "T"), index("j", "n"), index("k", "n")
    made = bare(
        define("z#1", (j, t), term(access("h", form("t") - 1, "k"), over=(k,)), inline=True),
        define("h", (t, j), term(Apply("tanh", (access("z#1", "j", "t"),)))),
    )
    (group,) = schedule(made)
    assert (group.equations, group.axes, group.direction) == (("z#1", "h"), (1, 0), 1)


def test_equations_that_read_ahead_of_each_other_are_shifted() -> None:
    made = bare(recurrence("a", access("b", form("i") + 1)), recurrence("b", access("a", form("i") - 2)))
    (group,) = schedule(made)
    assert (group.equations, group.shifts, group.direction) == (("b", "a"), (0, 1), 1)


def test_a_sum_over_everything_earlier_is_a_recurrence() -> None:
    earlier = index("s", form("i") - 1)
    (group,) = schedule(bare(define("a", (index("i", "n"),), term(access("a", "s"), over=(earlier,)))))
    assert loops(group) == (((0,), 1, (0,)),)


def test_a_sum_over_everything_is_a_cycle() -> None:
    with pytest.raises(Unschedulable) as caught:
        schedule(bare(define("a", (index("i", "n"),), term(access("a", "s"), over=(index("s", "n"),)))))
    assert caught.value.names == ("a",)


def test_a_subscript_that_is_looked_up_is_no_distance() -> None:
    i = index("i", "n")
    made = model(
        ("n",), {}, (define("a", (i,), term(access("a", Lookup("p", (form("i"),))))),), None,
        {"p": (axes("n"), Range.of(1, "n"))},
    )
    assert [p.kind for p in problems(made)] == ["cycle"]


def test_order_is_the_authors_where_nothing_else_decides() -> None:
    names = ["m", "c", "z", "a"]
    assert [g.equations for g in schedule(bare(*(recurrence(n) for n in names)))] == [(n,) for n in names]


def test_a_hundred_thousand_links_need_no_recursion() -> None:
    length = 100_000
    made = bare(*(define(f"x{k}", (), term(access(f"x{k + 1}"))) for k in range(length)))
    assert schedule(made)[0].equations == (f"x{length - 1}",)


def test_pieces_by_number_are_checked_in_reasonable_time() -> None:
    count = 300
    i = index("i", count)
    pieces = tuple(piece(term(access("x")), where=(eq("i", k),)) for k in range(1, count + 1))
    given = {"x": (Role.PARAM, ())}
    whole = model((), given, (equation("a", (i,), *pieces),), None)
    assert problems(whole) == ()
    gap = model((), given, (equation("a", (i,), *pieces[:100], *pieces[101:]),), None)
    assert [p.message for p in problems(gap)] == ["no case of `a` holds at i = 101"]


def test_a_product_is_valid_whatever_its_length() -> None:
    assert problems(product()) == ()
    assert Guard("ge", Affine.of("n") - 1) not in product().requirements


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradient_programs_are_valid_too(name: str) -> None:
    made = PROGRAMS[name]()
    assert made.loss is not None
    gradients = adjoint_program(made, made.loss, made.wrt)
    assert problems(gradients) == ()


def test_adjoints_of_recurrences_run_backwards() -> None:
    made = lstm()
    groups = schedule(adjoint_program(made, "E", made.wrt))
    directions = [(g.equations[0][0], g.direction) for g in groups if g.recurrent]
    assert directions == [("i", 1), ("∂", -1)]


def test_lstm_loop_covers_the_generated_equations() -> None:
    (group, *_) = schedule(lstm())
    assert set(LSTM_STEP) == set(group.equations)
    assert all(not g.recurrent for g in group.body)
