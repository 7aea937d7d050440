"""Matrix forms: by the book, against NumPy on random networks and random sums, refused with a reason, and printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import cast

import numpy as np
import pykatex
import pytest

import symbp
import symbp.claims
import symbp.verify as certifier
from symbp.calculus.affine import Affine, Index, Range
from symbp.calculus.contraction import NoMatrixForm, Obstacle
from symbp.calculus.derivation import Derivation
from symbp.calculus.differentiate import differentiate
from symbp.calculus.expression import ONE, Access, Expr, Number, Reduce, multiply
from symbp.calculus.matrix import (
    EntryPower,
    Hadamard,
    Literal,
    MatrixExpr,
    Ones,
    Product,
    ShapeError,
    Slope,
    StackSum,
    Sum,
    Transposed,
    Whole,
    parts,
)
from symbp.calculus.matrix_algebra import hadamard, product, scaled, transposed
from symbp.calculus.matrix_form import Arrays, matrix_form
from symbp.calculus.matrix_lines import MatrixForms, MatrixLine, matrix_forms
from symbp.certificate import Comparison
from symbp.notation.apply import with_notation
from symbp.notation.presets import preset_names
from symbp.numeric.bench import Bench
from symbp.numeric.ladder import Verdict
from symbp.render.blocks import MatrixDisplay
from symbp.render.escape import checked_latex
from symbp.render.latex import LatexStyle
from symbp.render.latex_document import LatexWriter
from symbp.render.lines import Lines
from symbp.render.matrix import MatrixFormula, print_matrix, skeleton
from symbp.render.matrix_section import GROUPS, matrix_section
from symbp.render.options import LANGUAGES, Options
from symbp.render.prose import Prose
from symbp.render.text import TextStyle
from symbp.render.text_document import TextWriter
from symbp.verify import verify
from tests.matrix_reader import Reader
from tests.matrix_values import Array, evaluate

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.bp"))

DENSE = """
index n in 1..N, i in 1..d, j in 1..q, c in 1..o
input X[n,i]
target Y[n,c]
param W[i,j], b[j], V[j,c]
Z[n,j] = sum(i, X[n,i]*W[i,j]) + b[j]
H[n,j] = relu(Z[n,j])
P[n,c] = sum(j, H[n,j]*V[j,c])
loss L = 1/2 * mean(n, sum(c, (P[n,c] - Y[n,c])^2))
name D[n,j] = grad(Z[n,j]), G[n,c] = grad(P[n,c])
"""


def derivation_of(text: str) -> Derivation:
    return differentiate(symbp.parse(text))


def shown(derivation: Derivation, line: MatrixLine, unicode: bool = True) -> str:
    """left = right as text."""
    vocabulary = Lines(derivation).vocabulary
    context = vocabulary.display(line.indices, skeleton(line.left), skeleton(line.right))
    style = TextStyle(vocabulary.names, unicode)
    return " = ".join(print_matrix(side, context, style).text for side in (line.left, line.right))


def texts(text: str) -> list[str]:
    derivation = derivation_of(text)
    return [shown(derivation, line) for line in derivation.matrix.lines]


def example(name: str) -> str:
    return (ROOT / "examples" / f"{name}.bp").read_text(encoding="utf-8")


BOOKS = [
    pytest.param(example("watermelon"), [
        "α = vᵀ x", "b = σ(α − γ)", "β = wᵀ b", "ŷ = σ(β − θ)", "E = 1/2 · ‖ŷ − y‖^2",
        "g = (y − ŷ) ⊙ ŷ ⊙ (𝟏 − ŷ)", "e = b ⊙ (𝟏 − b) ⊙ (w g)",
        "∂E/∂v = −x eᵀ", "Δv = η · x eᵀ", "∂E/∂γ = e", "∂E/∂w = −b gᵀ", "∂E/∂θ = g",
    ], id="Zhou 5.10 to 5.15"),
    pytest.param(example("deep"), [
        "z[l] = w[l] a[l−1] + b[l]", "δ[l] = f′(z[l]) ⊙ (a[L] − y)", "δ[l] = f′(z[l]) ⊙ (w[l+1]ᵀ δ[l+1])",
        "∂C/∂b[l] = δ[l]", "∂C/∂w[l] = δ[l] a[l−1]ᵀ",
    ], id="Nielsen BP1 to BP4"),
    pytest.param(example("bptt"), [
        "s[t] = W h[t−1] + U x[t] + b", "h[0] = 0", "∂E/∂W = Σ_{t=1..T} δ[t] h[t−1]ᵀ",
        "∂E/∂U = Σ_{t=1..T} δ[t] x[t]ᵀ", "∂E/∂b = Σ_{t=1..T} δ[t]",
        "δ[t] = (𝟏 − h[t]^⊙2) ⊙ (Vᵀ δ_p[t] + Wᵀ δ[t+1])",
    ], id="Goodfellow 10.2.2"),
    pytest.param(
        "index i in 1..d, c in 1..C\ninput x[i]\ntarget y[c]\nparam W[c,i], b[c]\nassume sum(c, y[c]) = 1\n"
        "z[c] = sum(i, W[c,i]*x[i]) + b[c]\np[c] = softmax(c, z[c])\nloss L = -sum(c, y[c]*log(p[c]))\n"
        "name delta[c] = grad(z[c])\n",
        ["z = W x + b", "p = 1/Z · exp(z)", "L = −yᵀ log(p)", "δ = p − y", "∂L/∂W = δ xᵀ", "∂L/∂b = δ"],
        id="softmax with cross-entropy",
    ),
    pytest.param(DENSE, [
        "Z = X W + 𝟏 bᵀ", "H = relu(Z)", "P = H V", "L = 1/(2 · N) · ‖P − Y‖_F^2", "G = 1/N · (P − Y)",
        "D = [Z > 0] ⊙ (G Vᵀ)", "∂L/∂W = Xᵀ D", "∂L/∂b = Dᵀ 𝟏", "∂L/∂V = Hᵀ G",
    ], id="a batch with examples in rows"),
    pytest.param(
        "index i in 1..n, j in 1..n, d in 1..m, e in 1..v\ninput D[i,e]\nparam Q[i,d], K[j,d], V[j,e]\n"
        "S[i,j] = sum(d, Q[i,d]*K[j,d])\nO[i,e] = sum(j, S[i,j]*V[j,e])\nloss L = sum(i, e, D[i,e]*O[i,e])\n",
        ["S = Q Kᵀ", "O = S V", "L = tr(Dᵀ O)", "∂L/∂Q = δ_S K", "∂L/∂K = δ_Sᵀ Q", "∂L/∂V = Sᵀ D", "δ_S = D Vᵀ"],
        id="linear attention",
    ),
    pytest.param(
        "index i in 1..n, j in 1..n\ninput x[i]\ntarget y[i]\nparam W[i,j], V[i,j]\n"
        "h[i] = tanh(sum(j, W[i,j]*x[j]))\no[i] = x[i] + sum(j, V[i,j]*h[j])\n"
        "loss L = 1/2*sum(i, (o[i]-y[i])^2) + 1/2*sum(i, j, W[i,j]^2)\nname d[i] = grad(o[i])\n",
        ["o = x + V h", "L = 1/2 · ‖o − y‖^2 + 1/2 · ‖W‖_F^2", "∂L/∂V = d hᵀ"],
        id="a residual connection with weight decay",
    ),
]


@pytest.mark.parametrize(("text", "wanted"), BOOKS)
def test_by_the_book(text: str, wanted: list[str]) -> None:
    found = texts(text)
    assert [line for line in wanted if line not in found] == [], found


# Random sums of products against einsum

LETTERS = ("i", "j", "k", "m")
EXTENTS = {"i": 2, "j": 3, "k": 4, "m": 5}


def random_term(random: Random) -> tuple[Expr, tuple[Index, ...], list[tuple[str, str]], str]:
    """Σ of a product of vectors and matrices: the formula, its free indices, each factor's name and letters."""
    letters = random.sample(LETTERS, random.randint(1, 4))
    factors: list[tuple[str, str]] = []
    for number in range(random.randint(1, 5)):
        own = "".join(random.sample(letters, min(len(letters), random.choice((1, 1, 2, 2, 2)))))
        factors.append((f"A{number}", own))
    used = [x for x in letters if any(x in own for _, own in factors)]
    free = used[: random.randint(0, min(2, len(used)))]
    ranges = {x: Range.of(1, EXTENTS[x]) for x in LETTERS}
    body = multiply(Access(name, tuple(Affine.of(x) for x in own)) for name, own in factors)
    summed = tuple(Index(x, ranges[x]) for x in used if x not in free)
    e = Reduce("sum", summed, (), body) if summed else body
    return e, tuple(Index(x, ranges[x]) for x in free), factors, "".join(free)


