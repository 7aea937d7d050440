"""Conditions stay where the author wrote them: none reaches into the formulas under it."""

from __future__ import annotations

import pytest

from symbp import derive
from symbp.calculus.validate import problems
from symbp.language.lower import lower
from symbp.language.parse import parse
from symbp.render.overview import overview


def equations(text: str) -> list[str]:
    """The equations as `show` has them, without labels and with single spaces."""
    model = lower(parse(text))
    assert problems(model) == ()
    lines = overview(model).split("\nequations\n")[1].split("\n\n")[0].splitlines()
    return [" ".join(line.split()[1:]) for line in lines]


SHIFT = "index t in 1..T\nparam x[t], s\n"
PAIRS = "index i in 1..n, j in 1..n\nparam x[i], s\n"

WRITTEN: dict[str, tuple[str, list[str]]] = {
    "causal attention": (
        "index i in 1..n, j in 1..n, d in 1..m\nparam Q[i,d], K[j,d]\ninput R[i,j]\n"
        "P[i,j] = softmax(j if j <= i, sum(d, Q[i,d]*K[j,d])/sqrt(m))\nloss C = sum(i, j, R[i,j]*P[i,j])\n",
        [
            "Q[i,d] · K[j,d]",
            "exp(S[i,j]/sqrt(m))",
            "exp(S[i,j]/sqrt(m))/Z[i]",
            "R[i,j] · P[i,j]",
        ],
    ),
    "hinge": (
        "index n in 1..N, c in 1..K\nparam s[n,c]\ninput lab[n] in 1..K\n"
        "loss L = sum(n, c if c != lab[n], max(0, 1 + s[n,c] - s[n,lab[n]]))\n",
        ["max(0, 1 + s[n,c] − s[n,lab[n]])"],
    ),
    "scores that are divided": (
        PAIRS + "P[i,j] = softmax(j if j <= i, x[j]/s)\nloss C = sum(i, j, P[i,j]^2)\n",
        [
            "exp(x[j]/s)",
            "exp(x[j]/s)/Z[i]",
            "P[i,j]^2",
        ],
    ),
    "returns": (
        SHIFT + "r[t] = where(t > 1, log(x[t]/x[t-1]), s)\nloss L = sum(t, r[t]^2)\n",
        ["log(x[t]/x[t−1])", "= s", "r[t]^2"],
    ),
    "a divisor that is 0 elsewhere": (
        PAIRS + "loss L = sum(i, j if j != i, exp(1/(x[i] - x[j])))*s\n",
        ["s · Σ_{i=1..n, j=1..n; j ≠ i} exp(1/(x[i] − x[j]))"],
    ),
    "a chain": (
        "index t in 1..T, i in 1..K, j in 1..K\nparam f[t,i], A[j,i]\ninput U[t,i]\na[1,i] = U[1,i]\n"
        "a[t,i] = U[t,i] + logsumexp(j, f[t-1,j] + A[j,i])\nloss L = sum(t, i, a[t,i]^2)\n",
        [
            "exp(f[t−1,j] + A[j,i])",
            "U[1,i]",
            "U[t,i] + log(Z[t,i])",
            "a[t,i]^2",
        ],
    ),
    "a square of what is read before": (
        SHIFT + "loss L = sum(t if t > 1, exp(x[t-1]^2) + tanh(abs(x[t-1])))*s\n",
        ["s · Σ_{t=2..T} (exp(x[t−1]^2) + tanh(abs(x[t−1])))"],
    ),
    "an extremum under a condition": (
        PAIRS + "y[i] = where(i > 1, exp(max(j if j < i, x[j]/x[i-1])), s)\nloss L = sum(i, y[i])\n",
        [
            "x[j]/x[i−1]",
            "exp(M[i])",
            "= s",
            "y[i]",
        ],
    ),
    "a mean under a condition": (
        SHIFT + "loss L = sum(t if t > 1, exp(mean(k in 1..3, s*x[t-1]) + mean(u in 1..T, x[u])))\n",
        [
            "s/3 · Σ_{k=1..3} x[t−1] + 1/T · Σ_{u=1..T} x[u]",
            "exp(S[t])",
        ],
    ),
    "an extremum over an index that may have no value": (
        PAIRS + "y[i] = where(i > 1, exp(max(j if j < i, x[j])), s)\nloss L = sum(i, y[i])\n",
        ["x[j]", "exp(M[i])", "= s", "y[i]"],
    ),
    "two products by cases": (
        PAIRS + "loss L = s*sum(i, j, where(j < i, prod(k, s + x[k]), prod(k if k != j, 2 + x[k])))\n",
        ["(s + x[k])", "(2 + x[k])", "P[i,j]"],
    ),
    "a reach that the condition around it decides": (
        PAIRS + "A[i,j] = where(j < i or j > 2, s, pad(x[i-1], 1)/x[j])\nloss L = sum(i, j, A[i,j])*s\n",
        ["= s", "= s", "{ x[i−1] if i ≥ 2; 1 if i ≤ 1 }/x[j]", "A[i,j]"],
    ),
    "a choice that the condition around it decides": (
        PAIRS + "B[i,j] = where(j <= 2 and i <= j, exp(where(i >= 2, s, x[j])), tanh(x[i]*x[j]*s))\n"
        "loss L = sum(i, j, B[i,j])\n",
        [
            "exp({ s if i = 2; x[j] if i ≠ 2 })",
            "tanh(x[i] · x[j] · s)",
            "tanh(x[i] · x[j] · s)",
            "B[i,j]",
        ],
    ),
    "nested conditions": (
        PAIRS + "loss L = sum(i, j if j != i,"
        " where(i > 2, sqrt(s + x[i-2]/(x[i] - x[j])), tanh(x[j]/(x[i] - x[j]))))\n",
        ["{ sqrt(s + x[i−2]/(x[i] − x[j])) if i ≥ 3; tanh(x[j]/(x[i] − x[j])) if i ≤ 2 }"],
    ),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_conditions_stay_where_they_are(name: str) -> None:
    text, lines = WRITTEN[name]
    shown = equations(text)
    assert len(shown) == len(lines)
    for line, part in zip(shown, lines, strict=True):
        assert f" {part}" in line


@pytest.mark.parametrize("name", WRITTEN)
def test_everything_derived_from_them_agrees_with_numbers(name: str) -> None:
    certificate = derive(WRITTEN[name][0]).verify(points=1)
    assert certificate.passed, str(certificate)


def test_what_differs_nowhere_is_named_once() -> None:
    text, _ = WRITTEN["causal attention"]
    sums = [e for e in lower(parse(text)).equations if e.target.startswith("P_s")]
    assert [e.target for e in sums] == ["P_s", "P_s2"]
    assert not any(t.guards for p in sums[0].pieces for t in p.terms)
