"""The reader: what valid text becomes, and what each mistake is told, to the letter."""

from __future__ import annotations

import ast
import dataclasses
import io
import logging
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import lark
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbp.errors import Diagnostic, LanguageError
from symbp.language import syntax as s
from symbp.language.parse import LineBreaks, parse, parse_expression
from symbp.language.report import format_error, suggest
from symbp.language.words import RESERVED
from symbp.shipped import shipped

MODELS = sorted((Path(__file__).parent / "models").glob("*.bp"))


def told(text: str | bytes, name: str = "t.bp") -> str:
    with pytest.raises(LanguageError) as caught:
        parse(text, name)
    return format_error(caught.value)


def first(text: str | bytes) -> Diagnostic:
    with pytest.raises(LanguageError) as caught:
        parse(text)
    return caught.value.diagnostics[0]


def place(text: str | bytes) -> tuple[int, int]:
    span = first(text).span
    return span.line, span.column


def only(text: str) -> Any:
    (statement,) = parse(text).statements
    return statement


def plain(node: Any) -> Any:
    """The tree without spans: (class name, fields)."""
    if dataclasses.is_dataclass(node):
        fields = [f.name for f in dataclasses.fields(node) if f.compare and not f.name.endswith("span")]
        values = [plain(getattr(node, f)) for f in fields]
        return (type(node).__name__, *values)
    if isinstance(node, tuple):
        return tuple(plain(n) for n in node if not isinstance(n, s.Span))
    if isinstance(node, Fraction) and node.denominator == 1:
        return int(node)
    return node


def name(n: str) -> Any:
    return ("Name", n)


def numeral(v: int) -> Any:
    return ("Numeral", v)


# Formulas


@pytest.mark.parametrize(("text", "tree"), [
    ("a - b*c", ("Sum", ((1, name("a")), (-1, ("Product", ((1, name("b")), (1, name("c")))))))),
    ("-w^2", ("Negative", ("PowerOf", name("w"), numeral(2)))),
    ("-w^2*x", ("Negative", ("Product", ((1, ("PowerOf", name("w"), numeral(2))), (1, name("x")))))),
    ("w^-2", ("PowerOf", name("w"), ("Negative", numeral(2)))),
    ("a^b^c", ("PowerOf", name("a"), ("PowerOf", name("b"), name("c")))),
    ("a/b/c", ("Product", ((1, name("a")), (-1, name("b")), (-1, name("c"))))),
    ("-a + b", ("Sum", ((-1, name("a")), (1, name("b"))))),
    ("a - -b", ("Sum", ((1, name("a")), (-1, ("Negative", name("b")))))),
    ("a * -b", ("Product", ((1, name("a")), (1, ("Negative", name("b")))))),
    ("(a + b) + c", ("Sum", ((1, ("Sum", ((1, name("a")), (1, name("b"))))), (1, name("c"))))),
    ("x[2*p+r, 0]", ("Subscripted", "x", (
        ("Sum", ((1, ("Product", ((1, numeral(2)), (1, name("p"))))), (1, name("r")))), numeral(0)))),
    ("0.35", ("Numeral", Fraction(7, 20))),
    ("1e-400", ("Numeral", Fraction(1, 10**400))),
    ("1e400", ("Numeral", 10**400)),
    ("f(x, 2)", ("Call", "f", (name("x"), numeral(2)))),
    ("pad(x[i], 0)", ("Call", "pad", (("Subscripted", "x", (name("i"),)), numeral(0)))),
    ("where(i < j, 1, 0)", ("Where", ("Comparison", (name("i"), name("j")), ("<",)), numeral(1), numeral(0))),
])
def test_formula(text: str, tree: Any) -> None:
    assert plain(parse_expression(text)) == tree


def bound(n: str, lower: Any = None, upper: Any = None, condition: Any = None) -> Any:
    return ("Binder", n, lower, upper, condition)


