"""A one-hidden-layer network and its derivation, written out by hand: the book's section 5.3."""

from __future__ import annotations

from fractions import Fraction

from symbp.calculus.affine import Affine, Guard, Index, Lookup, Range
from symbp.calculus.derivation import Derivation, DisplayEquation, ErrorTerm, Gradient, Refusal, Rule, Step
from symbp.calculus.expression import (
    ONE,
    Access,
    Expr,
    Partial,
    PartialKind,
    Reduce,
    apply,
    multiply,
    negate,
    number,
    power,
    subtract,
)
from symbp.calculus.model import Array, ErrorName, Model, Role, step_name

RANGES = {"i": Range.of(1, "d"), "h": Range.of(1, "q"), "j": Range.of(1, "l")}
I, H, J = (Index(name, RANGES[name]) for name in "ihj")  # noqa: E741
M = Index("j#2", RANGES["j"])


def at(name: str, *subscripts: str | int | Affine | Lookup) -> Access:
    """name[subscripts]."""
    return Access(name, tuple(s if isinstance(s, Lookup) else Affine.of(s) for s in subscripts))


def ge(form: str | int | Affine, other: str | int | Affine = 0) -> Guard:
    """form ≥ other."""
    return Guard("ge", Affine.of(form) - other)


def network(**more: object) -> Model:
    """The model; keyword arguments replace its fields."""
    shapes = {
        "x": ("i", Role.INPUT), "y": ("j", Role.TARGET), "v": ("ih", Role.PARAM), "gamma": ("h", Role.PARAM),
        "w": ("hj", Role.PARAM), "theta": ("j", Role.PARAM), "alpha": ("h", Role.DEFINED), "b": ("h", Role.DEFINED),
        "beta": ("j", Role.DEFINED), "yhat": ("j", Role.DEFINED), "E": ("", Role.DEFINED), "W1": ("ij", Role.PARAM),
        "b_in": ("j", Role.PARAM), "tok": ("i", Role.INTEGER), "c1": ("", Role.CONST),
    }
    arrays = {n: Array(n, tuple(RANGES[c] for c in s), role, letters=tuple(s)) for n, (s, role) in shapes.items()}
    fields: dict[str, object] = {
        "sizes": ("d", "q", "l"), "arrays": arrays, "equations": (), "loss": "E", "wrt": ("v", "gamma", "w", "theta"),
        "index_ranges": RANGES, "rate": "eta", "functions": {"f": 1, "k": 2},
        "error_names": (ErrorName("g", -1, "beta", ("j",)), ErrorName("e", -1, "alpha", ("h",))),
    }
    return Model(**{**fields, **more})  # type: ignore[arg-type]


HALF = number(Fraction(1, 2))


def residual(index: str) -> Expr:
    return subtract(at("yhat", index), at("y", index))


def slope(name: str, index: str) -> tuple[Expr, Expr]:
    """a(1 − a)."""
    return at(name, index), subtract(ONE, at(name, index))


def total(name: str, *subscripts: str) -> Partial:
    return Partial(PartialKind.TOTAL, at("E"), at(name, *subscripts))


def edge(of: Access, wrt: Access) -> Partial:
    return Partial(PartialKind.EDGE, of, wrt)


def derivation() -> Derivation:
    """∂E/∂w and ∂E/∂v with g and e, in every form that fits on a line."""
    forward = (
        DisplayEquation("F1", "definition", (H,), at("alpha", "h"),
                        Reduce("sum", (I,), (), multiply((at("v", "i", "h"), at("x", "i"))))),
        DisplayEquation("F2", "definition", (H,), at("b", "h"),
                        apply("sigmoid", subtract(at("alpha", "h"), at("gamma", "h")))),
        DisplayEquation("F3", "definition", (J,), at("beta", "j"),
                        Reduce("sum", (H,), (), multiply((at("w", "h", "j"), at("b", "h"))))),
        DisplayEquation("F4", "definition", (J,), at("yhat", "j"),
                        apply("sigmoid", subtract(at("beta", "j"), at("theta", "j")))),
        DisplayEquation("F5", "loss", (), at("E"),
                        multiply((HALF, Reduce("sum", (J,), (), power(residual("j"), number(2)))))),
    )
    g = multiply((*slope("yhat", "j"), subtract(at("y", "j"), at("yhat", "j"))))
    e = multiply((*slope("b", "h"), Reduce("sum", (M,), (), multiply((at("w", "h", "j#2"), at("g", "j#2"))))))
    errors = (
        ErrorTerm("g", "beta", -1, (J,), (((), g),), "E1"),
        ErrorTerm("e", "alpha", -1, (H,), (((), e),), "E2"),
    )
    eta = at("eta")
    w_chain = multiply((
        edge(at("E"), at("yhat", "j")), edge(at("yhat", "j"), at("beta", "j")),
        edge(at("beta", "j"), at("w", "h", "j")),
    ))
    w_shared = negate(multiply((at("g", "j"), at("b", "h"))))
    w_inlined = multiply((residual("j"), *slope("yhat", "j"), at("b", "h")))
    v_shared = negate(multiply((at("e", "h"), at("x", "i"))))
    v_inlined = multiply((
        *slope("b", "h"), at("x", "i"),
        Reduce("sum", (M,), (), multiply((residual("j#2"), *slope("yhat", "j#2"), at("w", "h", "j#2")))),
    ))
    w_updates = {
        "shared": multiply((eta, at("g", "j"), at("b", "h"))), "inlined": negate(multiply((eta, w_inlined))),
    }
    v_updates = {
        "shared": multiply((eta, at("e", "h"), at("x", "i"))), "inlined": negate(multiply((eta, v_inlined))),
    }
    w_forms = {"chain": w_chain, "shared": w_shared, "inlined": w_inlined, "expanded": Refusal("too long", 9)}
    gradients = {
        "w": Gradient("w", (H, J), w_forms, updates=w_updates),
        "v": Gradient("v", (I, H), {"shared": v_shared, "inlined": v_inlined}, updates=v_updates),
    }
    steps = (
        Step(Rule.NAME, "g", (J,), at("g", "j"), negate(total("beta", "j"))),
        Step(Rule.CHAIN, "g", (J,), total("beta", "j"),
             multiply((edge(at("E"), at("yhat", "j")), edge(at("yhat", "j"), at("beta", "j"))))),
        Step(Rule.LOCAL, "g", (J,), edge(at("E"), at("yhat", "j")), residual("j"), ("F5",), label="L1"),
        Step(Rule.LOCAL, "g", (J,), edge(at("yhat", "j"), at("beta", "j")), multiply(slope("yhat", "j")), ("F4",),
             label="L2"),
        Step(Rule.SUBSTITUTE, "g", (J,), total("beta", "j"), multiply((residual("j"), *slope("yhat", "j"))),
             ("L1", "L2")),
        Step(Rule.COLLECT, "g", (J,), at("g", "j"), g, label="E1"),
        Step(Rule.CHAIN, "w", (H, J), total("w", "h", "j"),
             multiply((total("beta", "j"), edge(at("beta", "j"), at("w", "h", "j"))))),
        Step(Rule.COLLECT, "w", (H, J), total("w", "h", "j"), w_shared),
        Step(Rule.SUBSTITUTE, "w", (H, J), total("w", "h", "j"), w_inlined, ("g",)),
        Step(Rule.UPDATE, "w", (H, J), at(step_name("w"), "h", "j"), gradients["w"].updates["shared"]),
    )
    model = network()
    return Derivation(model, "E", forward, errors, gradients, steps, model, ("v is `rarely` used_here 50%",))