def test_random_sums_of_products() -> None:
    """Every sum of products that gets a matrix form has the value that einsum gives it; most of them do get one."""
    random, written = Random(5), 0
    for _ in range(600):
        e, free, factors, output = random_term(random)
        values = np.random.default_rng(random.randint(0, 10**6))
        arrays = {name: values.normal(size=[EXTENTS[x] for x in own]) for name, own in factors}
        axes = {name: tuple(Range.of(1, EXTENTS[x]) for x in own) for name, own in factors}
        wish = tuple(random.sample(output, len(output)))
        try:
            form = matrix_form(e, free, Arrays(axes, frozenset()), wish)
        except NoMatrixForm as no:
            assert no.obstacle in (Obstacle.MEETING, Obstacle.MANY_AXES)
            continue
        written += 1
        assert sorted(form.axes) == sorted(wish)
        given = [a for name, own in factors for a in (arrays[name], list(own))]
        order = ["abcdefgh"[LETTERS.index(x)] for x in wish]
        spec = ",".join("".join("abcdefgh"[LETTERS.index(x)] for x in own) for _, own in factors)
        wanted = np.einsum(f"{spec}->{''.join(order)}", *given[::2])
        found = evaluate(form.along(wish), arrays, {})
        assert np.allclose(found, wanted.reshape(wanted.shape + (1,) * (2 - wanted.ndim)))
    assert written > 400


