"""How names look: the table, the words that aren't accents, and that no two names look alike."""

from __future__ import annotations

import string

import pykatex
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbp.alphabet import GREEK
from symbp.calculus.affine import Affine
from symbp.calculus.expression import Access
from symbp.calculus.model import ErrorName, adjoint_name, step_name
from symbp.render.escape import checked_latex
from symbp.render.latex import latex
from symbp.render.names import Names
from symbp.render.printer import Vocabulary
from symbp.render.templates import Subscript, read_template
from symbp.render.text import text
from tests.render_models import at, network

SCALARS = {
    "x": "x", "E": "E", "alpha": "\\alpha", "Gamma": "\\Gamma", "Beta": "\\mathrm{Beta}", "yhat": "\\hat{y}",
    "y_hat": "\\hat{y}", "xbar": "\\bar{x}", "x_bar": "\\bar{x}", "alphatilde": "\\tilde{\\alpha}",
    "x1": "x_1", "x12": "x_{12}", "x_1": "x_1", "n_i": "n_i", "w_max": "w_{\\mathrm{max}}",
    "alpha_beta": "\\alpha_{\\beta}",
    "x_bar_1": "\\bar{x}_1", "yhat2": "\\hat{y}_2", "h2o": "\\mathrm{h2o}", "sigx": "\\mathrm{sigx}",
    "_x": "\\mathrm{\\_x}", "a__b": "\\mathrm{a\\_\\_b}", "α": "\\alpha", "ŷ": "\\hat{y}", "é": "\\acute{e}",
    "损失": "\\mathrm{\\text{U+635F}\\text{U+5931}}", "café": "\\mathrm{caf{\\acute{e}}}", "Δ": "\\Delta",
    "epsilon": "\\epsilon", "lambda": "\\lambda", "omicron": "\\mathrm{omicron}",
}


@pytest.mark.parametrize(("name", "expected"), SCALARS.items())
def test_scalars(name: str, expected: str) -> None:
    assert Names({name: 0}).latex(name) == expected
    pykatex.renderToString(checked_latex(expected))


WORDS = "local vertical radical focal what that chat xnorm Beta avg hat bar dot tilde"


@pytest.mark.parametrize("word", WORDS.split(" "))
def test_words_stay_words(word: str) -> None:
    assert Names({word: 0}).latex(word) == f"\\mathrm{{{word}}}"
    assert Names({word: 1}).text(word, unicode=True) == word


ARRAYS = {
    "w": "w_{ij}", "W1": "W^{(1)}_{ij}", "W_1": "W^{(1)}_{ij}", "b_in": "b^{\\mathrm{in}}_{ij}",
    "W_f": "W^{\\mathrm{f}}_{ij}", "w_alpha": "w^{(\\alpha)}_{ij}", "yhat": "\\hat{y}_{ij}",
    "W1_in": "W^{(1,\\mathrm{in})}_{ij}", "Emb": "\\mathrm{Emb}_{ij}",
}


@pytest.mark.parametrize(("name", "expected"), ARRAYS.items())
def test_arrays(name: str, expected: str) -> None:
    look = Names({name: 2}).look(name)
    assert look.access((Subscript("i", True), Subscript("j", True)))[0] == expected


def test_subscripts() -> None:
    vocabulary = Vocabulary.of(network())
    both = at("w", Affine.of("p") * 2 + "r", "j")
    context = vocabulary.display((), both)
    assert latex(both, context) == "w_{2p+r,\\,j}"
    assert text(both, context, unicode=False) == "w[2*p+r,j]"
    greek = at("w", "alpha", "j")
    assert latex(greek, vocabulary.display((), greek)) == "w_{\\alpha j}"


def test_adjoints_and_updates() -> None:
    vocabulary = Vocabulary.of(network())
    delta, step = at(adjoint_name("beta"), "j"), at(step_name("w"), "h", "j")
    twice = at(adjoint_name(adjoint_name("W1")), "i", "j")
    context = vocabulary.display((), delta, step, twice)
    assert latex(delta, context) == "\\delta^{(\\beta)}_j"
    assert text(delta, context, unicode=False) == "delta_beta[j]"
    assert latex(step, context) == "\\Delta w_{hj}"
    assert text(step, context) == "Δw[h,j]"
    assert latex(twice, context) == "\\delta^{(\\delta^{(W^{(1)})})}_{ij}"


def test_a_scalar_beside_an_array_of_its_stem() -> None:
    """x1 beside x[i] doesn't look like x[1], nor x_1 like x1."""
    names = Names({"x": 1, "x1": 0, "x_1": 0})
    looks = {names.latex(n) for n in ("x1", "x_1")} | {names.look("x").access((Subscript("1", True),))[0]}
    assert len(looks) == 3
    assert names.latex("x1") == "x^{(1)}"