@pytest.mark.parametrize(("text", "tree"), [
    ("sum(i, j, x)", ("Reduction", "sum", (bound("i"), bound("j")), name("x"))),
    ("sum(k in 1..3, x)", ("Reduction", "sum", (bound("k", numeral(1), numeral(3)),), name("x"))),
    ("prod(j if j != i, x)", ("Reduction", "prod", (
        bound("j", condition=("Comparison", (name("j"), name("i")), ("!=",))),), name("x"))),
    ("sum(i in 1..3 if 1 < i <= n, k, x)", ("Reduction", "sum", (
        bound("i", numeral(1), numeral(3), ("Comparison", (numeral(1), name("i"), name("n")), ("<", "<="))),
        bound("k")), name("x"))),
    ("max(a, b)", ("Reduction", "max", (bound("a"),), name("b"))),
    ("max(a, 0)", ("Reduction", "max", (bound("a"),), numeral(0))),
    ("max(2*a, b)", ("Call", "max", (("Product", ((1, numeral(2)), (1, name("a")))), name("b")))),
    ("min(min(w, 0), 1)", ("Call", "min", (("Reduction", "min", (bound("w"),), numeral(0)), numeral(1)))),
    ("softmax(j if not (j > i or j == n) and i != 1, x)", ("Reduction", "softmax", (bound("j", condition=("And", (
        ("Not", ("Or", (
            ("Comparison", (name("j"), name("i")), (">",)), ("Comparison", (name("j"), name("n")), ("==",))))),
        ("Comparison", (name("i"), numeral(1)), ("!=",))))),), name("x"))),
])
def test_binders(text: str, tree: Any) -> None:
    assert plain(parse_expression(text)) == tree


# Statements


@pytest.mark.parametrize(("text", "tree"), [
    ("index i in 1..d, h in 0..q", ("IndexDeclaration", (bound("i", numeral(1), name("d")),
                                                        bound("h", numeral(0), name("q"))))),
    ("size d = 3, q", ("SizeDeclaration", (("d", numeral(3)), ("q", None)))),
    ("input tok[t] in 1..V", ("Declaration", "input", (
        ("Declared", "tok", (("Axis", None, name("t")),), (numeral(1), name("V"))),))),
    ("param b, K[0..2, 784]", ("Declaration", "param", (
        ("Declared", "b", (), None),
        ("Declared", "K", (("Axis", numeral(0), numeral(2)), ("Axis", None, numeral(784))), None)))),
    ("function f(z)", ("GenericFunction", "f", (("z",),))),
    ("gate(a, b) = a", ("FunctionDefinition", "gate", (("a",), ("b",)), name("a"))),
    ("h[0,j] = 0", ("Definition", "h", (numeral(0), name("j")), numeral(0), False)),
    ("loss E = x", ("Definition", "E", (), name("x"), True)),
    ("assume s[k] > 0", ("Assume", ("Subscripted", "s", (name("k"),)), ">", numeral(0), ())),
    ("assume a = 1", ("Assume", name("a"), "=", numeral(1), ())),
    ("assume a == 1", ("Assume", name("a"), "=", numeral(1), ())),
    ("assume y in {0, 1}", ("Assume", name("y"), "in", None, (numeral(0), numeral(1)))),
    ("update eta", ("Update", "eta")),
    ("name g[j] = -grad(b[j])", ("ErrorNameStatement", "g", (name("j"),), -1, ("Subscripted", "b", (name("j"),)))),
    ("name g = grad(b)", ("ErrorNameStatement", "g", (), 1, name("b"))),
    ("role s = pre-activation", ("RoleStatement", "s", "pre-activation")),
    ("show w[l,j] as w^{l,1}_jk", ("Show", "w", (name("l"), name("j")), "w^{l,1}_jk")),
    ("let W = [[1, 2], [3, -0.4]]", ("Assignment", "W", ("Matrix", (
        ("Matrix", (numeral(1), numeral(2))),
        ("Matrix", (numeral(3), ("Negative", ("Numeral", Fraction(2, 5))))))))),
    ("at x = 3", ("Assignment", "x", numeral(3))),
])
def test_statement(text: str, tree: Any) -> None:
    assert plain(only(text)) == tree


def test_lists_are_opened_into_one_statement_each() -> None:
    text = "name a = grad(b), c = -grad(d)\nshow a as x^l_jk, b as y^{1,2}, c as z\nat x = 3, y = -4\n"
    kinds = [type(t).__name__ for t in parse(text).statements]
    assert kinds == ["ErrorNameStatement"] * 2 + ["Show"] * 3 + ["Assignment"] * 2


@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_models_are_read(path: Path) -> None:
    assert parse(path.read_bytes(), path.name).statements


@pytest.mark.parametrize("word", [
    "input", "target", "param", "const", "index", "size", "function", "loss", "assume", "update", "name", "show",
    "let", "at", "in", "as", "grad", "E", "I", "N", "S", "Q", "lambda", "True", "None", "Max", "lamda", "__class__",
    "test", "network", "layer", "pi", "α", "ŷ", "x̄", "损失", "λ_1",
])
def test_ordinary_names(word: str) -> None:
    written = s.Source(f"{word} = 2\n{word}[i] = {word}*x + {word}[i]\nparam {word}\nloss {word} = {word}^2")
    defined, indexed, declared, loss = parse(written.text).statements
    assert isinstance(defined, s.Definition) and isinstance(indexed, s.Definition)
    assert isinstance(declared, s.Declaration) and isinstance(loss, s.Definition)
    assert {defined.name, indexed.name, declared.names[0].name, loss.name} == {word}


