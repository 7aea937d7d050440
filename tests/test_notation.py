"""Notations: one model in all of them, the books' own formulas, letters kept apart, files checked."""

from __future__ import annotations

import itertools
import re
import tomllib
from functools import cache
from pathlib import Path
from random import Random

import pykatex
import pytest

from symbp.calculus.derivation import Derivation, Refusal
from symbp.calculus.differentiate import differentiate
from symbp.calculus.expression import Access, Cases, Expr, Partial, PartialKind
from symbp.calculus.model import Definition, Model, Role, adjoint_base, definition_of, whole_access
from symbp.errors import ModelError
from symbp.evaluate import FLOAT, Evaluator
from symbp.language.lower import lower
from symbp.language.parse import parse
from symbp.notation.apply import with_notation
from symbp.notation.presets import SECTIONS, load_preset, preset_names, read_preset
from symbp.numeric.instances import instances_for
from symbp.render.document import latex_document_fragment, text_document
from symbp.render.latex import latex
from symbp.render.names import Names
from symbp.render.notation import Notation
from symbp.render.options import Options
from symbp.render.printer import Vocabulary
from symbp.render.templates import Subscript
from symbp.render.text import text
from symbp.shipped import example_names, example_text
from symbp.verify import certify_quickly
from tests.strategies import example
from tests.test_katex import formulas_of_document

PRESETS = preset_names()

TWO_HIDDEN = """
index i in 1..d, p in 1..q, r in 1..s, c in 1..C
input x[i]
target y[c]
param W1[p,i], b1[p], W2[r,p], b2[r], W3[c,r], b3[c]
z1[p] = sum(i, W1[p,i]*x[i]) + b1[p]
h1[p] = tanh(z1[p])
z2[r] = sum(p, W2[r,p]*h1[p]) + b2[r]
h2[r] = tanh(z2[r])
z3[c] = sum(r, W3[c,r]*h2[r]) + b3[c]
out[c] = softmax(c, z3[c])
loss L = -sum(c, y[c]*log(out[c]))
"""

OTHER_LETTERS = """
index u in 1..d, s in 1..q, r in 1..l
input  in0[u]
target goal[r]
param  A[u,s], c[s], B[s,r], k[r]
net[s] = sum(u, A[u,s] * in0[u])
mid[s] = sigmoid(net[s] - c[s])
top[r] = sum(s, B[s,r] * mid[s])
res[r] = sigmoid(top[r] - k[r])
loss cost = 1/2 * sum(r, (res[r] - goal[r])^2)
update eta
"""
"""The network of watermelon.bp under names of its own, and without names for its error terms."""

GATES = """
index t in 1..T, j in 1..n, k in 1..n, m in 1..d
input x[t,m]
target y[t,j]
param W[j,k], U[j,m], V[j,k], R[j,m]
h[0,j] = 0
u[t,j] = sigmoid(sum(k, W[j,k]*h[t-1,k]) + sum(m, U[j,m]*x[t,m]))
v[t,j] = tanh(sum(k, V[j,k]*h[t-1,k]) + sum(m, R[j,m]*x[t,m]))
h[t,j] = (1 - u[t,j])*h[t-1,j] + u[t,j]*v[t,j]
loss L = sum(t, j, (h[t,j] - y[t,j])^2)
"""


def model_of(source: str) -> Model:
    return lower(parse(source))


SOURCES = {name: example_text(name) for name in example_names()} | {"two hidden": TWO_HIDDEN, "gates": GATES}


@cache
def derived(source: str, preset: str) -> tuple[Derivation, Notation]:
    model, notation = with_notation(model_of(source), preset)
    return differentiate(model), notation


def vocabulary(derivation: Derivation, notation: Notation) -> Vocabulary:
    return Vocabulary.of(derivation.model, derivation.program, notation=notation, of=derivation.of)


