"""Ten hard programs in the one form, written by hand: what every stage must be able to hold."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from symbp.calculus.affine import Affine, Guard, Index, Lookup, Range
from symbp.calculus.expression import Access, Apply, Expr, Number, Position, Power, ReductionKind
from symbp.calculus.model import Array, Equation, Model, Piece, Role, Term

Form = Affine | str | int
HALF = Fraction(1, 2)
SQUARE = Number(Fraction(2))
INVERSE = Number(Fraction(-1))


def form(value: Form) -> Affine:
    return Affine.of(value)


def index(name: str, upper: Form, lower: Form = 1) -> Index:
    return Index(name, Range.of(lower, upper))


def axes(*bounds: Form | tuple[Form, Form]) -> tuple[Range, ...]:
    return tuple(Range.of(*b) if isinstance(b, tuple) else Range.of(1, b) for b in bounds)


def access(name: str, *subscripts: Form | Lookup) -> Access:
    return Access(name, tuple(s if isinstance(s, Lookup) else form(s) for s in subscripts))


def ge(a: Form, b: Form = 0) -> Guard:
    return Guard("ge", form(a) - b)


def eq(a: Form, b: Form = 0) -> Guard:
    return Guard("eq", form(a) - b)


def term(
    *factors: Expr,
    over: Iterable[Index] = (),
    where: Iterable[Guard] = (),
    times: Fraction | int = 1,
    kind: ReductionKind = "sum",
) -> Term:
    return Term(Fraction(times), factors, tuple(over), tuple(where), kind)


def piece(*terms: Term, where: Iterable[Guard] = ()) -> Piece:
    return Piece(tuple(where), terms)


def equation(target: str, indices: Iterable[Index], *pieces: Piece, inline: bool = False) -> Equation:
    return Equation(target, tuple(indices), pieces, inline, target.partition("#")[0] if inline else None)


def define(target: str, indices: Iterable[Index], *terms: Term, inline: bool = False) -> Equation:
    return equation(target, indices, piece(*terms), inline=inline)


def squared(a: Access) -> Power:
    return Power(a, SQUARE)


def model(
    sizes: Iterable[str],
    given: dict[str, tuple[Role, tuple[Range, ...]]],
    equations: Iterable[Equation],
    loss: str | None,
    integers: dict[str, tuple[tuple[Range, ...], Range]] | None = None,
) -> Model:
    """A model whose computed arrays take their axes from their equations' indices."""
    made = tuple(equations)
    arrays = {name: Array(name, a, role) for name, (role, a) in given.items()}
    for name, (a, values) in (integers or {}).items():
        arrays[name] = Array(name, a, Role.INTEGER, values)
    arrays.update((e.target, Array(e.target, tuple(i.range for i in e.indices), Role.DEFINED)) for e in made)
    params = tuple(n for n, (role, _) in given.items() if role is Role.PARAM)
    return Model(tuple(sizes), arrays, made, loss, params)


def _loss(over: tuple[Index, ...], value: str, target: str) -> tuple[Equation, Equation]:
    """E#1[I] = value[I] − target[I];  E = ½ Σ E#1²."""
    at = tuple(i.name for i in over)
    return (
        define("E#1", over, term(access(value, *at)), term(access(target, *at), times=-1), inline=True),
        define("E", (), term(squared(access("E#1", *at)), over=over, times=HALF)),
    )


def dense() -> Model:
    """h_j = σ(Σ_i W_ji x_i + b_j), squared error."""
    i, j = index("i", "d"), index("j", "q")
    return model(
        ("d", "q"),
        {
            "x": (Role.INPUT, axes("d")), "y": (Role.TARGET, axes("q")),
            "W": (Role.PARAM, axes("q", "d")), "b": (Role.PARAM, axes("q")),
        },
        (
            define("z", (j,), term(access("W", "j", "i"), access("x", "i"), over=(i,)), term(access("b", "j"))),
            define("h", (j,), term(Apply("sigmoid", (access("z", "j"),)))),
            *_loss((j,), "h", "y"),
        ),
        "E",
    )


def convolution() -> Model:
    """z_p = Σ_r K_r x_{2p+2r−2}, stride = dilation = 2, a zero on either side: x has 0..2P+1."""
    p, r = index("p", form("P") - 1, 0), index("r", 2, 0)
    read = form("p") * 2 + form("r") * 2 - 2
    inside = (ge(read), ge(form("P") * 2 + 1, read))
    return model(
        ("P",),
        {"x": (Role.INPUT, axes((0, form("P") * 2 + 1))), "y": (Role.TARGET, axes((0, form("P") - 1))),
         "K": (Role.PARAM, axes((0, 2)))},
        (
            define("z", (p,), term(access("K", "r"), access("x", read), over=(r,), where=inside)),
            *_loss((p,), "z", "y"),
        ),
        "E",
    )


