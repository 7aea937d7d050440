"""Derivatives of single formulas against dual numbers: exact rationals, indices unrolled, no symbolic rule shared."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbp.calculus import expression as ex
from symbp.calculus.affine import Affine, Guard, Index, Lookup, Range, Subscript, range_guards
from symbp.calculus.forward import derivative
from symbp.errors import Refused

Value = Fraction | float
Point = Mapping[str, int]
Dual = tuple[Value, Value]


def data(name: str, at: tuple[int, ...]) -> Fraction:
    """A value for every element of every array, zero and repeated ones included."""
    return Fraction((sum((7, 11, 5)[k % 3] * s * s + 3 * s for k, s in enumerate(at)) + 13 * len(name)) % 9 - 3, 2)


def position(lookup: Lookup, at: Point) -> int:
    return sum(s.evaluate(at) for s in lookup.subscripts) % 3 + 1


def place(s: Subscript, at: Point) -> int:
    return position(s, at) if isinstance(s, Lookup) else s.evaluate(at)


def holds(guards: tuple[Guard, ...], at: Point) -> bool:
    return all(g.holds(at, position(g.lookup, at) if g.lookup else None) for g in guards)


def points(binders: tuple[Index, ...], at: Point) -> Iterator[dict[str, int]]:
    if not binders:
        yield dict(at)
        return
    first, rest = binders[0], binders[1:]
    for v in range(first.range.lower.evaluate(at), first.range.upper.evaluate(at) + 1):
        yield from points(rest, {**at, first.name: v})


class Oracle:
    """Dual-number evaluation: (value, derivative by one element)."""

    def __init__(self, name: str, element: tuple[int, ...]) -> None:
        self.name = name
        self.element = element

    def of(self, e: ex.Expr, at: Point) -> Dual:
        match e:
            case ex.Number(v):
                return v, Fraction(0)
            case ex.Constant():
                return math.pi, 0
            case ex.Position(form):
                return Fraction(form.evaluate(at)), Fraction(0)
            case ex.Access(name, subscripts):
                where = tuple(place(s, at) for s in subscripts)
                return data(name, where), Fraction(name == self.name and where == self.element)
            case ex.Add(terms):
                parts = [self.of(t, at) for t in terms]
                return sum(v for v, _ in parts), sum(d for _, d in parts)
            case ex.Mul(factors):
                return self.product([self.of(f, at) for f in factors])
            case ex.Power(base, exponent):
                return self.power(self.of(base, at), self.of(exponent, at))
            case ex.Apply(function, arguments):
                return FUNCTIONS[function](*(self.of(a, at) for a in arguments))
            case ex.Cases(branches):
                return next((self.of(b, at) for g, b in branches if holds(g, at)), (Fraction(0), Fraction(0)))
            case ex.Select(relation, left, right, yes, no):
                a, b = self.of(left, at)[0], self.of(right, at)[0]
                return self.of(yes if RELATIONS[relation](a, b) else no, at)
            case ex.Reduce(kind, binders, guards, body, component):
                inside = [p for p in points(binders, at) if holds(guards, p)]
                parts = [self.of(body, p) for p in inside]
                if kind == "sum":
                    return sum((v for v, _ in parts), Fraction(0)), sum((d for _, d in parts), Fraction(0))
                if kind == "prod":
                    return self.product(parts)
                best = (max if kind.endswith("max") else min)(v for v, _ in parts)
                first = next(k for k, (v, _) in enumerate(parts) if v == best)
                if kind.startswith("arg"):
                    return Fraction(inside[first][binders[component].name]), Fraction(0)
                return parts[first]
        raise AssertionError(e)

    def product(self, parts: list[Dual]) -> Dual:
        value: Value = Fraction(1)
        slope: Value = Fraction(0)
        for v, d in parts:
            value, slope = value * v, slope * v + value * d
        return value, slope

    def power(self, a: Dual, b: Dual) -> Dual:
        value = a[0] ** b[0]
        slope: Value = 0
        if a[1] and b[0]:
            slope += b[0] * a[0] ** (b[0] - 1) * a[1]
        if b[1]:
            slope += value * math.log(a[0]) * b[1]
        return value, slope


def unary(f: Callable[[Value], Value], slope: Callable[[Value], Value]) -> Callable[[Dual], Dual]:
    return lambda a: (f(a[0]), slope(a[0]) * a[1])


def logistic(z: Value) -> float:
    return 1 / (1 + math.exp(-z))


FUNCTIONS: dict[str, Callable[..., Dual]] = {
    "relu": unary(lambda v: max(v, 0), lambda v: int(v > 0)),
    "step": unary(lambda v: Fraction(int(v > 0)), lambda v: 0),
    "abs": unary(lambda v: v if v > 0 else -v, lambda v: (v > 0) - (v < 0)),
    "sign": unary(lambda v: Fraction((v > 0) - (v < 0)), lambda v: 0),
    "stop": lambda a: (a[0], Fraction(0)),
    "max": lambda a, b: a if a[0] >= b[0] else b,
    "min": lambda a, b: a if a[0] <= b[0] else b,
    "exp": unary(math.exp, math.exp),
    "log": unary(math.log, lambda v: 1 / v),
    "sin": unary(math.sin, math.cos),
    "cos": unary(math.cos, lambda v: -math.sin(v)),
    "sigmoid": unary(logistic, lambda v: math.exp(-v) / (1 + math.exp(-v)) ** 2),
    "tanh": unary(math.tanh, lambda v: 1 / math.cosh(v) ** 2),
}
RELATIONS: dict[str, Callable[[Value, Value], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}

RANK = {"u": 0, "x": 1, "w": 2}
SIZE, ROW, COLUMN = Affine.of("n"), Affine.of("i"), Affine.of("j")
FREE = {"n": Range.of(1, 3), "i": Range.of(1, "n"), "j": Range.of(0, 2)}
CONTEXT = tuple(g for name, within in FREE.items() for g in range_guards(name, within))


def check(e: ex.Expr, name: str, at: tuple[Affine, ...], tolerance: float = 0) -> None:
    """derivative(e, name, at) = the dual number's slope, wherever the context holds."""
    answer = derivative(e, name, at, CONTEXT)
    plain = Oracle("", ())
    for n, i, j in itertools.product((1, 2, 3), (1, 2, 3), (0, 1, 2)):
        if i > n:
            continue
        point = {"n": n, "i": i, "j": j}
        wanted = Oracle(name, tuple(a.evaluate(point) for a in at)).of(e, point)[1]
        got = plain.of(answer, point)[0]
        if tolerance:
            assert got == pytest.approx(wanted, rel=tolerance, abs=tolerance), (point, answer)
        else:
            assert got == wanted, (point, answer)