@pytest.mark.parametrize("word", sorted(RESERVED - {"and", "or", "not", "if"}))
def test_reserved_words(word: str) -> None:
    for text, column in ((f"{word} = 2", 1), (f"L = {word}^2*x", 5), (f"param {word}", 7), (f"L = sum({word}, x)", 9)):
        assert first(text).message == f"`{word}` is a reserved word, so it can't be a name"
        assert place(text) == (1, column)


def test_names_are_composed_and_columns_are_those_of_the_text() -> None:
    (definition,) = parse("y\u0302 = a + y\u0302*$".replace("$", "b")).statements
    assert isinstance(definition, s.Definition) and definition.name == "ŷ"
    assert place("y\u0302 = a + $") == (1, 10)


def test_newlines_inside_brackets_and_after_commas_are_blanks() -> None:
    text = "param a,  # one\n\n  # two\n  b\nL = sum(i,\n  x[i\n  ] # three\n)\nat a = 1,\n b = 2\n"
    assert [type(t).__name__ for t in parse(text).statements] == [
        "Declaration", "Definition", "Assignment", "Assignment",
    ]


@pytest.mark.parametrize("text", [
    "\ufeffz = w*x\nL = z\n", "z = w*x\r\nL = z\r\n", "z = w*x\rL = z", b"\xef\xbb\xbfz = w*x\nL = z",
])
def test_byte_order_mark_and_line_ends(text: str | bytes) -> None:
    assert parse(text).statements == parse("z = w*x\nL = z\n").statements


def test_spans_point_at_the_text() -> None:
    text = "# c\nbeta[j] = sum(h,\n   w[h,j] * b[h])\n"
    definition = parse(text).statements[0]
    assert isinstance(definition, s.Definition) and isinstance(definition.body, s.Reduction)
    product = definition.body.body
    assert text[product.span.start:product.span.end] == "w[h,j] * b[h]"
    assert (product.span.line, product.span.column) == (3, 4)
    assert text[definition.span.start:definition.span.end] == text[4:-1]


# A second reader: Python's own, on the operators that the two languages share


@st.composite
def formulas(draw: st.DrawFn, depth: int = 4) -> str:
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(st.sampled_from(["a", "b", "c", "2", "3", "0.5", "7e-1"]))
    left = draw(formulas(depth - 1))
    match draw(st.integers(0, 6)):
        case 0:
            return f"({left})"
        case 1:
            return f"-{left}" if left[0] != "-" else left
        case 2:
            return f"({left})^{draw(st.sampled_from(['2', '-2', '2^2', '-1^2']))}"
        case k:
            return f"{left} {'+-*/'[k - 3]} {draw(formulas(depth - 1))}"


VALUES = {"a": Fraction(3, 7), "b": Fraction(-5, 2), "c": Fraction(11)}


def python_value(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=value):
            return Fraction(str(value))
        case ast.Name(id=n):
            return VALUES[n]
        case ast.UnaryOp(operand=operand):
            return -python_value(operand)
        case ast.BinOp(left=left, op=op, right=right):
            x, y = python_value(left), python_value(right)
            match op:
                case ast.Add():
                    return x + y
                case ast.Sub():
                    return x - y
                case ast.Mult():
                    return x * y
                case ast.Div():
                    return x / y
                case _:
                    return Fraction(x ** int(y))
    raise AssertionError(node)


def our_value(node: Any) -> Fraction:
    match node:
        case s.Numeral():
            return node.value
        case s.Name():
            return VALUES[node.name]
        case s.Negative():
            return -our_value(node.operand)
        case s.Sum():
            return sum((sign * our_value(t) for sign, t in node.terms), Fraction(0))
        case s.Product():
            product = Fraction(1)
            for exponent, factor in node.factors:
                product *= our_value(factor) ** exponent
            return product
        case s.PowerOf():
            return Fraction(our_value(node.base) ** int(our_value(node.exponent)))
    raise AssertionError(node)


@settings(max_examples=300, deadline=None)
@given(formulas())
def test_formulas_mean_what_python_reads(text: str) -> None:
    try:
        expected = python_value(ast.parse(text.replace("^", "**"), mode="eval").body)
    except ZeroDivisionError:
        return
    assert our_value(parse_expression(text)) == expected