# Random dense networks against a network written in NumPy

ACTIVATIONS = ("tanh", "sigmoid", "sin", "relu")


def network(random: Random) -> tuple[str, list[int], list[str], bool]:
    """The text of a random dense network, its widths, activations, and whether weights have the input first."""
    depth, transposed_weights = random.randint(1, 4), random.random() < 0.5
    widths = [random.randint(2, 5) for _ in range(depth + 1)]
    chosen = [random.choice(ACTIVATIONS) for _ in range(depth)]
    lines = [f"index {', '.join(f'i{k} in 1..{w}' for k, w in enumerate(widths))}", "input a0[i0]"]
    lines.append(f"target y[i{depth}]")
    for k, activation in enumerate(chosen, start=1):
        weight = f"W{k}[i{k - 1},i{k}]" if transposed_weights else f"W{k}[i{k},i{k - 1}]"
        lines.append(f"param {weight}, b{k}[i{k}]")
        lines.append(f"z{k}[i{k}] = sum(i{k - 1}, {weight}*a{k - 1}[i{k - 1}]) + b{k}[i{k}]")
        lines.append(f"a{k}[i{k}] = {activation}(z{k}[i{k}])")
    lines.append(f"loss E = 1/2*sum(i{depth}, (a{depth}[i{depth}] - y[i{depth}])^2)")
    return "\n".join(lines) + "\n", widths, chosen, transposed_weights


def loss(point: Mapping[str, Array], activations: Sequence[str], transposed_weights: bool) -> float:
    """The network, written out by hand."""
    functions = {"tanh": np.tanh, "sin": np.sin, "relu": lambda x: np.where(x > 0, x, 0),
                 "sigmoid": lambda x: np.exp(x) / (np.exp(x) + 1)}
    a = point["a0"]
    for k, activation in enumerate(activations, start=1):
        weight = point[f"W{k}"].T if transposed_weights else point[f"W{k}"]
        a = functions[activation](weight.dot(a) + point[f"b{k}"])
    return float(((a - point["y"]) ** 2).sum() / 2)