def affine(symbols: tuple[str, ...]) -> st.SearchStrategy[Affine]:
    coefficients = st.dictionaries(st.sampled_from(symbols), st.integers(-2, 2), max_size=2)
    plain = st.sampled_from(symbols).map(Affine.of)
    return plain | st.builds(Affine.build, coefficients, st.integers(-1, 2))


def subscripts(rank: int, symbols: tuple[str, ...]) -> st.SearchStrategy[tuple[Subscript, ...]]:
    lookup = affine(symbols).map(lambda a: Lookup("tok", (a,)))
    one: st.SearchStrategy[Subscript] = affine(symbols) | affine(symbols) | affine(symbols) | lookup
    return st.tuples(*[one] * rank)


def guard(symbols: tuple[str, ...]) -> st.SearchStrategy[Guard]:
    kind = st.sampled_from(["ge", "eq", "ne"])
    return (
        st.builds(Guard, kind, affine(symbols))
        | st.builds(Guard, st.sampled_from(["divides", "not_divides"]), affine(symbols), st.integers(2, 3))
        | st.builds(
            lambda k, a, s: Guard(k, a, lookup=Lookup("tok", (s,))),
            st.sampled_from(["eq", "ne"]),
            affine(symbols),
            affine(symbols),
        )
    )


def accesses(symbols: tuple[str, ...]) -> st.SearchStrategy[ex.Expr]:
    return st.sampled_from(sorted(RANK)).flatmap(
        lambda name: subscripts(RANK[name], symbols).map(lambda s: ex.Access(name, s))
    )


