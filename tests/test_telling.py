"""Closed forms as books print them: each right-hand side here is the source's, in its own order of factors."""

from __future__ import annotations

import json

import pytest

import symbp
from symbp.calculus.derivation import Rule
from symbp.calculus.differentiate import differentiate
from symbp.language.lower import lower
from symbp.language.parse import parse

SOFTMAX = "index c in 1..C\ninput z[c]\ntarget y[c]\np[c] = softmax(c, z[c])\nloss L = -sum(c, y[c]*log(p[c]))\n"
ZHOU = """
index i in 1..d, h in 1..q, j in 1..l
input x[i]
target y[j]
param v[i,h], gamma[h], w[h,j], theta[j]
alpha[h] = sum(i, v[i,h] * x[i])
b[h] = sigmoid(alpha[h] - gamma[h])
beta[j] = sum(h, w[h,j] * b[h])
yhat[j] = sigmoid(beta[j] - theta[j])
loss E = 1/2 * sum(j, (yhat[j] - y[j])^2)
update eta
name g[j] = -grad(beta[j]), e[h] = -grad(alpha[h])
"""
BATCH_NORM = """
index n in 1..N, f in 1..F
input D[n,f]
const eps
param x[n,f], gam[f], bet[f]
assume eps > 0
mu[f] = mean(n, x[n,f])
var[f] = mean(n, (x[n,f] - mu[f])^2)
xh[n,f] = (x[n,f] - mu[f]) / sqrt(var[f] + eps)
y[n,f] = gam[f]*xh[n,f] + bet[f]
loss L = sum(n, f, D[n,f]*y[n,f])
"""
ATTENTION = """
index i in 1..n, j in 1..n, d in 1..m, e in 1..v
input D[i,e]
param Q[i,d], K[j,d], V[j,e]
S[i,j] = sum(d, Q[i,d]*K[j,d]) / sqrt(m)
P[i,j] = softmax(j if j <= i, S[i,j])
O[i,e] = sum(j, P[i,j]*V[j,e])
loss L = sum(i, e, D[i,e]*O[i,e])
"""

BOOKS = [
    pytest.param(SOFTMAX, "z", "inlined", "p[c] · Σ_{m=1..C} y[m] − y[c]", id="softmax with cross-entropy, any target"),
    pytest.param(
        SOFTMAX + "assume sum(c, y[c]) = 1\n", "z", "inlined", "p[c] − y[c]", id="softmax with cross-entropy"
    ),
    pytest.param(
        "param z\ntarget y\np = sigmoid(z)\nloss L = -(y*log(p) + (1-y)*log(1-p))\n", "z", "inlined", "p − y",
        id="logistic loss",
    ),
    pytest.param(ZHOU, "w", "inlined", "(ŷ[j] − y[j]) · ŷ[j] · (1 − ŷ[j]) · b[h]", id="Zhou 5.11"),
    pytest.param(ZHOU, "w", "shared", "−g[j] · b[h]", id="Zhou 5.11 with g"),
    pytest.param(ZHOU, "theta", "shared", "g[j]", id="Zhou 5.12"),
    pytest.param(ZHOU, "v", "shared", "−e[h] · x[i]", id="Zhou 5.13"),
    pytest.param(ZHOU, "gamma", "shared", "e[h]", id="Zhou 5.14"),
    pytest.param(
        ZHOU, "v", "inlined",
        "b[h] · (1 − b[h]) · x[i] · Σ_{j=1..l} (ŷ[j] − y[j]) · ŷ[j] · (1 − ŷ[j]) · w[h,j]", id="Zhou 5.13 in full",
    ),
    pytest.param(
        ZHOU, "v", "chain",
        "Σ_{j=1..l} ∂E/∂ŷ[j] · ∂ŷ[j]/∂β[j] · ∂β[j]/∂b[h] · ∂b[h]/∂α[h] · ∂α[h]/∂v[i,h]", id="the chain for v",
    ),
    pytest.param(
        BATCH_NORM, "x", "inlined",
        "gam[f] · (D[n,f] − xh[n,f]/N · Σ_{k=1..N} D[k,f] · xh[k,f] − 1/N · Σ_{k=1..N} D[k,f])/sqrt(var[f] + eps)",
        id="batch normalisation",
    ),
    pytest.param(
        "index i in 1..n\ninput x[i]\nloss P = prod(i, x[i])\n", "x", "inlined", "Π_{m=1..n; m ≠ i} x[m]",
        id="Speelpenning's product",
    ),
]