# Mistakes


@pytest.mark.parametrize(("text", "line", "column", "message", "hint"), [
    ("L = w*x $ 2\n", 1, 9, "unexpected character `$`", "formulas stand without `$` here"),
    ("L = ﬁ*x\n", 1, 5, "unexpected character `ﬁ` U+FB01 LATIN SMALL LIGATURE FI", "write `fi`"),
    ("L = w*x²\n", 1, 8, "unexpected character `²` U+00B2 SUPERSCRIPT TWO", "write `^2`"),
    ("L = x₁\n", 1, 6, "unexpected character `₁` U+2081 SUBSCRIPT ONE",
     "write a subscript in brackets, `x[1]`, or in the name, `x1`"),
    ("z = w*x\u2028L = z\n", 1, 8, "unexpected character U+2028 LINE SEPARATOR",
     "end the line with an ordinary newline"),
    ("# total \u2066 w = 0 \u2069\nL = w*x\n", 1, 9, "unexpected character U+2066 LEFT-TO-RIGHT ISOLATE",
     "leave it out"),
    ("L = a\x00b", 1, 6, "unexpected character U+0000 NULL", "it can't be seen: leave it out"),
    ("L = a\u00a0+ b", 1, 6, "unexpected character U+00A0 NO-BREAK SPACE", "type an ordinary space"),
    ("L = a\u200bb", 1, 6, "unexpected character U+200B ZERO WIDTH SPACE", "it can't be seen: leave it out"),
    ("L = a − b", 1, 7, "unexpected character `−` U+2212 MINUS SIGN", "write `-`"),
    ("L = a × b", 1, 7, "unexpected character `×` U+00D7 MULTIPLICATION SIGN", "write `*`"),
    ("L = a · b", 1, 7, "unexpected character `·` U+00B7 MIDDLE DOT", "write `*`"),
    ("L = a ÷ b", 1, 7, "unexpected character `÷` U+00F7 DIVISION SIGN", "write `/`"),
    ("L = （a）", 1, 5, "unexpected character `（` U+FF08 FULLWIDTH LEFT PARENTHESIS", "write `(`"),
    ("L = f(a，b)", 1, 8, "unexpected character `，` U+FF0C FULLWIDTH COMMA", "write `,`"),
    ("L = “a”", 1, 5, "unexpected character `“` U+201C LEFT DOUBLE QUOTATION MARK", "there are no quotation marks"),
    ("L = ٣", 1, 5, "unexpected character `٣` U+0663 ARABIC-INDIC DIGIT THREE", "write `3`"),
    ("L = µ", 1, 5, "unexpected character `µ` U+00B5 MICRO SIGN", "write `μ`"),
    ("L = w[1]'\n", 1, 9, "unexpected character `'`",
     "there are no primes and no texts: give the derivative a name of its own"),
    ('L = w*__import__("os").system("x")\n', 1, 18, 'unexpected character `"`', "there are no texts in the language"),
    ("L = f'{w}'\n", 1, 6, "unexpected character `'`",
     "there are no primes and no texts: give the derivative a name of its own"),
    ("L = w*\\input{/etc/hostname}\n", 1, 7, "unexpected character `\\`",
     "there are no LaTeX commands here: write `sum(i, x[i])`, `alpha`, `exp(x)`"),
    ("L = |w*x|", 1, 5, "unexpected character `|`", "write `abs(x)` for the absolute value, `or` between conditions"),
    ("L = |w*x\n", 1, 9, "`|` is never closed", "write `abs(x)` for the absolute value"),
    ("L = 0x10*w*x\n", 1, 6, "numbers are written in decimal digits", "write the number in decimal"),
    ("L = 1_000", 1, 6, "a number has no `_`", "write its digits without a gap"),
    ("L = 1e999999999*w*x\n", 1, 5, "the exponent is too large", "from -400 to 400"),
    ("L = 1e401", 1, 5, "the exponent is too large", "from -400 to 400"),
    ("L = " + "9" * 51, 1, 5, "the number is too long", "50 digits at most"),
    ("L = " + "a" * 101, 1, 5, "the name is too long: 101 characters", "100 characters at most"),
    ("# nothing here\n", 1, 1, "the text is empty: there is no statement in it",
     "write a definition, for example `loss E = (w*x - y)^2`"),
    ("L = (w*x\n", 1, 9, "`(` is never closed", "`)` is expected"),
    ("L = x[i)", 1, 8, "`]` is expected here, not `)`", "write `]`"),
    ("L = x)", 1, 6, "`)` closes nothing", "leave it out, or open it before"),
    ("= w*x\n", 1, 1, "a name is expected in front of `=`", "write `y = …`"),
    ("2*x = 3", 1, 1, "a statement begins with a name, not with `2`", "write `y = …`"),
    ("L = w x\n", 1, 7, "an operator such as `*` is missing between `w` and `x`", "write `w*x`"),
    ("L = 2x\n", 1, 6, "an operator such as `*` is missing between `2` and `x`", "write `2*x`"),
    ("L = 2(a + b)\n", 1, 6, "an operator such as `*` is missing between `2` and `(`", "write `2*(…)`"),
    ("L = x[i] y[i]\n", 1, 10, "an operator such as `*` is missing between `]` and `y`", "write `*` between them"),
    ("L = sin x\n", 1, 9, "`sin` takes its argument in brackets", "write `sin(…)`"),
    ("L = x[1][2]", 1, 9, "subscripts stand in one pair of brackets", "write `x[1,2]`"),
    ("L = (a+b)[2]", 1, 10, "only a name takes subscripts", "name the formula on a line of its own"),
    ("L = sum(i x[i])\n", 1, 11, "a `,` is missing between `i` and `x`", "write `i, x`"),
    ("L = sum(i, 1, 3, x[i])\n", 1, 12, "`sum` takes its range behind `in`", "write `sum(i in 1..3, …)`"),
    ("L = sum(i = 1..3, x[i])\n", 1, 11, "`=` defines", "write `i in 1..n` for a range"),
    ("L = sum(w[i]*x[i])\n", 1, 5, "an index is missing: `sum` is given no more than a formula", "write `sum(i, …)`"),
    ("L = softmax(i in 1..3)\n", 1, 13, "`softmax` needs a formula after its indices", "write `softmax(i, x[i])`"),
    ("L = sum(i, 2*j, x[i])", 1, 12, "an index is expected here: all arguments of `sum` but the last bind one",
     "write `sum(i, j, …)` or `sum(i in 1..3, …)`"),
    ("L = sin(i in 1..3, x)", 1, 9, "`sin` doesn't bind an index",
     "`sum`, `prod`, `max`, `min`, `mean`, `logsumexp` and `softmax` do"),
    ("L = sum(j if j = i, x[j])", 1, 16, "`=` defines", "write `==` to compare"),
    ("L[] = w*x\n", 1, 3, "a subscript is missing between `[` and `]`", "write it, or leave out `[`"),
    ("L = sin()", 1, 9, "an argument is missing between `(` and `)`", "write it, or leave out `(`"),
    ("L = w.x\n", 1, 6, "`.` is not an operator: names have no parts", "write `*` for a product, `_` inside a name"),
    ("L = .5", 1, 5, "a number begins with a digit", "write `0.5`"),
    ("L = 5.", 1, 6, "`.` stands between two digits of a number", "write `5.0`, or no point"),
    ("L = w!\n", 1, 6, "`!` is not an operator here", "write `!=` for unequal, `not` in a condition"),
    ("L = w**2\n", 1, 6, "`**` is not an operator here", "write `^`"),
    ("L == w*x\n", 1, 3, "`==` compares two formulas", "write `=` for a definition"),
    ("f(2) = w\nL = w\n", 1, 3, "a parameter must be a name, not `2`", "write `f(x)`"),
    ("f() = w", 1, 3, "a parameter is missing between the brackets", "write `f(x)`"),
    ("input(x) = 3", 1, 1, "`input` begins a statement, so it can't name a function", "choose another name"),
    ("parm w[i]", 1, 1, "`parm` begins no statement", "did you mean `param`?"),
    ("w*x", 1, 1, "a formula on its own is no statement", "give it a name: `y = …`"),
    ("print(x)", 1, 1, "a formula on its own is no statement", "give it a name: `y = …`"),
    ("L = w +\n", 1, 8, "a formula is expected after `+`", "a line goes on inside brackets or after a comma"),
    ("L = w * * x", 1, 9, "a formula is expected after `*`, not `*`", ""),
    ("L =", 1, 4, "a formula is expected after `=`", ""),
    ("L = +w", 1, 5, "a formula is expected after `=`, not `+`", "there is no sign `+`: leave it out"),
    ("L = a < b", 1, 7, "`<` makes a condition, which is not a number", "write `where(condition, 1, 0)`"),
    ("L = a if c", 1, 7, "`if` stands behind an index: `sum(j if j != i, x[j])`", "write `where(condition, yes, no)`"),
    ("L = a if c > 0 else b", 1, 7, "a choice is written with `where`", "write `where(c > 0, a, b)`"),
    ("L = 2*(a if c > 0 else b)", 1, 10, "a choice is written with `where`", "write `where(c > 0, a, b)`"),
    ("L = if w > 0 then w else b", 1, 5, "a choice is written with `where`", "write `where(w > 0, w, b)`"),
    ("L = sum(i, if i > 1 then x[i, 1] else 0) + 1", 1, 12, "a choice is written with `where`",
     "write `where(i > 1, x[i, 1], 0)`"),
    ("L = if w > 0", 1, 5, "a choice is written with `where`", "write `where(condition, yes, no)`"),
    ("param W[2][3]", 1, 11, "subscripts stand in one pair of brackets", "write `W[2,3]`"),
    ("param v[2], W[i][j][0..k]", 1, 17, "subscripts stand in one pair of brackets", "write `W[i,j,0..k]`"),
    ("L = v[1] + W[i][j + 1]", 1, 16, "subscripts stand in one pair of brackets", "write `W[i,j + 1]`"),
    ("param w(i)", 1, 8, "axes stand in square brackets", "write `w[i]`"),
    ("param v, w(i, 3)", 1, 11, "axes stand in square brackets", "write `w[i, 3]`"),
    ("input w(i + 1)", 1, 8, "axes stand in square brackets", "write `w[i]`"),
    ("L = (a < b)*2", 1, 5, "a condition is not a number", "conditions stand in `if`, `where` and `assume` only"),
    ("L = where(a, b, c)", 1, 11, "a condition is expected here, not a number", "compare it: `i != j`, `1 <= i <= n`"),
    ("L = where(a > b, c)", 1, 5, "`where` takes 3 arguments, not 2", "write `where(condition, yes, no)`"),
    ("a = b = 3", 1, 7, "one statement has one `=`", "write each definition on a line of its own"),
    ("a = 1, b = 2", 1, 6, "one statement defines one name", "write each definition on a line of its own"),
    ("param w = 3", 1, 9, "`param` declares a name without its value",
     "give the value in a line of its own: `let w = 3`"),
    ("param w,", 1, 9, "a name is expected after `,`", "leave out the last `,`, or go on"),
    ("update 0.1", 1, 8, "a name is expected after `update`, not `0.1`",
     "give its value in a line of its own: `let eta = 0.1`"),
    ("index i, j in 1..n", 1, 7, "`i` needs a range", "write `i in 1..n`"),
    ("index i in n", 1, 13, "a range has two ends", "write `1..n`"),
    ("assume a", 1, 8, "one relation is expected in `assume`",
     "write `= < <= > >= !=` between two formulas, or `in {0, 1}`"),
    ("assume y in [0, 1]", 1, 13, "the values are expected in braces, not `[`", "write `assume y[j] in {0, 1}`"),
    ("let x[3] = 2", 1, 6, "a value is given whole, without subscripts", "write `let x = [1, 2, 3]`"),
    ("name g[j] = beta[j]", 1, 13, "`grad(…)` is expected, not `beta`",
     "write `name g[j] = grad(beta[j])` or `= -grad(beta[j])`"),
    ("role w weight", 1, 8, "`=` and a role are expected, not `weight`",
     "write `role w = weight, s = pre-activation`"),
    ("role w = 3", 1, 10, "a role is expected, not `3`", "write `role w = weight, s = pre-activation`"),
    ("show w w^l", 1, 8, "`as` is expected, not `w`", "write `show w[l,j,k] as w^l_jk`"),
    ("show w as *", 1, 11, "a look is expected after `as`, not `*`",
     "letters, digits and `^ _ { } , ( )`: `w^l_jk`"),
    ("show w as a^b^c", 1, 11, "a look has one `^` and one `_` at most", "join them in braces: `w^{l,n}_{j,k}`"),
    ("network digits\n  input x[784]\n", 1, 1, "networks by layers come later", "write the equations of each layer"),
    ("layer dense(x[i], units, activation = identity):\n  z = 'a'\n", 1, 1, "networks by layers come later",
     "write the equations of each layer"),
])
def test_mistake(text: str, line: int, column: int, message: str, hint: str) -> None:
    found = first(text)
    assert (found.span.line, found.span.column, found.message, found.hint) == (line, column, message, hint)