def lines(source: str, preset: str) -> dict[str, str]:
    """Forward equations, error terms and gradients as LaTeX, by the author's names."""
    derivation, notation = derived(source, preset)
    shared = vocabulary(derivation, notation)
    found: dict[str, str] = {}

    def say(key: str, indices: tuple, left: Expr, right: Expr) -> None:
        context = shared.display(indices, left, right)
        found[key] = f"{latex(left, context)} = {latex(right, context)}"

    for e in derivation.forward:
        say(e.target.name if not e.guards else f"{e.target.name} {e.label}", e.indices, e.target, e.body)
    for error in derivation.errors:
        say(f"error {error.of}", error.indices, whole_access(error.indices, error.name), closed(error.branches))
    for name, gradient in derivation.gradients.items():
        total = Partial(PartialKind.TOTAL, Access(derivation.of), whole_access(gradient.indices, name))
        form = gradient.forms["shared"]
        assert not isinstance(form, Refusal)
        say(f"gradient {name}", gradient.indices, total, form)
    return found


def closed(branches: tuple) -> Expr:
    return branches[0][1] if len(branches) == 1 and not branches[0][0] else Cases(branches)


EVERY = [(name, preset) for name in SOURCES for preset in PRESETS]
OWN = [(name, preset) for name, preset in EVERY if name not in example_names()]


@pytest.mark.parametrize(("name", "preset"), EVERY, ids=[f"{n}-{p}" for n, p in EVERY])
def test_each_model_in_each_notation_is_certified(name: str, preset: str) -> None:
    derivation, _ = derived(SOURCES[name], preset)
    certificate = certify_quickly(derivation)
    assert certificate.passed, certificate


@pytest.mark.parametrize(("name", "preset"), OWN, ids=[f"{n}-{p}" for n, p in OWN])
def test_documents_in_each_notation_are_read_by_katex(name: str, preset: str) -> None:
    """Those of the examples are read elsewhere."""
    derivation, notation = derived(SOURCES[name], preset)
    formulas = dict.fromkeys(formulas_of_document(latex_document_fragment(derivation, Options(notation=notation))))
    assert len(formulas) > 3
    for formula, display in formulas:
        pykatex.renderToString(formula, displayMode=display, strict="error", throwOnError=True)


@pytest.mark.parametrize(("name", "preset"), EVERY, ids=[f"{n}-{p}" for n, p in EVERY])
def test_a_text_in_each_notation_can_be_ascii(name: str, preset: str) -> None:
    derivation, notation = derived(SOURCES[name], preset)
    assert text_document(derivation, Options(notation=notation, unicode=False)).isascii()


@pytest.mark.parametrize(("name", "preset"), EVERY, ids=[f"{n}-{p}" for n, p in EVERY])
def test_no_two_names_print_alike(name: str, preset: str) -> None:
    derivation, notation = derived(SOURCES[name], preset)
    model = derivation.model
    names = vocabulary(derivation, notation).names
    ranks = {n: a.rank for n, a in model.arrays.items()} | {e.name: len(e.letters) for e in model.error_names}
    ranks |= dict.fromkeys((*model.sizes, *model.index_ranges, *model.functions), 0)
    for draw in (lambda n: names.latex(n), lambda n: names.text(n, True), lambda n: names.text(n, False)):
        bare = {n: draw(n) for n in ranks}
        assert len(set(bare.values())) == len(bare), bare
    stems = {names.look(n).stem for n in (*model.arrays, *model.functions)} - {
        names.look(n).stem for n in model.arrays if "#" in n
    }
    letters = {names.latex(letter) for letter in model.index_ranges}
    assert preset == "plain" or not stems & letters


@cache
def point(source: str) -> tuple[dict[str, int], dict[str, dict]]:
    """Sizes, and a number for each entry of what isn't computed."""
    model, random = model_of(source), Random(7)
    sizes = {s: 2 + k % 2 for k, s in enumerate(model.sizes)} | model.size_values
    values = {}
    for name, array in model.arrays.items():
        if array.role is not Role.DEFINED:
            spans = [range(a.lower.evaluate(sizes), a.upper.evaluate(sizes) + 1) for a in array.axes]
            drawn = (lambda: random.uniform(0.2, 0.9)) if array.values is None else lambda: 1
            values[name] = {key: drawn() for key in itertools.product(*spans)}
    return sizes, values


