"""Parts that have a value under a condition only: what is printed reads nothing where the condition doesn't hold."""

from __future__ import annotations

import pytest

from symbp.calculus.differentiate import differentiate
from symbp.language.lower import lower
from symbp.language.parse import parse
from symbp.verify import certify_quickly
from tests.cost.rough_models import rough_model

MODELS = {
    "a quotient of a sum": """
        index i in 1..n, k in 1..n
        input x[i]
        param c[i]
        a[i] = where(i > 1, sum(k if k < i, c[k])/x[i-1], 0)*c[i]
        loss E = sum(i, a[i]^2)
    """,
    "a quotient by a root": """
        index i in 1..n, k in 1..n
        param c[i]
        a[i] = where(i > 2, 1/sqrt(i - 2), 0)*sum(k if k < i, c[k])
        loss E = sum(i, a[i]^2)
    """,
    "a quotient by a number made of indices": """
        index i in 1..n
        param c[i], w
        a[i] = where(i > 1, w/(i - 1), 0)*exp(-c[i])
        loss E = sum(i, a[i]^2)
    """,
}


@pytest.mark.parametrize("name", MODELS)
def test_every_line_has_a_value(name: str) -> None:
    certificate = certify_quickly(differentiate(lower(parse(MODELS[name]))))
    assert certificate.passed, [(c.what, c.note) for c in certificate.failures]


@pytest.mark.parametrize("number", [*range(40), 204])
def test_random_models_pass(number: int) -> None:
    certificate = certify_quickly(differentiate(lower(parse(rough_model(number)))))
    assert certificate.passed, [(c.what, c.note) for c in certificate.failures]