def test_all_mistakes_of_a_file_in_one_run() -> None:
    text = "param w\na = w $ 2\nb = 2 w\nc = w*2\nd = sum(w[i])\ne = (1 < 2) # \u202e\n"
    with pytest.raises(LanguageError) as caught:
        parse(text)
    places = [(d.span.line, d.span.column) for d in caught.value.diagnostics]
    assert places == [(2, 7), (3, 7), (5, 5), (6, 5), (6, 15)]


def test_a_mistake_in_a_statement_of_several_lines() -> None:
    assert place("# c\nL = sum(i,\n  w[i]\n  x[i])\n") == (4, 3)
    assert first("# c\nL = sum(i,\n  w[i]\n  x[i])\n").span.start == 24


@pytest.mark.parametrize(("data", "at"), [
    (b"\x89PNG\r\n\x1a\n", (1, 1)), (b"a = 1\nb = \xff", (2, 5)), (b"\xff\xfea\x00", (1, 1)),
])
def test_bytes_that_are_no_text(data: bytes, at: tuple[int, int]) -> None:
    assert "UTF-8" in first(data).message
    assert place(data) == at


@pytest.mark.parametrize("text", [
    "L = " + "(" * 201 + "w" + ")" * 201,
    "L = " + "-" * 201 + "w",
    "L = " + "w^" * 200 + "2",
    "L = where(" + "not " * 200 + "a < b, 1, 2)",
    "L = " + "sin(" * 100_000 + "w" + ")" * 100_000,
    "L = " + "sin(1 + 2*" * 67 + "w" + ")" * 67,
    "let W = " + "[" * 201 + "1" + "]" * 201,
])
def test_nesting_is_limited(text: str) -> None:
    assert "nested too deep" in first(text).message