def test_names_that_would_be_drawn_alike_stand_as_written() -> None:
    names = Names({"alpha": 0, "α": 0, "yhat": 0, "y_hat": 0, "ŷ": 0})
    assert [names.text(n, unicode=True) for n in ("alpha", "α", "yhat", "y_hat", "ŷ")] == [
        "alpha", "α", "yhat", "y_hat", "ŷ",
    ]


def test_templates() -> None:
    model = network(
        looks={"w": "w^l_jk", "v": "v^{(h)}_i", "gamma": "w^l"},
        look_letters={"w": ("h", "j"), "v": ("i", "h"), "gamma": ("h",)},
    )
    vocabulary = Vocabulary.of(model)
    shown = at("v", "i", Affine.of("h") + 1)
    assert latex(shown, vocabulary.display((), shown)) == "v^{(h+1)}_{i}"
    plain = at("gamma", "h")
    assert latex(plain, vocabulary.display((), plain)) == "\\gamma_h", "a template that leaves a letter out isn't taken"


@pytest.mark.parametrize(("look", "expected"), [({}, "g_{ji}"), ({"g": "g^j_i"}, "g^{j}_{i}")])
def test_an_error_term_s_subscripts_stand_in_the_author_s_order(look: dict[str, str], expected: str) -> None:
    """name g[j,h] = grad(z[h,j]): read along z's axes, shown as the author has it."""
    named = (ErrorName("g", 1, "w", ("h", "j"), (1, 0)),)
    vocabulary = Vocabulary.of(network(error_names=named, looks=look, look_letters={"g": ("j", "i")}))
    shown = at("g", "i", "j")
    assert latex(shown, vocabulary.display((), shown)) == expected
    assert text(shown, vocabulary.display((), shown)) == "g[j,i]"


def test_nielsen_template() -> None:
    template = read_template("w^l_jk", ("l", "j", "k"))
    assert template is not None
    shift = (Subscript("l+1", False), Subscript("k", True), Subscript("j", True))
    assert template.fill("w", shift) == ("w^{l+1}_{kj}", True)
    compound = (Subscript("l", True), Subscript("2p+r", False), Subscript("j", True))
    assert template.fill("w", compound) == ("w^{l}_{2p+r,\\,j}", True)


@pytest.mark.parametrize("text_of_template", ["w^l_j", "w_jkl_j", "^l", "w^(l_jk", "w^l_jk{", "", "w^l_jkk", "w)_ljk"])
def test_malformed_templates_are_not_taken(text_of_template: str) -> None:
    assert read_template(text_of_template, ("l", "j", "k")) is None


_PIECES = st.sampled_from(
    ["x", "y", "W", "alpha", "beta", "hat", "bar", "in", "1", "2", "12", "_", "α", "ŷ", "é", "失", "u", "Beta", "ab"]
)
_NAMES = st.one_of(
    st.lists(_PIECES, min_size=1, max_size=4).map("".join),
    st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=5),
    st.sampled_from([*GREEK, *GREEK.values()]),
).filter(lambda n: not n[0].isdigit())


@settings(max_examples=300)
@given(st.dictionaries(_NAMES, st.integers(0, 2), min_size=2, max_size=12))
def test_no_two_names_look_alike(ranks: dict[str, int]) -> None:
    names = Names(ranks)
    generated = {adjoint_name(n): r for n, r in ranks.items()} | {step_name(n): r for n, r in ranks.items()}
    names = Names({**ranks, **generated})
    shown = {}
    for name, rank in {**ranks, **generated}.items():
        printed = names.look(name).access(tuple(Subscript("ij"[a], True) for a in range(rank)))[0]
        assert printed not in shown, (name, shown[printed], printed)
        shown[printed] = name
        checked_latex(printed)
    for unicode in (True, False):
        assert len({names.text(n, unicode) for n in ranks}) == len(ranks)


@settings(max_examples=300)
@given(st.dictionaries(_NAMES, st.integers(0, 2), min_size=1, max_size=3))
def test_katex_draws_every_name(ranks: dict[str, int]) -> None:
    names = Names(ranks)
    for name in ranks:
        pykatex.renderToString(names.latex(name))


@settings(max_examples=100)
@given(st.dictionaries(_NAMES, st.integers(0, 2), min_size=1, max_size=6))
def test_looks_do_not_depend_on_the_order_of_names(ranks: dict[str, int]) -> None:
    backwards = dict(reversed(ranks.items()))
    assert [Names(ranks).latex(n) for n in ranks] == [Names(backwards).latex(n) for n in ranks]


def test_an_unannounced_name_is_given_a_free_look() -> None:
    names = Names({"x1": 0})
    assert names.latex("x_1") == "x^{(1)}"
    assert latex(Access("zeta"), Vocabulary.of(network()).display(())) == "\\zeta"