def concatenation() -> Model:
    """c = [a; b]: c_k = a_k for k ≤ m, b_{k−m} beyond."""
    length = form("m") + "n"
    k = index("k", length)
    first, second = (ge("m", "k"),), (ge("k", form("m") + 1),)
    return model(
        ("m", "n"),
        {"a": (Role.PARAM, axes("m")), "b": (Role.PARAM, axes("n")), "y": (Role.TARGET, axes(length))},
        (
            equation(
                "c", (k,),
                piece(term(access("a", "k")), where=first),
                piece(term(access("b", form("k") - "m")), where=second),
            ),
            *_loss((k,), "c", "y"),
        ),
        "E",
    )


def lstm() -> Model:
    """Hochreiter and Schmidhuber's cell, two states, four gates."""
    t, j, k, m = index("t", "T"), index("j", "n"), index("k", "n"), index("m", "d")
    t0 = index("t", "T", 0)
    start, later = (eq("t"),), (ge("t", 1),)
    before = form("t") - 1
    given = {"x": (Role.INPUT, axes("T", "d")), "y": (Role.TARGET, axes("T", "n"))}
    gates = []
    for gate, function in (("i", "sigmoid"), ("f", "sigmoid"), ("o", "sigmoid"), ("g", "tanh")):
        for name, shape in ((f"W{gate}", axes("n", "d")), (f"U{gate}", axes("n", "n")), (f"b{gate}", axes("n"))):
            given[name] = (Role.PARAM, shape)
        gates += [
            define(
                f"{gate}#1", (t, j),
                term(access(f"W{gate}", "j", "m"), access("x", "t", "m"), over=(m,)),
                term(access(f"U{gate}", "j", "k"), access("h", before, "k"), over=(k,)),
                term(access(f"b{gate}", "j")),
                inline=True,
            ),
            define(gate, (t, j), term(Apply(function, (access(f"{gate}#1", "t", "j"),)))),
        ]
    cell = (
        term(access("f", "t", "j"), access("c", before, "j")),
        term(access("i", "t", "j"), access("g", "t", "j")),
    )
    return model(
        ("T", "n", "d"), given,
        (
            *gates,
            equation("c", (t0, j), piece(where=start), piece(*cell, where=later)),
            define("h#1", (t, j), term(Apply("tanh", (access("c", "t", "j"),))), inline=True),
            equation(
                "h", (t0, j), piece(where=start),
                piece(term(access("o", "t", "j"), access("h#1", "t", "j")), where=later),
            ),
            *_loss((t, j), "h", "y"),
        ),
        "E",
    )


def lag_two() -> Model:
    """h_t = a h_{t−1} + b h_{t−2} + x_t, h_0 = h_{−1} = 0."""
    t = index("t", "T", -1)
    at = form("t")
    early, later = (ge(0, "t"),), (ge("t", 1),)
    recurrence = (
        term(access("a"), access("h", at - 1)), term(access("b"), access("h", at - 2)), term(access("x", "t")),
    )
    return model(
        ("T",),
        {"x": (Role.INPUT, axes("T")), "y": (Role.TARGET, axes("T")), "a": (Role.PARAM, ()), "b": (Role.PARAM, ())},
        (
            equation("h", (t,), piece(where=early), piece(*recurrence, where=later)),
            *_loss((index("t", "T"),), "h", "y"),
        ),
        "E",
    )


def layers() -> Model:
    """a^l_j = f(Σ_k w^l_jk a^{l−1}_k + b^l_j) to symbolic depth L, loss at the last layer."""
    layer, layer0 = index("l", "L"), index("l", "L", 0)
    j, k = index("j", "n"), index("k", "n")
    made = model(
        ("L", "n"),
        {
            "x": (Role.INPUT, axes("n")), "y": (Role.TARGET, axes("n")),
            "w": (Role.PARAM, axes("L", "n", "n")), "b": (Role.PARAM, axes("L", "n")),
        },
        (
            define(
                "z", (layer, j),
                term(access("w", "l", "j", "k"), access("a", form("l") - 1, "k"), over=(k,)),
                term(access("b", "l", "j")),
            ),
            equation(
                "a", (layer0, j),
                piece(term(access("x", "j")), where=(eq("l"),)),
                piece(term(Apply("f", (access("z", "l", "j"),))), where=(ge("l", 1),)),
            ),
            define("C#1", (j,), term(access("a", "L", "j")), term(access("y", "j"), times=-1), inline=True),
            define("C", (), term(squared(access("C#1", "j")), over=(j,), times=HALF)),
        ),
        "C",
    )
    made.functions["f"] = 1
    return made


