"""What the setting says of parameters and of examples, for models whose answer is plain."""

from __future__ import annotations

import pytest

import symbp
from symbp.calculus.parameters import connections, is_one_example

DENSE = """index i in 1..d, j in 1..l
input x[i]
target y[j]
param w[j,i], b[j], g[j]
z[j] = sum(i, w[j,i]*x[i]) + b[j]
a[j] = sigmoid(z[j] - g[j])
loss E = sum(j, (a[j] - y[j])^2)
"""

BATCH = """index n in 1..N, i in 1..d
input x[n,i]
target y[n]
param w[i]
z[n] = sum(i, w[i]*x[n,i])
loss E = sum(n, (z[n] - y[n])^2)
"""

TIME = """index t in 1..T
input x[t]
target y[t]
param w
h[0] = 0
h[t] = tanh(w*h[t-1] + x[t])
loss E = sum(t, (h[t] - y[t])^2)
"""


def test_weights_lead_from_a_value_to_a_unit() -> None:
    found = connections(symbp.parse(DENSE))
    assert {name: (c.part, c.source and c.source.name, c.target.name) for name, c in found.items()} == {
        "w": ("weight", "x", "z"), "b": ("bias", None, "z"), "g": ("threshold", None, "a"),
    }


def test_a_weight_in_two_places_has_no_one_part() -> None:
    twice = "u[j] = sum(i, w[j,i]*x[i]^2)\na[j] = sigmoid(z[j] - g[j]) + u[j]"
    tied = DENSE.replace("a[j] = sigmoid(z[j] - g[j])", twice)
    assert "w" not in connections(symbp.parse(tied)) and "b" in connections(symbp.parse(tied))


def test_a_gain_is_a_factor_and_what_stands_beside_it_a_bias() -> None:
    text = "index j in 1..n\ninput x[j]\nparam g[j], b[j], c\n{}loss L = sum(j, o[j]^2)\n"
    found = connections(symbp.parse(text.format("a[j] = tanh(x[j])\no[j] = g[j]*a[j] + b[j]\n")))
    assert {name: (c.part, c.source and c.source.name, c.target.name) for name, c in found.items()} == {
        "g": ("factor", "a", "o"), "b": ("bias", None, "o"),
    }
    twice = connections(symbp.parse(text.format("a[j] = tanh(x[j] + g[j])\no[j] = g[j]*a[j] + b[j]\n")))
    assert list(twice) == ["b"]


@pytest.mark.parametrize(
    ("text", "one"), [(DENSE, True), (BATCH, False), (TIME, True), ("param a\nloss E = a^2\n", False)]
)
def test_examples_are_counted_by_an_index_or_not_at_all(text: str, one: bool) -> None:
    assert is_one_example(symbp.parse(text)) is one
    says = "One training example is considered, and its number is left out."
    assert (says in symbp.derive(text).text()) is one


def test_the_setting_tells_the_parts() -> None:
    shown = " ".join(symbp.derive(DENSE).text().split())
    assert "Parameters: w[j,i] (from x[i] to z[j]), b[j] (bias of z[j]) and g[j] (threshold of a[j]" in shown


def test_axes_without_an_index_have_their_range_beside_them() -> None:
    model = "size n\ninput a[0..2*n]\nparam w\nloss L = w*sum(i in 0..2*n, a[i])\n"
    assert "Given: a[i] (i = 0..2·n)." in " ".join(symbp.derive(model).text().split())


def test_brackets_are_explained_where_they_stand() -> None:
    says = "A condition in square brackets is 1 where it holds and 0 elsewhere."
    assert says in " ".join(symbp.derive(DENSE.replace("sigmoid", "relu")).text().split())
    assert says not in " ".join(symbp.derive(DENSE).text().split())


def test_a_normaliser_is_introduced_in_words_and_other_sums_are_not() -> None:
    softmax = "index j in 1..K\nparam z[j]\ntarget y[j]\np[j] = softmax(j, z[j])\nloss L = -sum(j, y[j]*log(p[j]))\n"
    assert "The normalising sum of p[j] gets a name, Z:" in symbp.derive(softmax).text()
    free_energy = "index j in 1..K\nparam z[j]\nloss L = log(sum(j, exp(z[j])))\n"
    assert "normalising" not in symbp.derive(free_energy).text()