@cache
def numbers(source: str, preset: str) -> tuple[dict[str, dict], dict[str, dict]]:
    """Error terms times their signs, and gradients, at the point, from the displayed shared forms alone."""
    derivation, _ = derived(source, preset)
    definitions = [definition_of(e) for e in derivation.program.equations if adjoint_base(e.target) is None]
    definitions += [Definition(e.name, e.indices, closed(e.branches)) for e in derivation.errors]
    for name, gradient in derivation.gradients.items():
        form = gradient.forms["shared"]
        assert not isinstance(form, Refusal)
        definitions.append(Definition(f"gradient {name}", gradient.indices, form))
    sizes, values = point(source)
    run = Evaluator(definitions, sizes, FLOAT, instances=instances_for(derivation.model.functions, 0)).run(values)
    errors = {e.of: {k: e.sign * v for k, v in run.table(e.name).items()} for e in derivation.errors}
    return errors, {name: run.table(f"gradient {name}") for name in derivation.gradients}


@pytest.mark.parametrize(("name", "preset"), EVERY, ids=[f"{n}-{p}" for n, p in EVERY])
def test_the_mathematics_is_that_of_the_author_s_notation(name: str, preset: str) -> None:
    errors, gradients = numbers(SOURCES[name], preset)
    plain_errors, plain_gradients = numbers(SOURCES[name], "plain")
    assert gradients.keys() == plain_gradients.keys()
    for parameter, table in gradients.items():
        assert table == {k: pytest.approx(v, rel=1e-9, abs=1e-12) for k, v in plain_gradients[parameter].items()}
    for of in errors.keys() & plain_errors.keys():
        assert errors[of] == {k: pytest.approx(v, rel=1e-9, abs=1e-12) for k, v in plain_errors[of].items()}


HARD = sorted((Path(__file__).parent / "models").glob("*.bp"))