def attention() -> Model:
    """Causal scaled dot-product attention: P_ij = exp(S_ij)/Σ_{k ≤ i} exp(S_ik) for j ≤ i, else 0."""
    i, j, k, d, e = index("i", "n"), index("j", "n"), index("k", "n"), index("d", "m"), index("e", "v")
    causal, future = (ge("i", "j"),), (ge("j", form("i") + 1),)
    weight = (access("P#1", "i", "j"), Power(access("P_s", "i"), INVERSE))
    return model(
        ("n", "m", "v"),
        {
            "D": (Role.INPUT, axes("n", "v")), "Q": (Role.PARAM, axes("n", "m")),
            "K": (Role.PARAM, axes("n", "m")), "V": (Role.PARAM, axes("n", "v")),
        },
        (
            define("S_s", (i, j), term(access("Q", "i", "d"), access("K", "j", "d"), over=(d,))),
            define("S#1", (), term(Apply("sqrt", (Position(form("m")),))), inline=True),
            define("S", (i, j), term(access("S_s", "i", "j"), Power(access("S#1"), INVERSE))),
            define("P#1", (i, j), term(Apply("exp", (access("S", "i", "j"),))), inline=True),
            define("P_s", (i,), term(access("P#1", "i", "k"), over=(k,), where=(ge("i", "k"),))),
            equation("P", (i, j), piece(term(*weight), where=causal), piece(where=future)),
            define("O", (i, e), term(access("P", "i", "j"), access("V", "j", "e"), over=(j,))),
            define("L", (), term(access("D", "i", "e"), access("O", "i", "e"), over=(i, e))),
        ),
        "L",
    )


def layer_norm() -> Model:
    """y_j = g_j (x_j − μ)/√(v + ε) + b_j, μ and v over j."""
    j = index("j", "n")
    over_n = Power(Position(form("n")), INVERSE)
    return model(
        ("n",),
        {
            "D": (Role.INPUT, axes("n")), "eps": (Role.CONST, ()), "x": (Role.PARAM, axes("n")),
            "g": (Role.PARAM, axes("n")), "b": (Role.PARAM, axes("n")),
        },
        (
            define("mu_s", (), term(access("x", "j"), over=(j,))),
            define("mu", (), term(access("mu_s"), over_n)),
            define("u", (j,), term(access("x", "j")), term(access("mu"), times=-1)),
            define("v_s", (), term(squared(access("u", "j")), over=(j,))),
            define("v", (), term(access("v_s"), over_n)),
            define("s#1", (), term(access("v")), term(access("eps")), inline=True),
            define("s", (), term(Apply("sqrt", (access("s#1"),)))),
            define(
                "y", (j,),
                term(access("g", "j"), access("u", "j"), Power(access("s"), INVERSE)), term(access("b", "j")),
            ),
            define("L", (), term(access("D", "j"), access("y", "j"), over=(j,))),
        ),
        "L",
    )


def embedding() -> Model:
    """pool_k = 1/T Σ_t Emb[tok_t, k];  L = −log p[lab] for a softmax over c."""
    t, k, c, u = index("t", "T"), index("k", "d"), index("c", "C"), index("u", "C")
    token, label = Lookup("tok", (form("t"),)), Lookup("lab", ())
    return model(
        ("T", "d", "C", "V"),
        {"Emb": (Role.PARAM, axes("V", "d")), "W": (Role.PARAM, axes("C", "d"))},
        (
            define("pool_s", (k,), term(access("Emb", token, "k"), over=(t,))),
            define("pool", (k,), term(access("pool_s", "k"), Power(Position(form("T")), INVERSE))),
            define("z", (c,), term(access("W", "c", "k"), access("pool", "k"), over=(k,))),
            define("p#1", (c,), term(Apply("exp", (access("z", "c"),))), inline=True),
            define("p_s", (), term(access("p#1", "u"), over=(u,))),
            define("p", (c,), term(access("p#1", "c"), Power(access("p_s"), INVERSE))),
            define("L", (), term(Apply("log", (access("p", label),)), times=-1)),
        ),
        "L",
        {"tok": (axes("T"), Range.of(1, "V")), "lab": ((), Range.of(1, "C"))},
    )


def product() -> Model:
    """Speelpenning's product Π_i x_i."""
    i = index("i", "n")
    return model(
        ("n",), {"x": (Role.PARAM, axes("n"))}, (define("P", (), term(access("x", "i"), over=(i,), kind="prod")),), "P"
    )


PROGRAMS = {
    f.__name__: f
    for f in (
        dense, convolution, concatenation, lstm, lag_two, layers, attention, layer_norm, embedding, product,
    )
}

