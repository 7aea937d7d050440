"""Printed formulas mean what their trees mean: random trees, printed, read back by other hands, compared in value."""

from __future__ import annotations

import re
from fractions import Fraction
from types import MappingProxyType

import pykatex
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from symbp.calculus.affine import Affine, Guard, Index, Range
from symbp.calculus.expression import MINUS_ONE, Access, Add, Apply, Cases, Expr, Mul, Number, Position, Power, Reduce
from symbp.calculus.model import Array, Model, Role
from symbp.render.breaking import LATEX, TEXT, broken
from symbp.render.escape import checked_latex
from symbp.render.latex import latex
from symbp.render.printer import Vocabulary
from symbp.render.text import text
from tests.formula_readers import LatexReader, Reader, TextReader, function
from tests.render_models import network

RANGES = {"i": Range.of(1, 3), "j": Range.of(1, 3), "k": Range.of(1, 2)}
FREE = (Index("i", RANGES["i"]),)
AT = MappingProxyType({"i": 2})


def _model() -> Model:
    axis = RANGES["i"]
    arrays = {
        "a": Array("a", (), Role.INPUT), "b": Array("b", (), Role.INPUT), "x": Array("x", (axis,), Role.INPUT),
        "w": Array("w", (axis, axis), Role.INPUT),
    }
    return network(sizes=(), arrays=arrays, index_ranges=RANGES, rate=None, error_names=(), functions={"f": 1})


VOCABULARY = Vocabulary.of(_model())


def value_of(name: str, at: tuple[int, ...]) -> Fraction:
    """A small number for every array element, never 0."""
    code = (sum(map(ord, name)) * 7 + sum((p + 2) * (s + 3) for p, s in enumerate(at))) % 11
    return Fraction(code - 5 if code != 5 else 6, 1 + code % 2)


def evaluate(e: Expr, at: dict[str, int]) -> Fraction:
    """The tree's own meaning, with the test's stand-ins for functions."""
    match e:
        case Number(value):
            return value
        case Position(form):
            return Fraction(form.evaluate(at))
        case Access(name, subscripts):
            return value_of(name, tuple(s.evaluate(at) for s in subscripts if isinstance(s, Affine)))
        case Add(terms):
            return sum((evaluate(t, at) for t in terms), Fraction(0))
        case Mul(factors):
            product = Fraction(1)
            for factor in factors:
                product *= evaluate(factor, at)
            return product
        case Power(base, Number(exponent)):
            return evaluate(base, at) ** exponent
        case Apply(name, arguments):
            return function(name, evaluate(arguments[0], at))
        case Reduce("sum", (binder,), _, body):
            low, high = binder.range.lower.evaluate(at), binder.range.upper.evaluate(at)
            return sum((evaluate(body, {**at, binder.name: k}) for k in range(low, high + 1)), Fraction(0))
    raise AssertionError(e)


@st.composite
def trees(draw: st.DrawFn, depth: int = 4, scope: tuple[str, ...] = ("i",), binders: int = 0) -> Expr:
    """Raw trees, nested as no constructor would leave them; sums bind fresh names of few letters on purpose."""
    deeper = st.deferred(lambda: trees(depth=depth - 1, scope=scope, binders=binders))
    symbol = st.sampled_from(scope)
    form = st.builds(lambda s, c: Affine.of(s) + c, symbol, st.integers(0, 2))
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        kind = draw(st.integers(0, 4))
        if kind == 0:
            return Number(draw(st.sampled_from([Fraction(p, q) for p in (-3, -1, 0, 1, 2, 7) for q in (1, 2, 3, 10)])))
        if kind == 1:
            return Position(draw(form))
        if kind == 2:
            return Access(draw(st.sampled_from("ab")))
        return Access("x", (draw(form),)) if kind == 3 else Access("w", (draw(form), draw(form)))
    kind = draw(st.integers(0, 5))
    if kind == 0:
        return Add(tuple(draw(st.lists(deeper, min_size=2, max_size=3))))
    if kind in (1, 2):
        return Mul(tuple(draw(st.lists(deeper, min_size=2, max_size=4))))
    if kind == 3:
        return Power(draw(deeper), draw(st.sampled_from([MINUS_ONE, Number(Fraction(2)), Number(Fraction(-2))])))
    if kind == 4:
        return Apply(draw(st.sampled_from(["f", "sigmoid", "log"])), (draw(deeper),))
    name = draw(st.sampled_from(["j", "j#2", "i#2", "k", "k#3"]))
    if name in scope:
        name = f"{name.partition('#')[0]}#{len(scope) + 5}"
    upper = draw(st.sampled_from([Affine.of(3), Affine.of(2), Affine.of(scope[-1])]))
    body = draw(trees(depth=depth - 1, scope=(*scope, name), binders=binders + 1))
    return Reduce("sum", (Index(name, Range(Affine.of(1), upper)),), (), body)


def _value(reader: Reader) -> Fraction | None:
    try:
        return reader.whole()
    except ZeroDivisionError:
        return None


def _meaning(tree: Expr) -> Fraction:
    try:
        return evaluate(tree, dict(AT))
    except ZeroDivisionError:
        assume(False)
        raise


@settings(max_examples=120, deadline=None)
@given(trees())
def test_text_means_the_tree(tree: Expr) -> None:
    meaning = _meaning(tree)
    shown = text(tree, VOCABULARY.display(FREE, tree), unicode=False)
    assert _value(TextReader(shown, value_of, AT)) == meaning, shown


@settings(max_examples=120, deadline=None)
@given(trees())
def test_latex_means_the_tree(tree: Expr) -> None:
    meaning = _meaning(tree)
    shown = checked_latex(latex(tree, VOCABULARY.display(FREE, tree)))
    assert _value(LatexReader(shown, value_of, AT)) == meaning, shown


@settings(max_examples=80, deadline=None)
@given(trees(), st.sampled_from([12, 25, 40]))
def test_a_broken_line_means_the_same(tree: Expr, limit: int) -> None:
    meaning = _meaning(tree)
    context = VOCABULARY.display(FREE, tree)
    lines = broken(latex(tree, context), limit, LATEX)
    whole = " ".join(lines)
    while (closer := re.sub(r"\\right\. ?\\left\. (?:\{\})?", "", whole)) != whole:
        whole = closer
    assert _value(LatexReader(whole, value_of, AT)) == meaning, lines
    for line in lines:
        checked_latex(line)
        assert line.count("\\left") == line.count("\\right")
    plain = broken(text(tree, context, unicode=False), limit, TEXT)
    assert _value(TextReader(" ".join(plain), value_of, AT)) == meaning, plain


@settings(max_examples=100, deadline=None)
@given(trees())
def test_katex_reads_it(tree: Expr) -> None:
    inside = Cases((((Guard("ge", Affine.of("i") - 2),), tree), ((), tree)))
    pykatex.renderToString(latex(inside, VOCABULARY.display(FREE, inside)))


def test_any_depth_prints() -> None:
    tree: Expr = Access("a")
    for _ in range(3000):
        tree = Apply("f", (Add((tree, Mul((MINUS_ONE, Access("b"))))),))
    context = VOCABULARY.display((), tree)
    assert latex(tree, context).count("f(") == 3000
    assert text(tree, context, unicode=False).count("f(") == 3000