@pytest.mark.parametrize("seed", range(12))
def test_random_dense_networks(seed: int) -> None:
    """The lines, run as a program in NumPy, give the loss and its central differences."""
    text, widths, activations, transposed_weights = network(Random(seed))
    derivation = derivation_of(text)
    forms = matrix_forms(derivation)
    assert not forms.unwritten
    values = np.random.default_rng(seed)
    point: dict[str, Array] = {"a0": values.normal(size=widths[0]), "y": values.normal(size=widths[-1])}
    for k, (before, after) in enumerate(pairwise(widths), start=1):
        shape = (before, after) if transposed_weights else (after, before)
        point |= {f"W{k}": values.normal(size=shape), f"b{k}": values.normal(size=after)}
    known: dict[str, Array] = dict(point)
    gradients: dict[str, Array] = {}
    for line in forms.lines:
        value = evaluate(line.right, known, {})
        if isinstance(line.left, Slope):
            gradients[line.left.wrt.name] = value
        else:
            assert isinstance(line.left, Whole)
            rank = sum(axis is not None for axis in line.left.shape)
            known[line.left.name] = value.reshape(value.shape[:rank])
    assert np.isclose(known["E"], loss(point, activations, transposed_weights))
    for name, gradient in gradients.items():
        for place in np.ndindex(*point[name].shape):
            moved = []
            for step in (1e-6, -1e-6):
                there = {n: v.copy() for n, v in point.items()}
                there[name][place] += step
                moved.append(loss(there, activations, transposed_weights))
            assert np.isclose(gradient.reshape(point[name].shape)[place], (moved[0] - moved[1]) / 2e-6, atol=1e-6)
    assert len(gradients) == 2 * len(activations)


# Verification


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Callable[[Derivation], Sequence[Comparison]]:
    """The outcomes of the claims about matrices alone."""
    monkeypatch.setattr(
        certifier, "claims", lambda d: [c for c in symbp.claims.claims(d) if c.what.startswith("matrix form of")]
    )
    return lambda derivation: verify(derivation).comparisons


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_examples_verify(path: Path, compared: Callable[[Derivation], Sequence[Comparison]]) -> None:
    derivation = differentiate(symbp.load(path))
    about = compared(derivation)
    assert len(about) == len(derivation.matrix.lines)
    assert {c.verdict for c in about} <= {Verdict.AGREES}


@pytest.mark.parametrize("wrong", ["transposed", "missing factor", "sign"])
def test_a_wrong_line_is_found(
    wrong: str, monkeypatch: pytest.MonkeyPatch, compared: Callable[[Derivation], Sequence[Comparison]]
) -> None:
    """A matrix with the wrong orientation, a lost factor, a turned sign: each differs."""
    text = """
    index i in 1..n, j in 1..n
    input x[i]
    param W[i,j]
    h[i] = tanh(sum(j, W[i,j]*x[j]))
    loss L = sum(i, h[i]^2)
    name d[i] = grad(h[i])
    """
    derivation = derivation_of(text)
    lines = matrix_forms(derivation).lines
    changed = {
        "transposed": lambda line: replace(line, right=transposed(line.right)),
        "missing factor": lambda line: replace(line, right=_without_a_factor(line.right)),
        "sign": lambda line: replace(line, right=scaled([Literal(Number(Fraction(-1)))], line.right)),
    }[wrong]
    altered = tuple(changed(line) if line.kind == "gradient" else line for line in lines)
    monkeypatch.setattr(Derivation, "matrix", MatrixForms(altered, ()))
    verdicts = {c.what: c.verdict for c in compared(derivation)}
    assert verdicts.pop("matrix form of ∂L/∂W") is Verdict.DIFFERS
    assert set(verdicts.values()) == {Verdict.AGREES}