@pytest.mark.parametrize(("text", "parameter", "form", "expected"), BOOKS)
def test_closed_forms_are_the_books(text: str, parameter: str, form: str, expected: str) -> None:
    shown = json.loads(symbp.derive(text).json())["gradients"][parameter][form]["text"]
    assert shown == expected


def test_attention_names_what_is_shared() -> None:
    """∂L/∂S = P (∂L/∂P − Σ P ∂L/∂P), the row's sum over the keys that it sees."""
    derivation = symbp.derive(ATTENTION).data
    assert [e.of for e in derivation.errors] == ["P", "S"]
    ((guards, body),) = derivation.errors[1].branches
    assert guards == ()
    assert "Guard(kind='ge'" in repr(body)
    assert repr(body).count("name='P'") == 2


def test_error_terms_in_the_books_order_and_sign() -> None:
    errors = symbp.derive(ZHOU).data.errors
    assert [(e.name, e.sign, e.of) for e in errors] == [("g", -1, "beta"), ("e", -1, "alpha")]


def test_every_error_term_is_used_at_least_twice_or_is_the_authors() -> None:
    """A name is worth its line only if it saves writing something again."""
    for text in (SOFTMAX, ZHOU, BATCH_NORM, ATTENTION):
        derivation = symbp.derive(text).data
        authors = {e.name for e in derivation.model.error_names}
        for error in derivation.errors:
            uses = sum(
                repr(body).count(f"name={error.name!r}")
                for e in derivation.errors
                for _, body in e.branches
            ) + sum(repr(g.forms["shared"]).count(f"name={error.name!r}") for g in derivation.gradients.values())
            assert uses >= 2 or error.name in authors, error.name


def test_the_form_that_never_ends_says_so_and_ends_at_a_given_size() -> None:
    recurrent = """
    index t in 1..T
    input x[t]
    target y[t]
    param a
    h[0] = 0
    h[t] = tanh(a*h[t-1] + x[t])
    loss E = 1/2*sum(t, (h[t] - y[t])^2)
    """
    endless = symbp.derive(recurrent).data.gradients["a"].forms
    assert "recurrence" in repr(endless["inlined"])
    assert "recurrent" in repr(endless["expanded"])
    given = symbp.derive(recurrent + "size T = 3\n").data.gradients["a"].forms
    assert "Refusal" not in repr(given["inlined"]) + repr(given["expanded"])


def test_a_deep_network_is_not_written_out_but_counted() -> None:
    """Fifty levels that each use the one before twice."""
    lines = ["param w", "y0 = w", *(f"y{k + 1} = sin(y{k})*cos(y{k})" for k in range(50)), "loss L = y50"]
    forms = symbp.derive("\n".join(lines) + "\n").data.gradients["w"].forms
    assert "operations" in repr(forms["expanded"])
    assert "edges" in repr(forms["chain"])


def test_like_terms_are_collected_whatever_the_order_of_their_factors() -> None:
    text = "index i in 1..n, j in 1..n, k in 1..n\nparam A[i,j]\nloss L = sum(i,j,k, A[i,j]*A[j,k]*A[k,i])\n"
    shown = json.loads(symbp.derive(text).json())["gradients"]["A"]["shared"]["text"]
    assert shown == "3 · Σ_{k=1..n} A[j,k] · A[k,i]"


def test_bound_letters_of_nested_sums_are_not_confused_when_terms_are_compared() -> None:
    """Σ_a x_a Σ_b y_b and Σ_a x_a y_a are different, whatever the letters."""
    from symbp.calculus.affine import Affine, Index, Range
    from symbp.calculus.expression import Access, Mul, Reduce
    from symbp.calculus.matching import unordered

    def at(name: str, letter: str) -> Access:
        return Access(name, (Affine.of(letter),))

    a, b = (Index(letter, Range.of(1, "n")) for letter in "ab")
    nested = Reduce("sum", (a,), (), Mul((at("x", "a"), Reduce("sum", (b,), (), at("y", "b")))))
    swapped = Reduce("sum", (b,), (), Mul((Reduce("sum", (a,), (), at("y", "a")), at("x", "b"))))
    single = Reduce("sum", (a,), (), Mul((at("x", "a"), Reduce("sum", (b,), (), at("y", "a")))))
    assert unordered(nested) == unordered(swapped)
    assert unordered(nested) != unordered(single)


