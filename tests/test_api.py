"""The Python API: texts and files in, SymPy expressions, documents and certificates out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sympy

import symbp

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
FORMS = ("chain", "shared", "inlined", "expanded")


def watermelon(**options: object) -> symbp.Derivation:
    return symbp.derive(symbp.load(EXAMPLES / "watermelon.bp"), **options)  # type: ignore[arg-type]


def test_a_text_is_a_model() -> None:
    model = symbp.parse("f(x, y) = x*y^2")
    assert symbp.derive(model).gradients.keys() == {"x", "y"}
    assert symbp.derive("f(x, y) = x*y^2").text() == symbp.derive(model).text()


def test_bytes_are_a_text() -> None:
    assert symbp.parse(b"f(x) = x^2") == symbp.parse("f(x) = x^2")


def test_a_scalar_gradient_is_what_sympy_differentiates() -> None:
    x, y = sympy.Symbol("x", real=True), sympy.Symbol("y", real=True)
    f = (x + 1 / (1 + sympy.exp(-y))) / (1 / (1 + sympy.exp(-x)) + (x + y) ** 2)
    found = symbp.derive("f(x, y) = (x + sigmoid(y)) / (sigmoid(x) + (x + y)^2)").gradients
    for symbol in (x, y):
        difference = found[str(symbol)].expanded - f.diff(symbol)
        for point in ({x: 3, y: -4}, {x: -0.7, y: 2.5}):
            assert abs(difference.evalf(40, subs=point)) < 1e-30


def test_the_book_line_as_sympy() -> None:
    """∂E/∂w_hj = (ŷ_j − y_j) ŷ_j (1 − ŷ_j) b_h."""
    derivation = watermelon()
    h, j = sympy.symbols("h j", integer=True)
    yhat, y, b = (sympy.IndexedBase(name, real=True) for name in ("yhat", "y", "b"))
    book = (yhat[j] - y[j]) * yhat[j] * (1 - yhat[j]) * b[h]
    assert str(derivation.gradients["w"].inlined) == str(book)
    assert derivation.gradients["w"].indices == ("h", "j")


@pytest.mark.parametrize("name", ["watermelon", "linear321", "staged", "nielsen", "conv"])
def test_every_form_is_a_sympy_expression_and_no_bound_name_is_free(name: str) -> None:
    for gradient in symbp.derive(symbp.load(EXAMPLES / f"{name}.bp")).gradients.values():
        for form in FORMS:
            expression = getattr(gradient, form)
            assert isinstance(expression, sympy.Expr)
            bound = [limit[0] for total in expression.atoms(sympy.Sum) for limit in total.limits]
            assert not set(map(str, bound)) & set(map(str, expression.free_symbols))


def test_a_form_that_does_not_exist_says_why() -> None:
    deep = symbp.derive(symbp.load(EXAMPLES / "deep.bp"))
    with pytest.raises(symbp.Refused, match=r"∂C/∂w, expanded: .*--set"):
        deep.gradients["w"].expanded  # noqa: B018


def test_what_and_by_what() -> None:
    assert list(watermelon(wrt="w").gradients) == ["w"]
    assert list(watermelon(wrt=["w", "v"]).gradients) == ["w", "v"]
    assert watermelon(of="E").of == "E"


def test_documents() -> None:
    derivation = watermelon()
    assert "\\Delta w_{hj}" in derivation.latex()
    assert str(derivation) == derivation.text()
    assert derivation.text(unicode=False).isascii()
    assert json.loads(derivation.json())["schema"] == 1
    assert "expanded" not in json.loads(derivation.json("shared"))["gradients"]["w"]
    assert "Unverified" in derivation.text()
    assert "Verified" in derivation.text(verified=True)
    with pytest.raises(symbp.ModelError, match="`matrix` is no form of a gradient"):
        derivation.latex("matrix")  # type: ignore[arg-type]


def test_a_notebook_shows_aligned_mathematics() -> None:
    bundle = watermelon()._repr_mimebundle_()
    assert bundle["text/latex"].startswith("$$\\begin{aligned}")
    assert bundle["text/latex"].endswith("\\end{aligned}$$")
    assert "∂E/∂w" in bundle["text/plain"]


def test_steps_are_values() -> None:
    first, again = watermelon(), watermelon()
    assert first.steps == again.steps
    assert {step.rule.value for step in first.steps} >= {"chain rule", "local derivative", "name an error term"}


def test_derive_does_not_verify_and_verify_does() -> None:
    certificate = watermelon(wrt="theta").verify(points=1, seed=3)
    assert certificate.passed
    assert certificate.seed == 3


@pytest.mark.parametrize(("kind", "action"), [
    (symbp.LanguageError, lambda: symbp.parse("f(x) = )")),
    (symbp.ModelError, lambda: symbp.derive("f(x) = x", wrt="y")),
    (symbp.ModelError, lambda: symbp.derive("f(x) = x", wrt=[3])),  # type: ignore[list-item]
    (symbp.ModelError, lambda: symbp.derive("f(x) = x", wrt=3)),  # type: ignore[arg-type]
    (symbp.ModelError, lambda: symbp.derive("f(x) = x").verify(points=0)),
    (symbp.ModelError, lambda: symbp.derive("f(x) = x").verify(points=-1)),
    (symbp.ModelError, lambda: symbp.with_sizes(symbp.parse("f(x) = x"), {"n": 2})),
    (symbp.SymbpError, lambda: symbp.load("no such file.bp")),
])
def test_errors_are_symbp_errors(kind: type[Exception], action: object) -> None:
    with pytest.raises(kind) as caught:
        action()  # type: ignore[operator]
    assert isinstance(caught.value, symbp.SymbpError)
    assert str(caught.value)


def test_no_other_names() -> None:
    assert set(symbp.__all__) <= set(dir(symbp)) | {"Derivation", "Gradient", "Model"}
    for name in symbp.__all__:
        assert getattr(symbp, name) is not None
    with pytest.raises(AttributeError, match="no attribute `nosuch`"):
        symbp.nosuch  # type: ignore[attr-defined]  # noqa: B018