def _without_a_factor(m: MatrixExpr) -> MatrixExpr:
    assert isinstance(m, Product)
    first = m.factors[0]
    assert isinstance(first, Hadamard)
    return product([hadamard(first.factors[1:]), *m.factors[1:]])


@pytest.mark.parametrize("preset", preset_names())
@pytest.mark.parametrize("name", ["watermelon", "deep", "bptt", "tanh"])
def test_lines_of_a_notation_verify(
    preset: str, name: str, compared: Callable[[Derivation], Sequence[Comparison]],
) -> None:
    """Where a book writes w_jh for w[h,j], its matrices have the rows j; the lines still hold."""
    about = compared(differentiate(with_notation(symbp.parse(example(name)), preset)[0]))
    assert about
    assert {c.verdict for c in about} == {Verdict.AGREES}


@pytest.mark.parametrize("preset", preset_names())
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_the_lines_shown_are_the_lines_claimed(preset: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a document displays, formula by formula, is what `verify` evaluates, in the orientation of the looks."""
    monkeypatch.setattr(symbp.claims, "entry", lambda bench, side, symbols, row, column: side)
    model, notation = with_notation(symbp.load(path), preset)
    derivation = differentiate(model)
    lines = Lines(derivation, notation)
    blocks = list(matrix_section(lines, Prose(), notation.bold))
    rows = [row for block in blocks if isinstance(block, MatrixDisplay) for row in block.rows]
    told = derivation.matrix.lines
    displayed = [tuple(side.matrix for side in (r.left, r.right) if isinstance(side, MatrixFormula)) for r in rows]
    assert displayed == [(m.left, m.right) for _, kinds in GROUPS for m in told if m.kind in kinds]
    claimed = [c for c in symbp.claims.claims(derivation) if c.what.startswith("matrix form of")]
    key, nowhere = (0,) * 9, cast(Bench, None)
    assert [(c.left(nowhere, key), c.right(nowhere, key)) for c in claimed] == [(m.right, m.left) for m in told]
    for whole in (n for line in told for side in (line.left, line.right) for n in nodes(side) if isinstance(n, Whole)):
        order = lines.vocabulary.names.text_order(whole.name, len(whole.subscripts))
        along = [axis for axis in order if whole.subscripts[axis] is None]
        assert whole.flipped == (along != sorted(along)), whole.name


def test_goodfellow_multiplies_from_the_left() -> None:
    model, notation = with_notation(symbp.parse(example("watermelon")), "goodfellow")
    lines = Lines(differentiate(model), notation)
    blocks = list(matrix_section(lines, Prose(), notation.bold))
    latex = LatexWriter(LatexStyle(lines.vocabulary.names)).document(blocks)
    assert "\\boldsymbol{a}^{(1)} &= \\boldsymbol{W}^{(1)}\\,\\boldsymbol{x}" in latex
    assert "(\\boldsymbol{W}^{(2)})^{\\top}\\,\\boldsymbol{g}^{(2)}" in latex
    assert "\\Delta \\boldsymbol{W}^{(1)}" in latex


def test_axes_of_one_place_stay_subscripts() -> None:
    """A sum over a single output is that output: its weights are a vector, and its quantities are scalars."""
    derivation = derivation_of(
        "index i in 1..n, h in 1..q, c in 1..1\ninput x[i]\ntarget y[c]\nparam v[h,i], w[c,h]\n"
        "b[h] = tanh(sum(i, v[h,i]*x[i]))\nz[c] = tanh(sum(h, w[c,h]*b[h]))\n"
        "loss E = 1/2*sum(c, (z[c] - y[c])^2)\nname d[c] = grad(z[c])\n"
    )
    forms = matrix_forms(derivation)
    assert not forms.unwritten
    assert "d[c] = z[c] − y[c]" in [shown(derivation, line) for line in forms.lines]
    about = [c for c in verify(derivation).comparisons if c.what.startswith("matrix form of")]
    assert {c.verdict for c in about} == {Verdict.AGREES}


# Refusals

REFUSED = [
    pytest.param(
        "index p in 1..P, r in 0..2\ninput a[1..P+2]\nparam w[r]\nz[p] = sum(r, w[r]*a[p+r])\nloss L = sum(p, z[p])\n",
        "w", Obstacle.MIXED_PLACE, "a", id="convolution",
    ),
    pytest.param(
        "index t in 1..T, v in 1..V, k in 1..d\ninput tok[t] in 1..V\nparam E[v,k]\nz[k] = mean(t, E[tok[t],k])\n"
        "loss L = sum(k, z[k]^2)\n", "z", Obstacle.GATHER, "E", id="gather",
    ),
    pytest.param(
        "index t in 1..T, v in 1..V, k in 1..d\ninput tok[t] in 1..V\nparam E[v,k]\nz[k] = mean(t, E[tok[t],k])\n"
        "loss L = sum(k, z[k]^2)\n", "E", Obstacle.MASK, "", id="the gradient of a gather",
    ),
    pytest.param(
        "index i in 1..n, j in 1..n\nparam S[i,j]\nP[i] = sum(j if j <= i, S[i,j])\nloss L = sum(i, P[i]^2)\n",
        "P", Obstacle.MASK, "", id="mask",
    ),
    pytest.param(
        "index i in 1..n, j in 1..m\nparam x[i,j]\ny[i] = max(j, x[i,j])\nloss L = sum(i, y[i]^2)\n",
        "y", Obstacle.EXTREMUM, "", id="maximum",
    ),
    pytest.param(
        "index i in 1..n, j in 1..n\nparam A[i,j]\nd[i] = A[i,i]\nloss L = sum(i, d[i]^2)\n",
        "d", Obstacle.DIAGONAL, "A", id="diagonal",
    ),
    pytest.param(
        "index i in 1..n, j in 1..m, k in 1..o\nparam A[i,j,k], x[k]\nB[i,j] = sum(k, A[i,j,k]*x[k])\n"
        "loss L = sum(i, j, B[i,j]^2)\n", "B", Obstacle.MANY_AXES, "A", id="three indices",
    ),
    pytest.param(
        "index i in 1..n, j in 1..m\nparam x[i,j]\ny[i,j] = leaky_relu(x[i,j])\nloss L = sum(i, j, y[i,j]^2)\n",
        "x", Obstacle.CHOICE, "", id="cases of each entry",
    ),
    pytest.param(
        "index i in 1..n, j in 1..m\nparam x[i,j]\ny[i,j] = i*x[i,j]\nloss L = sum(i, j, y[i,j]^2)\n",
        "y", Obstacle.PLACE, "", id="an index as a number",
    ),
]


@pytest.mark.parametrize(("text", "subject", "obstacle", "name"), REFUSED)
def test_refused_with_a_reason(text: str, subject: str, obstacle: Obstacle, name: str) -> None:
    forms = matrix_forms(derivation_of(text))
    refused = {u.subject: (u.obstacle, u.name) for u in forms.unwritten}
    assert refused[subject] == (obstacle, name)
    assert subject in forms.refusals
    assert subject not in {line.subject for line in forms.lines if line.kind != "update"}


def test_a_name_that_is_nothing_is_refused() -> None:
    derivation = derivation_of(example("watermelon"))
    nowhere = replace(derivation.forward[0], body=Access("nowhere", (Affine.of("h"),)))
    forms = matrix_forms(replace(derivation, forward=(nowhere, *derivation.forward[1:])))
    assert {(u.subject, u.obstacle) for u in forms.unwritten} == {("alpha", Obstacle.UNKNOWN)}


def test_scalars_alone_have_no_matrix_form() -> None:
    forms = matrix_forms(derivation_of(example("staged")))
    assert forms.lines == ()
    assert forms.unwritten == ()


def test_stacks_of_scalars_stay_indexed() -> None:
    forms = matrix_forms(derivation_of("index i in 1..n-1\nparam x[1..n]\nloss L = sum(i, x[i]*x[i+1])\n"))
    assert forms.lines == ()


# Shapes

AXIS, OTHER = Range.of(1, "n"), Range.of(1, "m")
VECTOR, MATRIX = Whole("v", (None,), (AXIS, None)), Whole("A", (None, None), (AXIS, OTHER))


@pytest.mark.parametrize("make", [
    lambda: Product((MATRIX, VECTOR)), lambda: Hadamard((MATRIX, Transposed(MATRIX))), lambda: Sum((VECTOR, MATRIX)),
    lambda: Whole("B", (None,), (AXIS, OTHER)), lambda: EntryPower(VECTOR, VECTOR),
    lambda: MatrixLine("F1", "v", "definition", VECTOR, MATRIX),
])
def test_shapes_are_checked(make: object) -> None:
    assert callable(make)
    with pytest.raises(ShapeError):
        make()


def test_transposes_move_inwards_and_cancel() -> None:
    assert transposed(transposed(MATRIX)) == MATRIX
    assert transposed(Product((Transposed(MATRIX), VECTOR))) == Product((Transposed(VECTOR), MATRIX))
    assert transposed(Literal(ONE)) == Literal(ONE)
    assert hadamard([Ones(AXIS), VECTOR]) == VECTOR


# Printing


def rendered(derivation: Derivation, bold: bool = False) -> tuple[str, str, str]:
    """The section as LaTeX, as Unicode and as ASCII."""
    lines = Lines(derivation)
    names, blocks = lines.vocabulary.names, list(matrix_section(lines, Prose(), bold))
    return (
        checked_latex(LatexWriter(LatexStyle(names)).document(blocks)),
        TextWriter(TextStyle(names, True)).document(blocks), TextWriter(TextStyle(names, False)).document(blocks),
    )


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_katex_reads_it(path: Path, bold: bool) -> None:
    latex, _, ascii_text = rendered(differentiate(symbp.load(path)), bold)
    for found in re.finditer(r"\\\[\n(?P<display>.*?)\n\\\]|\$(?P<inline>[^$]*)\$", latex, re.DOTALL):
        formula = found["display"] or found["inline"]
        pykatex.renderToString(formula, displayMode=bool(found["display"]), strict="error", throwOnError=True)
    assert ascii_text.isascii()


def test_brackets() -> None:
    """A transposed name with a superscript, a sum, and an entrywise product stand in brackets."""
    latex, text, ascii_text = rendered(derivation_of(example("deep")))
    assert "f'(z^{l}) \\odot ((w^{l+1})^{\\top}\\,\\delta^{l+1}) \\qquad (l < L)" in latex
    assert "\\delta^{l}\\,(a^{l-1})^{\\top}" in latex
    assert "δ[l] = f′(z[l]) ⊙ (w[l+1]ᵀ δ[l+1])   if l < L" in text
    assert "delta[l] = f'(z[l]) .* (w[l+1].T * delta[l+1])" in ascii_text


def test_a_quotient_of_a_product_of_vectors() -> None:
    latex, text, _ = rendered(derivation_of(example("layernorm")))
    assert "^{\\top}\\,\\hat{a}}{n}\\,\\hat{a}" in latex
    assert "ᵀ â)/n · â" in text


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_languages_have_the_same_displays(path: Path) -> None:
    derivation = differentiate(symbp.load(path))
    lines = Lines(derivation)
    shown_in = []
    for language in LANGUAGES:
        blocks = list(matrix_section(lines, Prose(language)))
        writer = LatexWriter(LatexStyle(lines.vocabulary.names), Options(language=language))
        shown_in.append([writer.block(b) for b in blocks if isinstance(b, MatrixDisplay)])
        assert bool(blocks) is any(len(a.axes) > 0 for a in derivation.model.arrays.values())
    assert shown_in[0] == shown_in[1]


def test_what_has_none_is_said() -> None:
    _, text, _ = rendered(derivation_of(example("conv")))
    assert "No matrix form:" in text
    assert "a subscript of a mixes several indices" in text
    _, text, _ = rendered(derivation_of(example("staged")))
    assert not text.strip()


# Read back


def nodes(m: MatrixExpr) -> list[MatrixExpr]:
    return [m, *(n for p in parts(m) for n in nodes(p))]


def random_arrays(lines: Sequence[MatrixLine], sizes: Mapping[str, int]) -> dict[str, Array]:
    """Values for every array in the lines; axes of layers and steps have room for each place that is read."""
    values = np.random.default_rng(3)
    found: dict[str, Array] = {}
    for node in (n for line in lines for side in (line.left, line.right) for n in nodes(side)):
        if isinstance(node, Whole) and node.name not in found:
            along = [a.extent.evaluate(sizes) for a in node.shape if a is not None]
            along = along[::-1] if node.flipped else along
            room = max(sizes.values(), default=0) + 3
            shape = [along.pop(0) if s is None else room for s in node.subscripts]
            found[node.name] = values.uniform(0.1, 0.9, size=shape)
    return found


def reader_of(line: MatrixLine, lines: Lines, arrays: Mapping[str, Array], sizes: Mapping[str, int]) -> Reader:
    """A reader of the line's right side as it is printed, which knows what each name in it stands for."""
    style = LatexStyle(lines.vocabulary.names)
    context = lines.vocabulary.display(line.indices, skeleton(line.left), skeleton(line.right))
    inner, binders = context, []
    for node in nodes(line.right):
        if isinstance(node, StackSum):
            inner = inner.under(node.over, node.binders)
            binders.extend(b.name for b in node.binders)
    names = {
        print_matrix(node, inner, style).text: partial(evaluate, node, arrays)
        for node in nodes(line.right)
        if isinstance(node, Whole) or (isinstance(node, Literal) and not isinstance(node.value, Number))
    }
    generic = {style.name(f) + prime: g for f in lines.derivation.model.functions for prime, g in GENERIC.items()}
    ends = {style.name(s): v for s, v in sizes.items()}
    return Reader(print_matrix(line.right, context, style).text, names, ends, binders, generic)


GENERIC = {"": np.sin, "'": np.cos}
"""A generic function and its derivative."""


@pytest.mark.parametrize("path", [*EXAMPLES, *sorted((ROOT / "tests" / "models").glob("*.bp"))], ids=lambda p: p.stem)
@pytest.mark.parametrize("preset", ["plain", "nielsen", "goodfellow"])
def test_what_is_printed_is_what_is_meant(path: Path, preset: str) -> None:
    """The right sides, read from their LaTeX, have the values of the formulas that were printed."""
    model, notation = with_notation(symbp.load(path), preset)
    lines = Lines(differentiate(model), notation)
    sizes = {s: 3 + n for n, s in enumerate(model.sizes)}
    written = lines.derivation.matrix.lines
    arrays = random_arrays(written, sizes)
    for line in written:
        symbols = sizes | {i.name: i.range.lower.evaluate(sizes) + 1 for i in line.indices}
        reader = reader_of(line, lines, arrays, sizes)
        wanted = evaluate(line.right, arrays, symbols)
        assert np.allclose(np.broadcast_to(reader.read(symbols), wanted.shape), wanted), reader.text


@pytest.mark.parametrize(("text", "value"), [
    ("a\\,b + c", 10.0), ("a\\,(b + c)", 16.0), ("-a \\odot b + c", 2.0), ("\\frac{a}{2}\\,b \\odot c", 12.0),
    ("(a)^{\\top}\\,b", 4.0), ("\\lVert a - c \\rVert^2", 16.0), ("\\sum_{t=1}^{T} a\\,b + c", 18.0),
])
def test_the_reader_minds_precedence(text: str, value: float) -> None:
    """With a = 2, b = 2 and c = 6: what a person would work out."""
    names = {"a": 2.0, "b": 2.0, "c": 6.0}
    given = {n: partial(lambda v, env: np.full((1, 1), v), v) for n, v in names.items()}
    assert np.isclose(Reader(text, given, {"T": 3}, ["t"]).read({}).item(), value)