def test_conditions_that_always_hold_are_not_stated() -> None:
    assert symbp.derive(BATCH_NORM).data.conditions == ()
    assert symbp.derive(ATTENTION).data.conditions == ()
    (condition,) = symbp.derive("param w\nloss L = log(w)\n").data.conditions
    assert condition.relation == ">"
    assert symbp.derive("index k in 0..K\nparam w[k]\ninput x\nloss L = sum(k, w[k]*x^k)\n").data.conditions == ()


def test_two_shifts_of_one_array_are_two_terms_of_the_chain() -> None:
    text = "index t in 1..T\ninput x[t]\nparam a, b\ny[0] = 0\ny[-1] = 0\ny[t] = a*y[t-1] + b*y[t-2] + x[t]\n"
    derivation = symbp.derive(text + "loss L = 1/2*sum(t, y[t]^2)\n").data
    steps = [s for s in derivation.steps if s.subject == "∂y"]
    chain = next(s for s in steps if s.rule is Rule.CHAIN)
    left = next(s for s in steps if s.rule is Rule.VANISH)
    assert repr(chain.after).count("Reduce") == 1
    assert "Reduce" not in repr(left.after)


FACT_IN_THE_INLINED_FORM = """
index i in 1..n, j in 1..c
input x[i]
target y[j]
assume sum(j, y[j]) = 1
param w[j,i]
z[j] = sum(i, w[j,i]*x[i])
e[j] = exp(z[j])
S = sum(j, e[j])
p[j] = e[j]/S
loss L = -sum(j, y[j]*log(p[j]))
name d[j] = grad(p[j])
"""


def test_an_assumption_is_cited_wherever_a_form_takes_it() -> None:
    derivation = symbp.derive(FACT_IN_THE_INLINED_FORM).data
    assert [f.label for f in derivation.facts] == ["A1"]
    assert any("A1" in step.because for step in derivation.steps if step.subject == "w")


def test_an_assumption_about_one_element_is_none_about_the_others() -> None:
    some = "index i in 1..n, k in 2..n\nparam x[i]\nassume x[k] > 0\nloss L = sum(i, log(x[i]))\n"
    assert len(symbp.derive(some).data.conditions) == 1
    every = "index i in 1..n\nparam x[i]\nassume x[i] > 0\nloss L = sum(i, log(x[i]))\n"
    assert symbp.derive(every).data.conditions == ()


def test_a_long_flat_model_is_no_recursion() -> None:
    lines = ["param a0", *(f"a{k + 1} = a{k} + 1" for k in range(400)), "loss L = log(a400)"]
    (condition,) = symbp.derive("\n".join(lines) + "\n").data.conditions
    assert condition.relation == ">"


def test_a_name_defined_by_several_lines_is_no_normaliser() -> None:
    text = "index i in 1..n, k in 2..n\nparam z[i]\nS[k] = z[k]\nS[1] = sum(i, z[i])\np[i] = z[i]/S[i]\n"
    assert symbp.derive(text + "loss L = sum(i, p[i])\n").verify(points=1).passed


def test_a_scalar_stands_in_front_of_its_sum() -> None:
    """λ/2 Σ w² in the loss, as the author wrote it."""
    text = "index i in 1..d\nparam w[i]\nconst lambda\nloss L = lambda/2 * sum(i, w[i]^2)\n"
    (loss,) = json.loads(symbp.derive(text).json())["equations"][:1]
    assert loss["text"] == "L = λ/2 · Σ_{i=1..d} w[i]^2"


def test_a_very_long_chain_is_no_recursion() -> None:
    lines = ["index i in 1..n", "param a0[i]", *(f"a{k + 1}[i] = a{k}[i] + 1" for k in range(700))]
    derivation = differentiate(lower(parse("\n".join([*lines, "loss L = sum(i, log(a700[i]))", ""]))))
    assert [s.rule for s in derivation.steps if s.subject == "a0"][-3:] == [Rule.CHAIN, Rule.VANISH, Rule.SUBSTITUTE]