@pytest.mark.parametrize("text", [
    "L = " + "sin(" * 190 + "w" + ")" * 190, "L = " + "(" * 200 + "w" + ")" * 200, "L = " + "w^" * 190 + "2",
    "L = " + " + ".join(["w*x"] * 5000),
])
def test_long_and_moderately_deep_text_is_read(text: str) -> None:
    tree = parse(text)
    assert tree == parse(text) and len(repr(tree)) > len(text)


@pytest.mark.parametrize(("text", "message"), [
    ("#" + "x" * 2**20, "the text is too long: 1048577 bytes"),
    ("a = 1\n" * 20_001, "the text is too long: more than 20000 statements"),
    ("L = " + "w+" * 130_000 + "w", "the text is too large: more than 250000 words and signs"),
    ("a = 1 $\n" * 20_001, "the text is too long: more than 20000 statements"),
])
def test_size_is_limited(text: str, message: str) -> None:
    start = time.monotonic()
    assert first(text).message == message
    assert time.monotonic() - start < 10


def test_blank_lines_are_free() -> None:
    assert len(parse("\n" * 1_000_000 + "L = w*x\n").statements) == 1


# How mistakes are told


def test_a_message_to_the_letter() -> None:
    assert told("a = 1\nb[h] = sigmoid(alpha[h] - 2gama)\n", "watermelon.bp") == (
        "watermelon.bp:2:28: an operator such as `*` is missing between `2` and `gama`\n"
        "   2 | b[h] = sigmoid(alpha[h] - 2gama)\n"
        "     |                            ^^^^ write `2*gama`"
    )