@pytest.mark.parametrize("path", HARD, ids=lambda p: p.stem)
def test_hard_models_in_each_notation(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    for preset in PRESETS:
        errors, gradients = numbers(source, preset)
        plain_errors, plain_gradients = numbers(source, "plain")
        for mine, own in ((errors, plain_errors), (gradients, plain_gradients)):
            for name in mine.keys() & own.keys():
                assert mine[name] == {k: pytest.approx(v, rel=1e-9, abs=1e-12) for k, v in own[name].items()}
        derivation, notation = derived(source, preset)
        latex_document_fragment(derivation, Options(notation=notation))


@pytest.mark.parametrize("number", range(42))
def test_random_models_in_a_notation(number: int) -> None:
    """Whatever a model is like, it has a notation: nothing fails, names stay apart, and the numbers are right."""
    source, preset = example(number).text, PRESETS[number % len(PRESETS)]
    derivation, notation = derived(source, preset)
    assert certify_quickly(derivation).passed
    names = vocabulary(derivation, notation).names
    arrays = [n for n in derivation.model.arrays if "#" not in n]
    assert len({names.latex(n) for n in arrays}) == len(arrays)
    latex_document_fragment(derivation, Options(notation=notation))


# The books


def test_zhou_gives_the_book_s_page_from_any_letters() -> None:
    """Another author's letters, printed in Zhou's notation, are the file of section 5.3 to the letter."""
    book = differentiate(model_of(example_text("watermelon")))
    other, notation = derived(OTHER_LETTERS, "zhou")
    assert latex_document_fragment(other, Options(notation=notation)) == latex_document_fragment(book)
    assert text_document(other, Options(notation=notation)) == text_document(book)


def test_zhou_5_3() -> None:
    found = lines(OTHER_LETTERS, "zhou")
    assert found["net"] == "\\alpha_h = \\sum_{i=1}^{d} v_{ih}\\,x_i"
    assert found["res"] == "\\hat{y}_j = \\sigma(\\beta_j - \\theta_j)"
    assert found["error top"] == "g_j = (y_j - \\hat{y}_j)\\,\\hat{y}_j(1 - \\hat{y}_j)"
    assert found["error net"] == "e_h = b_h(1 - b_h) \\sum_{j=1}^{l} w_{hj}\\,g_j"
    assert found["gradient A"] == "\\frac{\\partial E}{\\partial v_{ih}} = -e_h\\,x_i"
    assert found["gradient k"] == "\\frac{\\partial E}{\\partial \\theta_j} = g_j"


def test_zhou_numbers_the_letters_of_several_hidden_layers() -> None:
    found = lines(TWO_HIDDEN, "zhou")
    assert found["z2"] == (
        "\\alpha^{(2)}_{n} = \\sum_{h=1}^{q} v^{(2)}_{hn}\\,b^{(1)}_{h} + \\gamma^{(2)}_{n}"
    )
    assert found["z3"] == "\\beta_j = \\sum_{n=1}^{s} w_{nj}\\,b^{(2)}_{n} + \\theta_j"
    assert found["error z1"] == (
        "e^{(1)}_{h} = (1 - (b^{(1)}_{h})^2) \\sum_{n=1}^{s} v^{(2)}_{hn}\\,e^{(2)}_{n}"
    )


def test_nielsen_bp1_to_bp4_for_a_symbolic_depth() -> None:
    source = example_text("deep").partition("name delta")[0]
    found = lines(source, "nielsen")
    assert found["z"] == "z^{l}_{j} = \\sum_{k=1}^{n} w^{l}_{jk}\\,a^{l-1}_{k} + b^{l}_{j}"
    at_the_end = "\\sigma'(z^{l}_{j})\\,(a^{L}_{j} - y_j) & l = L"                                     # BP1
    below = "\\sigma'(z^{l}_{j}) \\sum_{k=1}^{n} w^{l+1}_{kj}\\,\\delta^{l+1}_{k}"                     # BP2
    assert found["error z"].startswith("\\delta^{l}_{j} = \\begin{cases} " + at_the_end) and below in found["error z"]
    assert found["gradient b"] == "\\frac{\\partial C}{\\partial b^{l}_{j}} = \\delta^{l}_{j}"         # BP3
    assert found["gradient w"] == "\\frac{\\partial C}{\\partial w^{l}_{jk}} = \\delta^{l}_{j}\\,a^{l-1}_{k}"   # BP4


def test_nielsen_bp1_to_bp4_for_three_layers() -> None:
    found = lines(example_text("nielsen").partition("name delta")[0], "nielsen")
    assert found["error z3"] == "\\delta^{3}_{j} = (a^{3}_{j} - y_j)\\,\\sigma'(z^{3}_{j})"
    assert found["error z2"] == "\\delta^{2}_{k} = \\sigma'(z^{2}_{k}) \\sum_{j=1}^{3} w^{3}_{jk}\\,\\delta^{3}_{j}"
    assert found["gradient b2"] == "\\frac{\\partial C}{\\partial b^{2}_{k}} = \\delta^{2}_{k}"
    assert found["gradient w3"] == "\\frac{\\partial C}{\\partial w^{3}_{jk}} = \\delta^{3}_{j}\\,a^{2}_{k}"


WEIGHTS = {
    "bishop": "\\frac{\\partial E_{n}}{\\partial w^{(2)}_{mj}} = \\delta^{(2)}_{m}\\,z^{(1)}_{j}",
    "cs231n": "d\\mathrm{W2}_{jm} = d\\mathrm{z2}_m \\cdot \\mathrm{h1}_j",
    "goodfellow": "\\frac{\\partial J}{\\partial W^{(2)}_{mj}} = g^{(2)}_{m}\\,h^{(1)}_{j}",
    "haykin": "\\frac{\\partial \\epsilon}{\\partial w^{(2)}_{mj}} = -\\delta^{(2)}_{m}\\,y^{(1)}_{j}",
    "nielsen": "\\frac{\\partial C}{\\partial w^{3}_{mk}} = \\delta^{3}_{m}\\,a^{2}_{k}",
    "plain": "\\frac{\\partial L}{\\partial W^{(2)}_{rp}} = \\delta^{(z^{(2)})}_r\\,h^{(1)}_p",
    "zhou": "\\frac{\\partial E}{\\partial v^{(2)}_{hn}} = -e^{(2)}_{n}\\,b^{(1)}_{h}",
}


@pytest.mark.parametrize("preset", PRESETS)
def test_the_middle_weights_of_two_hidden_layers(preset: str) -> None:
    assert lines(TWO_HIDDEN, preset)["gradient W2"] == WEIGHTS[preset]


def test_bishop_s_letters_for_one_hidden_layer() -> None:
    found = lines(OTHER_LETTERS, "bishop")
    assert found["net"] == "a^{(1)}_{j} = \\sum_{i=1}^{d} w^{(1)}_{ji}\\,x_i"
    assert found["cost"] == "E_{n} = \\frac{1}{2} \\sum_{k=1}^{l} (y_k - t_k)^2"


@pytest.mark.parametrize("name", ["deep", "bptt", "nielsen", "residual"])
def test_bishop_s_example_n_is_no_size_and_no_index(name: str) -> None:
    """E_n is the error of example n, so n units are N."""
    shown = " ".join(lines(example_text(name), "bishop").values())
    assert "E_{n}" in shown and "'}" not in shown
    assert not re.search(r"\^\{n\}|\bn=|_\{?n\}?", shown.replace("E_{n}", ""))


def test_haykin_s_size_gives_way_to_the_desired_response() -> None:
    found = lines(OTHER_LETTERS, "haykin")
    assert found["net"] == "v^{(1)}_{j} = \\sum_{i=1}^{D} w^{(1)}_{ji}\\,x_i"
    assert found["cost"] == "\\epsilon = \\frac{1}{2} \\sum_{k=1}^{l} (y^{(2)}_{k} - d_k)^2"
    assert found["error top"] == "\\delta^{(2)}_{k} = (d_k - y^{(2)}_{k})\\,y^{(2)}_{k}(1 - y^{(2)}_{k})"


def test_haykin_s_error_signal() -> None:
    source = """
index i in 1..m, j in 1..n
input x[i]
target want[j]
param w[j,i]
s[j] = sum(i, w[j,i]*x[i])
o[j] = tanh(s[j])
miss[j] = want[j] - o[j]
loss L = 1/2*sum(j, miss[j]^2)
"""
    found = lines(source, "haykin")
    assert found["miss"] == "e_k = d_k - y_k" and found["L"] == "\\epsilon = \\frac{1}{2} \\sum_{k=1}^{n} e_k^2"


def test_the_stages_of_cs231n() -> None:
    found = lines(example_text("staged"), "cs231n")
    assert found["gradient y"].startswith("dy = ") and "\\partial" not in "".join(found.values())
    derivation, notation = derived(example_text("staged"), "cs231n")
    shown = text_document(derivation, Options(notation=notation))
    assert "(E3)  dden = dinvden · ∂invden/∂den\n           = −dinvden/den^2\n" in shown
    assert "      dy = dsigy · ∂sigy/∂y + dxpy · ∂xpy/∂y\n" in shown and ":=" not in shown


def test_a_local_derivative_keeps_its_curl() -> None:
    derivation, notation = derived(OTHER_LETTERS, "cs231n")
    shared = vocabulary(derivation, notation)
    for kind, expected in ((PartialKind.TOTAL, "dh_j"), (PartialKind.EDGE, "\\frac{\\partial L}{\\partial h_j}")):
        mid = next(e for e in derivation.forward if e.target.name == "mid")
        partial = Partial(kind, Access("cost"), mid.target)
        assert latex(partial, shared.display(mid.indices, partial)) == expected
    other = Partial(PartialKind.TOTAL, Access("net", mid.target.subscripts), mid.target)
    assert "\\partial" in latex(other, shared.display(mid.indices, other))
    assert "\\partial" in latex(partial, shared.spelled_out().display(mid.indices, partial))


def test_an_error_term_is_said_to_be_the_derivative_that_it_is_called_by() -> None:
    derivation, notation = derived(OTHER_LETTERS, "cs231n")
    shown = text_document(derivation, Options(notation=notation))
    assert "dscores[k] := ∂L/∂scores[k]\n" in shown and "(E1)  dscores[k] = " in shown


def test_dx_beside_an_author_s_dx_stays_a_fraction() -> None:
    source = "input x\nparam w\ndx = 2*x\nloss L = w*dx\n"
    assert with_notation(model_of(source), "cs231n")[1].partial == "∂"


def test_an_opposite_error_term_of_two_branches_has_no_minus() -> None:
    found = lines(example_text("bptt").partition("name delta")[0], "zhou")["error s"]
    assert "(1 - b_{th}^2)\\,\\left(\\sum_{j=1}^{o} w_{hj}\\,g_{tj} + \\sum_{n=1}^{N} u_{hn}\\,e" in found
    assert "-\\left" not in found


RECURRENT = {
    "bishop": "w^{(1)} u w^{(2)}", "haykin": "w^{(1)} u w^{(2)}", "nielsen": "w^{2} u^{2} w^{3}", "zhou": "v u w",
    "goodfellow": "U^{(1)} W^{(1)} W^{(2)}",
}


@pytest.mark.parametrize("preset", RECURRENT)
def test_two_weights_into_one_unit_have_a_letter_each(preset: str) -> None:
    """From the inputs, from the unit's own past, and from the units to the outputs."""
    names = Names.of(with_notation(model_of(example_text("bptt")), preset)[0])
    stems = [re.sub(r"_.*", "", names.look(n).access((Subscript("1", True), Subscript("2", True)))[0]) for n in "UWV"]
    assert " ".join(stems) == RECURRENT[preset]


@pytest.mark.parametrize("preset", [p for p in PRESETS if p != "plain"])
def test_a_layer_is_renamed_together_or_not_at_all(preset: str) -> None:
    """A layer norm's mean and gain have no role, so its weights keep their letter as they do."""
    shown = Names.of(with_notation(model_of(example_text("layernorm")), preset)[0])
    own = Names.of(model_of(example_text("layernorm")))
    for name in ("w", "a", "mu", "sigma", "ahat", "gamma", "beta", "o", "delta", "rho", "tau"):
        assert shown.latex(name) == own.latex(name)


def test_the_weights_of_a_symbolic_depth_have_the_letter_of_any_layer() -> None:
    found = lines(example_text("deep"), "zhou")
    assert "w^{(t)}_{nh}" in found["z"]


# Letters and signs that the file states


def test_a_preset_goes_before_the_file_unless_the_file_is_to_be_first() -> None:
    model = model_of(example_text("watermelon") + "show b[h] as B_h\n")
    asked, _ = with_notation(model, "nielsen")
    assert asked.looks["b"] != "B_h" and [e.sign for e in asked.error_names] == [1, 1]
    kept, _ = with_notation(model, "nielsen", file_first=True)
    assert kept.looks["b"] == "B_h" and kept.error_names == model.error_names


def test_what_has_no_role_keeps_the_file_s_look() -> None:
    model = model_of("param w\nloss L = w^4\nshow w as omega\n")
    assert with_notation(model, "nielsen")[0].looks == {"w": "omega"}


def test_plain_is_the_author_s() -> None:
    model = model_of(example_text("deep"))
    assert with_notation(model, "plain") == (model, Notation("plain"))


def test_roles_whose_letters_clash_are_left_as_they_are() -> None:
    model = model_of(GATES)
    shown, _ = with_notation(model, "nielsen")
    names = Names.of(shown)
    assert [names.latex(n) for n in "WUVR"] == ["W", "U", "V", "R"]
    assert names.latex("L") == "C"


def test_a_stated_role_chooses_the_letter() -> None:
    source = (
        "index i in 1..d, j in 1..n\ninput x[i]\ntarget y[j]\nparam A[j,i]\nnet[j] = sum(i, A[j,i]*x[i])\n"
        "out[j] = net[j]^3\nloss E = 1/2*sum(j, (out[j] - y[j])^2)\n"
    )
    assert lines(source, "bishop")["net"].startswith("a_k")
    assert lines(source + "role net = activation\n", "bishop")["net"].startswith("z_k")


def test_text_follows_the_order_of_the_letters() -> None:
    derivation, notation = derived(OTHER_LETTERS, "nielsen")
    shared = vocabulary(derivation, notation)
    access = whole_access(derivation.gradients["A"].indices, "A")
    assert text(access, shared.display(derivation.gradients["A"].indices, access)) == "w2[k,i]"
    assert shared.names.look("A").access((Subscript("i", True), Subscript("k", True)))[0] == "w^{2}_{ki}"


# Files


def test_the_notations_that_come_with_the_package() -> None:
    assert PRESETS == ("bishop", "cs231n", "goodfellow", "haykin", "nielsen", "plain", "zhou")


MISTAKES = {
    "[letters]\nwieght = 'w'\n": "`wieght` is unknown in [letters]; did you mean `weight`? there are: input, weight",
    "[leters]\n": "`leters` is unknown; did you mean `letters`?",
    "title = 3\n": "`title` takes a text",
    "letters = 'w'\n": "`letters` is a section: write [letters]",
    "[letters]\nweight = '\\\\input{x}'\n": "`letters.weight` takes a letter or a word",
    "[letters]\nweight = 'w$'\n": "`letters.weight` takes a letter or a word",
    "[letters]\nweight = 3\n": "`letters.weight` takes a letter or a word",
    "[letters]\nweight = 'wwwwwwwwwwwwwwwwwwwwwwwww'\n": "`letters.weight` takes a letter or a word",
    "[letters]\nweight = {hiden = 'w'}\n": "`hiden` is unknown in [letters.weight]; did you mean `hidden`?",
    "[layers]\nmark = 'l'\n": "`layers.mark` takes `t` or `(t)` or `joined`",
    "[layers]\nfirst = true\n": "`layers.first` takes a whole number from 0 to 99",
    "[layers]\nalways = 1\n": "`layers.always` takes true or false",
    "[weights]\norder = ['to']\n": '`weights.order` takes ["to", "from"] or ["from", "to"]',
    "[error-terms]\nsign = 1\n": "`error-terms.sign` takes `+` or `-`",
    "[indices]\ninput = 'i'\n": "`indices.input` takes a list of letters",
    "[indices]\ninput = ['\\\\x']\n": "`indices.input` takes a list of letters",
    "[print]\npartial = 'D'\n": "`print.partial` takes `∂` or `d`",
    f"[indices]\ninput = ['{'x' * 21}']\n": "`indices.input` takes a list of letters",
    f"[layers]\nfirst = {'9' * 5_000}\n": "a number has too many digits",
    f"title = {'[' * 5_000}{']' * 5_000}\n": "nested too deeply for a notation",
    "[print\n": "my.toml: Expected",
}


@pytest.mark.parametrize(("source", "message"), MISTAKES.items(), ids=list(MISTAKES.values()))
def test_a_file_with_a_mistake(source: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        read_preset("my", source, "my.toml")
    assert str(caught.value).startswith("my.toml: ") and message in str(caught.value)


def test_an_unknown_notation() -> None:
    for name, message in {
        "nielson": "there is no notation `nielson`; did you mean `nielsen`? there are: bishop, cs231n,",
        "zzz": "there is no notation `zzz`; there are: bishop,",
        "../presets/zhou": "there is no notation `../presets/zhou`;",
    }.items():
        with pytest.raises(ModelError) as caught:
            load_preset(name)
        assert str(caught.value).startswith(message)


def test_a_notation_of_one_s_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[letters]\nweight = "Omega"\nloss = "ell"\n[indices]\ninput = ["m"]\n', encoding="utf-8")
    found = lines(TWO_HIDDEN, str(path))
    assert found["z1"] == "z^{(1)}_p = \\sum_{m=1}^{d} \\Omega^{1}_{pm}\\,x_m + b^{(1)}_p"
    assert found["L"].startswith("\\mathrm{ell} = ")


def test_files_that_can_t_be_read(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="can't be read"):
        load_preset(str(tmp_path / "none.toml"))
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match="is not text in UTF-8"):
        load_preset(str(tmp_path / "bytes.toml"))
    (tmp_path / "large.toml").write_text("#" * 70_000)
    with pytest.raises(ModelError, match="too large"):
        load_preset(str(tmp_path / "large.toml"))


def test_the_page_on_notations_names_them_all_and_its_file_is_read() -> None:
    page = (Path(__file__).resolve().parent.parent / "docs" / "notations.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == list(PRESETS)
    written = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    own = read_preset("own", written[0], "own.toml")
    assert own.sign == -1 and own.letters["pre-activation", "output"] == "beta" and own.indices["hidden"] == ("h", "n")
    table = {section: set(entries) for section, entries in tomllib.loads(written[0]).items() if section != "title"}
    told = {section: set(keys) for section, keys in SECTIONS.items()}
    assert all(table[section] == told[section] for section in told if section != "letters")
    assert all(role in written[0] for role in told["letters"])