@st.composite
def formulas(draw: st.DrawFn, depth: int = 3, symbols: tuple[str, ...] = ("n", "i", "j")) -> ex.Expr:
    """Trees in which letters are reused on purpose: i, j and n#2 are bound beside the free ones."""
    if depth == 0:
        leaves: list[ex.Expr] = [ex.number(2), ex.Position(ROW), ex.number(Fraction(-1, 2))]
        return draw(accesses(symbols) | st.sampled_from(leaves))

    def inner(more: tuple[str, ...] = ()) -> ex.Expr:
        return draw(formulas(depth - 1, tuple(dict.fromkeys((*symbols, *more)))))

    kind = draw(st.sampled_from(["add", "mul", "pow", "call", "sum", "sum", "sum", "prod", "max", "cases", "select"]))
    match kind:
        case "add":
            return ex.Add((inner(), inner()))
        case "mul":
            return ex.Mul((inner(), inner(), inner()) if draw(st.booleans()) else (inner(), inner()))
        case "pow":
            return ex.Power(inner(), ex.number(draw(st.integers(0, 3))))
        case "call":
            name = draw(st.sampled_from(["relu", "abs", "stop", "max", "min", "step"]))
            return ex.Apply(name, (inner(), inner()) if name in ("max", "min") else (inner(),))
        case "cases":
            count = draw(st.integers(1, 3))
            return ex.Cases(
                tuple((tuple(draw(st.lists(guard(symbols), max_size=2))), inner()) for _ in range(count))
            )
        case "select":
            relation = draw(st.sampled_from(sorted(RELATIONS)))
            return ex.Select(relation, inner(), inner(), inner(), inner())  # type: ignore[arg-type]
    names = tuple(draw(st.lists(st.sampled_from(["k", "m", "k#2", "t"]), min_size=1, max_size=2, unique=True)))
    names = tuple(s for s in names if s not in symbols) or ("k#9" + str(depth),)
    binders: list[Index] = []
    for s in names:
        upper = draw(st.sampled_from([Affine.of(2), SIZE, ROW, *(Affine.of(b.name) for b in binders)]))
        binders.append(Index(s, Range(Affine.of(draw(st.integers(0, 1))), upper)))
    if kind == "max":
        return ex.Reduce(draw(st.sampled_from(["max", "min"])), tuple(binders), (), inner(names))
    guards = tuple(draw(st.lists(guard((*symbols, *names)), max_size=1)))
    return ex.Reduce(kind, tuple(binders), guards, inner(names))  # type: ignore[arg-type]


def total_max(e: ex.Expr) -> bool:
    """Whether no max or min ranges over an empty set at the tested points: its upper bounds are at least 1."""
    return all(
        b.range.upper.evaluate({"n": 1, "i": 1, "j": 0, **{x.name: 0 for x in r.binders}}) >= 1
        for r in ex.walk(e)
        if isinstance(r, ex.Reduce) and r.kind in ("max", "min")
        for b in r.binders
    )


@settings(max_examples=150, deadline=None)
@given(formulas(), st.sampled_from(sorted(RANK)), st.data())
def test_agrees_with_dual_numbers(e: ex.Expr, name: str, draw: st.DataObject) -> None:
    if total_max(e):
        at = draw.draw(st.tuples(*[affine(("n", "i", "j"))] * RANK[name]))
        check(e, name, at)


def access(name: str, *at: int | str | Affine) -> ex.Access:
    return ex.Access(name, tuple(Affine.of(a) for a in at))


def total(body: ex.Expr, *binders: Index, guards: tuple[Guard, ...] = ()) -> ex.Reduce:
    return ex.Reduce("sum", binders, guards, body)


K, M = Index("k", Range.of(1, "n")), Index("m", Range.of(0, 2))


def test_own_letter_of_a_sum_is_not_captured() -> None:
    assert derivative(total(access("x", "i"), Index("i", Range.of(1, "n"))), "x", (ROW,), CONTEXT) == ex.ONE


def test_sum_of_squares() -> None:
    e = total(ex.Power(access("x", "k"), ex.number(2)), K)
    assert derivative(e, "x", (ROW,), CONTEXT) == ex.Mul((ex.number(2), access("x", "i")))


def test_factors_keep_their_order() -> None:
    e = ex.Mul((access("p"), ex.Apply("sin", (access("u"),)), access("q")))
    assert derivative(e, "u", (), ()) == ex.Mul((access("p"), ex.Apply("cos", (access("u"),)), access("q")))


def test_an_element_outside_of_the_range_has_no_derivative() -> None:
    assert derivative(total(access("x", "k"), K), "x", (SIZE + 1,), CONTEXT) == ex.ZERO


def test_stride_leaves_the_guard() -> None:
    e = total(ex.Mul((access("w", 0, "k"), access("x", Affine.of("k") * 2))), K)
    answer = derivative(e, "x", (Affine.of("j"),), CONTEXT)
    assert isinstance(answer, ex.Reduce)
    assert [g.kind for g in answer.guards] == ["eq"]
    check(e, "x", (COLUMN,))