def test_a_message_with_a_second_place() -> None:
    assert told("a = 1\nL = f(w,\n  x[2\n# end\n") == (
        "t.bp:3:6: `[` is never closed\n"
        "   3 |   x[2\n"
        "     |      ^ `]` is expected\n"
        "   3 |   x[2\n"
        "     |    ^ opened here"
    )


def test_tabs_and_wide_letters_keep_the_caret_in_place() -> None:
    assert told("\tL\t= 损失*ŷ*$") == (
        "t.bp:1:11: unexpected character `$`\n"
        "   1 | \tL\t= 损失*ŷ*$\n"
        "     | \t \t         ^ formulas stand without `$` here"
    ).replace("ŷ", "ŷ")


def test_unprintable_characters_are_escaped() -> None:
    text = told("L = w \u202e\x1b[31m", "a\x1b[31m</script>.bp")
    assert text == (
        "a\\u{1B}[31m\\u{3C}/script\\u{3E}.bp:1:7: unexpected character U+202E RIGHT-TO-LEFT OVERRIDE\n"
        "   1 | L = w \\u{202E}\\u{1B}[31m\n"
        "     |       ^^^^^^^^ it can't be seen: leave it out"
    )


@pytest.mark.parametrize("text", [
    "L = " + "w*x+" * 250_000 + "$\n", "L = " + "a" * 1_000_000 + "*x\n", "L = " + "\t" * 900_000 + "$",
    "# " + "损" * 300_000 + "\u202e", "L = " + "x" * 90 + " " + "9" * 100_000, "\u202e" * 300_000,
])
def test_messages_are_short(text: str) -> None:
    assert len(told(text, "n" * 10_000).encode()) < 2000


