"""Equations stand in the order of the file, each after what it reads; recurrences after their beginnings."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest

import symbp
from symbp.calculus.affine import Affine
from symbp.calculus.derivation import Derivation, DisplayEquation, ErrorTerm

HEAD = "index t in 1..T, j in 1..n\ninput x[t,j]\nparam w[j], v[j]\n"
BEGINS = ("h[0,j] = 0", "c[0,j] = 0")
STEPS = ("f[t,j] = sigmoid(w[j]*h[t-1,j])", "g[t,j] = tanh(v[j]*x[t,j])", "c[t,j] = f[t,j]*c[t-1,j] + g[t,j]",
         "h[t,j] = tanh(c[t,j])")
LOSS = "loss E = sum(t, j, h[t,j]^2)\n"


def lines_of(*text: str) -> list[str]:
    """The targets in the order in which a document has them."""
    data = symbp.derive(HEAD + "\n".join(text) + "\n" + LOSS).data
    return [f"{e.target.name}{'0' if Affine.of(0) in e.target.subscripts else ''}" for e in data.forward]


@pytest.mark.parametrize("begins", list(permutations(BEGINS)))
@pytest.mark.parametrize("first", [(0, 1), (1, 0)])
def test_the_file_s_order_is_kept(begins: tuple[str, ...], first: tuple[int, int]) -> None:
    steps = [STEPS[k] for k in first] + list(STEPS[2:])
    names = [line.partition("[")[0] for line in steps]
    assert lines_of(*begins, *steps) == [f"{b[0]}0" for b in begins] + names + ["E"]


@pytest.mark.parametrize("order", [(3, 2, 1, 0), (2, 0, 3, 1)])
def test_what_is_read_stands_before(order: tuple[int, ...]) -> None:
    found = lines_of(*(STEPS[k] for k in order), *BEGINS)
    for earlier, later in (("h0", "f"), ("c0", "c"), ("f", "c"), ("g", "c"), ("c", "h"), ("h", "E")):
        assert found.index(earlier) < found.index(later), found


def test_labels_count_the_lines() -> None:
    data: Derivation = symbp.derive(HEAD + "\n".join((*BEGINS, *STEPS, LOSS))).data
    forward: tuple[DisplayEquation, ...] = data.forward
    assert [e.label for e in forward] == [f"F{k}" for k in range(1, len(forward) + 1)]


def test_error_terms_begin_where_the_recurrence_ends() -> None:
    """At t = T an error term reads none of the next step; this case comes first."""
    data = symbp.derive(HEAD + "\n".join((*BEGINS, *STEPS, LOSS))).data
    for error in (e for e in data.errors if len(e.branches) > 1):
        reads = [reads_next(error, k) for k in range(len(error.branches))]
        assert all(a <= b for a, b in pairwise(reads)), error.name


def reads_next(error: ErrorTerm, branch: int) -> bool:
    return "Affine(terms=(('t', 1),), constant=1)" in repr(error.branches[branch][1])