def test_outer_binders_are_eliminated_first() -> None:
    e = total(ex.Mul((access("d", "k"), access("v", "m"), access("x", Affine.of("k") + "m"))), K, M)
    answer = derivative(e, "x", (ROW,), CONTEXT)
    assert isinstance(answer, ex.Reduce)
    assert [b.letter for b in answer.binders] == ["m"]
    check(e, "x", (ROW,))


def test_ranges_that_read_each_other_after_solving() -> None:
    one, two, three = Index("a", Range.of(1, 3)), Index("b", Range.of(1, "a")), Index("c", Range.of(1, "b"))
    body = ex.Mul((access("x", Affine.of("a") + "c"), access("w", "b", "c")))
    check(total(body, one, two, three), "x", (ROW + 1,))


def test_product_leaves_one_factor_out_even_where_it_is_zero() -> None:
    e = ex.Reduce("prod", (K, M), (), access("w", "k", "m"))
    check(e, "w", (ROW, COLUMN))
    check(ex.Reduce("prod", (K, M), (Guard("ne", Affine.of("k") - "m"),), access("w", "k", "m")), "w", (ROW, COLUMN))


@pytest.mark.parametrize("kind", ["max", "min"])
def test_the_first_extremal_tuple_takes_the_derivative(kind: str) -> None:
    constant = ex.Reduce(kind, (K, M), (), ex.Mul((ex.ZERO, access("w", "k", "m"))))  # type: ignore[arg-type]
    plain = ex.Reduce(kind, (K, M), (), ex.Add((access("w", "k", "m"), access("x", "k"))))  # type: ignore[arg-type]
    for e in (constant, plain):
        check(e, "w", (ROW, COLUMN))
        check(e, "x", (ROW,))


def test_lookup_becomes_a_guard() -> None:
    e = total(ex.Access("w", (Lookup("tok", (Affine.of("k"),)), COLUMN)), K)
    answer = derivative(e, "w", (ROW, COLUMN), CONTEXT)
    assert isinstance(answer, ex.Reduce)
    assert answer.guards == (Guard("eq", ROW, lookup=Lookup("tok", (Affine.of(answer.binders[0].name),))),)
    check(e, "w", (ROW, COLUMN))


def test_overlapping_cases_take_the_first() -> None:
    first, second = (Guard("ge", ROW - 2), Guard("ge", COLUMN - 1)), (Guard("ge", COLUMN),)
    e = ex.Cases(((first, ex.Power(access("x", "i"), ex.number(2))), (second, access("x", "i"))))
    check(e, "x", (ROW,))


def test_both_branches_of_a_condition_stay_under_one() -> None:
    z = access("x", "k")
    e = total(ex.Select(">", z, ex.ZERO, z, ex.Mul((ex.number(Fraction(1, 10)), z))), K)
    expected = ex.Select(">", access("x", "i"), ex.ZERO, ex.ONE, ex.number(Fraction(1, 10)))
    assert derivative(e, "x", (ROW,), CONTEXT) == expected


def test_powers_with_exponents_of_every_kind() -> None:
    x = ex.Add((ex.Power(access("x", "i"), ex.number(2)), ex.number(2)))
    for exponent in (ex.number(-1), ex.number(Fraction(1, 2)), ex.Position(SIZE), x, ex.Constant("pi"), ex.number(0)):
        check(ex.Power(x, exponent), "x", (ROW,), tolerance=1e-9)


def test_smooth_functions_of_sums() -> None:
    inner = total(ex.Mul((access("w", "k", "m"), access("x", "k"))), K)
    for name in ("exp", "sin", "cos", "tanh", "sigmoid"):
        e = total(ex.Power(ex.Apply(name, (inner,)), ex.number(3)), M)
        check(e, "w", (ROW, COLUMN), tolerance=1e-9)
        check(e, "x", (ROW,), tolerance=1e-9)


def test_softmax_has_no_captured_letter() -> None:
    share = ex.divide(ex.apply("exp", access("x", "i")), total(ex.apply("exp", access("x", "k")), K))
    check(share, "x", (COLUMN,), tolerance=1e-9)
    check(total(ex.Mul((access("w", "i", "i"), share)), Index("i", Range.of(1, "n"))), "x", (COLUMN,), tolerance=1e-9)


def test_generic_function_gets_a_prime() -> None:
    answer = derivative(ex.Apply("f", (access("x", "i"), access("u"))), "u", ())
    assert answer == ex.Apply("f", (access("x", "i"), access("u")), (0, 1))


def test_a_partial_is_refused() -> None:
    with pytest.raises(Refused):
        derivative(ex.Partial(ex.PartialKind.TOTAL, access("u"), access("u")), "u", ())