def test_twenty_mistakes_are_told_and_the_rest_counted() -> None:
    lines = told("$\n" * 25).splitlines()
    assert lines[-1] == "and 5 more mistakes"
    assert len(lines) == 61


@pytest.mark.parametrize(("word", "candidates", "best"), [
    ("gama", ["alpha", "gamma", "beta"], "gamma"), ("E", ["e", "x"], "e"), ("y", ["x", "w"], None),
    ("yhat", ["yhat"], None), ("", ["a"], None), ("wieght", ["height", "weight"], "weight"),
])
def test_suggestions(word: str, candidates: list[str], best: str | None) -> None:
    assert suggest(word, candidates) == best


# Formulas of the command line


def test_expression_mistakes() -> None:
    for text, at in (("", (1, 1)), ("a b", (1, 3)), ("a\nb", (2, 1)), ("a < b", (1, 3)), ("x = 2", (1, 3)),
                     ("2 +", (1, 4)), ("sum", (1, 1)), ("(a < b)", (1, 1)), ("f(x", (1, 4))):
        with pytest.raises(LanguageError) as caught:
            parse_expression(text)
        span = caught.value.diagnostics[0].span
        assert (span.line, span.column) == at, text


# Any text


def spans_of(node: Any) -> Iterator[s.Span]:
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, s.Span):
            yield item
        elif isinstance(item, tuple):
            stack.extend(item)
        elif dataclasses.is_dataclass(item):
            stack.extend(getattr(item, f.name) for f in dataclasses.fields(item))


def holds(text: str | bytes) -> None:
    """The text is read or refused, every span lies in it, and every message can be told."""
    try:
        program = parse(text)
    except LanguageError as error:
        assert error.diagnostics
        assert format_error(error).isprintable() or "\n" in format_error(error)
        for d in error.diagnostics:
            for span in (d.span, *(place for place, _ in d.also)):
                check_span(span, d.source.text)
        return
    for span in spans_of(program.statements):
        check_span(span, program.source.text)
        assert span.start < span.end


def check_span(span: s.Span, text: str) -> None:
    assert 0 <= span.start <= span.end <= len(text)
    assert span.line == text.count("\n", 0, span.start) + 1
    assert span.column == span.start - text.rfind("\n", 0, span.start)


PIECES = [
    "sum(", "i", " in ", "1..3", ", ", "x[i]", ")", "(", "[", "]", " = ", "\n", "loss ", "param ", "index ", "if ",
    "where(", "and ", "not ", "==", "<=", "2", ".5", "1e9", "^", "-", "*", "**", "/", "#", "|", "$", "{", "}", "as ",
    "show ", "w^l_jk", "name ", "grad(", "let ", "at ", "max(", "assume ", "ŷ", "y\u0302", "²", "−", "\t", " ", "\r\n",
    "network ", "function ", "f(z)", "update ", "size ", "input ", "in", "'", "..", ".", "!", "\u202e", "\x00", "损",
]


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    holds(text)


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_words(text: str) -> None:
    holds(text)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=100))
def test_any_bytes(data: bytes) -> None:
    holds(data)


@settings(max_examples=800, deadline=None)
@given(st.sampled_from(MODELS), st.integers(0, 10_000), st.integers(0, 6), st.sampled_from(["", *PIECES]))
def test_damaged_models(path: Path, at: int, cut: int, put: str) -> None:
    text = path.read_text(encoding="utf-8")
    at %= len(text)
    holds(text[:at] + put + text[at + cut:])


def test_the_grammar_has_no_conflicts() -> None:
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    level = lark.logger.level
    lark.logger.addHandler(handler)
    lark.logger.setLevel(logging.DEBUG)
    try:
        lark.Lark((shipped("grammars") / "symbp.lark").read_text(encoding="utf-8"), parser="lalr", lexer="contextual",
                  start=["program", "expression"], postlex=LineBreaks(), debug=True)
    finally:
        lark.logger.removeHandler(handler)
        lark.logger.setLevel(level)
    assert "conflict" not in heard.getvalue().lower()


def test_two_hundred_lines_are_read_quickly() -> None:
    text = "".join(f"h{k}[j] = tanh(sum(k, W[j,k]*h{k}[k]) + b[j])\n" for k in range(200))
    parse(text)
    best = min(_seconds(text) for _ in range(3))
    assert best < 0.5


def _seconds(text: str) -> float:
    start = time.perf_counter()
    parse(text)
    return time.perf_counter() - start
